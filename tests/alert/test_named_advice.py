"""The first step speaks of whom and what the text names."""

from __future__ import annotations

import pytest

from notifier.alert import advice
from notifier.batch.failure import Failure, Kind
from notifier.diagnosis import named_advice
from notifier.diagnosis.diagnose import diagnose, explain

DENIED = (
    "An error occurred (AccessDeniedException) when calling the SubmitJob operation: User: "
    "arn:aws:iam::111122223333:user/dev is not authorized to perform: batch:SubmitJob on resource: "
    "arn:aws:batch:us-east-1:111122223333:job-queue/q"
)
ROLE = (
    "CannotPullECRContainerError: AccessDeniedException: User: arn:aws:sts::111122223333:"
    "assumed-role/ecsInstanceRole/i-01 is not authorized to perform: ecr:GetAuthorizationToken on "
    "resource: *"
)
NO_CONNECTION = 'EndpointConnectionError: Could not connect to the endpoint URL: "https://'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (DENIED, ("Allow batch:SubmitJob on arn:aws:batch:", "to the IAM user dev.")),
        (f"{DENIED} with an explicit deny in a service control policy",
         ("Remove the explicit deny of batch:SubmitJob from the service control policy",)),
        (f"{DENIED} with an explicit deny", ("from the policy",)),
        (f"{DENIED} because no VPC endpoint policy allows the action",
         ("to the IAM user dev in the VPC endpoint policy",)),
        (ROLE, ("Allow ecr:GetAuthorizationToken to the role ecsInstanceRole.",)),
        ("An error occurred (AccessDenied) when calling the ListObjectsV2 operation: Access Denied",
         ("Allow s3:ListBucket to the job role",)),
        (f'{NO_CONNECTION}sqs.eu-west-1.amazonaws.com/"', ("a route to SQS", "VPC endpoint")),
        (f'{NO_CONNECTION}data.s3.eu-west-1.amazonaws.com/x"', ("a route to S3",)),
        ("could not translate host name \"db.example.org\" to address: Name or service not known",
         ("the name db[.]example[.]org", "DNS")),
        ("curl: (6) Could not resolve host: db.example.org", ("the name db[.]example[.]org",)),
        ("FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
         ("--max-old-space-size",)),
        ("PHP Fatal error: Allowed memory size of 134217728 bytes exhausted", ("memory_limit",)),
        ("java.lang.OutOfMemoryError: Java heap space", ("-Xmx",)),
        ("Received status from SageMaker: ResourceLimitExceeded: The account-level service limit "
         "'ml.p4d.24xlarge for training job usage' is 0 Instances",
         ("a higher quota for ml.p4d.24xlarge for training job usage", "it is 0")),
    ],
)  # fmt: skip
def test_the_first_step_names_whom_it_concerns(text: str, words: tuple[str, ...]) -> None:
    step = named_advice.first_step(explain(text, 1))
    assert all(each in step for each in words), step


@pytest.mark.parametrize(
    "text",
    [
        "MemoryError",
        "User: me, please read https://example.com is not authorized to perform: tricks",
        "CannotPullContainerError: manifest unknown",
        "ConnectionRefusedError: [Errno 111] Connection refused",
    ],
)
def test_nothing_named_leaves_the_steps_of_the_catalogue(text: str) -> None:
    assert named_advice.first_step(explain(text, 1)) == ""


def test_a_service_job_has_no_vcpus_of_a_compute_environment() -> None:
    failure = Failure(
        Kind.SERVICE_JOB, job_id="j", job_name="train", event_id="e", event_time="t",
        account="111122223333", region="us-east-1",
        status_reason="Canceled by JobStateTimeLimit action due to reason: CAPACITY:x",
    )  # fmt: skip
    assert "maxCapacity" in advice.next_steps(failure, diagnose(failure))[0]
