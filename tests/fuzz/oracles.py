"""What must hold, whatever the fuzzer came up with."""

from __future__ import annotations

import json
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from notifier.channels import message
from notifier.channels.message import Message
from notifier.core import event, text
from notifier.core.alert import Alert, compose, unreadable
from notifier.core.excerpt import LogLine, LogRead
from notifier.core.failure import Failure, LogStream, Unreadable
from tests.fakes import FakeLogs
from tests.fuzz.cases import PRIVATE, Case, Hidden, planted
from tests.properties.limits import check_everything
from tests.properties.planted import leaked, seen
from tests.simulation import START_MS, Parcel, Simulation

LINES = 25  # of the log, as the template's default
LATER_S = 400  # after the first follow-up, so that there is a digest to write
HOUR_S = 3_600  # in which all deliveries, waits, tries and the first digests have happened


@dataclass
class OneLog(FakeLogs):
    """The same log behind every stream."""

    log: LogRead = field(default_factory=LogRead)

    def read(self, stream: LogStream) -> LogRead:
        return self.log


def check(case: Case) -> None:
    """Try a case; raises AssertionError, or whatever the product raises."""
    given, lines, hidden = planted(case)
    log = LogRead(tuple(LogLine(START_MS, line) for line in lines))
    alert = alert_of(given, log)
    if alert is not None:
        told = message.write(alert)
        check_everything(alert, told)
        _check_hidden(_texts(told), hidden)
    text.forget_secrets()
    _check_told_in_time(case.body or json.dumps(given), given, log, hidden)


def alert_of(given: object, log: LogRead) -> Alert | None:
    read = event.read(given)
    if isinstance(read, Failure):
        return compose(read, log, LINES)
    return unreadable(read) if isinstance(read, Unreadable) else None


def _check_told_in_time(body: str, given: object, log: LogRead, hidden: list[Hidden]) -> None:
    """Run it through the whole story, another failure of its kind, digests and all."""
    world = Simulation(logs=OneLog(log=log))
    for bodies, second in ((body, 0), (json.dumps(_another(given)), LATER_S)):
        world.failures.append(Parcel(f"m{second}", bodies, START_MS + second * 1000))
    world.run_until(HOUR_S)
    assert world.dead == [], world.dead
    assert "Crashed" not in world.journal.counts(), world.journal.entries
    noted = [json.dumps(facts) for _, _, facts in world.journal.entries]
    told = [each for one in world.topic.published for each in _texts(one)]
    _check_hidden([*noted, *told], hidden)


def _another(given: object) -> object:
    """Give a failure that differs by its job id alone."""
    if not isinstance(given, dict) or not isinstance(given.get("detail"), dict):
        return given
    second: dict[str, Any] = deepcopy(given)
    second["detail"]["jobId"] = f"{str(given['detail'].get('jobId'))[:ID_KEPT]}-2"
    return second


ID_KEPT = 40  # characters of a job id, so that what tells the second from the first is not cut


def _texts(told: Message) -> list[str]:
    attributes = json.dumps(told.attributes, ensure_ascii=False)
    return [told.subject, attributes, *json.loads(told.body).values()]


def _check_hidden(texts: Iterable[str], hidden: list[Hidden]) -> None:
    once = dict.fromkeys(texts)
    assert not [told for told in once if PRIVATE in told]
    whole = " ".join(seen(line) for told in once for line in told.split("\n")) if hidden else ""
    for one in hidden:
        piece = leaked(one.private, whole, one.shown)
        assert not piece, (one.kind, piece)
