"""Counts and causes in the few words that headlines and sentences have room for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

CAUSES_NAMED = 3  # in one headline; the others are counted
# Names that stay as they are where a title goes on inside a sentence.
_PROPER = frozenset(
    ("Batch", "DescribeJobs", "Docker", "Fargate", "Kubernetes", "SageMaker", "Spot")
)  # fmt: skip
_BEFORE_ERROR = re.compile(
    r"^(?:Caused by: |---> |\[cause\]: |Exception in thread \"[^\"]{0,80}\" "
    r"|(?:ERROR|Error|FATAL): |Unhandled exception\. |PHP Fatal error: |Uncaught "
    r"|thread '[^']{0,80}'(?: \(\d{1,20}\))? panicked at (?:[^\s']{1,200}:\d{1,6}:\d{1,6}: )?)"
)
_PACKAGE = re.compile(r"^(?:[a-z_][\w$]{0,60}(?:\.|::)){1,12}(?=[A-Z]\w{2,80}(?::|$))")
_EXIT_TITLE = re.compile(r"Application failed \((exit code \d+)\)")
# What stands after a number, where the title is a sentence of its own.
_SHORT = {
    "app-exit-nonzero": "exit code not zero",
    "app-gpu-out-of-memory": "out of GPU memory",
    "app-out-of-memory": "out of memory",
    "dependent-job-failed": "dependency failed",
    "eks-oomkilled": "out of memory",
    "fargate-spot-interruption": "Spot",
    "job-timeout": "timed out",
    "oom-container": "out of memory",
    "sigkill-137": "possibly out of memory",
    "spot-interruption-generic": "Spot",
    "unreadable-event": "unreadable",
}


def lowered(title: str) -> str:
    """Write a title as it goes on inside a sentence.

    Examples
    --------
    >>> lowered("Container ran out of memory"), lowered("EFS mount denied")
    ('container ran out of memory', 'EFS mount denied')
    """
    if title[1:2].isupper() or title.split(" ", 1)[0] in _PROPER:
        return title
    return title[:1].lower() + title[1:]


def short(cause: str, title: str) -> str:
    """Give a cause in a few words, such as can follow a number."""
    exit_code = _EXIT_TITLE.fullmatch(title)
    return _SHORT.get(cause) or (exit_code[1] if exit_code else lowered(title))


def error_short(root: str) -> str:
    """Give what a log says in few words: the class without its package, and its message.

    Examples
    --------
    >>> error_short("Caused by: java.io.IOException: truncated file")
    'IOException: truncated file'
    """
    said = _BEFORE_ERROR.sub("", root, count=1)
    return _PACKAGE.sub("", said, count=1)


def counted(number: int, one: str, many: str = "") -> str:
    """Write a number of things.

    Examples
    --------
    >>> counted(1, "job"), counted(1200, "job"), counted(2, "child", "children")
    ('1 job', '1,200 jobs', '2 children')
    """
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def causes(pairs: Iterable[tuple[str, int]]) -> str:
    """Write short causes with their counts, the most frequent first; one alone needs no number.

    Examples
    --------
    >>> causes([("out of memory", 300), ("Spot", 12)]), causes([("timed out", 4)])
    ('300 out of memory, 12 Spot', 'timed out')
    """
    totals: Counter[str] = Counter()
    for words, number in pairs:
        totals[words] += number
    if len(totals) == 1:
        return next(iter(totals))
    told = ", ".join(f"{n:,} {words}" for words, n in totals.most_common(CAUSES_NAMED))
    more = len(totals) - CAUSES_NAMED
    return f"{told} and {counted(more, 'more cause')}" if more > 0 else told


def fitted(headline: str, room: int) -> str:
    """Cut a headline to `room` characters, visibly, between causes where that is possible.

    Examples
    --------
    >>> fitted("312 of 10,000 failed: 300 out of memory, 12 Spot", 45)
    '312 of 10,000 failed: 300 out of memory, ..'
    """
    if len(headline) <= room:
        return headline
    whole = headline[: max(0, room - 3)]
    head = whole.rpartition(", ")[0]
    return f"{head}, .." if len(head) > room // 3 else f"{whole.rstrip()} .."
