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
class ActionPorts:
    """What the function works with; `key` may raise `ServiceError`."""

    ledger: IncidentLedger
    topic: Topic
    journal: Journal
    key: Callable[[], bytes]
    now_ms: Callable[[], int]


@dataclass(frozen=True, slots=True)
class _OpenedLink:
    incident: Incident
    members: tuple[Member, ...]
    token: Token
    now: int


def answer(request: Request, ports: ActionPorts) -> Page:
    """Show what a link would do, or do it.

    Raises
    ------
    MisuseError
        When it is refused: nothing was done.
    ServiceError
        When AWS failed: nothing was done, and the link still works.
    """
    now = ports.now_ms()
    token = check_token(request.token, ports.key(), now / 1000)
    case = _open(token, ports, now)
    if not request.is_form:
        ports.journal.note("action shown", Metric.ACTIONS_SHOWN, _facts(token))
        promise = _promise(_silence(case, ""))
        return pages.ask(LABELS[token.action], case.incident, promise, request.token)
    return _perform(case, request.who, ports)


def _open(token: Token, ports: ActionPorts, now: int) -> _OpenedLink:
    """Find the incident, and refuse what has no use."""
    snapshot = ports.ledger.read((), [token.incident])
    incident = snapshot.incidents.get(token.incident)
    if incident is None:
        raise MisuseError(Misuse.NO_INCIDENT)
    if ports.ledger.is_link_used(token.signature):
        raise MisuseError(Misuse.USED)
    members = ports.ledger.members(incident.place)
    if token.action is Action.ACKNOWLEDGE:
        if incident.stage != "open":
            raise MisuseError(Misuse.OVER)
        if silencing.acknowledgement_of(incident, snapshot.silences, members, now):
            raise MisuseError(Misuse.ALREADY)
    return _OpenedLink(incident, members, token, now)


def _perform(case: _OpenedLink, who: str, ports: ActionPorts) -> Page:
    token, silence = case.token, _silence(case, who)
    if not ports.ledger.redeem_link(token.signature, token.expires):
        raise MisuseError(Misuse.USED)
    try:
        silencing.add(ports.ledger, silence, case.now)
    except TooManySilencesError as error:
        ports.ledger.restore_link(token.signature)
        raise MisuseError(Misuse.TOO_MANY) from error
    except ServiceError:
        ports.ledger.restore_link(token.signature)
        raise
    ports.journal.note("action done", Metric.ACTIONS_DONE, _facts(token))
    is_ack = token.action is Action.ACKNOWLEDGE
    status = "ACKNOWLEDGED" if is_ack else "SILENCED"
    said = f"{status.lower()} by {who}: {_promise(silence)}"
    return pages.done(status.capitalize(), case.incident, said, _publish(case, status, said, ports))


def _silence(case: _OpenedLink, who: str) -> Silence:
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


def _publish(case: _OpenedLink, status: str, said: str, ports: ActionPorts) -> str:
    """Publish the update; say what went wrong, because the action itself is done."""
    alert = compose_update(case.incident, case.members, status, said, case.now)
    try:
        ports.topic.publish(message.render(alert))
    except ServiceError as error:
        problem = _facts(case.token) | {"problem": error.says}
        ports.journal.note("update not published", Metric.PUBLISH_REJECTED, problem)
        return "The message about it could not be published: tell the others yourself."
    return "The others have got a message about it."


def _facts(token: Token) -> dict[str, str]:
    return {"incident": token.incident, "action": str(token.action)}
