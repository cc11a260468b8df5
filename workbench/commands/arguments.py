"""Argument types and options that several commands share."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from typing import TypeAlias

Subcommands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def whole_number(minimum: int, maximum: int) -> Callable[[str], int]:
    """Return an argparse type that accepts a whole number in these limits."""

    def read(text: str) -> int:
        if not re.fullmatch("[0-9]{1,9}", text) or not minimum <= int(text) <= maximum:
            raise argparse.ArgumentTypeError(
                f"not a whole number from {minimum:,} to {maximum:,}: {text!r}"
            )
        return int(text)

    return read


def stack_options() -> argparse.ArgumentParser:
    """Return the options that select a deployed stack, as a parent parser."""
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument(
        "--stack-name", default="batch-notifier", metavar="NAME", help="default: batch-notifier"
    )
    options.add_argument("--region", default="", help="default: that of your AWS configuration")
    return options
