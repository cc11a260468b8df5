"""A storm of ten thousand failures, from the failed jobs to what each destination is sent."""

from __future__ import annotations

import json
from contextlib import ExitStack
from datetime import UTC, datetime

import boto3

from destinations.configuration import Configuration
from destinations.delivery import Delivery
from destinations.routing import routes_file
from destinations.routing.specs import Destination
from destinations.senders.pager import PagerDuty
from destinations.senders.slack import SlackBot
from destinations.senders.teams import Teams
from destinations.senders.thread import Sender
from destinations.state import DeliveryState
from tests.destinations.servers import Recorder, Reply, Request, Slack, serving
from tests.destinations.stack import deployed_stack
from tests.simulation import START_MS, Simulation, failed

ARRAYS, CHILDREN, SINGLE = 20, 495, 100  # 10,000 failures
STORM_S = 600  # in which they fail
MINUTE, HOUR = 60, 3_600
PER_MINUTE, PER_HOUR = 5, 30  # the limits of template.yaml
STORM_DIGEST_S = 5 * MINUTE  # the least time between storm digests, which the limit lets pass
KEY = "k" * 32
KINDS = {"slack": 'type = "slack"\nchannel = "C1"', "teams": 'type = "teams"',
         "pagerduty": 'type = "pagerduty"'}  # fmt: skip
ROUTES = f"default = {json.dumps([*KINDS])}\n" + "".join(
    f'[destinations.{name}]\n{options}\ncredential = "x"\n' for name, options in KINDS.items()
)


class Timed:
    """A service, and when it took each message; an edit and the details of a message are none."""

    def __init__(self, service: Recorder | Slack, clock: list[float]) -> None:
        self.times: list[float] = []
        self._service, self._clock = service, clock

    def __call__(self, request: Request) -> Reply:
        sent = request.document
        is_part = request.path.endswith("chat.update") or sent.get("text") == "Details"
        if not is_part:
            self.times.append(self._clock[0])
        return self._service(request)


def storm() -> Simulation:
    world = Simulation()
    for array in range(ARRAYS):
        name, second = f"array-{array}", array * STORM_S / ARRAYS
        for child in range(CHILDREN):
            event = failed(f"{name}:{child}", name=name, definition=f"{name}:1", second=second)
            world.put(event, second)
    for one in range(SINGLE):
        second = one * STORM_S / SINGLE
        event = failed(f"job-{one}", name=f"name-{one}", definition=f"def-{one}:1", second=second)
        world.put(event, second)
    world.run_until(HOUR)
    return world


def most_in(times: list[float], seconds: float) -> int:
    return max(sum(at <= other < at + seconds for other in times) for at in times)


def sender_of(destination: Destination, urls: dict[str, str]) -> Sender:
    url = urls[destination.name]
    made = {
        "slack": lambda: SlackBot(KEY, "C1", f"{url}/api/"),
        "teams": lambda: Teams(url),
        "pagerduty": lambda: PagerDuty(KEY, api=url),
    }
    return made[destination.name]()


def test_a_storm_sends_no_destination_more_than_the_rate_limit() -> None:
    world, clock = storm(), [0.0]
    slack = Slack(KEY)
    services = {"slack": Timed(slack, clock), "teams": Timed(Recorder(), clock),
                "pagerduty": Timed(Recorder(then=Reply(202, "{}")), clock)}  # fmt: skip
    configuration = Configuration(routes_file.parse(ROUTES), {"x": KEY})
    with deployed_stack(), ExitStack() as servers:
        urls = {name: servers.enter_context(serving(one)) for name, one in services.items()}
        delivery = Delivery(
            DeliveryState(boto3.client("dynamodb"), "t"),
            lambda destination, _: sender_of(destination, urls),
            lambda: datetime.fromtimestamp(START_MS / 1000 + clock[0], UTC),
        )
        for told in world.told:
            clock[0] = (told.at - START_MS) / 1000
            outcome = delivery.deliver(json.dumps(told.document), 1, configuration)
            assert sorted(outcome.sent) == sorted(KINDS)
    assert slack.problems == []
    digests = sum(told.document["cause"]["id"] == "storm" for told in world.told)
    assert digests > 0  # the limit was reached
    for service in services.values():
        assert len(service.times) == len(world.told)
        assert most_in(service.times, MINUTE) <= PER_MINUTE + 1
        assert most_in(service.times, HOUR) <= PER_HOUR + HOUR // STORM_DIGEST_S
