"""Every shape of event, as a table: what is read from where."""

from __future__ import annotations

import json
from typing import Any

import pytest

from notifier.batch.event import parse_event
from notifier.batch.failure import Failure, Kind, LogStream, Unreadable
from tests.properties.strategies import PLACES, SAMPLES, changed

ARN = "arn:aws:batch:us-east-1:111122223333"
JOB = "7a712b12-71eb-4007-a865-85f05de13a71"
TASK = "arn:aws:ecs:us-east-1:111122223333:task/AWSBatch-x/332089cce2794bfeb27186563687041f"
HOST = "arn:aws:ecs:us-east-1:111122223333:container-instance/AWSBatch-x/50da41b8ac9c393c"
T0 = 1_795_602_065_662


def envelope(detail: Any, detail_type: str = "Batch Job State Change", **more: Any) -> Any:
    return {
        "version": "0",
        "id": "c8f9c4b5-76e5-d76a-f980-7011e206042b",
        "detail-type": detail_type,
        "source": "aws.batch",
        "account": "111122223333",
        "time": "2026-11-20T10:02:31Z",
        "region": "us-east-1",
        "resources": [f"{ARN}:job/{JOB}"],
        "detail": detail,
    } | more


def attempt(exit_code: int | None = 1, *, at: int | None = T0, **container: Any) -> dict[str, Any]:
    inner = {"taskArn": TASK, "logStreamName": "align/default/332089cc", "networkInterfaces": []}
    inner |= {} if exit_code is None else {"exitCode": exit_code}
    times = {} if at is None else {"startedAt": at, "stoppedAt": at + 41_000}
    return {"container": inner | container, "statusReason": "Essential container in task exited",
            **times}  # fmt: skip


def detail(**changes: Any) -> dict[str, Any]:
    """Give the detail of a failed job; a change to None drops the key."""
    found = {
        "jobArn": f"{ARN}:job/{JOB}",
        "jobName": "align-reads",
        "jobId": JOB,
        "jobQueue": f"{ARN}:job-queue/genomics-spot",
        "jobDefinition": f"{ARN}:job-definition/align:12",
        "status": "FAILED",
        "statusReason": "Essential container in task exited",
        "attempts": [attempt()],
        "createdAt": T0 - 5_000,
        "startedAt": T0,
        "stoppedAt": T0 + 41_000,
        "dependsOn": [],
        "parameters": {},
        "container": {"image": "registry.example/align:1", **attempt()["container"]},
        "eksAttempts": [],
        "tags": {"resourceArn": f"{ARN}:job/{JOB}"},
    } | changes
    return {key: value for key, value in found.items() if value is not None}


def failure(given: Any, **more: Any) -> Failure:
    read = parse_event(envelope(given, **more))
    assert isinstance(read, Failure), read
    return read


def test_a_single_container() -> None:
    read = failure(detail())
    assert (read.kind, read.job_id, read.job_name) == (Kind.JOB, JOB, "align-reads")
    assert (read.queue, read.definition) == ("genomics-spot", "align:12")
    assert (read.account, read.region, read.partition) == ("111122223333", "us-east-1", "aws")
    assert (read.exit_code, read.status) == (1, "FAILED")
    assert read.log == LogStream("/aws/batch/job", "align/default/332089cc", "us-east-1")
    assert (read.created_at, read.started_at, read.stopped_at) == (T0 - 5_000, T0, T0 + 41_000)
    assert read.attempts[0].host == "332089cce2794bfeb27186563687041f"
    assert (read.tags, read.is_drill, read.no_log_reason) == ((), False, "")


def test_the_last_attempt_is_the_one_that_failed_the_job() -> None:
    first = attempt(None, reason="old", logStreamName="align/default/first", at=T0 - 90_000)
    last = attempt(3, reason="new", logStreamName="align/default/last")
    read = failure(detail(attempts=[first, last], container={"image": "x"}))
    assert [one.exit_code for one in read.attempts] == [None, 3]
    assert (read.exit_code, read.reasons) == (3, ("new",))
    assert read.log is not None
    assert read.log.stream == "align/default/last"


def test_many_attempts_keep_the_last_ones() -> None:
    tries = [attempt(n, at=T0 + n) for n in range(1, 10_001)]
    read = failure(detail(attempts=tries, container=None))
    assert [one.exit_code for one in read.attempts] == list(range(9_991, 10_001))


