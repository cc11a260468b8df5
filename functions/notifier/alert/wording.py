"""Numbers, causes and errors in the few words that a headline or sentence has room for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from notifier.diagnosis.evidence import Diagnosis
from notifier.diagnosis.known_cause import diagnosis_for
from notifier.text import untrusted

ERROR_LIMIT = 60  # characters of the log's error in a subject, which also says how new it is
CAUSES_NAMED = 3  # in a headline; the others are counted
# Names that keep their capital inside a sentence.
_PROPER = frozenset(
    ("Batch", "DescribeJobs", "Docker", "Fargate", "Kubernetes", "SageMaker", "Spot")
)  # fmt: skip
_BEFORE_ERROR = re.compile(
    r"^(?:(?:[\w.]{1,80}\.)?ClientError: (?=An error occurred \()|Caused by: "
    r"|---> |\[cause\]: |Exception in thread \"[^\"]{0,80}\" "
    r"|(?:ERROR|Error|FATAL): |Unhandled exception\. |PHP Fatal error: |Uncaught "
    r"|thread '[^']{0,80}'(?: \(\d{1,20}\))? panicked at (?:[^\s']{1,200}:\d{1,6}:\d{1,6}: )?'?"
    r"|/[\w./+-]{1,200}/(?=[\w.+-]{1,80}: line \d))"
)
_PACKAGE = re.compile(
    r"^(?:[a-z_][\w$]{0,60}(?:\.|::)|[A-Z][\w$]{0,60}\.){1,12}(?=[A-Z][\w+]{2,80}(?::|$| \())"
)
# What stands before the reason itself, where there is room for little.
_LEAD_IN = re.compile(
    r"^(?:.{1,300}?[:.] (?=An error occurred \(\w)"
    r"|(?:[\w.-]{1,40}: (?:error: )?)?connection to server .{1,160}? failed: (?=\S)"
    r"|Lost executor \S{1,20} on \S{1,80}: (?=\S)"
    r"|(?:[A-Z]\w{1,60}::){1,4}\w{1,60}: (?=(?:[A-Z]\w{1,60}::){1,4}\w{1,60}: ))"
)
_EXIT_TITLE = re.compile(r"Application failed \((exit code \d+)\)")
# Words to follow a number, for causes whose title is a sentence.
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


def lower_first(title: str) -> str:
    """Write a title so that it can continue a sentence.

    Examples
    --------
    >>> lower_first("Container ran out of memory"), lower_first("EFS mount denied")
    ('container ran out of memory', 'EFS mount denied')
    """
    if title[1:2].isupper() or title.split(" ", 1)[0] in _PROPER:
        return title
    return title[:1].lower() + title[1:]


def shorten_error(root: str) -> str:
    """Shorten a root cause line to the exception's class, without its package, and the message.

    Examples
    --------
    >>> shorten_error("Caused by: java.io.IOException: truncated file")
    'IOException: truncated file'
    """
    text = _LEAD_IN.sub("", _BEFORE_ERROR.sub("", root, count=1), count=1)
    return _PACKAGE.sub("", text, count=1)


def short_error(diagnosis: Diagnosis, root: str) -> str:
    """Shorten the log's root cause line, where the cause is no more than an exit code."""
    return _fit(root) if diagnosis.is_exit_code else ""


def quote_log(diagnosis: Diagnosis) -> str:
    """Shorten the log's root cause line, where the title of the cause says more than a code."""
    is_quoted = diagnosis.blames_program and not diagnosis.is_exit_code
    return _fit(diagnosis.root) if is_quoted else ""


def _fit(root: str) -> str:
    return untrusted.truncate(untrusted.defang(shorten_error(root)), ERROR_LIMIT)


def pluralize(number: int, one: str, many: str = "") -> str:
    """Write a number with its noun.

    Examples
    --------
    >>> pluralize(1, "job"), pluralize(1200, "job"), pluralize(2, "child", "children")
    ('1 job', '1,200 jobs', '2 children')
    """
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def list_causes(counts: Iterable[tuple[str, int]]) -> str:
    """Name causes with their counts, the most frequent first; a single cause needs no count.

    Examples
    --------
    >>> list_causes([("oom-container", 300), ("spot-interruption-generic", 12)])
    '300 out of memory, 12 Spot'
    >>> list_causes([("job-timeout", 4)])
    'timed out'
    """
    totals: Counter[str] = Counter()
    for cause, number in counts:
        totals[_shorten_cause(cause)] += number
    if len(totals) == 1:
        return next(iter(totals))
    named = ", ".join(f"{n:,} {words}" for words, n in totals.most_common(CAUSES_NAMED))
    more = len(totals) - CAUSES_NAMED
    return f"{named} and {pluralize(more, 'more cause')}" if more > 0 else named


def _shorten_cause(cause: str) -> str:
    title = diagnosis_for(cause).title
    exit_code = _EXIT_TITLE.fullmatch(title)
    return _SHORT.get(cause) or (exit_code[1] if exit_code else lower_first(title))


def shorten_headline(headline: str, room: int) -> str:
    """Cut a headline to `room` characters, between causes where possible.

    Examples
    --------
    >>> shorten_headline("312 of 10,000 failed: 300 out of memory, 12 Spot", 45)
    '312 of 10,000 failed: 300 out of memory, ..'
    """
    if len(headline) <= room:
        return headline
    whole = headline[: max(0, room - 3)]
    head = whole.rpartition(", ")[0]
    return f"{head}, .." if len(head) > room // 3 else f"{whole.rstrip()} .."


def unconfirmed_note(number: int) -> str:
    """Say how many addresses did not get an alert; not which, because they are private."""
    if not number:
        return ""
    have = "address has" if number == 1 else "addresses have"
    return (
        f" {number:,} {have} not confirmed the subscription yet and did not get this alert."
        " The link to confirm is in a mail from AWS Notifications."
    )
