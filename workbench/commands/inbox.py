"""`batch-notifier inbox`: alerts as their readers see them, on a page of this machine."""

from __future__ import annotations

import argparse
import signal
import webbrowser
from collections.abc import Iterator
from typing import Any

from workbench.commands.arguments import whole_number
from workbench.commands.preview import InputError

PORT = 8025
MOST_PORT = 65_535
WHERE = "A bad night, rehearsed: the notifier itself, in memory, with no AWS."
EXAMPLES = """\
`make demo` opens the same page on the alerts of a local AWS, as they arrive.

examples:
  batch-notifier inbox
  batch-notifier inbox --port 0 --open       # a free port, in your browser
"""


def add_to(commands: argparse._SubParsersAction[Any]) -> None:
    """Add the command."""
    inbox = commands.add_parser(
        "inbox",
        help="show alerts as mail, text message, chat card and JSON on a page, with no AWS",
        description="Serve a page on this machine alone: a rehearsed night of failures in the"
        " order in which they are told, and every sample event.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    inbox.add_argument(
        "--port",
        type=whole_number(0, MOST_PORT),
        default=PORT,
        metavar="N",
        help=f"loopback port, 0 for a free one (default: {PORT})",
    )
    inbox.add_argument("--open", action="store_true", help="open it in your browser")
    inbox.set_defaults(run=_run)


def _run(chosen: argparse.Namespace) -> Iterator[str]:
    # The web server is imported here: the other commands need not wait for it.
    from workbench.inbox.gallery import gallery
    from workbench.inbox.rehearsal import rehearsed
    from workbench.inbox.server import serving
    from workbench.local.setup_error import SetupError

    # A shell starts what it runs in the background with SIGINT ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        boxes = {"alerts": rehearsed(), "gallery": gallery()}
        with serving(boxes, WHERE, chosen.port) as url:
            yield f"The inbox is open at {url} on this machine. Ctrl-C closes it."
            if chosen.open:
                webbrowser.open(url)
            while True:
                signal.pause()
    except KeyboardInterrupt:
        yield "Closed."
    except SetupError as problem:
        raise InputError(f"{problem}; --port takes another") from problem