def test_ec2_has_a_container_instance_and_fargate_has_none() -> None:
    on_ec2 = failure(detail(attempts=[attempt(containerInstanceArn=HOST)]))
    assert (on_ec2.platform, on_ec2.attempts[0].host) == ("EC2", "50da41b8ac9c393c")
    assert failure(detail()).platform == "Fargate"
    assert failure(detail(platformCapabilities=["FARGATE"])).platform == "Fargate"
    assert failure(detail(attempts=[], container={"image": "x"})).platform == ""


def test_declared_ec2_is_ec2_before_anything_ran() -> None:
    assert failure(detail(attempts=[], platformCapabilities=["EC2"])).platform == "EC2"


def test_host_lost_has_neither_exit_code_nor_reason() -> None:
    lost = attempt(None)
    lost["statusReason"] = text = "Host EC2 (instance i-0737c70432d64f82a) terminated."
    read = failure(detail(attempts=[lost], container={"image": "x"}, statusReason=text))
    assert (read.exit_code, read.reasons, read.status_reason) == (None, (), text)
    assert read.log is not None


def test_never_started_has_no_log_though_a_stream_is_named() -> None:
    reason = "CannotPullContainerError: pull image manifest has been retried 1 time(s)"
    never = attempt(None, at=None, reason=reason)
    read = failure(detail(attempts=[never], startedAt=None, container={"reason": reason}))
    assert (read.log, read.reasons) == (None, (reason,))
    assert "never started" in read.no_log_reason


def test_dependency_failed_has_no_attempts() -> None:
    waited_for = [{"jobId": "up-1", "type": "N_TO_N"}, {"jobId": "up-2"}]
    image = {"image": "x"}
    read = failure(detail(attempts=[], startedAt=None, container=image, dependsOn=waited_for))
    assert (read.attempts, read.depends_on) == ((), ("up-1", "up-2"))
    assert read.no_log_reason == "the job never started"


def test_an_array_parent_started_at_zero() -> None:
    summary = {"FAILED": 2, "SUCCEEDED": 0}
    read = failure(detail(attempts=[], startedAt=0, stoppedAt=None, container={"image": "x"},
                          arrayProperties={"size": 2, "statusSummary": summary}))  # fmt: skip
    assert (read.kind, read.array_size, read.array_failed) == (Kind.ARRAY_PARENT, 2, 2)
    assert (read.started_at, read.stopped_at, read.log) == (None, None, None)
    assert read.no_log_reason == "each child of the array has its own"


@pytest.mark.parametrize("index", [0, 12, 9_999])
def test_an_array_child(index: int) -> None:
    array = {"index": index, "statusSummary": {}}
    read = failure(detail(jobId=f"{JOB}:{index}", arrayProperties=array))
    assert (read.kind, read.array_index) == (Kind.ARRAY_CHILD, index)
    assert read.job_id == f"{JOB}:{index}"


def test_a_multi_node_parent_has_no_container() -> None:
    ranges = [{"targetNodes": "0:", "container": {"image": "mpi:1", "resourceRequirements": [
        {"type": "VCPU", "value": "32"}]}}]  # fmt: skip
    main = {"exitCode": 9, "logStreamName": "mnp/default/main"}
    read = failure(detail(container=None, attempts=[{"container": main, "startedAt": T0}],
                          nodeProperties={"mainNode": 0, "numNodes": 4,
                                          "nodeRangeProperties": ranges}))  # fmt: skip
    assert (read.kind, read.node_count, read.exit_code) == (Kind.MULTI_NODE, 4, 9)
    assert read.log is not None
    assert (read.log.stream, read.image) == ("mnp/default/main", "mpi:1")


def test_a_node() -> None:
    read = failure(detail(jobId=f"{JOB}#0", nodeDetails={"nodeIndex": 0, "isMainNode": True}))
    assert (read.kind, read.node_index, read.job_id) == (Kind.NODE, 0, f"{JOB}#0")


