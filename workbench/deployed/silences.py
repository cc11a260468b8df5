"""The silences in the incident table: add, list and remove them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Protocol

from botocore.exceptions import BotoCoreError, ClientError

from notifier.aws.ledger import IncidentLedger
from notifier.incident.silence import MATCHERS, Silence
from notifier.ports.service_error import ServiceError
from notifier.text import units
from workbench.deployed import deployment
from workbench.deployed.table import align
from workbench.errors import InputError

TRIES = 5  # of a change that collides with others
MAX_SILENCES = 100  # every delivery of failures reads them all


class SilenceStore(Protocol):
    """Where silences are kept; both methods raise `ServiceError`."""

    def silences(self) -> tuple[Sequence[Silence], int]:
        """Return all silences, and their common version."""
        ...

    def save_silences(self, silences: Sequence[Silence], version: int) -> bool:
        """Replace all silences; False if they have changed since that version."""
        ...


def open_store(table: str, stack_name: str, region: str) -> SilenceStore:
    """Open the incident table: `table`, or else that of the stack.

    Raises
    ------
    InputError
        When the stack does not exist, or access is denied.
    """
    deployment.use_region(region)
    try:
        return IncidentLedger(table or deployment.stack_outputs(stack_name)[deployment.TABLE])
    except (BotoCoreError, ClientError) as error:
        what = f"table {table}" if table else f"stack {stack_name}"
        raise deployment.aws_error(f"open the {what}", error) from error


def add(store: SilenceStore, new: Silence, now: int) -> Iterator[str]:
    """Add a silence, and report what it suppresses."""

    def with_new(current: Sequence[Silence]) -> list[Silence]:
        active = [each for each in current if now < each.until]
        if len(active) >= MAX_SILENCES:
            raise InputError(f"there are {MAX_SILENCES} silences already; remove one first")
        return [*active, new]

    _change(store, with_new)
    yield f"Silenced {new.id}: {_matchers(new)}"
    yield f"until {_moment(new.until)}, by {new.who}: {new.reason}"
    yield "Failures in this time are counted, and reported afterwards."
    yield f"To end it early: batch-notifier silence remove {new.id}"


def list_active(store: SilenceStore, now: int) -> Iterator[str]:
    """Return a table of the active silences, the first to end first."""
    active = sorted((s for s in _read(store)[0] if now < s.until), key=lambda s: s.until)
    if not active:
        yield "No silences."
        return
    rows = [("ID", "UNTIL", "WHAT", "WHO", "REASON")]
    rows += [(s.id, _moment(s.until), _matchers(s), s.who, s.reason) for s in active]
    yield from align(rows)


def remove(store: SilenceStore, silence_id: str, now: int) -> Iterator[str]:
    """End a silence, and report what it was."""
    removed: list[Silence] = []

    def without(current: Sequence[Silence]) -> list[Silence]:
        removed[:] = [each for each in current if each.id == silence_id and now < each.until]
        if not removed:
            raise InputError(f"no active silence has the id {silence_id!r}")
        return [each for each in current if each.id != silence_id]

    _change(store, without)
    for silence in removed:
        yield f"Removed {silence.id}: {_matchers(silence)}"
        yield f"It was to end {_moment(silence.until)}, by {silence.who}: {silence.reason}"
    yield "Suppressed failures are reported within LongestFollowUpMinutes (240)."


def _read(store: SilenceStore) -> tuple[Sequence[Silence], int]:
    try:
        return store.silences()
    except ServiceError as error:
        raise deployment.aws_error("read the silences", error) from error


def _change(store: SilenceStore, change: Callable[[Sequence[Silence]], Sequence[Silence]]) -> None:
    for _ in range(TRIES):
        current, version = _read(store)
        try:
            if store.save_silences(change(current), version):
                return
        except ServiceError as error:
            raise deployment.aws_error("write the silences", error) from error
    raise InputError("others changed the silences at the same time; try again")


def _matchers(silence: Silence) -> str:
    globs = {label: getattr(silence, label) for label in MATCHERS}
    named = [f"{label} {glob}" for label, glob in globs.items() if glob != "*"]
    return ", ".join(named) or "everything"


def _moment(epoch_ms: int) -> str:
    """Format a time to the minute, in UTC and in the local zone."""
    local = datetime.fromtimestamp(epoch_ms / 1000, UTC).astimezone()
    return f"{units.moment(epoch_ms)[:16]} UTC ({local:%Y-%m-%d %H:%M %Z})"
