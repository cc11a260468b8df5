"""The owner on a queue routes an event as AWS Batch sends it, through the deployed functions."""

import json
import time

import pytest

from workbench.local import samples
from workbench.local.aws import REGION
from workbench.local.deployment import LocalDeployment
from workbench.local.subscriber import Subscriber

WAIT_SECONDS = 20.0
OWNER = "maps-data"


@pytest.fixture
def queue_arn(stage: LocalDeployment) -> str:
    """A job queue with an owner; neither the job nor its definition has a tag."""
    batch = stage.aws.client("batch")
    compute = batch.create_compute_environment(computeEnvironmentName="maps", type="UNMANAGED")
    arn: str = batch.create_job_queue(
        jobQueueName="maps", priority=1, state="ENABLED", tags={"notify:owner": OWNER},
        computeEnvironmentOrder=[
            {"order": 1, "computeEnvironment": compute["computeEnvironmentArn"]}
        ],
    )["jobQueueArn"]  # fmt: skip
    return arn


def test_an_owner_on_the_queue_alone_routes_an_alert(
    stage: LocalDeployment, queue_arn: str
) -> None:
    event = samples.find("image-not-found").event
    event["detail"] |= {"jobQueue": queue_arn, "jobId": f"labelled-{time.time_ns()}"}
    event["detail"]["jobArn"] = f"arn:aws:batch:{REGION}:111122223333:job/labelled"
    assert set(event["detail"]["tags"]) == {"resourceArn"}
    policy = {"owner": [OWNER]}
    with Subscriber(stage.aws, stage.resources["AlertTopic"], filter_policy=policy) as owner:
        # As the rule does: only AWS may put events of aws.batch on a bus.
        stage.aws.client("sqs").send_message(
            QueueUrl=stage.resources["FailureQueue"], MessageBody=json.dumps(event)
        )
        delivery = owner.next(WAIT_SECONDS)
        stage.runner.settle(0.5)
    stage.runner.unmatched.clear()
    assert delivery is not None
    assert delivery.document["owner"] == OWNER
    assert delivery.document["labels_unread"] is None
    assert delivery.attributes["owner"] == OWNER
