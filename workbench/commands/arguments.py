"""What the commands take: checked before anything is done."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """Give what reads a number in these limits, and refuses all else in one line."""

    def read(given: str) -> int:
        if not re.fullmatch("[0-9]{1,9}", given) or not least <= int(given) <= most:
            raise argparse.ArgumentTypeError(
                f"not a whole number from {least:,} to {most:,}: {given!r}"
            )
        return int(given)

    return read
