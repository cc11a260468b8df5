"""One delivery: each destination for itself, at least once, and a storm within the rate limit."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from destinations.configuration import Configuration, ConfigurationStore
from destinations.delivery import LAST_RECEIVE, Delivery, Outcome
from destinations.document import AlertDocument
from destinations.errors import ConfigurationError, NoAnswerError, RejectedError, RetryableError
from destinations.routing import routes_file
from destinations.routing.specs import Destination
from destinations.senders.thread import Thread, UnfinishedError
from destinations.state import DeliveryState
from tests.destinations.alerts import body

ROUTES = """default = ["chat", "hook"]
[destinations.chat]
type = "slack"
channel = "C1"
credential = "slack"
[destinations.hook]
type = "webhook"
url = "https://example.com/x"
credential = "secret"
"""
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


class Service:
    """A destination that takes alerts, but for the errors put in its way."""

    def __init__(self, name: str) -> None:
        self.name, self.errors = name, list[Exception]()
        self.taken: list[tuple[AlertDocument, Thread | None]] = []
        self._lock = threading.Lock()

    def send(self, alert: AlertDocument, thread: Thread | None) -> Thread | None:
        with self._lock:
            if self.errors:
                raise self.errors.pop(0)
            self.taken.append((alert, thread))
            return (thread or Thread(f"m{len(self.taken)}", "C1")).following(alert)


class World:
    def __init__(self, state: DeliveryState) -> None:
        self.services = {name: Service(name) for name in ("chat", "hook")}
        self.now = NOW
        credentials = {"slack": "xoxb-1", "secret": "s"}
        self.configuration = Configuration(routes_file.parse(ROUTES), credentials)
        self.delivery = Delivery(state, self._make, lambda: self.now)

    def deliver(self, text: str, receives: int = 1) -> Outcome:
        return self.delivery.deliver(text, receives, self.configuration)

    def taken(self, name: str) -> int:
        return len(self.services[name].taken)

    def _make(self, destination: Destination, _: dict[str, str]) -> Service:
        return self.services[destination.name]


@pytest.fixture(scope="module")
def table() -> Iterator[tuple[Any, str]]:
    with mock_aws():
        client = boto3.client("dynamodb")
        client.create_table(
            TableName="t",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield client, "t"


@pytest.fixture
def state(table: tuple[Any, str]) -> DeliveryState:
    client, name = table
    for item in client.scan(TableName=name)["Items"]:
        client.delete_item(TableName=name, Key={"id": item["id"]})
    return DeliveryState(client, name)


@pytest.fixture
def world(state: DeliveryState) -> World:
    return World(state)


def test_every_destination_takes_it_once_however_often_it_comes(world: World) -> None:
    for receives in (1, 2, 3):
        outcome = world.deliver(body("timeout"), receives)
        assert outcome.retry_after_s is None
        assert outcome.dead_letters == ()
    assert world.taken("chat") == world.taken("hook") == 1


def test_one_that_is_down_holds_up_no_other_and_gets_it_later(world: World) -> None:
    world.services["hook"].errors = [RetryableError("HTTP 503", 40)]
    first = world.deliver(body("timeout"))
    assert first.sent == ("chat",)
    assert first.retry_after_s == 40
    assert world.deliver(body("timeout"), 2).retry_after_s is None
    assert world.taken("chat") == world.taken("hook") == 1


def test_one_that_does_not_answer_is_left_alone_for_a_minute(world: World) -> None:
    world.services["hook"].errors = [NoAnswerError("no answer")]
    world.deliver(body("timeout"))
    other = world.deliver(body("drill"))
    assert other.sent == ("chat",)
    assert other.problems == ("hook: hook: did not answer a moment ago",)
    world.now += timedelta(seconds=61)
    assert world.deliver(body("drill"), 2).retry_after_s is None


def test_a_refusal_goes_to_the_dead_letter_queue_once_with_its_name(world: World) -> None:
    world.services["chat"].errors = [RejectedError("Slack: invalid_auth")]
    world.services["hook"].errors = [RetryableError("HTTP 500")]
    outcome = world.deliver(body("timeout"))
    (letter,) = outcome.dead_letters
    assert letter.destination == "chat"
    assert "invalid_auth" in letter.problem
    world.delivery.give_up(letter)
    again = world.deliver(body("timeout"), 2)
    assert again.dead_letters == ()
    assert again.retry_after_s is None
    assert (world.taken("chat"), world.taken("hook")) == (0, 1)
    # Sent to the queue again by a person, it goes to that destination alone.
    assert world.deliver(letter.to_json()).sent == ("chat",)
    assert (world.taken("chat"), world.taken("hook")) == (1, 1)


def test_an_exhausted_one_goes_to_the_dead_letter_queue_and_waits_grow(world: World) -> None:
    world.services["hook"].errors = [RetryableError("HTTP 503")] * LAST_RECEIVE
    waits = []
    for receives in range(1, LAST_RECEIVE + 1):
        outcome = world.deliver(body("timeout"), receives)
        waits.append(outcome.retry_after_s)
    assert waits == [15, 30, 60, 120, 240, 480, 900, 900, 900, 900, 900, None]
    assert [letter.destination for letter in outcome.dead_letters] == ["hook"]
    assert json.loads(outcome.dead_letters[0].to_json())["alert"] == body("timeout")


def test_an_unknown_error_says_no_text_that_may_be_secret(world: World) -> None:
    world.services["hook"].errors = [ValueError("https://secret@example.com")]
    outcome = world.deliver(body("timeout"))
    assert outcome.problems == ("hook: ValueError",)
    assert outcome.retry_after_s == 15


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"schema": "x"}', "[" * 5_000, '{"schema": "batch-failure-alert/1"}'],
)
def test_what_is_no_alert_is_a_dead_letter(world: World, text: str) -> None:
    outcome = world.deliver(text)
    assert len(outcome.dead_letters) == 1
    assert outcome.retry_after_s is None


def test_an_incident_has_one_thread_until_it_recovers(world: World) -> None:
    times = [f"2026-11-25T1{n}:00:00Z" for n in range(5)]
    incident = {"dedup_key": "i1"}
    for name, time in zip(
        ["nightly-5th", "nightly-5th", "recovered", "nightly-5th", "nightly-5th"],
        times,
        strict=True,
    ):
        world.deliver(body(name, time=time, **incident))
    threads = [thread and thread.message for _, thread in world.services["chat"].taken]
    assert threads == [None, "m1", "m1", None, "m4"]
    # An update of before the recovery that comes late stays in the thread as it is now.
    world.deliver(body("nightly-5th", time="2026-11-25T11:30:00Z", **incident))
    assert world.services["chat"].taken[-1][1] == Thread("m4", "C1", times[4])


def test_a_recovery_ends_every_incident_that_it_names_where_they_stay_open(world: World) -> None:
    for key, time in (("i1", "2026-11-25T10:00:00Z"), ("i2", "2026-11-25T11:00:00Z")):
        world.deliver(body("nightly-5th", time=time, dedup_key=key))
    recovery = body("recovered", time="2026-11-25T12:00:00Z", dedup_key="i2", closes=["i1", "i0"])
    world.services["chat"].errors = [RetryableError("HTTP 503")]
    assert world.deliver(recovery).sent == ("hook",)
    for receives in (2, 3):
        assert world.deliver(recovery, receives).retry_after_s is None
    taken = [(alert.incident, thread and thread.message)
             for alert, thread in world.services["chat"].taken]  # fmt: skip
    # Nothing was open for i0, and a chat gets no message about it.
    assert taken == [("i1", None), ("i2", None), ("i2", "m2"), ("i1", "m1")]
    assert [alert.incident for alert, _ in world.services["hook"].taken] == ["i1", "i2", "i2"]


def test_two_invocations_begin_one_thread(world: World, state: DeliveryState) -> None:
    state.begin_thread("i1", "chat", int(NOW.timestamp()))
    outcome = world.deliver(body("timeout", dedup_key="i1"))
    assert outcome.sent == ("hook",)
    assert "another message" in outcome.problems[0]
    world.now += timedelta(seconds=120)  # the other one has died
    assert world.deliver(body("timeout", dedup_key="i1"), 2).retry_after_s is None


def test_a_first_message_without_its_details_is_not_sent_again(world: World) -> None:
    begun = Thread("m1", "C1", "2026-11-25T10:00:00Z", begun_by="a1")
    world.services["chat"].errors = [UnfinishedError("Slack: ratelimited", 20, begun)]
    first = world.deliver(body("timeout"))
    assert (first.sent, first.retry_after_s) == (("hook",), 20)
    assert world.deliver(body("timeout"), 2).retry_after_s is None
    ((_, thread),) = world.services["chat"].taken
    assert thread == begun


def test_a_failed_beginning_is_tried_again(world: World) -> None:
    world.services["chat"].errors = [RetryableError("HTTP 500")]
    world.deliver(body("timeout"))
    assert world.deliver(body("timeout"), 2).sent == ("chat", "hook")


def test_a_destination_that_left_the_routes_is_said(world: World) -> None:
    world.services["chat"].errors = [RejectedError("x")]
    letter = world.deliver(body("timeout")).dead_letters[0]
    gone = replace(letter, destination="old").to_json()
    assert "no destination of the routes" in world.deliver(gone).dead_letters[0].problem


def test_a_missing_credential_is_said_by_name(state: DeliveryState) -> None:
    from destinations.senders.factory import make_sender

    configuration = Configuration(routes_file.parse(ROUTES), {})
    outcome = Delivery(state, make_sender, lambda: NOW).deliver(body("timeout"), 1, configuration)
    assert sorted(outcome.problems) == [
        "chat: credential slack is not stored", "hook: credential secret is not stored",
    ]  # fmt: skip


def test_the_store_reads_both_parameters_once_a_minute() -> None:
    with mock_aws():
        ssm, clock = boto3.client("ssm"), [0.0]
        store = ConfigurationStore(ssm, "/r", "/c", lambda: clock[0])
        with pytest.raises(ConfigurationError, match="no routes in /r: run batch-notifier routes"):
            store.load()
        ssm.put_parameter(Name="/r", Value=ROUTES, Type="SecureString")
        ssm.put_parameter(Name="/c", Value='slack = "xoxb-1"', Type="SecureString")
        assert store.load().credentials == {"slack": "xoxb-1"}
        ssm.put_parameter(Name="/c", Value='slack = "xoxb-2"', Type="SecureString", Overwrite=True)
        assert store.load().credentials == {"slack": "xoxb-1"}
        clock[0] = 61.0
        assert store.load().credentials == {"slack": "xoxb-2"}
