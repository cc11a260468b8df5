"""Plays a scenario: the simulation, with a table that forgets and jobs that ran somewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import boto3
import botocore.loaders
import botocore.session
from moto import mock_aws

from notifier.aws import calls
from notifier.aws.ledger import IncidentLedger
from notifier.batch.failure import LogStream
from notifier.diagnosis.catalogue import Severity
from notifier.incident.counts import Member
from notifier.incident.incident import Place
from notifier.incident.rate_limit import Limits
from notifier.incident.recovery import Success
from notifier.incident.silence import Silence
from notifier.joblog.excerpt import LogLine
from notifier.ports.metrics import Metric
from notifier.ports.reporting import Options, Ports
from notifier.ports.service_error import ErrorKind, ServiceError
from tests import incident_table
from tests.fakes import FakeJobs, FakeLedger
from tests.interleaving import watched
from tests.oracle.scenario import (
    DAY,
    KINDS,
    Fail,
    Parent,
    Scenario,
    Silenced,
    Succeed,
    Trouble,
)
from tests.oracle.truth import muted_until
from tests.simulation import START_MS, Simulation, Told, array_parent, failed
from workbench.local.aws import REGION

TABLE = "incidents"
MEMBER_DAYS = 30  # as in aws/ledger.py
WHOLE_DAYS = 30.0  # after so long nothing may be left to say
THROTTLED = ServiceError(ErrorKind.RETRYABLE, "ThrottlingException")
_MODELS = botocore.loaders.create_loader()  # read once: most of what a client takes


@dataclass
class ForgetfulLedger(FakeLedger):
    """A ledger that leaves out members 30 days after they failed, as the table does."""

    world: Simulation | None = None

    def members(self, place: Place) -> tuple[Member, ...]:
        assert self.world
        oldest = self.world.now - MEMBER_DAYS * DAY * 1000
        return tuple(one for one in super().members(place) if one.at > oldest)


@dataclass
class PlacedJobs(FakeJobs):
    """Jobs that succeed on a queue with a definition, each found only there."""

    ran_on: Mapping[str, set[tuple[str, str]]] = field(default_factory=dict)

    def successes(
        self, queue_arn: str, definition: str, names: Sequence[str], since: int
    ) -> tuple[Success, ...]:
        found = super().successes(queue_arn, definition, names, since)
        place = (queue_arn.rpartition("/")[2], definition)
        return tuple(one for one in found if place in self.ran_on[one.name])


@dataclass
class Played:
    """What came of a scenario."""

    told: list[Told]
    left: list[str]
    """What is left in a queue, or went to a dead-letter queue, or crashed."""
    invocations: int


def play(scenario: Scenario) -> Played:
    """Run a scenario to its end, and long enough for everything to be said."""
    with ExitStack() as stack:
        world = _make(scenario, stack)
        controls: list[tuple[float, Any]] = []
        last = 0.0
        for step in scenario.steps:
            match step:
                case Fail() | Parent():
                    last = max(last, muted_until(step), *step.arrives)
                    _put(world, step, controls)
                case Succeed():
                    world.succeed(step.name, step.at, step.took)
                    last = max(last, step.at + step.took)
                case Silenced():
                    controls.append((step.at, step))
                    last = max([last, *(until for until, _ in step.silences)])
                case Trouble():
                    last = max(last, step.end)
        for at, control in sorted(controls, key=lambda one: one[0]):
            world.run_until(at)
            if isinstance(control, Silenced):
                _silence(world, control)
            else:
                stream, line = control
                world.logs.streams[stream] = [line]
        world.run_until(last)
        world.settle(scenario.settles_days)
        left = _left(world, is_over=scenario.settles_days > WHOLE_DAYS)
        return Played(world.told, left, sum(world.invocations.values()))


def _make(scenario: Scenario, stack: ExitStack) -> Simulation:
    ran_on: dict[str, set[tuple[str, str]]] = {}
    for one in scenario.of(Succeed):
        ran_on.setdefault(one.name, set()).add((one.job.queue, one.job.definition))
    world = Simulation(
        options=Options(
            minimum=Severity(scenario.minimum),
            group_by=scenario.group_by,
            limits=Limits(scenario.per_minute, scenario.per_hour),
        ),
        jobs=PlacedJobs(ran_on=ran_on),
        hops=scenario.hops,
    )
    if scenario.table:
        world.ledger = stack.enter_context(_table(world))
    else:
        world.ledger = ForgetfulLedger(world=world)
    if troubles := scenario.of(Trouble):
        world.wrap = lambda ports: _troubled(ports, world, troubles)
    return world


@contextmanager
def _table(world: Simulation) -> Iterator[Any]:
    """Give the real adapter on a table of its own."""
    with mock_aws():
        core = botocore.session.get_session()
        core.register_component("data_loader", _MODELS)
        core.set_config_variable("region", REGION)
        session, calls.session = calls.session, lambda: core
        try:
            client = boto3.Session(region_name=REGION, botocore_session=core).client("dynamodb")
            incident_table.make(client, TABLE)
            yield IncidentLedger(TABLE, lambda: world.now)
        finally:
            calls.session = session


def _troubled(ports: Ports, world: Simulation, troubles: Sequence[Trouble]) -> Ports:
    now = (world.now - START_MS) / 1000
    broken = {one.port for one in troubles if one.at <= now < one.end}
    if not broken:
        return ports

    def moment(name: str) -> None:
        if name.startswith("before"):
            raise THROTTLED

    wrapped = watched(ports, moment)
    return replace(ports, **{name: getattr(wrapped, name) for name in broken})


def _put(world: Simulation, step: Fail | Parent, controls: list[tuple[float, Any]]) -> None:
    event = event_of(step)
    for at in step.arrives:
        world.put(event, at)
    if isinstance(step, Fail) and step.error:
        stream = LogStream("/aws/batch/job", event["detail"]["container"]["logStreamName"], REGION)
        line = LogLine(START_MS + round(step.at * 1000), step.error)
        if step.log_at <= min(step.arrives):
            world.logs.streams[stream] = [line]
        else:
            controls.append((step.log_at, (stream, line)))


def event_of(step: Fail | Parent) -> dict[str, Any]:
    """Make the event of a failure, or of the end of an array."""
    facts: dict[str, Any] = {
        "name": step.name,
        "queue": step.job.queue,
        "definition": f"{step.job.definition}:3",
        "tags": dict(step.tags),
        "second": step.at,
    }
    if isinstance(step, Parent):
        if not step.nodes:
            return array_parent(step.id, step.size, step.failed, **facts)
        event = failed(step.id, **facts)
        event["detail"]["nodeProperties"] = {"numNodes": step.size, "mainNode": 0}
        event["detail"] |= {"attempts": [], "container": {}}
        return event
    facts |= KINDS[step.kind].facts
    if step.node is not None:
        event = failed(f"{step.id}#{step.node}", **facts)
        event["detail"]["nodeDetails"] = {"nodeIndex": step.node}
        return event
    return failed(step.id, index=step.index, depends_on=step.depends, **facts)


def _silence(world: Simulation, step: Silenced) -> None:
    silences = tuple(
        Silence(str(n), START_MS + round(until * 1000), "moving house", "mara", **globs)
        for n, (until, globs) in enumerate(step.silences)
    )
    if isinstance(world.ledger, FakeLedger):
        world.ledger.silences = silences
    else:
        _, version = world.ledger.silences()
        assert world.ledger.save_silences(silences, version)


def _left(world: Simulation, *, is_over: bool) -> list[str]:
    left = [f"dead letter: {one.body[:200]}" for one in world.dead]
    left += [f"failure queue: {one.body[:200]}" for one in world.failures]
    if is_over:
        left += [f"follow-up queue: {one.body[:200]}" for one in world.follow_ups]
    left += [f"held: {key}" for key in world.ledger.held()]
    crashed = [facts for _, metric, facts in world.journal.entries if metric is Metric.CRASHED]
    return left + [f"crashed: {json.dumps(facts)}" for facts in crashed]
