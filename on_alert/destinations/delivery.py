"""The story of one message: parse, choose destinations, send to each, remember what was sent.

Each destination stands for itself: what one has taken is not sent to it again, and what another
has not taken yet is tried again later. What it never takes goes to the dead-letter queue with its
name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime

from destinations import document
from destinations.configuration import Configuration
from destinations.document import AlertDocument
from destinations.errors import DocumentError, NoAnswerError, RejectedError, RetryableError
from destinations.routing.routes import choose
from destinations.routing.specs import KINDS, Destination
from destinations.senders.thread import Sender, UnfinishedError
from destinations.state import DeliveryState

LAST_RECEIVE = 12  # about three hours after the first
FIRST_WAIT_S, LONGEST_WAIT_S = 15, 900
MOST_AT_ONCE = 8
PAUSE_S = 60  # a destination that did not answer is left alone, so that it holds up no message


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An alert that a destination did not take; its JSON can be sent to the queue again."""

    destination: str
    problem: str
    body: str
    alert_id: str = ""

    def to_json(self) -> str:
        """Give the body for the dead-letter queue, and for another try from there."""
        found = {"destination": self.destination, "problem": self.problem, "alert": self.body}
        return json.dumps(found, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message.

    `retry_after_s` is None where it is done; then `dead_letters` holds what was given up.
    """

    sent: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    dead_letters: tuple[DeadLetter, ...] = ()
    retry_after_s: int | None = None


class Delivery:
    """Delivers messages; it may be kept from one invocation to the next."""

    def __init__(
        self,
        state: DeliveryState,
        make_sender: Callable[[Destination, dict[str, str]], Sender],
        now: Callable[[], datetime],
    ) -> None:
        self._state, self._make_sender, self._now = state, make_sender, now
        self._paused: dict[str, float] = {}

    def deliver(self, body: str, receives: int, configuration: Configuration) -> Outcome:
        """Deliver one message.

        Parameters
        ----------
        body
            A document, or the JSON of a `DeadLetter` for another try.
        receives
            How often the queue has delivered it, this time included.
        """
        try:
            only, inner = _unwrap(body)
            # A dead letter is another message than the alert in it, which has marks of its own.
            alert = replace(document.parse(inner), alert_id=document.identify(body))
        except DocumentError as error:
            return Outcome(dead_letters=(DeadLetter("", str(error), body),), problems=(str(error),))
        names = [only] if only else self._choose(alert, configuration)
        results = self._send_all(alert, names, configuration)
        return _conclude(results, alert.alert_id, inner, receives)

    def give_up(self, letter: DeadLetter) -> None:
        """Record that a dead letter is in its queue, so that it is not written again."""
        self._state.mark_sent(letter.alert_id, letter.destination, int(self._now().timestamp()))

    def _choose(self, alert: AlertDocument, configuration: Configuration) -> Sequence[str]:
        routes = configuration.routes
        values = alert.routing_values()
        return choose(routes.routes, routes.default, values, self._now()).destinations

    def _send_all(
        self, alert: AlertDocument, names: Sequence[str], configuration: Configuration
    ) -> dict[str, Exception | None]:
        if not names:
            return {}
        with ThreadPoolExecutor(min(len(names), MOST_AT_ONCE)) as pool:
            sends = {name: pool.submit(self._send, alert, name, configuration) for name in names}
            return {name: send.result() for name, send in sends.items()}

    def _send(
        self, alert: AlertDocument, name: str, configuration: Configuration
    ) -> Exception | None:
        """Send to one destination; give what went wrong, which is nobody else's problem."""
        now = self._now().timestamp()
        try:
            destination = configuration.routes.destinations.get(name)
            wanted = _messages(alert, destination)
            sends = [one for one in wanted if not self._state.is_sent(one.alert_id, name)]
            if not sends:
                return None
            if self._paused.get(name, 0) > now:
                raise RetryableError(f"{name}: did not answer a moment ago", PAUSE_S)
            if destination is None:
                raise RejectedError(f"{name}: is no destination of the routes any more")
            sender = self._make_sender(destination, configuration.credentials)
            for one in sends:
                self._send_in_thread(one, destination, sender, int(now), begins=one is alert)
                self._state.mark_sent(one.alert_id, name, int(now))
        except NoAnswerError as error:
            self._paused[name] = now + PAUSE_S
            return error
        except Exception as error:  # noqa: BLE001  # reported by its caller, and tried again
            return error
        return None

    def _send_in_thread(
        self,
        alert: AlertDocument,
        destination: Destination,
        sender: Sender,
        now: int,
        *,
        begins: bool,
    ) -> None:
        if not KINDS[destination.kind].has_threads:
            sender.send(alert, None)
            return
        place = (alert.incident, destination.name)
        thread = self._state.find_thread(*place, alert.time)
        if thread is None and not begins:
            return  # nothing is open there
        if thread is None:
            self._state.begin_thread(*place, now)
        try:
            newer = sender.send(alert, thread)
            if newer is not None and newer != thread:
                self._state.save_thread(*place, newer, now)
        except UnfinishedError as error:
            self._state.save_thread(*place, error.thread, now)
            raise
        finally:
            if thread is None:
                self._state.end_beginning(*place)


def _messages(alert: AlertDocument, destination: Destination | None) -> Sequence[AlertDocument]:
    """Give what a destination gets of an alert: one that shows incidents as open, all it ends."""
    stays_open = destination is not None and KINDS[destination.kind].stays_open
    return (alert, *alert.ended) if stays_open else (alert,)


def _unwrap(body: str) -> tuple[str, str]:
    """Give the destination and the document of a dead letter; no name where it is a document."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise DocumentError("the message is no JSON document") from error
    if isinstance(found, dict) and {"destination", "alert"} <= found.keys():
        return str(found["destination"]), str(found["alert"])
    return "", body


def _conclude(
    results: Mapping[str, Exception | None], alert_id: str, body: str, receives: int
) -> Outcome:
    """Decide what is tried again and what is given up."""
    failed = {name: error for name, error in results.items() if error is not None}
    is_last = receives >= LAST_RECEIVE
    given_up = {n: e for n, e in failed.items() if is_last or isinstance(e, RejectedError)}
    again = [error for name, error in failed.items() if name not in given_up]
    return Outcome(
        sent=tuple(name for name, error in results.items() if error is None),
        problems=tuple(_say(name, error) for name, error in failed.items()),
        dead_letters=tuple(DeadLetter(n, _say(n, e), body, alert_id) for n, e in given_up.items()),
        retry_after_s=_wait(again, receives) if again else None,
    )


def _say(name: str, error: Exception) -> str:
    if isinstance(error, (RetryableError, RejectedError)):
        return f"{name}: {error}"
    # The text of another exception may hold a URL or a token.
    return f"{name}: {type(error).__name__}"


def _wait(errors: Sequence[Exception], receives: int) -> int:
    """Give the seconds until the next try: what a service asked for, or ever longer."""
    asked = max((getattr(error, "retry_after_s", 0) for error in errors), default=0)
    backoff: int = FIRST_WAIT_S << min(receives - 1, 6)
    return min(LONGEST_WAIT_S, max(asked, backoff))
