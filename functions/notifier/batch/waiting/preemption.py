"""How often a service job lost its capacity to another one."""

from __future__ import annotations

from notifier.batch.json_lookup import Json, Sanitizer, dict_at, dicts_at, int_at, str_at


def describe_preemptions(detail: Json, safe: Sanitizer) -> str:
    """Say how often another job took the capacity of this one, and AWS's last words about it.

    https://docs.aws.amazon.com/batch/latest/APIReference/API_ServiceJobPreemptionSummary.html
    """
    summary = dict_at(detail, "preemptionSummary")
    count = int_at(summary, "preemptedAttemptCount") or 0
    reasons = [
        safe(str_at(one, "statusReason")) for one in dicts_at(summary, "recentPreemptedAttempts")
    ]
    if count <= 0:
        return ""
    times = "once" if count == 1 else f"{count:,} times"
    last = next(filter(None, reversed(reasons)), "")
    return f"{times}, last: {last}" if last else times
