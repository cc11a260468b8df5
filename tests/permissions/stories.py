"""What each function may be woken for, so that it makes every kind of call it ever makes."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from notifier import on_failure, on_follow_up, on_sweep, wiring
from notifier.aws import calls, history, job_logs
from notifier.ports.reporting import STORM
from notifier.text.units import MINUTE_MS
from tests.batch_account import BatchAccount
from tests.permissions.recorder import Call
from workbench.local import samples
from workbench.local.aws import ACCOUNT, REGION
from workbench.local.job_events import Event, failed

CONTEXT: Any = SimpleNamespace(
    get_remaining_time_in_millis=lambda: 120_000, function_name="function", aws_request_id="r",
    memory_limit_in_mb=1024, invoked_function_arn="arn:aws:lambda:::function",
)  # fmt: skip
LOG_GROUP = "/aws/batch/job"
UNUSABLE = ("compute-environment", "job-queue")


@dataclass
class World:
    """A stack in the local AWS, and a clock that can be put forward."""

    calls: list[Call]
    patch: pytest.MonkeyPatch
    ahead_ms: int = 0
    _real: Callable[[], int] = time.time_ns
    _ids: Any = field(default_factory=itertools.count)

    def now_ms(self) -> int:
        return self._real() // 1_000_000 + self.ahead_ms

    def time_ns(self) -> int:
        return self._real() + self.ahead_ms * 1_000_000

    def fail(self, *events: Event) -> None:
        """Have the first function woken for failures."""
        self._wake(on_failure.handler, [json.dumps(event) for event in events])

    def follow_up(self, key: str) -> None:
        """Have the second function woken for the newest follow-up of an incident, in its time."""
        sent = [
            json.loads(body) for body in self.sent("due") if json.loads(body)["incident"] == key
        ]
        self.ahead_ms += max(0, sent[-1]["due"] - self.now_ms())
        self._wake(on_follow_up.handler, [json.dumps(sent[-1])])

    def sweep(self) -> None:
        """Have the third function look after AWS Batch."""
        assert on_sweep.handler({}, CONTEXT) == {}

    def sent(self, word: str) -> list[str]:
        """Give the bodies of messages sent to a queue that hold a word."""
        found = [one.parameters for one in self.calls if one.operation == "SendMessage"]
        return [one["MessageBody"] for one in found if f'"{word}"' in one["MessageBody"]]

    def incidents(self) -> list[str]:
        """Give the keys of all incidents, in the order in which they began."""
        keys = dict.fromkeys(json.loads(body)["incident"] for body in self.sent("due"))
        return [key for key in keys if key != STORM]

    def log(self, event: Event, *lines: str) -> None:
        """Have a job written a log."""
        stream = event["detail"]["container"]["logStreamName"]
        client = boto3.session.Session().client("logs", region_name=REGION)  # nobody records it
        if not client.describe_log_groups()["logGroups"]:
            client.create_log_group(logGroupName=LOG_GROUP)
        client.create_log_stream(logGroupName=LOG_GROUP, logStreamName=stream)
        events = [{"timestamp": self._real() // 1_000_000, "message": line} for line in lines]
        client.put_log_events(logGroupName=LOG_GROUP, logStreamName=stream, logEvents=events)

    def _wake(self, handler: Callable[[Any, Any], dict[str, Any]], bodies: list[str]) -> None:
        records = [{"messageId": f"m{next(self._ids)}", "body": body} for body in bodies]
        answer = handler({"Records": records}, CONTEXT)
        assert answer == {"batchItemFailures": []}, answer


def failures_of_every_kind(world: World) -> list[Call]:
    """Tell of one job with a past, hold another back, have one wait, count one more."""
    account = BatchAccount(REGION)
    account.succeeded()
    told = failed(account.failed(world.patch), world.now_ms())
    told["detail"] |= {"jobQueue": account.queue, "jobDefinition": account.definition}
    held = failed("b", world.now_ms(), definition="other:1")
    world.log(told, "ValueError: no such sample")
    world.fail(told)
    world.fail(held)
    world.fail(failed("c", world.now_ms(), depends_on=["unseen"]))
    world.fail(failed("a2", world.now_ms()))
    world.fail(_seen("service-job"))
    assert world.sent("detail")  # the one that waits
    assert [each for each in world.sent("due") if STORM in each]
    return list(world.calls)


def follow_ups_of_every_kind(world: World) -> list[Call]:
    """Look after what has grown, what has not, what was held back, and what is not due yet."""
    # AWS Batch knows the job: a digest shows no log whose secrets it cannot fetch again.
    grown = failed(BatchAccount(REGION).failed(world.patch), world.now_ms())
    held = failed("b", world.now_ms(), definition="other:1")
    world.log(grown, "ValueError: no such sample")
    world.fail(grown)
    world.fail(held)
    world.fail(failed("a2", world.now_ms()))
    training = _seen("stuck-job")
    training["detail"] |= {"serviceJobType": "SAGEMAKER_TRAINING", "jobId": "train"}
    training["detail"]["jobQueue"] = f"arn:aws:batch:{REGION}:{ACCOUNT}:job-queue/training"
    seen = [
        _seen("stuck-job"),
        training,
        *(_seen("compute-environment-invalid", one) for one in UNUSABLE),
    ]
    for event in seen:  # one by one: the rate limit lets one message out a minute
        world.ahead_ms += MINUTE_MS
        world.fail(event)
    before = len(world.calls)
    key, *others = world.incidents()
    world.follow_up(STORM)
    for each in (key, *others, key):
        world.follow_up(each)
    world.ahead_ms -= 10 * MINUTE_MS  # before the next is due: it hops
    world._wake(on_follow_up.handler, [world.sent("due")[-1]])
    return world.calls[before:]


def _seen(sample: str, kind: str = "") -> Event:
    """Give what the sweep found, of a queue or a compute environment."""
    event: Event = samples.load(samples.EVENTS / f"{sample}.json").event
    if kind:
        event["detail"]["arn"] = f"arn:aws:batch:{REGION}:{ACCOUNT}:{kind}/{kind}"
    return event


def sweeps_of_every_kind(world: World) -> list[Call]:
    """Look after AWS Batch: a broken environment, then also a job that no event told."""
    account = BatchAccount(REGION)
    calls.session().register("after-call.batch.DescribeComputeEnvironments", _broken)
    calls.session().register("after-call.batch.DescribeJobQueues", _with_training)
    calls.session().register("after-call.batch.ListJobs", _with_waiting)
    world.sweep()
    account.failed(world.patch)
    world.ahead_ms += 20 * MINUTE_MS
    world.sweep()
    found = [
        json.loads(entry["MessageBody"])
        for one in world.calls
        for entry in one.parameters.get("Entries", [])
        if one.operation == "SendMessageBatch"
    ]
    assert {one["source"] for one in found} == {"aws.batch", "batch-notifier.sweep"}
    own = list(world.calls)
    world.fail(*found)
    told = len(world.calls)
    world.sweep()
    return own + world.calls[told:]


def _broken(parsed: dict[str, Any], **_: object) -> None:
    """Have AWS Batch answer as it does where it cannot use a compute environment."""
    for environment in parsed["computeEnvironments"]:
        environment |= {"status": "INVALID", "statusReason": "CLIENT_ERROR - Access denied"}


# Operations that moto does not have, and what AWS answers where there is nothing.
UNKNOWN_TO_MOTO: dict[str, Event] = {
    "GetJobQueueSnapshot": {"frontOfQueue": {"jobs": []}},
    "ListServiceJobs": {"jobSummaryList": []},
    "DescribeServiceJob": {"status": "RUNNABLE"},
}


def _answered(answer: Event, **_: object) -> tuple[Any, Event]:
    return SimpleNamespace(status_code=200), answer


def _with_training(parsed: dict[str, Any], **_: object) -> None:
    """Have the account a queue of SageMaker jobs, too."""
    queues = parsed["jobQueues"]
    arn = f"arn:aws:batch:{REGION}:{ACCOUNT}:job-queue/training"
    more = {"jobQueueType": "SAGEMAKER_TRAINING", "computeEnvironmentOrder": []}
    queues += [{**queues[0], **more, "jobQueueArn": arn}] if queues else []


def _with_waiting(parsed: dict[str, Any], **_: object) -> None:
    """Have a job wait for long."""
    parsed["jobSummaryList"].append({"jobId": "waits", "jobName": "waits", "createdAt": 1})


def aws_session() -> Any:
    return calls.session()


STORIES: dict[str, Callable[[World], list[Call]]] = {
    "notifier.on_failure.handler": failures_of_every_kind,
    "notifier.on_follow_up.handler": follow_ups_of_every_kind,
    "notifier.on_sweep.handler": sweeps_of_every_kind,
}


def world_of(settings: dict[str, str], calls: list[Call], patch: pytest.MonkeyPatch) -> World:
    """Give a world in which the functions find these settings, and nothing made before."""
    world = World(calls, patch)
    patch.setattr(time, "time_ns", world.time_ns)
    for name, value in settings.items():
        patch.setenv(name, value)
    for operation, answer_ in UNKNOWN_TO_MOTO.items():
        aws_session().register(f"before-call.batch.{operation}", partial(_answered, answer_))
    for module in (wiring, job_logs, history):
        for made_once in vars(module).values():
            if hasattr(made_once, "cache_clear"):
                made_once.cache_clear()
    return world
