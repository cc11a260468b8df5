"""How much a log line tells about why a program ended."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum


class Weight(IntEnum):
    """How much a line tells, least first."""

    NO_ERROR = 0
    FOLLOWER = 1  # what an earlier error led to: shutdown, cancelled, closed, broken pipe
    WRAPPER = 2  # another program failed, which has said why itself
    HINT = 3  # words of failure in a line that is not logged as an error
    ERROR = 4  # a line that is logged as an error
    EXCEPTION = 5  # an exception or panic, in the form of its language


@dataclass(frozen=True, slots=True)
class ErrorPattern:
    """One way to report an error; the pattern is matched at the start of a line.

    A pattern that searches a line is tried only if the line contains one of its `words` (in lower
    case), because that test is ten times cheaper.
    """

    name: str
    pattern: str
    flags: re.RegexFlag = re.NOFLAG
    words: tuple[str, ...] = ()


DOTTED = r"(?:[A-Za-z_][\w$]{0,80}(?:\.|::|/|\\)){0,12}"
# `ValueError`, `java.io.IOException`, `Error`, but no warning.
EXCEPTION_NAME = rf"{DOTTED}(?:[A-Z]\w{{0,80}})?(?:Error|Exception|Fault|Interrupt|Failure)\b"
