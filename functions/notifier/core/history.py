"""When a job last succeeded, and what has changed since: what was found, and its words."""

from __future__ import annotations

from dataclasses import dataclass

from notifier.core import text, units
from notifier.core.changes import Change, compare, explained
from notifier.core.failure import Failure, Kind
from notifier.core.shape import Shape

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
class Past:
    """What AWS Batch still knows of the runs before a failure.

    `before` and `after` are the shapes of the last success and of what failed, `old` and `new`
    those of their job definitions; None is what was not found out, for the reason in `unknown`.
    `all_seen` says that no older job was left unread.
    """

    success: Run | None = None
    before: Shape | None = None
    after: Shape | None = None
    old: Shape | None = None
    new: Shape | None = None
    all_seen: bool = True
    unknown: str = ""

    @property
    def changes(self) -> tuple[Change, ...] | None:
        """What differs between the last success and what failed; None when it is not known."""
        if self.before is None or self.after is None:
            return None
        defined = compare(self.old, self.new) if self.old and self.new else None
        return explained(compare(self.before, self.after), defined)

    @property
    def overridden(self) -> frozenset[str] | None:
        """What was chosen at submission and not by the definition; None when it is not known."""
        if self.after is None or self.new is None:
            return None
        return frozenset(one.what for one in compare(self.new, self.after))


def is_comparable(failure: Failure) -> bool:
    """Say whether a failure has a past to be compared with: drills and queues have none."""
    is_named = bool(failure.queue_arn and failure.definition_arn)
    return failure.kind in _COMPARED and is_named and not failure.is_drill


def last_success(failure: Failure, past: Past | None) -> str:
    """Say when it last succeeded, as a sentence without its full stop; maybe nothing."""
    if past is None or (past.success is None and past.unknown):
        return ""
    if past.success is None:
        return "No success on record" if past.all_seen else "No success among its last 100 jobs"
    run = past.success
    is_same = run.name.casefold() == failure.job_name.casefold()
    what = "Last success" if is_same else "Last success of its definition"
    other = "" if is_same else f" (job {text.defang(run.name)})"
    return f"{what} {minute(run.stopped_at)}, revision {run.revision}{other}"


def rows(past: Past | None) -> tuple[tuple[str, str], ...]:
    """Give what has changed as labelled lines; one line where nothing has, or nobody knows."""
    if past is None:
        return ()
    changes = past.changes
    if changes:
        return tuple((one.what, one.told) for one in changes)
    if past.unknown:
        return (("not known", past.unknown),)
    if changes is None or past.after is None:
        return ()
    same = "same definition, size, command and roles"
    # A tag may name another image by now: only a digest says what ran.
    doubt = "" if "@sha256:" in past.after.image else "; the image behind the tag may be another"
    return (("nothing", f"{same}{doubt}"),)


def minute(epoch_ms: int) -> str:
    """Write a moment as `2026-11-20 10:02 UTC`."""
    return f"{units.moment(epoch_ms)[:16]} UTC"
