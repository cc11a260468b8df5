"""`batch-notifier inbox`: show alerts as their readers see them, on a local web page."""

from __future__ import annotations

import signal
import webbrowser

import click

from workbench.cli.arguments import WholeNumber
from workbench.cli.command import Command, Invocation, pass_invocation
from workbench.errors import InputError, SetupError

PORT = 8025
MAX_PORT = 65_535
CAPTION = "A simulated night of failures: the notifier itself, in memory, without AWS."
EXAMPLES = """\
Examples:
  batch-notifier inbox
  batch-notifier inbox --port 0 --open       # a free port, in your browser

From a checkout, `make demo` opens the same page for the alerts of a local AWS, as they arrive.
"""


@click.command(cls=Command, epilog=EXAMPLES)
@click.option(
    "--port",
    type=WholeNumber(0, MAX_PORT),
    default=PORT,
    metavar="N",
    help=f"loopback port, 0 for a free one (default: {PORT})",
)
@click.option("--open", "opens", is_flag=True, help="open the page in your browser")
@pass_invocation
def command(invocation: Invocation, port: int, opens: bool) -> None:
    """Serve a page on this machine only. Needs no AWS.

    It shows a simulated night of failures, in the order of its alerts, and every sample event.
    """
    try:
        from workbench.inbox.gallery import gallery
        from workbench.inbox.rehearsal import rehearse
        from workbench.inbox.server import serve_inbox
    except ModuleNotFoundError as error:
        raise InputError(
            f"the inbox needs the package {error.name}: install batch-notifier[inbox]"
        ) from error
    # A shell starts background processes with SIGINT ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with invocation.out.progress("simulating a night of failures"):
            mailboxes = {"alerts": rehearse(), "gallery": gallery()}
        with serve_inbox(mailboxes, CAPTION, port) as url:
            invocation.out.line(
                f"The inbox is open at {url} on this machine. Press Ctrl-C to close it."
            )
            if invocation.out.as_json:
                invocation.out.add(url=url)
                invocation.out.close()
            if opens:
                webbrowser.open(url)
            while True:
                signal.pause()
    except SetupError as error:
        raise InputError(f"{error}; choose another port with --port") from error
