"""Read the answer of GetJobQueueSnapshot, in the sweep and in the event that it makes.

https://docs.aws.amazon.com/batch/latest/APIReference/API_GetJobQueueSnapshot.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from notifier.batch.json_lookup import Json, Sanitizer, dict_at, dicts_at, int_at, str_at, time_at
from notifier.batch.waiting.queue_head import QueueHead

SHARES_SHOWN = 3
KEY = "queueHead"  # in the detail of the sweep's event


@dataclass(frozen=True, slots=True)
class FirstJob:
    """The first job of a queue or of one of its quota shares."""

    job_id: str
    since: int
    share: str = ""


def first_jobs(snapshot: Mapping[str, Any]) -> tuple[FirstJob, ...]:
    """Return the first job of the queue, and of each quota share."""
    raw = dict(snapshot)
    shares = dict_at(raw, "frontOfQuotaShares", "quotaShares")
    firsts = [("", one) for one in dicts_at(raw, "frontOfQueue", "jobs")[:1]]
    firsts += [(share, one) for share in shares for one in dicts_at(shares, share)[:1]]
    found = {
        job_id: FirstJob(job_id, time_at(one, "earliestTimeAtPosition") or 0, share)
        for share, one in firsts
        if (job_id := str_at(one, "jobArn").rpartition("job/")[2])
    }
    return tuple(found.values())


def waiting_in_front(snapshot: Mapping[str, Any]) -> int:
    """Return how many jobs the snapshot lists: 100 at most."""
    return len(dicts_at(dict(snapshot), "frontOfQueue", "jobs"))


def head_for_event(first: FirstJob, behind: int, snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an event tells about a job at the head."""
    usage = dict_at(dict(snapshot), "queueUtilization")
    return {"since": first.since, "share": first.share, "behind": behind, "utilization": usage}


def parse_head(detail: Json, safe: Sanitizer) -> QueueHead | None:
    """Parse what the sweep has put into an event; None where it has put nothing."""
    raw = dict_at(detail, KEY)
    if not raw:
        return None
    return QueueHead(
        since=time_at(raw, "since"),
        share=safe(str_at(raw, "share")),
        behind=max(0, int_at(raw, "behind") or 0),
        usage="; ".join(_usage(dict_at(raw, "utilization"), safe)),
        unread=safe(str_at(raw, "unread")),
    )


def _usage(raw: Json, safe: Sanitizer) -> Iterator[str]:
    if total := _amounts(dicts_at(raw, "totalCapacityUsage"), safe):
        yield total
    for place, name in (
        ("fairshareUtilization", "shareIdentifier"), ("quotaShareUtilization", "quotaShareName")
    ):  # fmt: skip
        for one in dicts_at(raw, place, "topCapacityUtilization")[:SHARES_SHOWN]:
            amounts = _amounts(dicts_at(one, "capacityUsage"), safe)
            yield f"share {safe(str_at(one, name))} {amounts or 'nothing'}"


def _amounts(raw: list[Json], safe: Sanitizer) -> str:
    pairs = ((one.get("quantity"), safe(str_at(one, "capacityUnit"))) for one in raw)
    return ", ".join(
        f"{quantity:,g} {'vCPU' if unit in ('VCPU', 'cpu') else unit}"
        for quantity, unit in pairs
        if isinstance(quantity, int | float)
    )