def eks(*ended: dict[str, Any], init: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    pod = {"containers": [{"name": one["name"], "image": "x"} for one in ended],
           "initContainers": [{"name": one["name"], "image": "i"} for one in init]}  # fmt: skip
    tries = [{"containers": list(ended), "initContainers": list(init), "podName": "pod-1",
              "nodeName": "ip-10-0-0-1", "startedAt": T0, "stoppedAt": T0 + 9}]  # fmt: skip
    return detail(attempts=[], container=None, eksProperties={"podProperties": pod},
                  eksAttempts=tries)  # fmt: skip


def test_an_eks_pod() -> None:
    read = failure(eks({"name": "main", "exitCode": 137, "reason": "OOMKilled"}))
    assert (read.platform, read.exit_code, read.reasons) == ("EKS", 137, ("OOMKilled",))
    assert (read.container, read.attempts[0].host) == ("main", "ip-10-0-0-1")
    assert read.log is None
    assert read.no_log_reason


def test_an_eks_init_container_is_blamed() -> None:
    ended = ({"name": "main", "reason": "PodInitializing"},)
    read = failure(eks(*ended, init=({"name": "fetch", "exitCode": 1, "reason": "Error"},)))
    assert (read.container, read.exit_code) == ("fetch", 1)


def several(*rows: tuple[str, bool, int | None]) -> dict[str, Any]:
    defined = [{"name": name, "essential": must, "image": f"{name}:1", "logConfiguration": {
        "logDriver": "awslogs", "options": {"awslogs-group": f"/ecs/{name}"}}}
        for name, must, _ in rows]  # fmt: skip
    ended = [{"name": name, "exitCode": code, "logStreamName": f"p/{name}/1"}
             for name, _, code in rows]  # fmt: skip
    last = {"taskProperties": [{"taskArn": TASK, "containers": ended}], "startedAt": T0,
            "stoppedAt": T0 + 9}  # fmt: skip
    return detail(container={}, attempts=[last],
                  ecsProperties={"taskProperties": [{"containers": defined}]})  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "blamed", "code"),
    [
        ([("proxy", False, 0), ("main", True, 2)], "main", 2),
        ([("main", True, 0), ("side", True, 5)], "side", 5),
        ([("sidecar", False, 137), ("main", True, 2)], "main", 2),
        ([("a", True, 3), ("b", True, 4)], "a", 3),
        ([("sidecar", False, 9), ("main", True, 0)], "sidecar", 9),
        ([("main", True, None), ("side", True, 1)], "side", 1),
    ],
)
def test_several_containers_blame_the_first_essential_one_that_ended_badly(
    rows: list[tuple[str, bool, int | None]], blamed: str, code: int
) -> None:
    read = failure(several(*rows))
    assert (read.container, read.exit_code, read.image) == (blamed, code, f"{blamed}:1")
    assert read.log == LogStream(f"/ecs/{blamed}", f"p/{blamed}/1", "us-east-1")
    assert (read.attempts[-1].container, read.attempts[-1].exit_code) == (blamed, code)


def logging(driver: str, **options: str) -> dict[str, Any]:
    named = {f"awslogs-{key}": value for key, value in options.items()}
    return detail(container={"image": "x", "exitCode": 1, "logStreamName": "p/default/1",
                             "logConfiguration": {"logDriver": driver, "options": named}},
                  attempts=[attempt(logStreamName="p/default/1")])  # fmt: skip


def test_own_log_group_in_another_region() -> None:
    read = failure(logging("awslogs", group="/ecs/scanner", region="eu-west-1"))
    assert read.log == LogStream("/ecs/scanner", "p/default/1", "eu-west-1")
    assert failure(logging("awslogs")).log == LogStream(
        "/aws/batch/job", "p/default/1", "us-east-1"
    )


@pytest.mark.parametrize("driver", ["splunk", "json-file", "awsfirelens", "fluentd"])
def test_other_log_drivers_have_no_stream(driver: str) -> None:
    read = failure(logging(driver, group="/ecs/scanner"))
    assert read.log is None
    assert driver in read.no_log_reason


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"notify:owner": "genomics", "team": "x"}, (("notify:owner", "genomics"),)),
        ({"resourceArn": f"{ARN}:job/{JOB}"}, ()),
        ({"notify:owner": 7}, (("notify:owner", ""),)),
        ({"notify:owner": None}, (("notify:owner", ""),)),
        ([], ()), ("x", ()), (None, ()),
    ],
)  # fmt: skip
def test_tags(tags: Any, expected: Any) -> None:
    assert failure(detail(tags=tags)).tags == expected


def test_tag_keys_are_as_safe_as_their_values() -> None:
    keys = [key for key, _ in failure(detail(tags={"notify:\u202e\x1b[1m\nx": "y"})).tags]
    assert not [key for key in keys if not key.isprintable()]


def test_a_drill_keeps_the_account_and_region_of_the_job() -> None:
    read = failure(detail(), source="batch-notifier.drill", account="444455556666",
                   region="eu-west-1")  # fmt: skip
    assert (read.is_drill, read.account, read.region) == (True, "111122223333", "us-east-1")


