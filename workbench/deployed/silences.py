"""The silences in the incident table: add, list and remove them."""

from __future__ import annotations

from collections.abc import Sequence

from botocore.exceptions import BotoCoreError, ClientError

from actions import silencing
from actions.silencing import SilenceStore, TooManySilencesError
from notifier.aws.ledger import IncidentLedger
from notifier.incident.silence import Silence
from notifier.ports.service_error import ServiceError
from workbench.deployed import deployment
from workbench.errors import InputError


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


def add(store: SilenceStore, new: Silence, now: int) -> None:
    """Add a silence; raises `InputError` when there are too many."""
    try:
        silencing.add(store, new, now)
    except TooManySilencesError as error:
        raise InputError(
            f"there are {silencing.MAX_SILENCES} silences already; remove one first"
        ) from error
    except ServiceError as error:
        raise deployment.aws_error("write the silences", error) from error


def list_active(store: SilenceStore, now: int) -> list[Silence]:
    """Return the active silences, the first to end first."""
    return sorted((s for s in _read(store)[0] if now < s.until), key=lambda s: s.until)


def remove(store: SilenceStore, silence_id: str, now: int) -> Silence:
    """End a silence, and return it; raises `InputError` when there is none with this id."""
    removed: list[Silence] = []

    def without(current: Sequence[Silence]) -> list[Silence]:
        removed[:] = [each for each in current if each.id == silence_id and now < each.until]
        if not removed:
            raise InputError(f"no active silence has the id {silence_id!r}")
        return [each for each in current if each.id != silence_id]

    try:
        silencing.change(store, without)
    except ServiceError as error:
        raise deployment.aws_error("write the silences", error) from error
    return removed[0]


def _read(store: SilenceStore) -> tuple[Sequence[Silence], int]:
    try:
        return store.silences()
    except ServiceError as error:
        raise deployment.aws_error("read the silences", error) from error
