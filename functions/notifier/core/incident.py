"""Which failures are one incident."""

from __future__ import annotations

import hashlib
import re

from notifier.core.failure import Failure, Kind

_KEY_LENGTH = 16  # hex digits, 64 bits: ten million incidents collide about once in 400,000 years


def fingerprint(failure: Failure, cause: str) -> str:
    """Give the incident's key: a stable 16-digit hex text.

    The children of an array and their parent are one incident, and so are the nodes of a
    multi-node job; otherwise failures are one when queue, job definition (any revision) and
    cause agree.

    Examples
    --------
    >>> child = Failure(Kind.ARRAY_CHILD, "7a71:3", "align", "", "", "", "")
    >>> fingerprint(child, "oom-container") == fingerprint(child, "app-exit-1")
    True
    """
    parts = _parts(failure, cause)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:_KEY_LENGTH]


def _parts(failure: Failure, cause: str) -> tuple[str, ...]:
    match failure.kind:
        case Kind.ARRAY_CHILD | Kind.ARRAY_PARENT | Kind.NODE | Kind.MULTI_NODE:
            # The console writes children as `id:3` and nodes as `id#1`.
            return ("family", re.split("[:#]", failure.job_id, maxsplit=1)[0])
        case Kind.ENVIRONMENT:
            return ("environment", failure.stack, failure.job_name)
        case Kind.QUEUE_BLOCKED:
            return ("queue-blocked", failure.queue_arn, cause)
    definition = failure.definition_arn.rpartition(":")[0] or failure.job_name
    return ("job", failure.queue_arn, definition, cause)
