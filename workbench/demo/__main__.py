"""Starts the demo, and turns what ends it into one line and an exit code."""

from __future__ import annotations

import argparse
import os
import re
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

from botocore.exceptions import BotoCoreError, ClientError

from workbench.demo.console import print_error
from workbench.demo.run import EXIT_FAILED, run
from workbench.errors import SetupError
from workbench.local.aws import without_aws

MAX_PORT = 65_535
EXIT_SETUP = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; exit code 0, 1 for a missing or duplicate alert, 2 for a setup error."""
    # A shell starts background processes with SIGINT ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _exit_on_signal)
    signal.signal(signal.SIGHUP, _exit_on_signal)
    _forget_aws_settings()
    if hasattr(sys.stdout, "reconfigure"):  # an ASCII terminal gets question marks, no traceback
        sys.stdout.reconfigure(errors="replace")
    try:
        options = _parser().parse_args(arguments)
        return run(once=options.once, port=options.port)
    except BrokenPipeError:  # the reader (`| head`) has closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED
    except KeyboardInterrupt:
        print_error("interrupted")
        return 128 + signal.SIGINT
    except (SetupError, OSError) as error:
        print_error(str(error))
    except (BotoCoreError, ClientError) as error:
        print_error(f"the local AWS returned an error: {error}")
    return EXIT_SETUP


def _forget_aws_settings() -> None:
    """Keep the user's own profile, configuration and credentials out of this process."""
    kept = without_aws(os.environ)
    os.environ.clear()
    os.environ.update(kept)


def _exit_on_signal(number: int, _: FrameType | None) -> NoReturn:
    """Exit through every ``with`` block, so that no process is left running."""
    sys.exit(128 + number)


def _port(text: str) -> int:
    if not re.fullmatch("[0-9]{1,5}", text) or int(text) > MAX_PORT:
        raise SetupError(f"PORT must be a number from 0 to {MAX_PORT}, not {text!r}")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make demo", description="Show alerts on a local AWS.")
    parser.add_argument("--once", action="store_true", help="check every alert, then stop")
    parser.add_argument("--port", type=_port, default=0, help="loopback port (default: a free one)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
