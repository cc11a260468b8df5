"""Destinations in trouble, on a clock that jumps; `python -m tests.faults.destinations_lane`.

Real are the entry point, its senders with their time-outs, and a server on loopback for each
service; moto has the queues with their redrive, the parameters and the table. An alert is lost
where a destination neither took it nor has it, by name, in the dead-letter queue.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import boto3

from destinations import on_alert
from destinations.delivery import Delivery
from destinations.routing.specs import Destination
from destinations.senders import factory
from destinations.senders.thread import Sender
from destinations.state import DeliveryState
from tests.destinations.alerts import body
from tests.destinations.servers import serving
from tests.destinations.stack import CONTEXT, Stack, deployed_stack
from tests.faults.services import KINDS, MINUTE, TOKEN, Fault, Service

START_S = 1_795_000_000.0  # some day in November 2026
WAVES = (0, 100, 200)  # seconds
WAVE = 4  # alerts; every second one is an update of an incident
BATCH = 5  # as in stacks/destinations.yaml
FUNCTION_S = 60  # the time-out of the function there
FOREVER = 30 * 24 * 60 * MINUTE  # never repaired: as long as tries go on
OUTAGE = 4 * 60 * MINUTE  # longer than the three hours in which an alert is tried
FAULTS = (
    *(Fault(name, rate) for name in ("429", "5xx", "hang", "reset", "cut") for rate in (30, 100)),
    Fault("5xx", 100, OUTAGE),
    *(Fault("bad token", rate, OUTAGE) for rate in (30, 100)),
)
ROUTES = f"default = {json.dumps(KINDS)}\n"
OPTIONS = {
    "slack": {"channel": "C1"},
    "incident-io": {"source": "s"},
    "webhook": {"url": "https://example.com"},
    "mail": {"from": "a@example.com", "to": "b@example.com"},
}


@dataclass(frozen=True, slots=True)
class Row:
    """What came of one fault, at all destinations together.

    `expected` is alerts times destinations, `redriven` what was delivered when the dead letters
    were sent again, `healed_s` the seconds of the clock from the end of the fault until every alert
    was taken or dead.
    """

    case: str
    expected: int
    faults: int
    delivered: int
    dead: int
    redriven: int
    lost: int
    duplicates: int
    healed_s: int
    longest_s: float
    wrong: tuple[str, ...] = ()


@dataclass
class Lane:
    """A stack with its services, and the clock of its queue and its function."""

    stack: Stack
    services: dict[str, Service]
    now: float = START_S
    longest_s: float = 0.0
    _due: dict[str, float] = field(default_factory=dict)
    """When the messages that were left come again, by receipt."""
    _asked: dict[str, int] = field(default_factory=dict)

    def run_until(self, end: float) -> None:
        """Deliver what comes due until then."""
        while self._due and (first := min(self._due.values())) <= end:
            self.now = max(self.now, first)
            for receipt in [one for one, at in self._due.items() if at <= self.now]:
                del self._due[receipt]
                self._show(receipt)
            self.deliver()
        if end < START_S + FOREVER:  # else the clock stays where the last one was settled
            self.now = max(self.now, end)

    def taken(self) -> dict[tuple[str, str], int]:
        """Give how often each destination took each alert."""
        return {
            (kind, name): times
            for kind, service in self.services.items()
            for name, times in service.taken.items()
        }

    def note_wait(self, params: dict[str, Any], **_: Any) -> None:
        """Remember what the function asked the queue for."""
        self._asked[params["ReceiptHandle"]] = params["VisibilityTimeout"]

    def _show(self, receipt: str) -> None:
        self.stack.sqs.change_message_visibility(
            QueueUrl=self.stack.queue, ReceiptHandle=receipt, VisibilityTimeout=0
        )

    def deliver(self) -> None:
        """Hand over what can be seen in the queue."""
        while records := self.stack.receive(BATCH):
            began = time.monotonic()
            answer = on_alert.handler({"Records": records}, CONTEXT)
            self.longest_s = max(self.longest_s, time.monotonic() - began)
            left = {one["itemIdentifier"] for one in answer["batchItemFailures"]}
            for record in records:
                receipt = record["receiptHandle"]
                if record["messageId"] in left:
                    self._due[receipt] = self.now + self._asked[receipt]
                else:
                    self.stack.sqs.delete_message(QueueUrl=self.stack.queue, ReceiptHandle=receipt)


@contextmanager
def lane(seed: int = 7) -> Iterator[Lane]:
    """Serve every service, and route every alert to all of them."""
    with deployed_stack() as stack, ExitStack() as servers:
        services = {kind: Service(kind, seed) for kind in KINDS}
        urls = {kind: servers.enter_context(serving(one)) for kind, one in services.items()}
        servers.enter_context(patch.dict("os.environ", AWS_ENDPOINT_URL_SESV2=urls["mail"]))
        made = Lane(stack, services)
        stack.store(_routes(), _credentials(urls))
        events = on_alert._sqs().meta.events
        events.register("provide-client-params.sqs.ChangeMessageVisibility", made.note_wait)
        delivery = Delivery(
            DeliveryState(boto3.client("dynamodb"), "t"),
            lambda destination, secrets: _sender(destination, secrets, urls),
            lambda: datetime.fromtimestamp(made.now, UTC),
        )
        servers.enter_context(patch.object(on_alert, "_delivery", lambda: delivery))
        yield made


def run(fault: Fault, seed: int = 7) -> Row:
    """Send alerts while every service has a fault, heal all, and say what came of them."""
    with lane(seed) as world:
        _break(world, fault)
        names = list(_send_waves(world))
        world.run_until(START_S + fault.seconds)
        _break(world, None)
        healed_at = world.now
        world.run_until(START_S + FOREVER)
        healed_s = round(world.now - healed_at)
        expected = {(kind, name) for kind in KINDS for name in names}
        taken, letters = world.taken(), world.stack.dead_letters()
        dead = {_place(one) for one in letters} & expected - taken.keys()
        lost = expected - taken.keys() - dead
        for letter in letters:
            world.stack.put(json.dumps(letter))
        world.deliver()
        return Row(
            fault.title,
            len(expected),
            sum(one.faults for one in world.services.values()),
            len(expected & taken.keys()),
            len(dead),
            len(dead & world.taken().keys()),
            len(lost),
            sum(taken.values()) - len(taken),
            healed_s,
            round(world.longest_s, 1),
            tuple(_wrong(world, lost)),
        )


def _wrong(world: Lane, lost: set[tuple[str, str]]) -> Iterator[str]:
    yield from (f"{kind} lost {name}" for kind, name in sorted(lost))
    if world.longest_s > FUNCTION_S:
        yield f"an invocation took {world.longest_s:.0f} s"


def _break(world: Lane, fault: Fault | None) -> None:
    for service in world.services.values():
        service.fault = fault


def _send_waves(world: Lane) -> Iterator[str]:
    document = json.loads(body("timeout"))
    for wave, second in enumerate(WAVES):
        world.run_until(START_S + second)
        for one in range(WAVE):
            number = wave * WAVE + one
            name = f"faulty-job-{number:03}"
            changes = {
                "job": document["job"] | {"name": name},
                "text": document["text"] | {"subject": f"FAILED {name}"},
                "dedup_key": f"incident-{number // 2}",
                "outcome": "grew" if number % 2 else "first",
                "time": datetime.fromtimestamp(world.now + one, UTC).isoformat(),
            }
            world.stack.put(json.dumps(document | changes))
            yield name
        world.deliver()


def _place(letter: dict[str, Any]) -> tuple[str, str]:
    """Give destination and alert of a dead letter; no destination where the queue gave it up."""
    alert = json.loads(letter["alert"]) if "alert" in letter else letter
    return letter.get("destination", ""), alert["job"]["name"]


def _routes() -> str:
    lines = [ROUTES]
    for kind in KINDS:
        lines.append(f'[destinations.{kind}]\ntype = "{kind}"')
        lines += [f'{key} = "{value}"' for key, value in OPTIONS.get(kind, {}).items()]
        lines += [f'credential = "{kind}"'] if kind != "mail" else []
    return "\n".join(lines)


def _credentials(urls: dict[str, str]) -> dict[str, str]:
    found = dict.fromkeys(KINDS, "k" * 32) | {"slack": TOKEN}
    found |= {kind: urls[kind] for kind in ("slack-webhook", "teams")}
    return found | {"apprise": urls["apprise"].replace("http:", "json:")}


def _sender(destination: Destination, secrets: dict[str, str], urls: dict[str, str]) -> Sender:
    """Make the real sender; where its service has a fixed address, it is the server's here."""
    url = urls[destination.kind]
    moved = {"slack": {"api": f"{url}/api/"}, "webhook": {"url": url}}
    moved |= {kind: {"api": url} for kind in ("pagerduty", "opsgenie", "incident-io")}
    options = {**destination.options, **moved.get(destination.kind, {})}
    return factory.make_sender(replace(destination, options=options), secrets)
