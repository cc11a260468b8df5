"""What the sweep asks of AWS: one contract for the fake and for AWS Batch, and what it sends."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from notifier.aws.batch import MOST_LISTED, MOST_SERVICE_LISTED, BatchScanner
from notifier.aws.heartbeat import AwsHealthSignals
from notifier.aws.jobs import JobLookup
from notifier.aws.queues import MOST_MESSAGES, FailureOutbox
from notifier.batch.waiting.snapshot import FirstJob, first_jobs
from notifier.ports.service_error import ErrorKind, ServiceError
from notifier.ports.sweeping import Listed, Page
from tests.aws.conftest import REGION
from tests.fakes import FakeBatch, FakeJobs

BASE = f"arn:aws:batch:{REGION}:111122223333"
QUEUE, OTHER = f"{BASE}:job-queue/etl", f"{BASE}:job-queue/web"
COMPUTE = f"{BASE}:compute-environment/spot"
THROTTLED = "TooManyRequestsException"


def described(job_id: str, status: str = "FAILED", **more: Any) -> dict[str, Any]:
    own = {"jobId": job_id, "jobName": "nightly", "jobQueue": QUEUE, "status": status}
    return own | {"createdAt": 5, "startedAt": 6, "jobDefinition": f"{BASE}:x/load:1"} | more


def summary(job: dict[str, Any]) -> dict[str, Any]:
    kept = ("jobId", "jobName", "createdAt", "stoppedAt", "arrayProperties", "jobDefinition")
    return {name: job[name] for name in kept if name in job}


class Stubbed:
    """AWS Batch as its own model has it: what is asked and answered is checked against it."""

    def __init__(self) -> None:
        self.lists = BatchScanner()
        self.stub = Stubber(self.lists._client)
        self.stub.activate()

    def answers(self, operation: str, request: dict[str, Any], answer: dict[str, Any]) -> None:
        self.stub.add_response(operation, answer, request)

    def done(self) -> None:
        self.stub.assert_no_pending_responses()


LOAD = f"{BASE}:x/load:1"
FIRST = described("a", stoppedAt=9)
ARRAY = described("b", stoppedAt=8, createdAt=4, arrayProperties={"size": 3})
CHILD = described("b:0", stoppedAt=7, arrayProperties={"index": 0})


class BatchContract:
    """What the sweep may rely on."""

    def batch(self, jobs: Sequence[dict[str, Any]], of: str, token: str = "") -> Any:
        raise NotImplementedError

    def test_failed_jobs_of_a_queue_with_their_times(self) -> None:
        page = self.batch([FIRST, ARRAY], QUEUE).page(QUEUE, "FAILED")
        first, array = Listed("a", 5, 9), Listed("b", 4, 8, is_array=True)
        assert page == Page((replace(first, definition=LOAD), replace(array, definition=LOAD)), "")

    def test_failed_children_of_an_array(self) -> None:
        page = self.batch([CHILD], "b").page("b", "FAILED")
        assert page == Page((Listed("b:0", 5, 7, definition=LOAD),), "")

    def test_a_queue_without_jobs(self) -> None:
        assert self.batch([], QUEUE).page(QUEUE, "FAILED") == Page()


class TestFakeBatch(BatchContract):
    def batch(self, jobs: Sequence[dict[str, Any]], of: str, token: str = "") -> FakeBatch:
        return FakeBatch(jobs={job["jobId"]: job for job in jobs})


class TestBatchScanner(BatchContract):
    def batch(self, jobs: Sequence[dict[str, Any]], of: str, token: str = "") -> BatchScanner:
        stubbed = Stubbed()
        key = "jobQueue" if of == QUEUE else "arrayJobId"
        request = {key: of, "jobStatus": "FAILED", "maxResults": MOST_LISTED}
        answer = {"jobSummaryList": [summary(job) for job in jobs]}
        stubbed.answers("list_jobs", request, answer)
        return stubbed.lists

    def test_a_token_goes_on_with_its_page(self) -> None:
        stubbed = Stubbed()
        request = {"jobQueue": QUEUE, "jobStatus": "FAILED", "maxResults": MOST_LISTED}
        stubbed.answers(
            "list_jobs", request | {"nextToken": "t"}, {"jobSummaryList": [], "nextToken": "u"}
        )
        assert stubbed.lists.page(QUEUE, "FAILED", "t") == Page((), "u")

    @pytest.mark.parametrize(("number", "calls"), [(0, 0), (1, 1), (100, 1), (101, 2), (250, 3)])
    def test_jobs_are_described_in_hundreds(self, number: int, calls: int) -> None:
        stubbed, ids = Stubbed(), [f"job-{n}" for n in range(number)]
        for start in range(0, number, 100):
            some = ids[start : start + 100]
            answer = {"jobs": [described(one) for one in some]}
            stubbed.answers("describe_jobs", {"jobs": some}, answer)
        found = stubbed.lists.describe(ids)
        assert [one["jobId"] for one in found] == ids
        stubbed.done()
        assert calls == -(-number // 100)

    def test_all_queues_page_by_page_where_none_is_named(self) -> None:
        stubbed = Stubbed()
        one = {"jobQueueName": "etl", "jobQueueArn": QUEUE, "state": "ENABLED", "priority": 1}
        two = one | {"jobQueueName": "web", "jobQueueArn": OTHER}
        for queue in (one, two):
            queue["computeEnvironmentOrder"] = [{"order": 1, "computeEnvironment": COMPUTE}]
        stubbed.answers("describe_job_queues", {}, {"jobQueues": [one], "nextToken": "t"})
        stubbed.answers("describe_job_queues", {"nextToken": "t"}, {"jobQueues": [two]})
        assert [q["jobQueueArn"] for q in stubbed.lists.queues(())] == [QUEUE, OTHER]
        stubbed.answers("describe_job_queues", {"jobQueues": [QUEUE]}, {"jobQueues": [one]})
        assert len(stubbed.lists.queues([QUEUE])) == 1
        stubbed.done()

    def test_throttling_is_said(self) -> None:
        stubbed = Stubbed()
        stubbed.stub.add_client_error("list_jobs", THROTTLED, http_status_code=400)
        with pytest.raises(ServiceError, match=THROTTLED) as raised:
            stubbed.lists.page(QUEUE, "FAILED")
        assert raised.value.kind is ErrorKind.RETRYABLE


SERVICE_JOB = {
    "jobArn": f"{BASE}:service-job/s", "jobId": "s", "jobName": "train", "createdAt": 5,
    "stoppedAt": 9, "serviceJobType": "SAGEMAKER_TRAINING", "status": "FAILED",
    "statusReason": "Received status from SageMaker: AlgorithmError",
}  # fmt: skip


def test_service_jobs_are_listed_by_their_own_operation() -> None:
    stubbed = Stubbed()
    request = {"jobQueue": QUEUE, "jobStatus": "FAILED", "maxResults": MOST_SERVICE_LISTED}
    answer = {"jobSummaryList": [SERVICE_JOB], "nextToken": "t"}
    stubbed.answers("list_service_jobs", request, answer)
    page = stubbed.lists.service_page(QUEUE, "FAILED")
    assert page == Page((Listed("s", 5, 9, summary=SERVICE_JOB | {"jobQueue": QUEUE}),), "t")
    stubbed.answers("list_service_jobs", request | {"nextToken": "t"}, {"jobSummaryList": []})
    assert stubbed.lists.service_page(QUEUE, "FAILED", "t") == Page()
    stubbed.done()


def test_a_snapshot_says_what_is_first() -> None:
    stubbed, taken = Stubbed(), {"jobArn": f"{BASE}:job/a", "earliestTimeAtPosition": 7}
    answer = {"frontOfQueue": {"jobs": [taken], "lastUpdatedAt": 8}}
    stubbed.answers("get_job_queue_snapshot", {"jobQueue": QUEUE}, answer)
    assert first_jobs(stubbed.lists.snapshot(QUEUE)) == (FirstJob("a", 7),)


def test_the_first_job_of_each_quota_share_is_first() -> None:
    one, two = ({"jobArn": f"{BASE}:service-job/{name}", "earliestTimeAtPosition": 7}
                for name in "ab")  # fmt: skip
    shares = {"research": [one], "ranking": [two, one]}
    found = first_jobs({"frontOfQuotaShares": {"quotaShares": shares, "lastUpdatedAt": 1}})
    assert found == (FirstJob("a", 7, "research"), FirstJob("b", 7, "ranking"))


def on_moto() -> tuple[Any, str, str]:
    """Make a queue and its compute environment on a simulated AWS; give their ARNs."""
    ec2, iam, batch = (boto3.client(name, REGION) for name in ("ec2", "iam", "batch"))
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/24")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/25")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="g", Description="d", VpcId=vpc)["GroupId"]
    role = iam.create_role(RoleName="batch", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    compute = batch.create_compute_environment(
        computeEnvironmentName="spot",
        type="MANAGED",
        state="ENABLED",
        serviceRole=role,
        computeResources={
            "type": "FARGATE", "maxvCpus": 8, "subnets": [subnet],
            "securityGroupIds": [group],
        },
    )["computeEnvironmentArn"]  # fmt: skip
    order = [{"order": 1, "computeEnvironment": compute}]
    queue = batch.create_job_queue(
        jobQueueName="etl", state="ENABLED", priority=1, computeEnvironmentOrder=order
    )["jobQueueArn"]
    return batch, queue, compute


def test_queues_and_environments_of_a_simulated_aws_have_what_the_sweep_reads() -> None:
    _, queue, compute = on_moto()
    lists = BatchScanner()
    [found] = lists.queues(())
    assert (found["jobQueueArn"], found["state"], found["status"]) == (queue, "ENABLED", "VALID")
    assert found["computeEnvironmentOrder"][0]["computeEnvironment"] == compute
    [environment] = lists.environments([compute])
    assert (environment["status"], environment["computeResources"]["maxvCpus"]) == ("VALID", 8)
    assert lists.environments([]) == ()


def test_what_is_valid_and_enabled_is_usable_and_so_is_what_is_gone() -> None:
    batch, queue, compute = on_moto()
    jobs = JobLookup()
    assert jobs.is_usable(queue)
    assert jobs.is_usable(compute)
    batch.update_compute_environment(computeEnvironment=compute, state="DISABLED")
    assert not jobs.is_usable(compute)
    batch.update_job_queue(jobQueue=queue, state="DISABLED")
    assert not jobs.is_usable(queue)
    assert jobs.is_usable(compute + "-gone")


class TestWaiting:
    """Which jobs have not begun, in memory and from AWS Batch."""

    STATES = ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED", "FAILED")

    def test_fake(self) -> None:
        assert FakeJobs(not_begun={"a", "z"}).waiting(["a", "b"]) == {"a"}

    def test_real(self) -> None:
        jobs = JobLookup()
        with Stubber(jobs._client) as stub:
            answer = {"jobs": [described(state, state) for state in self.STATES]}
            stub.add_response("describe_jobs", answer, {"jobs": list(self.STATES)})
            assert jobs.waiting(self.STATES) == set(self.STATES[:4])


@pytest.fixture
def queue_url() -> str:
    url: str = boto3.client("sqs", REGION).create_queue(QueueName="failures")["QueueUrl"]
    return url


def test_events_are_sent_in_tens_and_all_arrive(queue_url: str) -> None:
    events = [{"n": n, "text": "\N{EURO SIGN}" * 5_000} for n in range(2 * MOST_MESSAGES + 3)]
    FailureOutbox(queue_url).send(events)
    client, found = boto3.client("sqs", REGION), []
    while messages := client.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get(
        "Messages"
    ):
        found += [json.loads(one["Body"]) for one in messages]
    assert sorted(found, key=lambda one: one["n"]) == events


def test_nothing_is_sent_where_nothing_was_found(queue_url: str) -> None:
    FailureOutbox(queue_url).send([])


def test_a_queue_that_is_gone_is_said() -> None:
    with pytest.raises(ServiceError) as raised:
        FailureOutbox("https://sqs.eu-west-1.amazonaws.com/111122223333/gone").send([{}])
    assert raised.value.kind is ErrorKind.GONE


def test_an_event_that_sqs_refuses_is_said(queue_url: str) -> None:
    outbox = FailureOutbox(queue_url)
    with Stubber(outbox._client) as stub:
        refused = {"Id": "0", "SenderFault": False, "Code": "InternalError"}
        stub.add_response("send_message_batch", {"Successful": [], "Failed": [refused]})
        with pytest.raises(ServiceError, match="InternalError"):
            outbox.send([{}])


def test_a_heartbeat_goes_on_the_default_bus_under_the_name_of_its_stack() -> None:
    health = AwsHealthSignals("arn:aws:sns:eu-west-1:123456789012:alerts", "nightly-alerts")
    entry = {
        "Source": "batch-notifier.heartbeat.nightly-alerts",
        "DetailType": "Batch Notifier Heartbeat",
        "Detail": '{"at": 1795000000000, "nonce": "abc"}',
    }
    with Stubber(health._events) as stub:
        taken = {"FailedEntryCount": 0, "Entries": [{"EventId": "e"}]}
        stub.add_response("put_events", taken, {"Entries": [entry]})
        health.beat(1_795_000_000_000, "abc")
        refused = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure"}]}
        stub.add_response("put_events", refused)
        with pytest.raises(ServiceError, match="InternalFailure"):
            health.beat(1_795_000_000_000, "abc")


def test_subscriptions_are_counted() -> None:
    health = AwsHealthSignals("arn:aws:sns:eu-west-1:123456789012:alerts", "s")
    with Stubber(health._sns) as stub:
        counts = {"SubscriptionsConfirmed": "2", "SubscriptionsPending": "1"}
        stub.add_response("get_topic_attributes", {"Attributes": counts})
        assert health.subscriptions() == (2, 1)


def test_a_topic_that_is_gone_is_said() -> None:
    with pytest.raises(ServiceError) as raised:
        AwsHealthSignals("arn:aws:sns:eu-west-1:123456789012:gone", "s").subscriptions()
    assert isinstance(raised.value.__cause__, ClientError)
