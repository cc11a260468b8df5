"""Which tags of AWS Batch are labels, and which of them wins.

The event of a job does not carry the job's tags: `detail.tags` holds only a `resourceArn`, and the
event of a service job has no tags at all. They are where AWS keeps them.
https://docs.aws.amazon.com/batch/latest/userguide/batch_job_events.html
https://docs.aws.amazon.com/batch/latest/userguide/service-job-events.html
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from notifier.batch.failure import NAME_LIMIT, Failure
from notifier.batch.json_lookup import sanitizer
from notifier.batch.pipelines.recognise import recognise

Tags = Mapping[str, str]
STEERING_TAGS = (
    "notify:after", "notify:mute-until", "notify:owner", "notify:runbook", "notify:severity",
)  # fmt: skip
LABELS_KEPT = 3  # beside the steering tags: Amazon SNS passes ten attributes on to SQS
_OWN = "notify:"


@dataclass(frozen=True, slots=True)
class Labels:
    """The tags of a job with those of its definition and queue.

    `unread` says why some of them may be missing.
    """

    tags: Tags = field(default_factory=dict)
    unread: str = ""


def merge(*tags: Tags) -> Tags:
    """Merge tags; of one key the last one wins."""
    return {key: value for each in tags for key, value in each.items()}


def with_labels(failure: Failure, labels: Labels, names: Collection[str]) -> Failure:
    """Add the steering tags and those of these names; what the event itself says is believed."""
    if not (labels.tags or labels.unread or failure.tags):
        return failure  # as of most: there is nothing to add
    safe = sanitizer(failure.secrets, NAME_LIMIT)
    found = {key: safe(value) for key, value in labels.tags.items()} | dict(failure.tags)
    kept = tuple((key, found[key]) for key in (*STEERING_TAGS, *names) if found.get(key))
    found_in_tags = recognise(failure.job_name, failure.definition_name, labels.tags, safe)
    known = failure.pipeline in ("", found_in_tags.engine)
    return replace(
        failure,
        tags=kept,
        labels_unread=labels.unread,
        pipeline=failure.pipeline or found_in_tags.engine,
        run=failure.run or (found_in_tags.run if known else ""),
        step=failure.step or (found_in_tags.step if known else ""),
    )


def filter_labels(failure: Failure) -> dict[str, str]:
    """Return the labels that subscriptions can filter by, beside the owner."""
    return {key: value for key, value in failure.tags if not key.startswith(_OWN)}