@pytest.mark.parametrize(
    ("arn", "partition"),
    [
        ("arn:aws-cn:batch:cn-north-1:111122223333:job/x", "aws-cn"),
        ("arn:aws-us-gov:batch:us-gov-west-1:111122223333:job/x", "aws-us-gov"),
    ],
)
def test_partitions(arn: str, partition: str) -> None:
    read = failure(detail(jobArn=arn))
    assert (read.partition, read.region) == (partition, arn.split(":")[3])


def test_a_cloudformation_resource() -> None:
    stack = "arn:aws:cloudformation:eu-west-1:111122223333:stack/batch/9f1c"
    given = {"stack-id": stack, "logical-resource-id": "Spot", "physical-resource-id": "",
             "status-details": {"status": "CREATE_FAILED", "status-reason": "not a profile ARN"},
             "resource-type": "AWS::Batch::ComputeEnvironment"}  # fmt: skip
    kind = "CloudFormation Resource Status Change"
    read = failure(given, detail_type=kind, source="aws.cloudformation")
    assert (read.kind, read.job_name, read.stack) == (Kind.ENVIRONMENT, "Spot", stack)
    assert (read.status, read.status_reason) == ("CREATE_FAILED", "not a profile ARN")
    assert (read.region, read.resource_type) == ("eu-west-1", "AWS::Batch::ComputeEnvironment")
    stopped = "Resource creation cancelled"  # a sibling failed, and is reported
    for change in ({"status-details": {"status": "CREATE_COMPLETE"}},
                   {"status-details": {"status": "CREATE_FAILED", "status-reason": stopped}},
                   {"resource-type": "AWS::S3::Bucket"}):  # fmt: skip
        assert parse_event(envelope(given | change, detail_type=kind)) is None


def test_a_service_job() -> None:
    training = "arn:aws:sagemaker:us-east-1:111122223333:training-job/AWSBatchtrain88b6"
    resource = {"name": "TrainingJobArn", "value": training}
    given = {
        "jobArn": f"{ARN}:service-job/{JOB}", "jobId": JOB, "jobName": "train",
        "jobQueue": f"{ARN}:job-queue/gpu", "serviceJobType": "SAGEMAKER_TRAINING",
        "status": "FAILED", "statusReason": "Received status from SageMaker: Failed\nError",
        "attempts": [{"serviceResourceId": resource, "startedAt": T0, "stoppedAt": T0 + 5,
                      "statusReason": "Received status from SageMaker: Failed"}],
        "latestAttempt": {"serviceResourceId": resource},
    }  # fmt: skip
    read = failure(given, detail_type="Batch Service Job State Change")
    assert (read.kind, read.training_job) == (Kind.SERVICE_JOB, "AWSBatchtrain88b6")
    assert (read.platform, read.log) == ("SageMaker", None)
    assert "/aws/sagemaker/TrainingJobs" in read.no_log_reason
    assert "\n" not in read.status_reason


def test_a_blocked_queue() -> None:
    reason = (
        "MISCONFIGURATION:SERVICE_ROLE_PERMISSIONS – Batch service role has a permission issue."
    )
    given = detail(status="RUNNABLE", statusReason=reason, attempts=[])
    read = failure(given, detail_type="Batch Job Queue Blocked")
    assert (read.kind, read.status, read.queue) == (Kind.QUEUE_BLOCKED, "RUNNABLE", "genomics-spot")
    assert read.status_reason == reason


@pytest.mark.parametrize(
    ("flags", "expected"),
    [({"isCancelled": True}, True), ({"isTerminated": True}, True), ({}, False),
     ({"isTerminated": False}, False), ({"isTerminated": "true"}, False),
     ],
)  # fmt: skip
def test_stopped_by_request(flags: dict[str, Any], *, expected: bool) -> None:
    assert failure(detail(**flags)).stopped_by_request is expected


