"""The sweep finds what no event told: each failure once, with few calls."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from notifier.batch import sweep_events
from notifier.batch.event import parse_event
from notifier.batch.failure import Failure
from notifier.incident.sweep_position import GRACE_MS, OVERLAP_MS
from notifier.ports.metrics import Metric
from notifier.ports.service_error import ErrorKind, ServiceError
from notifier.ports.sweeping import SweepOptions, SweepPorts
from notifier.workflows.sweeping import sweep
from notifier.workflows.sweeping.missed_failures import MOST_MISSED
from notifier.workflows.sweeping.waiting_jobs import MOST_STUCK
from tests.fakes import FakeBatch, FakeOutbox, FakePulse
from tests.simulation import PLENTY_MS, START_MS, Simulation, array_parent, failed
from workbench.local import samples

MINUTE, HOUR = 60, 3_600  # seconds
QUEUE = "arn:aws:batch:us-east-1:111122223333:job-queue/etl"
COMPUTE = "arn:aws:batch:us-east-1:111122223333:compute-environment/spot"
THROTTLED = ServiceError(ErrorKind.RETRYABLE, "TooManyRequestsException")


class Swept(Simulation):
    """A deployed notifier that also looks after AWS Batch."""

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self.batch, self.outbox, self.health = FakeBatch(), FakeOutbox(), FakePulse()
        self.sweep_choices = SweepOptions(**options)
        self.left_ms = PLENTY_MS
        self.batch.queue_list = [queue()]
        self.batch.environment_list = [environment()]

    def sweep(self, second: float) -> list[dict[str, Any]]:
        """Let time pass until then, sweep, and put what it sent on the failure queue."""
        self.run_until(second)
        ports = SweepPorts(
            self.batch, self.ledger, self.outbox, self.health, self.journal,
            lambda: self.left_ms, lambda: self.now,
        )  # fmt: skip
        sweep.run(ports, self.sweep_choices)
        sent, self.outbox.sent = self.outbox.sent, []
        for event in sent:
            self.put(event, second)
        return sent

    def has(self, event: dict[str, Any]) -> None:
        """Have AWS Batch know the job of an event."""
        detail = {"createdAt": START_MS, **event["detail"]}
        self.batch.jobs[detail["jobId"]] = detail

    def waits(self, job_id: str, second: float, **more: Any) -> None:
        """Have a job wait since a second."""
        self.has({"detail": job(job_id, second) | more})


def queue(**more: Any) -> dict[str, Any]:
    order = [{"order": 1, "computeEnvironment": COMPUTE}]
    own = {"jobQueueArn": QUEUE, "jobQueueName": "etl", "state": "ENABLED", "status": "VALID"}
    return own | {"computeEnvironmentOrder": order} | more


def environment(**more: Any) -> dict[str, Any]:
    own = {"computeEnvironmentArn": COMPUTE, "computeEnvironmentName": "spot", "state": "ENABLED"}
    return own | {"status": "VALID", "statusReason": "ComputeEnvironment Healthy"} | more


def job(job_id: str, second: float, **more: Any) -> dict[str, Any]:
    arn = "arn:aws:batch:us-east-1:111122223333"
    return {
        "jobId": job_id,
        "jobArn": f"{arn}:job/{job_id}",
        "jobName": "nightly",
        "jobQueue": QUEUE,
        "jobDefinition": f"{arn}:job-definition/load:3",
        "status": "RUNNABLE",
        "createdAt": START_MS + round(second * 1000),
        "container": {"environment": [{"name": "TOKEN", "value": "hunter2hunter2"}]},
        **more,
    }


def test_half_of_500_events_are_dropped_and_all_failures_are_reported_once() -> None:
    world, chance = Swept(), random.Random(20261124)
    world.sweep(0)
    lost = set(chance.sample(range(500), 250))
    for number in range(500):
        event = failed(f"job-{number}", second=60 + number, name=f"step-{number % 7}")
        world.has(event)
        if number not in lost:
            world.put(event, 61 + number)
    before, sent = world.batch.calls["DescribeJobs"], []
    for run in range(1, 12):
        sent += world.sweep(run * 5 * MINUTE)
    found = [event["detail"]["jobId"] for event in sent]
    assert {f"job-{number}" for number in lost} == set(found)
    assert len(found) == len(set(found)) == 250
    # Two runs found the 250, so that one of their calls was not full.
    assert world.batch.calls["DescribeJobs"] - before <= 250 / 100 + 2
    counted = [one for members in world.ledger.counted.values() for one in members]
    assert len(counted) == len(set(counted)) == 500
    world.settle()
    assert world.dead == []
    told = {one.document["incident"] for one in world.told}
    assert sum(len(i.reported) for key, i in world.ledger.incidents.items() if key in told) == 500


def test_describe_jobs_is_asked_once_for_a_hundred() -> None:
    world = Swept()
    world.sweep(0)
    for number in range(300):
        world.has(failed(f"job-{number}", second=60))
    assert len(world.sweep(20 * MINUTE)) == 300
    assert world.batch.calls["DescribeJobs"] == 3


def test_what_failed_before_the_notifier_was_there_is_not_reported() -> None:
    world = Swept()
    world.has(failed("old", second=-3 * HOUR))
    for run in range(5):
        assert world.sweep(run * 5 * MINUTE) == []


def test_an_event_that_may_still_come_is_waited_for() -> None:
    world = Swept()
    world.sweep(0)
    world.has(failed("a", second=4 * MINUTE))
    assert world.sweep(5 * MINUTE) == []
    assert len(world.sweep(4 * MINUTE + GRACE_MS / 1000)) == 1


def test_an_event_that_comes_late_after_all_is_counted_once() -> None:
    world = Swept()
    world.sweep(0)
    event = failed("a", second=MINUTE)
    world.has(event)
    assert len(world.sweep(10 * MINUTE)) == 1
    world.put(event, 11 * MINUTE)
    world.settle()
    assert [one.outcome for one in world.told] == ["first"]
    [members] = world.ledger.counted.values()
    assert list(members) == ["a"]


def test_a_search_that_is_cut_short_goes_on_where_it_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sweep, "MISSED_PAGES", 2)
    world = Swept()
    world.batch.page_size = 10
    world.sweep(0)
    for number in range(100):
        world.has(failed(f"job-{number}", second=60 + number))
    found = [len(world.sweep((20 + 5 * run) * MINUTE)) for run in range(6)]
    assert found == [20, 20, 20, 20, 20, 0]


def test_one_run_sends_no_more_than_it_may() -> None:
    world = Swept()
    world.sweep(0)
    for number in range(MOST_MISSED + 10):
        world.has(failed(f"job-{number}", second=60))
    assert len(world.sweep(20 * MINUTE)) == MOST_MISSED
    assert len(world.sweep(25 * MINUTE)) == 10
    assert world.sweep(30 * MINUTE) == []


def test_children_of_an_array_that_ended_are_found() -> None:
    world = Swept()
    world.sweep(0)
    for index in range(4):
        child = failed("array", second=60 + index, index=index)
        world.has(child)
        if index in (1, 2):
            world.put(child, 61 + index)
    parent = array_parent("array", 8, 4, second=70)
    parent["detail"] |= {"stoppedAt": START_MS + 70_000, "jobQueue": QUEUE}
    world.has(parent)
    found = [event["detail"]["jobId"] for event in world.sweep(20 * MINUTE)]
    assert sorted(found) == ["array", "array:0", "array:3"]
    lists = world.batch.calls["ListJobs"]
    assert world.sweep(25 * MINUTE) == []
    assert world.batch.calls["ListJobs"] - lists == 4  # of the queue: the array is complete


def test_a_token_that_batch_forgot_begins_the_search_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "MISSED_PAGES", 1)
    world = Swept()
    world.batch.page_size = 1
    world.sweep(0)
    for name in ("a", "b"):
        world.has(failed(name, second=60))
    assert len(world.sweep(10 * MINUTE)) == 1
    refused = ServiceError(ErrorKind.RETRYABLE, "ClientException")
    world.batch.troubles["ListJobs"] = [refused]
    assert world.sweep(15 * MINUTE) == []
    assert world.sweep(20 * MINUTE) == []
    assert len(world.sweep(25 * MINUTE)) == 1


@pytest.mark.parametrize("operation", ["DescribeJobQueues", "ListJobs", "DescribeJobs"])
def test_throttling_ends_a_run_and_the_next_finds_everything(operation: str) -> None:
    world = Swept()
    world.sweep(0)
    world.has(failed("a", second=60))
    world.batch.troubles[operation] = [THROTTLED]
    first = world.sweep(10 * MINUTE)
    assert "SweepsCutShort" in world.journal.counts()
    assert len(world.health.beats) == 2
    assert len(first + world.sweep(15 * MINUTE)) == 1


def test_without_time_nothing_is_begun() -> None:
    world = Swept()
    world.sweep(0)
    world.has(failed("a", second=60))
    world.left_ms = sweep.RESERVE_MS - 1
    assert world.sweep(10 * MINUTE) == []
    world.left_ms = PLENTY_MS
    assert len(world.sweep(15 * MINUTE)) == 1


def test_the_overlap_is_longer_than_the_grace() -> None:
    assert OVERLAP_MS > GRACE_MS + 2 * sweep.RESERVE_MS


# ---- What waits ----------------------------------------------------------------------------------


def test_a_job_that_waits_25_h_is_reported_once_as_that_and_then_as_recovered() -> None:
    world = Swept()
    world.waits("a", 0)
    world.jobs.not_begun.add("a")
    world.sweep(25 * HOUR)
    for run in range(1, 6):
        assert world.sweep(25 * HOUR + run * 5 * MINUTE) == []
    [told] = world.told
    assert told.subject.startswith("STUCK nightly: ")
    assert "has waited for 25 h in RUNNABLE on queue etl" in told.texts["email"]
    del world.batch.jobs["a"]
    world.jobs.not_begun.clear()
    world.run_until(26 * HOUR)
    assert [one.outcome for one in world.told] == ["first", "recovered"]
    assert "Job nightly on queue etl is no longer waiting, after 25 h" in " ".join(
        world.told[1].texts["email"].split()
    )


@pytest.mark.parametrize(
    ("stuck_after", "more", "found"),
    [
        (HOUR, {}, 1),
        (0, {}, 0),
        (4 * HOUR, {}, 0),
        (HOUR, {"attempts": [{"stoppedAt": START_MS + 2 * HOUR * 1000 + 1}]}, 0),
        (HOUR, {"attempts": [{"stoppedAt": START_MS + HOUR * 1000}]}, 1),
        (HOUR, {"dependsOn": [{"jobId": "late"}]}, 0),
        (HOUR, {"dependsOn": [{"jobId": "early"}]}, 1),
        (HOUR, {"dependsOn": [{"jobId": "forgotten"}]}, 1),
    ],
)
def test_waiting_is_counted_from_when_the_job_could_start(
    stuck_after: int, more: dict[str, Any], found: int
) -> None:
    world = Swept(stuck_after=stuck_after * 1000)
    world.waits("a", 0, **more)
    for name, ended in (("late", 2.5 * HOUR), ("early", HOUR)):
        own = {"status": "SUCCEEDED", "stoppedAt": START_MS + round(ended * 1000)}
        world.waits(name, 0, **own)
    assert len(world.sweep(3 * HOUR)) == found


def test_a_job_is_stuck_in_starting_when_it_was_seen_there_for_long() -> None:
    world = Swept()
    world.waits("a", -30 * HOUR, status="STARTING")
    assert world.sweep(0) == []
    assert world.sweep(55 * MINUTE) == []
    [event] = world.sweep(HOUR)
    world.settle()
    assert event["detail"]["waitingSince"] == START_MS
    assert "waited for 1 h in STARTING" in world.told[0].texts["email"]
    assert world.told[0].document["cause"]["id"] == "stuck-starting"


@pytest.mark.parametrize(
    ("children", "found"), [({"RUNNABLE": 9}, 1), ({"RUNNABLE": 8, "RUNNING": 1}, 0)]
)
def test_an_array_waits_while_none_of_its_children_has_begun(
    children: dict[str, int], found: int
) -> None:
    world = Swept()
    world.waits("a", 0, status="PENDING", arrayProperties={"size": 9, "statusSummary": children})
    assert len(world.sweep(2 * HOUR)) == found


def test_many_stuck_jobs_of_a_queue_are_one_incident() -> None:
    world = Swept()
    for number in range(MOST_STUCK + 50):
        world.waits(f"job-{number}", number)
    assert len(world.sweep(10 * HOUR)) == MOST_STUCK
    assert len(world.sweep(10 * HOUR + 5 * MINUTE)) == 50
    assert world.sweep(10 * HOUR + 10 * MINUTE) == []
    assert len({one.document["incident"] for one in world.told}) == 1


def test_what_a_stuck_job_holds_stays_where_it_is() -> None:
    world = Swept()
    world.waits("a", 0)
    [event] = world.sweep(2 * HOUR)
    assert "hunter2" not in json.dumps(event)


# ---- Stuck means stuck at the head ---------------------------------------------------------------


def snapshot(*first: tuple[str, float], share: str = "") -> dict[str, Any]:
    """Give the first jobs of a queue, each with the second since which it is at its place."""
    jobs = [
        {
            "jobArn": f"arn:aws:batch:us-east-1:111122223333:job/{job_id}",
            "earliestTimeAtPosition": START_MS + round(second * 1000),
        }
        for job_id, second in first
    ]
    usage = [{"shareIdentifier": "genomics", "capacityUsage": [VCPUS]}]
    return {
        "frontOfQueue": {"jobs": jobs, "lastUpdatedAt": START_MS},
        "queueUtilization": {
            "totalCapacityUsage": [VCPUS],
            "fairshareUtilization": {"activeShareCount": 1, "topCapacityUtilization": usage},
        },
    }


VCPUS = {"capacityUnit": "VCPU", "quantity": 256.0}
DEEP = 5_000


def test_a_deep_queue_that_moves_is_not_stuck() -> None:
    world = Swept()
    for number in range(DEEP):
        world.waits(f"job-{number:04}", 0)
    for run in range(36):  # three hours: the head changes every ten minutes
        second = 2 * HOUR + run * 5 * MINUTE
        since = second - second % (10 * MINUTE)
        front = [(f"job-{(run // 2 * 100 + n):04}", since) for n in range(100)]
        world.batch.snapshots[QUEUE] = snapshot(*front)
        assert world.sweep(second) == []
    assert world.told == []
    assert world.batch.calls["GetJobQueueSnapshot"] == 36


def test_one_job_that_stays_first_is_one_alert() -> None:
    world = Swept()
    for number in range(DEEP):
        world.waits(f"job-{number:04}", 0)
    world.jobs.not_begun |= {f"job-{number:04}" for number in range(DEEP)}
    world.batch.snapshots[QUEUE] = snapshot(*((f"job-{n:04}", HOUR) for n in range(100)))
    for run in range(24):
        world.sweep(HOUR + 50 * MINUTE + run * 5 * MINUTE)
    world.run_until(5 * HOUR)
    [told] = world.told
    text = " ".join(told.texts["email"].split())
    assert "Job nightly has been first for 1 h without starting on queue etl" in text
    assert "first in its queue" in text
    assert "4,999 jobs wait" in text
    assert "256 vCPU; share genomics 256 vCPU" in text
    head = told.document["job"]["queue_head"]
    assert (head["since"], head["behind"]) == (START_MS + HOUR * 1000, DEEP - 1)
    assert told.document["job"]["id"] == "job-0000"


def test_without_a_snapshot_age_decides_and_the_alert_says_so() -> None:
    world = Swept()
    world.waits("a", 0)
    world.jobs.not_begun.add("a")
    world.sweep(2 * HOUR)
    world.run_until(2 * HOUR + MINUTE)
    [told] = world.told
    said = "not known (AccessDeniedException): reported because of its age alone"
    assert said in told.texts["email"]
    assert Metric.SNAPSHOTS_UNREAD in world.journal.counts()


def test_a_young_queue_costs_no_snapshot() -> None:
    world = Swept()
    world.waits("a", 0)
    world.sweep(50 * MINUTE)
    assert world.batch.calls["GetJobQueueSnapshot"] == 0


# ---- Service jobs --------------------------------------------------------------------------------

TRAINING = "arn:aws:batch:us-east-1:111122223333:job-queue/training"


def service_job(number: int, status: str = "FAILED") -> dict[str, Any]:
    """Give what ListServiceJobs says about a service job."""
    at = START_MS + (60 + number) * 1000
    ended = {"startedAt": at - 30_000, "stoppedAt": at} if status == "FAILED" else {}
    return {
        "jobId": f"s-{number}",
        "jobArn": f"arn:aws:batch:us-east-1:111122223333:service-job/s-{number}",
        "jobName": "train", "jobQueue": TRAINING, "createdAt": at - 60_000, "status": status,
        "serviceJobType": "SAGEMAKER_TRAINING",
        "statusReason": "Received status from SageMaker: AlgorithmError: ExecuteUserScriptError",
    } | ended  # fmt: skip


def training() -> dict[str, Any]:
    return queue(jobQueueArn=TRAINING, jobQueueType="SAGEMAKER_TRAINING") | {
        "computeEnvironmentOrder": []
    }


def test_half_of_300_events_of_service_jobs_are_dropped_and_all_are_found_once() -> None:
    world, chance = Swept(), random.Random(20261127)
    world.batch.queue_list, world.batch.page_size = [training()], 100
    world.sweep(0)
    lost = set(chance.sample(range(300), 150))
    for number in range(300):
        job = service_job(number)
        world.batch.jobs[job["jobId"]] = job
        if number not in lost:
            world.put(sweep_events.missed_service_job(job, world.now), 61 + number)
    sent = []
    for run in range(1, 12):
        sent += world.sweep(run * 5 * MINUTE)
    found = [event["detail"]["jobId"] for event in sent]
    assert {f"s-{number}" for number in lost} == set(found)
    assert len(found) == len(set(found)) == 150
    assert world.batch.calls["DescribeJobs"] <= 11  # the list says enough of a service job
    counted = [one for members in world.ledger.counted.values() for one in members]
    assert len(counted) == len(set(counted)) == 300
    assert {one.document["kind"] for one in world.told} == {"service-job"}


def test_a_missed_service_job_reads_as_its_event_would_have() -> None:
    told = parse_event(samples.find("service-job").event)
    detail = samples.find("service-job").event["detail"]
    missed = parse_event(sweep_events.missed_service_job(detail, START_MS))
    assert isinstance(told, Failure)
    assert isinstance(missed, Failure)
    for field in ("kind", "job_id", "status_reason", "training_job", "attempts", "platform"):
        assert getattr(missed, field) == getattr(told, field), field


def test_a_service_job_that_stays_first_is_stuck() -> None:
    world = Swept()
    world.batch.queue_list = [training()]
    world.batch.jobs["s-1"] = service_job(1, "RUNNABLE")
    world.batch.snapshots[TRAINING] = snapshot(("s-1", 0))
    world.jobs.not_begun.add("s-1")
    [event] = world.sweep(2 * HOUR)
    world.run_until(4 * HOUR)
    [told] = world.told
    assert event["detail"]["jobId"] == "s-1"
    assert world.jobs.calls["DescribeServiceJob"] > 0
    assert told.document["job"]["platform"] == "SageMaker"


# ---- What is broken ------------------------------------------------------------------------------


def test_an_invalid_compute_environment_is_reported_once_and_recovers() -> None:
    world = Swept()
    reason = "CLIENT_ERROR - Not authorized to perform sts:AssumeRole"
    world.batch.environment_list = [environment(status="INVALID", statusReason=reason)]
    world.jobs.unusable.add(COMPUTE)
    for run in range(4):
        world.sweep(run * 5 * MINUTE)
    [told] = world.told
    assert told.document["cause"] == {
        **told.document["cause"], "id": "ce-service-role-assume", "certainty": "certain",
    }  # fmt: skip
    assert told.subject.startswith("INVALID spot: Batch cannot assume its service role")
    world.batch.environment_list = [environment()]
    world.jobs.unusable.clear()
    world.run_until(6 * HOUR)
    assert [one.outcome for one in world.told] == ["first", "recovered"]
    assert "Compute environment spot is usable again" in world.told[1].texts["email"]


@pytest.mark.parametrize(
    ("compute", "own", "has_jobs", "found"),
    [
        ({}, {}, True, []),
        ({"state": "DISABLED"}, {}, False, []),
        ({"state": "DISABLED"}, {}, True, ["spot"]),
        ({}, {"state": "DISABLED"}, False, []),
        ({}, {"state": "DISABLED"}, True, ["etl"]),
        ({}, {"status": "INVALID"}, False, ["etl"]),
        ({"status": "INVALID", "state": "DISABLED"}, {}, False, ["spot"]),
    ],
)
def test_what_is_switched_off_is_reported_when_jobs_wait_for_it(
    compute: dict[str, Any], own: dict[str, Any], has_jobs: bool, found: list[str]
) -> None:
    world = Swept()
    world.batch.queue_list = [queue(**own)]
    world.batch.environment_list = [environment(**compute)]
    if has_jobs:
        world.waits("a", 0)
    assert [event["detail"]["name"] for event in world.sweep(60)] == found


def test_a_second_environment_that_works_makes_a_disabled_one_nobodys_trouble() -> None:
    world = Swept()
    other = COMPUTE.replace("spot", "on-demand")
    order = [{"order": 1, "computeEnvironment": one} for one in (COMPUTE, other)]
    world.batch.queue_list = [queue(computeEnvironmentOrder=order)]
    second = {"computeEnvironmentArn": other, "computeEnvironmentName": "on-demand"}
    world.batch.environment_list = [environment(state="DISABLED"), environment(**second)]
    world.waits("a", 0)
    assert world.sweep(60) == []


# ---- Heartbeat and subscriptions -----------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["", ".batch-notifier"])
def test_a_heartbeat_is_counted_and_nothing_else_happens(suffix: str) -> None:
    world = Swept()
    source = f"batch-notifier.heartbeat{suffix}"
    world.sweep(0)
    [nonce] = world.health.nonces
    world.put({"source": source, "detail-type": "x", "detail": {"at": 1, "nonce": nonce}}, 1)
    world.run_until(60)
    assert world.journal.counts().count("Heartbeat") == 1
    assert "HeartbeatsForged" not in world.journal.counts()
    assert world.told == []


def test_every_run_beats_whatever_else_goes_wrong() -> None:
    world = Swept()
    world.batch.troubles["DescribeJobQueues"] = [THROTTLED]
    world.sweep(0)
    assert world.health.beats == [START_MS]
    world.health.troubles = [THROTTLED]
    world.sweep(5 * MINUTE)
    assert "HeartbeatsUnsent" in world.journal.counts()
    assert world.ledger.marked.queues


@pytest.mark.parametrize(
    ("pending", "said"), [(0, ""), (1, "1 address has"), (3, "3 addresses have")]
)
def test_the_next_alert_says_who_has_not_confirmed(pending: int, said: str) -> None:
    world = Swept()
    world.health.counted = (2, pending)
    world.sweep(0)
    assert ("ConfirmedSubscriptions", 2, "Count") in world.journal.measured
    assert ("PendingSubscriptions", pending, "Count") in world.journal.measured
    world.put(failed("a", second=60), 60)
    world.run_until(120)
    mail = " ".join(world.told[0].texts["email"].split())
    assert ("confirmed the subscription yet" in mail) == bool(said)
    assert said in mail


# ---- What is sent --------------------------------------------------------------------------------


def test_a_missed_job_reads_as_its_event_would_have() -> None:
    event = failed("a", second=0)
    made = sweep_events.missed_failure(event["detail"], START_MS)
    assert parse_event(made).job_id == parse_event(event).job_id
    assert made["source"] == "aws.batch"
    assert made["detail"]["attempts"] == event["detail"]["attempts"]


def test_values_that_mask_secrets_come_along_and_commands_do_not() -> None:
    container = {"command": ["--password", "x"], "environment": [{"name": "TOKEN", "value": "yyy"}]}
    made = sweep_events.missed_failure(job("a", 0, status="FAILED", container=container), START_MS)
    assert made["detail"]["container"] == {"environment": container["environment"]}


@pytest.mark.parametrize("size", [1_000, 200_000, 2_000_000])
@pytest.mark.parametrize("where", ["environment", "parameters", "volumes", "tags"])
def test_whatever_the_size_of_a_job_its_event_fits_a_queue(where: str, size: int) -> None:
    big = {"a": "\N{EURO SIGN}" * size}
    attempt = {"container": {"logStreamName": "s", "exitCode": 3}, "statusReason": "r"}
    detail = job("a", 0, status="FAILED", attempts=[attempt])
    detail |= {where: big} if where in ("parameters", "tags") else {"container": {where: [big]}}
    made = sweep_events.missed_failure(detail, START_MS)
    assert sweep_events.size_of(made) <= sweep_events.MOST_BYTES
    assert sweep_events.size_of(sweep_events.stuck_job(detail, [], 1, 2)) <= sweep_events.MOST_BYTES
    if size > 1_000:  # no value left to mask with, so no log is read
        assert parse_event(made).log is None
