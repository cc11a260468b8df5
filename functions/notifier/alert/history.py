"""When a job last succeeded, and what has changed since: what was found, and its words."""

from __future__ import annotations

from dataclasses import dataclass

from notifier.alert.changes import Change, compare, mark_submission_changes
from notifier.batch.failure import Failure, Kind
from notifier.batch.job_shape import JobShape
from notifier.text import units, untrusted

# Those that AWS Batch lists with a definition and a queue. Children and nodes go by their parent.
_COMPARED = frozenset(
    (Kind.JOB, Kind.ARRAY_CHILD, Kind.ARRAY_PARENT, Kind.NODE, Kind.MULTI_NODE)
)  # fmt: skip
_SETTINGS = ("command", "environment", "parameters")


@dataclass(frozen=True, slots=True)
class Run:
    """A run that succeeded: what names it, and when it ended (epoch ms)."""

    job_id: str
    name: str
    definition: str
    stopped_at: int

    @property
    def revision(self) -> str:
        """Number of the revision of its job definition."""
        return self.definition.rpartition(":")[2]


@dataclass(frozen=True, slots=True)
class RunHistory:
    """What AWS Batch still knows of the runs before a failure.

    `before` and `after` are the shapes of the last success and of what failed, `old` and `new`
    those of their job definitions; None is what was not found out, for the reason in `unknown`.
    `all_seen` says that no older job was left unread.
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
        """What differs between the last success and what failed; None when it is not known."""
        if self.before is None or self.after is None:
            return None
        defined = (
            compare(self.definition_before, self.definition_after)
            if self.definition_before and self.definition_after
            else None
        )
        return mark_submission_changes(compare(self.before, self.after), defined)

    @property
    def overridden(self) -> frozenset[str] | None:
        """What was chosen at submission and not by the definition; None when it is not known."""
        if self.after is None or self.definition_after is None:
            return None
        return frozenset(one.what for one in compare(self.definition_after, self.after))


def is_comparable(failure: Failure) -> bool:
    """Say whether a failure has a past to be compared with: drills and queues have none."""
    is_named = bool(failure.queue_arn and failure.definition_arn)
    return failure.kind in _COMPARED and is_named and not failure.is_drill


def describe_last_success(failure: Failure, run_history: RunHistory | None) -> str:
    """Say when it last succeeded, as a sentence without its full stop; maybe nothing."""
    if run_history is None or (run_history.success is None and run_history.unknown):
        return ""
    if run_history.success is None:
        return (
            "No success on record" if run_history.all_seen else "No success among its last 100 jobs"
        )
    run = run_history.success
    is_same = run.name.casefold() == failure.job_name.casefold()
    what = "Last success" if is_same else "Last success of its definition"
    other = "" if is_same else f" (job {untrusted.defang(run.name)})"
    return f"{what} {_format_minute(run.stopped_at)}, revision {run.revision}{other}"


def list_changes(run_history: RunHistory | None) -> tuple[tuple[str, str], ...]:
    """Give what has changed as labelled lines; one line where nothing has, or nobody knows."""
    if run_history is None:
        return ()
    changes = run_history.changes
    if changes:
        return tuple((one.what, one.text) for one in changes)
    if run_history.unknown:
        return (("not known", run_history.unknown),)
    if changes is None or run_history.after is None:
        return ()
    same = "same definition, size, command and roles"
    # A tag may name another image by now: only a digest says what ran.
    doubt = (
        "" if "@sha256:" in run_history.after.image else "; the image behind the tag may be another"
    )
    return (("nothing", f"{same}{doubt}"),)


def _format_minute(epoch_ms: int) -> str:
    """Write a moment as `2026-11-20 10:02 UTC`."""
    return f"{units.moment(epoch_ms)[:16]} UTC"