@pytest.mark.parametrize(
    "status", ["SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED"]
)
def test_other_states_are_no_failures(status: str) -> None:
    assert parse_event(envelope(detail(status=status))) is None


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"resourceRequirements": [{"type": "VCPU", "value": "0.25"},
                                   {"type": "MEMORY", "value": "512"}]}, (0.25, 512, None)),
        ({"resourceRequirements": [{"type": "GPU", "value": "4"}]}, (None, None, 4)),
        ({"vcpus": 4, "memory": 8192}, (4.0, 8192, None)),
        ({"vcpus": 0, "memory": 0, "resourceRequirements": []}, (None, None, None)),
        ({"resources": {"limits": {"cpu": "2", "memory": "4Gi", "nvidia.com/gpu": "1"}}},
         (2.0, 4096, 1)),
        ({"resources": {"limits": {"cpu": "500m", "memory": "2048Mi"}}}, (0.5, 2048, None)),
        ({"resources": {"limits": {"cpu": "1.5"}, "requests": {"memory": "1Gi"}}},
         (1.5, 1024, None)),
        ({"resourceRequirements": [{"type": "MEMORY", "value": "-4"}]}, (None, None, None)),
        ({"vcpus": -1, "memory": -4}, (None, None, None)),
        ({"resourceRequirements": "x", "vcpus": "many"}, (None, None, None)),
        ({"resourceRequirements": [{"type": "MEMORY", "value": "9" * 500}]}, (None, None, None)),
    ],
)  # fmt: skip
def test_what_was_asked_for(asked: dict[str, Any], expected: tuple[Any, ...]) -> None:
    read = failure(detail(container={"image": "x", **asked}))
    assert (read.vcpus or None, read.memory_mib or None, read.gpus or None) == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [("DB_PASSWORD", "Zt4Xc8Lm3Np6"), ("MYSQL_PWD", "Zt4Xc8Lm3Np6"), ("apiToken", "Zt4Xc8Lm3Np6"),
     ("DB_PASSWORD", "Zt4Xc8Lm3Np6\n"), ("SLACK_WEBHOOK", "Zt4Xc8Lm3Np6"),
     ("DATABASE_CONNECTION", "Zt4Xc8Lm3Np6"), ("SIGNING_SALT", "Zt4Xc8Lm3Np6"),
     ("LICENSE", "Zt4Xc8Lm3Np6Bs5Hd1Jf0Gy7Qa2Wz9Ex")],
)  # fmt: skip
@pytest.mark.parametrize("place", ["environment", "parameters", "log options", "eks", "node"])
def test_values_of_the_environment_are_masked_where_the_job_prints_them(
    name: str, value: str, place: str
) -> None:
    pairs = [{"name": name, "value": value}]
    changes: dict[str, dict[str, Any]] = {
        "environment": {"container": {"environment": pairs}},
        "parameters": {"parameters": {name: value}},
        "log options": {"container": {"logConfiguration": {"options": {name: value}}}},
        "eks": {"eksProperties": {"podProperties": {"containers": [{"env": pairs}]}}},
        "node": {
            "nodeProperties": {"nodeRangeProperties": [{"container": {"environment": pairs}}]}
        },
    }
    said = f"cannot use {value.strip()} here"
    read = failure(detail(statusReason=said, jobName=f"n-{value.strip()}", **changes[place]))
    assert read.status_reason == "cannot use [redacted] here"
    assert value.strip() not in read.job_name
    assert value.strip() not in repr(read)


