"""`batch-notifier inbox`: show alerts as their readers see them, on a local web page."""

from __future__ import annotations

import argparse
import signal
import webbrowser
from collections.abc import Iterator

from workbench.commands.arguments import Subcommands, whole_number
from workbench.errors import InputError, SetupError

PORT = 8025
MAX_PORT = 65_535
CAPTION = "A simulated night of failures: the notifier itself, in memory, without AWS."
EXAMPLES = """\
`make demo` opens the same page for the alerts of a local AWS, as they arrive.

examples:
  batch-notifier inbox
  batch-notifier inbox --port 0 --open       # a free port, in your browser
"""


def add_to(commands: Subcommands) -> None:
    """Add the command to the program."""
    parser = commands.add_parser(
        "inbox",
        help="show alerts as email, text message, chat card and JSON; needs no AWS",
        description="Serve a page on this machine only. It shows a simulated night of\n"
        "failures, in the order of its alerts, and every sample event.",
        epilog=EXAMPLES,
    )
    parser.add_argument(
        "--port",
        type=whole_number(0, MAX_PORT),
        default=PORT,
        metavar="N",
        help=f"loopback port, 0 for a free one (default: {PORT})",
    )
    parser.add_argument("--open", action="store_true", help="open the page in your browser")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> Iterator[str]:
    from workbench.inbox.gallery import gallery
    from workbench.inbox.rehearsal import rehearse
    from workbench.inbox.server import serve_inbox

    # A shell starts background processes with SIGINT ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        mailboxes = {"alerts": rehearse(), "gallery": gallery()}
        with serve_inbox(mailboxes, CAPTION, options.port) as url:
            yield f"The inbox is open at {url} on this machine. Press Ctrl-C to close it."
            if options.open:
                webbrowser.open(url)
            while True:
                signal.pause()
    except KeyboardInterrupt:
        yield "Closed."
    except SetupError as error:
        raise InputError(f"{error}; choose another port with --port") from error
