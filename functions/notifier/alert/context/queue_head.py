"""Where a stuck job waits, in words."""

from __future__ import annotations

from notifier.batch.failure import Failure
from notifier.text import units, untrusted


def describe_wait(failure: Failure) -> str:
    """Say how a job waits: first in its queue, or for how long where only its age is known."""
    head = failure.queue_head
    if head is None or head.since is None:
        return f"has waited{_waited_for(failure)} in {failure.status}"
    of = f" of share {untrusted.defang(head.share)}" if head.share else ""
    return f"has been first{of}{_waited_for(failure)} without starting"


def list_facts(failure: Failure) -> dict[str, str]:
    """Say where a stuck job is in its queue, how many wait behind it, and what is in use."""
    head = failure.queue_head
    if head is None:
        return {}
    if head.unread:
        return {"position": f"not known ({head.unread}): reported because of its age alone"}
    jobs = "1 job waits" if head.behind == 1 else f"{head.behind:,} jobs wait"
    return {
        "position": f"first in its {'share' if head.share else 'queue'}",
        "behind it": jobs if head.behind else "",
        "in use": head.usage,
    }


def _waited_for(failure: Failure) -> str:
    """Say how long a job had waited when the sweep saw it."""
    if failure.waiting_since is None or not failure.event_at:
        return ""
    return f" for {units.waited(failure.event_at - failure.waiting_since)}"