@pytest.mark.parametrize(
    ("name", "value"),
    [("INPUT_KEY", "samples/HG002/run1.bam"), ("S3_KEY", "data/input.csv"),
     ("KEYSPACE", "genomics"), ("AUTHOR", "Alice Smith"), ("MONKEY", "banana"),
     ("PASSTHROUGH", "enabled"), ("TOKENIZER", "bert-base-uncased")],
)  # fmt: skip
def test_ordinary_values_of_the_environment_stay_readable(name: str, value: str) -> None:
    """An object key or an author is what a reader looks for in the message."""
    said = f"cannot open {value} here"
    pairs = [{"name": name, "value": value}]
    assert (
        failure(detail(statusReason=said, container={"environment": pairs})).status_reason == said
    )


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ([], "not a JSON object"), (None, "not a JSON object"), ("FAILED", "not a JSON object"),
        ({}, "no detail"), ({"detail": []}, "no detail"), (envelope("x"), "no detail"),
        (envelope(detail(), source="aws.ecs"), "source"),
        (envelope(detail(), source=["aws.batch"]), "source"),
        (envelope(detail(), detail_type="Batch Job Sings"), "detail-type"),
        (envelope(detail(), detail_type={"a": 1}), "detail-type"),
        (envelope(detail(status="EXPLODED")), "state"), (envelope(detail(status=None)), "state"),
        (envelope(detail(jobId=None, jobArn=None)), "names no job"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_so(given: Any, problem: str) -> None:
    read = parse_event(given)
    assert isinstance(read, Unreadable)
    assert problem in read.problem


def test_what_cannot_be_read_keeps_its_ids() -> None:
    read = parse_event(envelope(detail(status="EXPLODED")))
    assert isinstance(read, Unreadable)
    assert (read.job_id, read.job_name) == (JOB, "align-reads")
    assert (read.account, read.region) == ("111122223333", "us-east-1")
    assert read.event_id == "c8f9c4b5-76e5-d76a-f980-7011e206042b"
    assert (read.event_time, read.detail_type) == ("2026-11-20T10:02:31Z", "Batch Job State Change")


def test_an_unreadable_event_shows_no_value_of_the_environment() -> None:
    pairs = [{"name": "DB_PASSWORD", "value": "Zt4Xc8Lm3Np6"}]
    given = detail(status="EXPLODED", jobName="n-Zt4Xc8Lm3Np6", container={"environment": pairs})
    assert "Zt4Xc8Lm3Np6" not in repr(parse_event(envelope(given)))


def test_deep_and_huge_events_are_read() -> None:
    deep: Any = "end"
    for _ in range(100_000):
        deep = [deep]
    given = detail(container={"environment": deep, "reason": "x" * 1_000_000}, unknown=deep)
    given["tags"] = {f"notify:{n}": "v" for n in range(2_000)}
    read = failure(given)
    assert len(read.reasons[0]) <= 1_024


def test_numbers_as_json_may_write_them() -> None:
    given = json.loads(json.dumps(envelope(detail())).replace(str(T0), "1e400"))
    assert failure(given["detail"]).started_at is None
    for odd in ("NaN", "-Infinity", "1e400", "-1", "true", '"1"', "9" * 400, "1.5", "null"):
        given = json.loads(json.dumps(envelope(detail())).replace(str(T0 + 41_000), odd))
        assert failure(given["detail"]).stopped_at is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SAMPLE", "HG002_NovaSeqX_PCRfree_35x_rep1"), ("RUN", "20261120A0174NovaSeq6000S4"),
        ("MAX_CONNECTIONS", "100000"), ("TOKENIZER", "bert-base-uncased"),
        ("OBJECT_KEY", "dem/N47E008.tif"), ("SECRET_NAME", "prod-database"),
        ("PASSWORD_FILE", "/run/secrets/db"), ("AUTHOR", "maria.rossi"), ("STAGE", "production"),
    ],
)  # fmt: skip
def test_values_that_are_no_secrets_stay_readable(name: str, value: str) -> None:
    pairs = [{"name": name, "value": value}]
    said = f"cannot use {value} here"
    assert (
        failure(detail(statusReason=said, container={"environment": pairs})).status_reason == said
    )


@pytest.mark.parametrize("scheme", ["amqp://app:", "amqp://app@example.com:"])
def test_a_part_of_a_name_is_masked_for_what_stands_before_it(scheme: str) -> None:
    """The host, the job id and the account are parts of ARNs, in which strangers may write too."""
    private = f"Zt4Xc8Lm3Np6{'Bs5Hd1Jf0Gy7'}"
    told = f"{scheme}{private}"
    arn = f"arn:aws:batch:job/{told}"
    for given in (
        detail(attempts=[attempt(taskArn=told)]),
        detail(jobId=None, jobArn=arn),
        detail(jobArn=f"arn:aws:{told}:x:y"),
        detail(jobArn=f"arn:aws:x:{told}"),
    ):
        assert private not in repr(parse_event(envelope(given)))


def test_parts_of_an_arn_that_the_sweep_saw_are_taken_of_what_is_safe() -> None:
    arn = "arn:aws:batch:\x1b[31mus-east-1:\u202e111122223333:compute-environment/x"
    given = {"arn": arn, "status": "INVALID", "resource-type": "AWS::Batch::ComputeEnvironment"}
    read = parse_event(envelope(given, "Batch Environment Unusable", source="batch-notifier.sweep"))
    assert isinstance(read, Failure)
    assert (read.region, read.account) == ("us-east-1", "111122223333")


def test_a_value_of_another_type_anywhere_is_no_error() -> None:
    """At each place that any sample has, once."""
    where = {path: name for name, paths in PLACES.items() for path in paths}
    for path, name in where.items():
        for odd in (None, 7, "", {}, {"a": {}}, [], [{}], [[]]):
            parse_event(changed(SAMPLES[name], path, odd))
