"""The silences that are kept in the incident table: add, list and remove them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Protocol

from botocore.exceptions import BotoCoreError, ClientError

from notifier.aws.ledger import IncidentLedger
from notifier.incident.silence import MATCHERS, Silence
from notifier.ports.service_error import ServiceError
from notifier.text import units
from workbench.commands.preview import InputError
from workbench.deployed import deployment
from workbench.deployed.table import aligned

TRIES = 5  # of a change that others make at the same time
MOST = 100  # every delivery of failures reads them all


class Book(Protocol):
    """Where silences are kept; both raise `ServiceError`."""

    def silences(self) -> tuple[Sequence[Silence], int]:
        """Give all, and the version that they have together."""
        ...

    def save_silences(self, silences: Sequence[Silence], version: int) -> bool:
        """Replace them all, unless somebody did so since that version."""
        ...


def book(table: str, stack_name: str, region: str) -> Book:
    """Open the incident table: `table`, or else that of the stack.

    Raises
    ------
    InputError
        When there is no such stack, or AWS does not let us see it.
    """
    deployment.use_region(region)
    try:
        return IncidentLedger(table or deployment.outputs(stack_name)[deployment.TABLE])
    except (BotoCoreError, ClientError) as error:
        what = f"table {table}" if table else f"stack {stack_name}"
        raise deployment.cannot(f"open the {what}", error) from error


def add(silences: Book, new: Silence, now: int) -> Iterator[str]:
    """Keep a silence, and say what it holds back."""

    def with_new(kept: Sequence[Silence]) -> list[Silence]:
        live = [one for one in kept if now < one.until]
        if len(live) >= MOST:
            raise InputError(f"there are {MOST} silences already, and no room for more")
        return [*live, new]

    _change(silences, with_new)
    yield f"Silenced {new.id}: {_matchers(new)}"
    yield f"until {_moment(new.until)}, by {new.who}: {new.reason}"
    yield "What fails meanwhile is counted, and told afterwards."
    yield f"To end it sooner: batch-notifier silence remove {new.id}"


def listed(silences: Book, now: int) -> Iterator[str]:
    """Give a table of what is silenced now, the first to end first."""
    kept = sorted((one for one in _read(silences)[0] if now < one.until), key=lambda one: one.until)
    if not kept:
        yield "No silences."
        return
    rows = [("ID", "UNTIL", "WHAT", "WHO", "REASON")]
    rows += [(one.id, _moment(one.until), _matchers(one), one.who, one.reason) for one in kept]
    yield from aligned(rows)


def remove(silences: Book, silence_id: str, now: int) -> Iterator[str]:
    """End a silence, and say which it was."""
    ended: list[Silence] = []

    def without(kept: Sequence[Silence]) -> list[Silence]:
        ended[:] = [one for one in kept if one.id == silence_id and now < one.until]
        if not ended:
            raise InputError(f"no silence holds that has the id {silence_id!r}")
        return [one for one in kept if one.id != silence_id]

    _change(silences, without)
    for one in ended:
        yield f"Removed {one.id}: {_matchers(one)}"
        yield f"it held until {_moment(one.until)}, by {one.who}: {one.reason}"
    yield "What it held back is told at its next look: within LongestFollowUpMinutes (240)."


def _read(silences: Book) -> tuple[Sequence[Silence], int]:
    try:
        return silences.silences()
    except ServiceError as error:
        raise deployment.cannot("read the silences", error) from error


def _change(silences: Book, change: Callable[[Sequence[Silence]], Sequence[Silence]]) -> None:
    for _ in range(TRIES):
        kept, version = _read(silences)
        try:
            if silences.save_silences(change(kept), version):
                return
        except ServiceError as error:
            raise deployment.cannot("write the silences", error) from error
    raise InputError("others changed the silences at the same time; try again")


def _matchers(silence: Silence) -> str:
    globs = {label: getattr(silence, label) for label in MATCHERS}
    named = [f"{label} {glob}" for label, glob in globs.items() if glob != "*"]
    return ", ".join(named) or "everything"


def _moment(epoch_ms: int) -> str:
    """Write a time to the minute, in UTC and in the zone of whoever reads it."""
    local = datetime.fromtimestamp(epoch_ms / 1000, UTC).astimezone()
    return f"{units.moment(epoch_ms)[:16]} UTC ({local:%Y-%m-%d %H:%M %Z})"
