"""The ledger of a dry run."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from notifier.diagnosis.catalogue import Severity
from notifier.incident.counts import Member
from notifier.incident.incident import Incident, Place
from notifier.incident.rate_limit import RateState
from notifier.incident.recovery import Run
from notifier.incident.sweep_position import SweepPosition
from notifier.ports.reporting import LedgerSnapshot


class DryRunLedger:
    """Stores nothing, so that every failure is a first, for `sam local invoke`."""

    def read(self, roots: Collection[str], keys: Collection[str]) -> LedgerSnapshot:
        """Return nothing."""
        return LedgerSnapshot()

    def record(
        self,
        members: Sequence[tuple[Place, Member]],
        places: Mapping[str, Place],
        runs: Sequence[tuple[str, Run]] = (),
    ) -> None:
        """Do nothing."""

    def settle(self, places: Mapping[str, Place]) -> Mapping[str, Place]:
        """Accept it."""
        return places

    def members(self, place: Place) -> tuple[Member, ...]:
        """Return none."""
        return ()

    def look(self, place: Place) -> tuple[Incident | None, tuple[Member, ...]]:
        """Return nothing."""
        return None, ()

    def runs(self, job: str) -> tuple[Run, ...]:
        """Return none."""
        return ()

    def save(self, incident: Incident) -> Incident | None:
        """Accept it."""
        return incident

    def save_rate_state(self, rate_state: RateState) -> RateState | None:
        """Accept it."""
        return rate_state

    def hold(self, key: str, severity: Severity, since: int) -> None:
        """Do nothing."""

    def held(self, *, is_drill: bool = False) -> tuple[str, ...]:
        """Return none."""
        return ()

    def release(self, keys: Collection[str]) -> None:
        """Do nothing."""

    def sweep_position(self) -> SweepPosition:
        """Return a new position."""
        return SweepPosition()

    def save_sweep_position(self, sweep_position: SweepPosition) -> None:
        """Do nothing."""

    def announce_heartbeat(self, nonce: str) -> None:
        """Do nothing."""

    def redeem_heartbeat(self, nonce: str) -> bool:
        """Accept none: a dry run sends none."""
        return False

    def note_unconfirmed(self, pending: int) -> None:
        """Do nothing."""
