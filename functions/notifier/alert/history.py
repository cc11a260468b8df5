"""When a job last succeeded, and what has changed since."""

from __future__ import annotations

from dataclasses import dataclass

from notifier.alert.changes import Change, compare, mark_submission_changes
from notifier.batch.failure import Failure, Kind
from notifier.batch.job_shape import JobShape
from notifier.text import units, untrusted

# AWS Batch lists these with their definition and queue; children and nodes through their parent.
_COMPARED = frozenset(
    (Kind.JOB, Kind.ARRAY_CHILD, Kind.ARRAY_PARENT, Kind.NODE, Kind.MULTI_NODE)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Run:
    """A run that succeeded; `stopped_at` is in epoch milliseconds."""

    job_id: str
    name: str
    definition: str
    stopped_at: int

    @property
    def revision(self) -> str:
        """Revision of its job definition."""
        return self.definition.rpartition(":")[2]


@dataclass(frozen=True, slots=True)
class RunHistory:
    """What AWS Batch still knows of the runs before a failure.

    `before` and `after` are the shapes of the last success and of the failed job,
    `definition_before` and `definition_after` those of their job definitions. None is not known,
    for the reason in `unknown`. `all_seen` is whether all older jobs were read.
    """

    success: Run | None = None
    before: JobShape | None = None
    after: JobShape | None = None
    definition_before: JobShape | None = None
    definition_after: JobShape | None = None
    all_seen: bool = True
    unknown: str = ""

    @property
    def changes(self) -> tuple[Change, ...] | None:
        """Differences between the last success and the failed job; None when not known."""
        if self.before is None or self.after is None:
            return None
        old, new = self.definition_before, self.definition_after
        defined = compare(old, new) if old and new else None
        return mark_submission_changes(compare(self.before, self.after), defined)

    @property
    def overridden(self) -> frozenset[str] | None:
        """What was set at submission and not by the definition; None when not known."""
        if self.after is None or self.definition_after is None:
            return None
        return frozenset(one.what for one in compare(self.definition_after, self.after))


def is_comparable(failure: Failure) -> bool:
    """Say whether a failure can be compared with earlier runs; drills and queues cannot."""
    is_named = bool(failure.queue_arn and failure.definition_arn)
    return failure.kind in _COMPARED and is_named and not failure.is_drill


def describe_last_success(failure: Failure, run_history: RunHistory | None) -> str:
    """Say when the job last succeeded, without a full stop; empty when not known."""
    run = run_history.success if run_history else None
    if run_history is None or (run is None and run_history.unknown):
        return ""
    if run is None:
        return f"No success {'on record' if run_history.all_seen else 'among the last 100 jobs'}"
    when = f"{units.moment(run.stopped_at)[:16]} UTC, revision {run.revision}"
    if run.name.casefold() == failure.job_name.casefold():
        return f"Last success {when}"
    return f"Last success of its definition {when} (job {untrusted.defang(run.name)})"


def list_changes(run_history: RunHistory | None) -> tuple[tuple[str, str], ...]:
    """Give the changes as labelled lines; one line where there are none, or they are not known."""
    if run_history is None:
        return ()
    changes = run_history.changes
    if changes:
        return tuple((one.what, one.text) for one in changes)
    if run_history.unknown:
        return (("not known", run_history.unknown),)
    if changes is None or run_history.after is None:
        return ()
    # A tag may name another image by now; a digest cannot.
    is_pinned = "@sha256:" in run_history.after.image
    doubt = "" if is_pinned else "; the image behind the tag may have changed"
    return (("nothing", f"same definition, size, command and roles{doubt}"),)
