"""What a link shows, and what its form does: check, use up the link, act, publish the update.

What a link uses up is marked before it acts, and freed only when AWS said that nothing was done. So
it acts at most once: an invocation that ends in between leaves a used link and nothing done.
"""

from __future__ import annotations

from actions import hold_alerts, pages, run_again
from actions.misuse import Misuse, MisuseError
from actions.pages import Page
from actions.prepared_action import ActionPorts, ActionResult, OpenedLink, PreparedAction
from actions.requests import Request
from actions.tokens import Token, check_token
from actions.update import compose_update
from notifier.alert.commands.action_links import LABELS, Action
from notifier.channels import message
from notifier.ports.metrics import Metric
from notifier.ports.service_error import ServiceError


def answer(request: Request, ports: ActionPorts) -> Page:
    """Show what a link would do, or do it.

    Raises
    ------
    MisuseError
        When it is refused: nothing was done.
    ServiceError
        When AWS failed: nothing was done, and the link still works.
    UncertainError
        When AWS did not say whether it was done: the link does not work any more.
    """
    now = ports.now_ms()
    token = check_token(request.token, ports.key(), now / 1000)
    is_rerun = token.action is Action.RERUN
    if is_rerun and ports.batch is None:
        raise MisuseError(Misuse.RERUN_OFF)
    case = _open(token, ports, now)
    action = (run_again if is_rerun else hold_alerts).prepare(case, ports)
    if request.is_form:
        return _perform(case, action, request.who, ports)
    ports.journal.note("action shown", Metric.ACTIONS_SHOWN, _facts(token))
    return pages.ask(LABELS[token.action], case.incident, action, request.token)


def _open(token: Token, ports: ActionPorts, now: int) -> OpenedLink:
    """Find the incident; raises `MisuseError` if it is gone, or the link was used."""
    incident = ports.ledger.read((), [token.incident]).incidents.get(token.incident)
    if incident is None:
        raise MisuseError(Misuse.NO_INCIDENT)
    if ports.ledger.is_link_used(token.use):
        raise _used(token)
    return OpenedLink(incident, ports.ledger.members(incident.place), token, now)


def _used(token: Token) -> MisuseError:
    return MisuseError(Misuse.RERUN_DONE if token.job else Misuse.USED)


def _perform(case: OpenedLink, action: PreparedAction, who: str, ports: ActionPorts) -> Page:
    token = case.token
    if not ports.ledger.redeem_link(token.use, action.used_until):
        raise _used(token)
    try:
        result = action.do(who)
    except (MisuseError, ServiceError):
        ports.ledger.restore_link(token.use)
        raise
    ports.journal.note("action done", Metric.ACTIONS_DONE, _facts(token))
    notes = (result.note, _publish(case, result, ports))
    return pages.done(result.status.capitalize(), case.incident, result.said, notes)


def _publish(case: OpenedLink, result: ActionResult, ports: ActionPorts) -> str:
    """Publish the update; say what went wrong, because the action itself is done."""
    alert = compose_update(case.incident, case.members, result.status, result.said, case.now)
    try:
        ports.topic.publish(message.render(alert))
    except ServiceError as error:
        problem = _facts(case.token) | {"problem": error.says}
        ports.journal.note("update not published", Metric.PUBLISH_REJECTED, problem)
        return "The message about it could not be published: tell the others yourself."
    return "The others have got a message about it."


def _facts(token: Token) -> dict[str, str]:
    facts = {"incident": token.incident, "action": str(token.action)}
    return facts | ({"job": token.job} if token.job else {})
