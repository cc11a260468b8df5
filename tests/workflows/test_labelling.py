"""Labels steer the alerts of a delivery, and may cost themselves, never the alert."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from moto import mock_aws

from notifier.aws import history
from notifier.aws.history import RunHistoryLookup
from notifier.aws.labels import lookup
from notifier.aws.labels.definitions import Definitions
from notifier.aws.labels.lookup import LabelLookup
from notifier.batch.failure import Failure
from notifier.batch.labels.labels import Labels
from notifier.ports.metrics import Metric
from notifier.ports.reporting import NoLabels, Options, Ports
from notifier.workflows import delivery
from notifier.workflows.delivery import RESERVE_MS
from notifier.workflows.enriching.labelling import FAILED, NO_TIME, READ_MS
from notifier.workflows.records import Record
from tests.batch_account import BatchAccount
from tests.fakes import (
    FakeHistory,
    FakeJobs,
    FakeJournal,
    FakeLabels,
    FakeLedger,
    FakeLogs,
    FakeQueues,
    FakeTopic,
)
from tests.permissions.recorder import recorded
from workbench.local.job_events import ARN, failed
from workbench.local.samples import find

NOW = 1_795_000_000_000
QUEUE = f"{ARN}:job-queue/etl"
REGION = "us-east-1"


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup, "GIVE_UP_S", 600.0)  # a busy machine is no slow AWS


class World:
    """A notifier whose labels are given."""

    def __init__(self, labels: Any, *, remaining_ms: int = 120_000, history: Any = None) -> None:
        self.labels, self.remaining = labels, remaining_ms
        self.topic, self.journal, self.ledger = FakeTopic(), FakeJournal(), FakeLedger()
        self.history = history or FakeHistory()

    def deliver(self, *events: dict[str, Any], names: Sequence[str] = ()) -> None:
        ports = Ports(
            FakeLogs(), self.topic, self.journal, self.ledger, FakeQueues(), FakeJobs(),
            lambda: self.remaining, lambda _: None, lambda: NOW, self.history, self.labels,
        )  # fmt: skip
        records = [Record(str(n), json.dumps(event)) for n, event in enumerate(events)]
        assert delivery.run(records, ports, Options(filter_labels=tuple(names))) == ()

    @property
    def document(self) -> dict[str, Any]:
        [message] = self.topic.published
        found: dict[str, Any] = message.decode()
        return found


def test_an_owner_on_the_queue_alone_routes_an_event_as_aws_sends_it() -> None:
    event = find("timeout").event
    assert event["detail"]["tags"] == {"resourceArn": event["detail"]["jobArn"]}
    tags = {event["detail"]["jobQueue"]: {"notify:owner": "analytics"}}
    world = World(FakeLabels(tags))
    world.deliver(event)
    assert world.document["attributes"]["owner"] == "analytics"
    assert world.document["webhook"]["owner"] == "analytics"
    assert "analytics" in world.document["email"]


def test_a_severity_on_the_definition_counts() -> None:
    world = World(FakeLabels({f"{ARN}:job-definition/load:3": {"notify:severity": "critical"}}))
    world.deliver(failed("a", NOW))
    assert world.document["webhook"]["severity"] == "critical"


def test_a_mute_on_the_queue_holds_back() -> None:
    world = World(FakeLabels({QUEUE: {"notify:mute-until": "2030-01-01T00:00:00Z"}}))
    world.deliver(failed("a", NOW))
    assert world.topic.published == []
    assert Metric.ALERTS_SILENCED in world.journal.counts()


def test_what_an_event_says_itself_is_believed() -> None:
    world = World(FakeLabels({"a": {"notify:owner": "job"}, QUEUE: {"notify:owner": "queue"}}))
    world.deliver(failed("a", NOW, tags={"notify:owner": "event"}))
    assert world.document["attributes"]["owner"] == "event"


def test_an_empty_tag_of_the_job_takes_that_of_the_queue_away() -> None:
    world = World(FakeLabels({"a": {"notify:owner": ""}, QUEUE: {"notify:owner": "queue"}}))
    world.deliver(failed("a", NOW))
    assert "owner" not in world.document["attributes"]


def test_named_labels_are_attributes_and_facts_and_others_are_not() -> None:
    world = World(FakeLabels({QUEUE: {"team": "maps", "cost-center": "7", "note": "private"}}))
    world.deliver(failed("a", NOW), names=["team", "cost-center"])
    attributes = world.document["attributes"]
    assert (attributes["team"], attributes["cost-center"]) == ("maps", "7")
    assert len(attributes) <= 10
    assert world.document["webhook"]["labels"] == {"team": "maps", "cost-center": "7"}
    assert "private" not in json.dumps(world.document)


def test_a_secret_in_a_tag_is_masked() -> None:
    event = failed("a", NOW)
    event["detail"]["container"]["environment"] = [{"name": "API_KEY", "value": "k9Zq-77-hush"}]
    world = World(FakeLabels({QUEUE: {"notify:owner": "team k9Zq-77-hush"}}))
    world.deliver(event)
    assert "hush" not in json.dumps(world.document)


def test_labels_that_could_not_be_read_are_said() -> None:
    world = World(FakeLabels(unread="not allowed to query AWS Batch (AccessDeniedException)"))
    world.deliver(failed("a", NOW))
    said = "not allowed to query AWS Batch (AccessDeniedException)"
    assert f"labels not read: {said}" in world.document["email"]
    assert world.document["webhook"]["labels_unread"] == said
    assert Metric.LABELS_UNREAD in world.journal.counts()


class Broken:
    def read(self, failures: Sequence[Failure]) -> Mapping[str, Labels]:
        raise KeyError("jobs")


def test_a_look_up_that_crashes_costs_no_alert() -> None:
    world = World(Broken())
    world.deliver(failed("a", NOW))
    assert world.document["webhook"]["labels_unread"] == FAILED
    assert Metric.CRASHED in world.journal.counts()


def test_without_time_labels_are_not_read() -> None:
    labels = FakeLabels()
    world = World(labels, remaining_ms=RESERVE_MS + READ_MS - 1)
    world.deliver(failed("a", NOW))
    assert labels.reads == 0
    assert world.document["webhook"]["labels_unread"] == NO_TIME


def test_drills_and_what_cannot_be_read_have_no_labels() -> None:
    labels = FakeLabels()
    world = World(labels)
    world.deliver(find("drill").event, find("unknown-shape").event)
    assert labels.reads == 0


def _calls_of_one_delivery(*, with_labels: bool, succeeded: bool) -> int:
    """Count the calls to AWS Batch for 100 failures of an array, in a new container."""
    with mock_aws(config={"batch": {"use_docker": False}}), pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        account = BatchAccount(REGION, tags={"queue": {"notify:owner": "maps"}})
        job_id = account.succeeded() if succeeded else account.failed(patch)
        events = [failed(job_id, NOW, index=n) for n in range(100)]
        for event in events:
            event["detail"] |= {"jobQueue": account.queue, "jobDefinition": account.definition}
        history.batch_client.cache_clear()
        with recorded() as made:
            definitions = Definitions()
            labels = LabelLookup(definitions) if with_labels else NoLabels()
            world = World(labels, history=RunHistoryLookup(definitions))
            world.deliver(*events)
        history.batch_client.cache_clear()
        assert (world.document["attributes"].get("owner") == "maps") is with_labels
        return len([one for one in made if one.service == "batch"])


@pytest.mark.parametrize("succeeded", [True, False])
def test_calls_per_delivery_of_100_failures_of_an_array_grow_by_two_at_most(
    succeeded: bool,
) -> None:
    before = _calls_of_one_delivery(with_labels=False, succeeded=succeeded)
    after = _calls_of_one_delivery(with_labels=True, succeeded=succeeded)
    assert after - before <= 2, (before, after)


def test_the_next_delivery_of_the_array_asks_for_no_labels() -> None:
    with mock_aws(config={"batch": {"use_docker": False}}), pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        history.batch_client.cache_clear()
        with recorded() as made:
            labels = LabelLookup(Definitions())
            for start in (0, 100):
                events = [failed("array", NOW, index=n) for n in range(start, start + 100)]
                World(labels).deliver(*events)
        history.batch_client.cache_clear()
        assert len([one for one in made if one.service == "batch"]) == 3
