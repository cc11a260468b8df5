"""What a link shows, and what its form does: check, use up the link, act, publish the update."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from actions import pages, silencing
from actions.misuse import Misuse, MisuseError
from actions.pages import Page
from actions.requests import Request
from actions.silencing import TooManySilencesError
from actions.tokens import Token, check_token
from actions.update import compose_update
from notifier.alert.commands.action_links import LABELS, Action
from notifier.aws.ledger import IncidentLedger
from notifier.channels import message
from notifier.incident.counts import Member
from notifier.incident.incident import Incident
from notifier.incident.silence import Silence
from notifier.ports.metrics import Metric
from notifier.ports.reporting import Journal, Topic
from notifier.ports.service_error import ServiceError
from notifier.text import units
from notifier.text.units import HOUR_MS

MORNING = 9  # o'clock, UTC


@dataclass(frozen=True, slots=True)
class Desk:
    """What the function works with; `key` may raise `ServiceError`."""

    ledger: IncidentLedger
    topic: Topic
    journal: Journal
    key: Callable[[], bytes]
    now_ms: Callable[[], int]


@dataclass(frozen=True, slots=True)
class _Case:
    incident: Incident
    members: tuple[Member, ...]
    token: Token
    now: int


def answer(request: Request, desk: Desk) -> Page:
    """Show what a link would do, or do it.

    Raises
    ------
    MisuseError
        When it is refused: nothing was done.
    ServiceError
        When AWS failed: nothing was done, and the link still works.
    """
    now = desk.now_ms()
    token = check_token(request.token, desk.key(), now / 1000)
    case = _open(token, desk, now)
    if not request.is_form:
        desk.journal.note("action shown", Metric.ACTIONS_SHOWN, _facts(token))
        return pages.ask(LABELS[token.action], case.incident, _promise(case), request.token)
    return _perform(case, request.who, desk)


def _open(token: Token, desk: Desk, now: int) -> _Case:
    """Find the incident, and refuse what has no use."""
    snapshot = desk.ledger.read((), [token.incident])
    incident = snapshot.incidents.get(token.incident)
    if incident is None:
        raise MisuseError(Misuse.NO_INCIDENT)
    if desk.ledger.is_link_used(token.signature):
        raise MisuseError(Misuse.USED)
    members = desk.ledger.members(incident.place)
    if token.action is Action.ACKNOWLEDGE:
        if incident.stage != "open":
            raise MisuseError(Misuse.OVER)
        if silencing.acknowledgement_of(incident, snapshot.silences, members, now):
            raise MisuseError(Misuse.ALREADY)
    return _Case(incident, members, token, now)


def _perform(case: _Case, who: str, desk: Desk) -> Page:
    token = case.token
    if not desk.ledger.redeem_link(token.signature, token.expires):
        raise MisuseError(Misuse.USED)
    try:
        silencing.add(desk.ledger, _silence(case, who), case.now)
    except TooManySilencesError as error:
        desk.ledger.restore_link(token.signature)
        raise MisuseError(Misuse.TOO_MANY) from error
    except ServiceError:
        desk.ledger.restore_link(token.signature)
        raise
    desk.journal.note("action done", Metric.ACTIONS_DONE, _facts(token))
    is_ack = token.action is Action.ACKNOWLEDGE
    status = "ACKNOWLEDGED" if is_ack else "SILENCED"
    said = f"{status.lower()} by {who}: {_promise(case)}"
    return pages.done(status.capitalize(), case.incident, said, _publish(case, status, said, desk))


def _silence(case: _Case, who: str) -> Silence:
    if case.token.action is Action.ACKNOWLEDGE:
        return silencing.acknowledge(case.incident, case.members, who, case.now)
    return silencing.silence(case.incident, who, _until(case.token.action, case.now))


def _until(action: Action, now: int) -> int:
    if action is Action.SILENCE_4H:
        return now + 4 * HOUR_MS
    tomorrow = datetime.fromtimestamp(now / 1000, UTC) + timedelta(days=1)
    return int(tomorrow.replace(hour=MORNING, minute=0, second=0, microsecond=0).timestamp()) * 1000


def _promise(case: _Case) -> str:
    """Say what the action means."""
    if case.token.action is Action.ACKNOWLEDGE:
        most = silencing.acknowledge(case.incident, case.members, "", case.now).grows_to
        return f"no more digests until it recovers or has {most:,} failures"
    one = silencing.silence(case.incident, "", 0)
    what = f"queue {one.queue or '-'}, job definition {one.definition or '-'}, cause {one.cause}"
    until = units.moment(_until(case.token.action, case.now))[:16]
    return f"no alerts about {what} until {until} UTC; failures are counted, and reported then"


def _publish(case: _Case, status: str, said: str, desk: Desk) -> str:
    """Publish the update; say what went wrong, because the action itself is done."""
    alert = compose_update(case.incident, case.members, status, said, case.now)
    try:
        desk.topic.publish(message.render(alert))
    except ServiceError as error:
        problem = _facts(case.token) | {"problem": error.says}
        desk.journal.note("update not published", Metric.PUBLISH_REJECTED, problem)
        return "The message about it could not be published: tell the others yourself."
    return "The others have got a message about it."


def _facts(token: Token) -> dict[str, str]:
    return {"incident": token.incident, "action": str(token.action)}
