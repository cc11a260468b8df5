"""What the links do that acknowledge an incident or silence it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from actions import silencing
from actions.misuse import Misuse, MisuseError
from actions.prepared_action import ActionPorts, ActionResult, OpenedLink, PreparedAction
from actions.silencing import TooManySilencesError
from notifier.alert.commands.action_links import Action
from notifier.incident.silence import Silence
from notifier.text import units
from notifier.text.units import HOUR_MS

MORNING = 9  # o'clock, UTC


def prepare(case: OpenedLink, ports: ActionPorts) -> PreparedAction:
    """Prepare the silence; raises `MisuseError` where it has no use, and `ServiceError`."""
    if case.token.action is Action.ACKNOWLEDGE:
        _check_open(case, ports)

    def do(who: str) -> ActionResult:
        one = _silence(case, who)
        try:
            silencing.add(ports.ledger, one, case.now)
        except TooManySilencesError as error:
            raise MisuseError(Misuse.TOO_MANY) from error
        status = "ACKNOWLEDGED" if one.incident else "SILENCED"
        return ActionResult(status, f"{status.lower()} by {who}: {_promise(one)}")

    return PreparedAction(_promise(_silence(case, "")), case.token.expires, do)


def _check_open(case: OpenedLink, ports: ActionPorts) -> None:
    if case.incident.stage != "open":
        raise MisuseError(Misuse.OVER)
    known, _ = ports.ledger.silences()
    if silencing.acknowledgement_of(case.incident, known, case.members, case.now):
        raise MisuseError(Misuse.ALREADY)


def _silence(case: OpenedLink, who: str) -> Silence:
    if case.token.action is Action.ACKNOWLEDGE:
        return silencing.acknowledge(case.incident, case.members, who, case.now)
    return silencing.silence(case.incident, who, _until(case.token.action, case.now))


def _until(action: Action, now: int) -> int:
    if action is Action.SILENCE_4H:
        return now + 4 * HOUR_MS
    tomorrow = datetime.fromtimestamp(now / 1000, UTC) + timedelta(days=1)
    return int(tomorrow.replace(hour=MORNING, minute=0, second=0, microsecond=0).timestamp()) * 1000


def _promise(one: Silence) -> str:
    """Say what the silence means that an action makes."""
    if one.incident:
        return f"no more digests until it recovers or has {one.grows_to:,} failures"
    what = f"queue {one.queue or '-'}, job definition {one.definition or '-'}, cause {one.cause}"
    until = units.moment(one.until)[:16]
    return f"no alerts about {what} until {until} UTC; failures are counted, and reported then"
