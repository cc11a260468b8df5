"""Acknowledgements and silences of an incident, for the links of alerts and the command line."""

from __future__ import annotations

import glob
import secrets
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from notifier.incident.counts import Member
from notifier.incident.decision import open_failures
from notifier.incident.incident import CLOSE_AFTER_MS, Incident
from notifier.incident.silence import Silence, last_success
from notifier.ports.service_error import ErrorKind, ServiceError

GROWTH = 10  # times as many failures as were acknowledged end an acknowledgement
ID_BYTES = 4
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


class TooManySilencesError(Exception):
    """There are 100 silences already."""


def acknowledge(
    incident: Incident, members: Iterable[Member], who: str, now: int, until: int = 0
) -> Silence:
    """Build the acknowledgement of an incident: no digests until it recovers or grows tenfold.

    `until` ends it at the latest; by default that is when the incident would be closed.
    """
    failures = max(1, open_failures(incident, {one.job_id: one for one in members}.values()))
    return Silence(
        id=secrets.token_hex(ID_BYTES),
        until=until or now + CLOSE_AFTER_MS,
        reason=f"acknowledged: {incident.key}",
        who=who,
        incident=incident.key,
        grows_to=failures * GROWTH,
        recovered=last_success(incident),
    )


def silence(incident: Incident, who: str, until: int) -> Silence:
    """Build a silence of what fails like an incident: its queue, definition and cause."""
    first = incident.first
    return Silence(
        id=secrets.token_hex(ID_BYTES),
        until=until,
        reason=f"from the alert of incident {incident.key}",
        who=who,
        # A drill can call its queue `*`.
        queue=glob.escape(first.queue.rpartition("/")[2]),
        definition=glob.escape(first.definition.partition(":")[0]),
        cause=incident.cause,
    )


def acknowledgement_of(
    incident: Incident, silences: Iterable[Silence], members: Iterable[Member], now: int
) -> Silence | None:
    """Return the acknowledgement that holds back an incident now, if there is one."""
    own = [one for one in silences if one.incident == incident.key and now < one.until]
    failures = open_failures(incident, members) if own else 0
    return next((one for one in own if one.is_about(incident, failures)), None)


def add(store: SilenceStore, new: Silence, now: int) -> None:
    """Add a silence.

    Raises
    ------
    TooManySilencesError
        If there are 100 that have not ended.
    ServiceError
        If the table failed, or others changed the silences again and again.
    """

    def with_new(current: Sequence[Silence]) -> Sequence[Silence]:
        active = [one for one in current if now < one.until]
        if len(active) >= MAX_SILENCES:
            raise TooManySilencesError
        return [*active, new]

    change(store, with_new)


def change(store: SilenceStore, change: Callable[[Sequence[Silence]], Sequence[Silence]]) -> None:
    """Change the silences, whoever changes them meanwhile; raises `ServiceError`."""
    for _ in range(TRIES):
        current, version = store.silences()
        if store.save_silences(change(current), version):
            return
    raise ServiceError(ErrorKind.RETRYABLE, "others changed them at the same time; try again")
