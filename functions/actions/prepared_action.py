"""An action that a link does, prepared before it is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from actions.batch_jobs import BatchJobs
from actions.tokens import Token
from notifier.alert.facts import Pairs
from notifier.aws.ledger import IncidentLedger
from notifier.incident.counts import Member
from notifier.incident.incident import Incident
from notifier.ports.reporting import Journal, Topic


@dataclass(frozen=True, slots=True)
class ActionPorts:
    """What the function works with; `key` may raise `ServiceError`.

    Without AllowRerun there is no `batch`.
    """

    ledger: IncidentLedger
    topic: Topic
    journal: Journal
    key: Callable[[], bytes]
    now_ms: Callable[[], int]
    batch: BatchJobs | None = None


@dataclass(frozen=True, slots=True)
class OpenedLink:
    """A genuine link, and what it is about. `now` is in epoch milliseconds."""

    incident: Incident
    members: tuple[Member, ...]
    token: Token
    now: int


@dataclass(frozen=True, slots=True)
class ActionResult:
    """What was done: `said` is the end of a sentence for all, `note` a sentence for the page."""

    status: str
    said: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class PreparedAction:
    """What a link does.

    `do` takes the name of the person. It raises `MisuseError` or `ServiceError` if nothing was
    done, and `UncertainError` if that is not known.
    """

    promise: str
    """The end of a sentence: what will happen."""
    used_until: int
    """For how long what it uses up is remembered as used (epoch seconds)."""
    do: Callable[[str], ActionResult]
    facts: Pairs = ()
    """What it is about, by names, if it is not the incident as a whole."""
    cautions: Callable[[], Sequence[str]] = tuple
    """What to think of before it is done."""
