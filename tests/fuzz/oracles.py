"""What must hold, whatever the fuzzer came up with."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from notifier.alert.alert import Alert
from notifier.batch.failure import LogStream
from notifier.channels import message
from notifier.channels.message import Message
from notifier.incident.rate_limit import Limits
from notifier.joblog.excerpt import LogLine, LogRead
from notifier.ports.reporting import Options
from tests.fakes import FakeLogs
from tests.fuzz.cases import PRIVATE, Case, Hidden, planted
from tests.properties.limits import check_everything
from tests.properties.planted import leaked, seen
from tests.simulation import START_MS, Parcel, Simulation

LATER_S = 400  # after the first follow-up, so that there is a digest to write
HOUR_S = 3_600  # in which all deliveries, waits, tries and the first digests have happened
ID_KEPT = 40  # characters of a job id, so that what tells the second from the first is not cut
NARROW = Options(
    limits=Limits(per_minute=1)
)  # so that one is held back, and a storm digest written


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
    world = Simulation(logs=OneLog(log=log), options=NARROW)
    bodies = {
        0: case.body or json.dumps(given),
        1: json.dumps(_another(given, jobDefinition="other:1", jobName="other")),
        LATER_S: json.dumps(_another(given)),
    }
    for second, body in bodies.items():
        world.failures.append(Parcel(f"m{second}", body, START_MS + second * 1000))
    with _written() as told:
        world.run_until(HOUR_S)
    assert world.dead == [], world.dead
    assert "Crashed" not in world.journal.counts(), world.journal.entries
    for alert, written in told:
        check_everything(alert, written)
    noted = [json.dumps(facts) for _, _, facts in world.journal.entries]
    texts = [*noted, *(each for _, one in told for each in _texts(one))]
    # A key is a hash, which may have five letters and digits of a secret by chance.
    keys = re.compile("|".join(world.ledger.incidents) or "(?!)")
    _check_hidden((keys.sub("", each) for each in texts), hidden)


def _another(given: object, **changes: str) -> object:
    """Give a failure that differs by its job id, and what else is said."""
    if not isinstance(given, dict) or not isinstance(given.get("detail"), dict):
        return given
    second: dict[str, Any] = deepcopy(given)
    told = "-".join((str(given["detail"].get("jobId"))[:ID_KEPT], "2", *changes))
    second["detail"] |= {"jobId": told, **changes}
    return second


@contextmanager
def _written() -> Iterator[list[tuple[Alert, Message]]]:
    """Give all that is written meanwhile: what is published has lost its alert."""
    told: list[tuple[Alert, Message]] = []
    write = message.render

    def noted(alert: Alert) -> Message:
        told.append((alert, write(alert)))
        return told[-1][1]

    with patch.object(message, "render", noted):
        yield told


def _texts(told: Message) -> list[str]:
    attributes = json.dumps(told.attributes, ensure_ascii=False)
    return [told.subject, attributes, *json.loads(told.body).values()]


def _check_hidden(texts: Iterable[str], hidden: list[Hidden]) -> None:
    once = dict.fromkeys(texts)
    assert not [told for told in once if PRIVATE in told]
    whole = " ".join(seen(line) for told in once for line in told.split("\n")) if hidden else ""
    for one in hidden:
        piece = leaked(one.private, whole, _allowed(one, hidden))
        assert not piece, (one.kind, piece)


def _allowed(one: Hidden, hidden: list[Hidden]) -> int:
    """Give how much of a secret may be seen: as much as of another that is alike in a part."""
    alike = [each for each in hidden if leaked(one.private, each.private, one.shown)]
    return max(each.shown for each in [one, *alike])
