"""An alert on its way to destinations: the real template with Destinations=on, in a local AWS."""

from __future__ import annotations

import json
import re
import ssl
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.destinations.servers import Recorder, Reply, serving, texts_of
from workbench.local import job_events, sam
from workbench.local.aws import LocalAws
from workbench.local.samples import EVENTS

WAIT_SECONDS = 90.0  # the batching window of 2 s, two cold starts, and a machine that is busy
DEFINITION = ":job-definition/load:1"
ROUTES = """default = ["team", "channel", "refuses"]
[destinations.team]
type = "teams"
credential = "teams-url"
[destinations.channel]
type = "slack-webhook"
credential = "slack-url"
[destinations.refuses]
type = "teams"
credential = "refusing-url"
"""


@pytest.fixture(scope="module")
def aws(built_template: Path) -> Iterator[LocalAws]:
    with LocalAws() as aws:
        aws.resources = sam.deploy(  # type: ignore[attr-defined]
            aws,
            built_template,
            {
                "Architecture": "x86_64",
                "JobLogGroups": "/aws/batch/job",
                "Destinations": "on",
                "ActionLinks": "on",
                "AllowRerun": "on",
            },
        )
        yield aws


def wait_for(what: Callable[[], Any]) -> Any:
    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end:
        if found := what():
            return found
        time.sleep(0.5)
    raise AssertionError("nothing came in time")


def links_of(card: dict[str, Any]) -> dict[str, str]:
    found = [one for part in card["body"] if part["type"] == "ActionSet" for one in part["actions"]]
    return {one["title"]: one["url"] for one in found}


def fail(aws: LocalAws) -> str:
    """Submit a job, and send the event of its failure as the rule does; return its id.

    Only AWS may put events of aws.batch on a bus.
    """
    batch = aws.client("batch")
    compute = batch.create_compute_environment(computeEnvironmentName="hosts", type="UNMANAGED")
    order = [{"order": 1, "computeEnvironment": compute["computeEnvironmentArn"]}]
    queue = batch.create_job_queue(jobQueueName="etl", priority=1, computeEnvironmentOrder=order)
    container = {"image": "busybox", "vcpus": 1, "memory": 128, "command": ["run"]}
    defined = batch.register_job_definition(
        jobDefinitionName="load", type="container", containerProperties=container
    )
    job: str = batch.submit_job(
        jobName="nightly",
        jobQueue=queue["jobQueueArn"],
        jobDefinition=defined["jobDefinitionArn"],
        tags={"team": "maps"},
    )["jobId"]
    event = job_events.failed(job, time.time_ns() // 1_000_000, definition="load:1")
    url = aws.resources["FailureQueue"]  # type: ignore[attr-defined]
    aws.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(event))
    return job


def card_of(team: Recorder, number: int) -> dict[str, Any]:
    wait_for(lambda: team.requests[number:])
    found: dict[str, Any] = team.requests[number].document["attachments"][0]["content"]
    return found


def submit(aws: LocalAws, link: str) -> str:
    """Send the form of a link, as a browser would."""
    host, token = urlsplit(link).netloc, urlsplit(link).query.partition("=")[2]
    request = urllib.request.Request(
        f"{aws.url}/_aws/lambda-url/{host.partition('.')[0]}/",
        data=f"t={token}&who=Ada".encode(),
        headers={"Origin": f"https://{host}"},
    )
    trust = ssl.create_default_context(cafile=str(aws.certificate))
    handlers = urllib.request.HTTPSHandler(context=trust), urllib.request.ProxyHandler({})
    with urllib.request.build_opener(*handlers).open(request, timeout=60) as answer:
        text: str = answer.read().decode()
    return text


def run_again(aws: LocalAws, team: Recorder) -> None:
    """Follow the link of a failed job's alert; the thread gets the new job's id."""
    job = fail(aws)
    page = submit(aws, links_of(card_of(team, 2))["Run again"])
    found = re.search(r"Run again by Ada: job ([\w-]+)\.", page)
    assert found, page
    update = json.dumps(card_of(team, 3))
    assert "RUN AGAIN" in update
    assert found[1] in update
    [new] = aws.client("batch").describe_jobs(jobs=[found[1]])["jobs"]
    assert new["tags"] == {"team": "maps", "notify:rerun-of": job}
    assert (new["jobName"], new["jobDefinition"]) == ("nightly", job_events.ARN + DEFINITION)


def test_a_failure_reaches_each_destination_and_a_link_of_it_is_used(aws: LocalAws) -> None:
    team, channel = Recorder(then=Reply(202)), Recorder()
    refusing = Recorder(then=Reply(403, "no"))
    with serving(team) as a, serving(channel) as b, serving(refusing) as c:
        ssm = aws.client("ssm")
        credentials = f'teams-url = "{a}"\nslack-url = "{b}"\nrefusing-url = "{c}"\n'
        for name, value in {"routes": ROUTES, "credentials": credentials}.items():
            name = f"/batch-notifier/{sam.STACK}/{name}"
            ssm.put_parameter(Name=name, Value=value, Type="SecureString")
        event = json.loads((EVENTS / "drill.json").read_text(encoding="utf-8"))
        aws.client("events").put_events(
            Entries=[
                {
                    "Source": event["source"],
                    "DetailType": event["detail-type"],
                    "Detail": json.dumps(event["detail"]),
                }
            ]
        )
        wait_for(lambda: team.requests and channel.requests and refusing.requests)
        sqs = aws.client("sqs")
        (dead,) = [url for url in sqs.list_queues()["QueueUrls"] if "DeliveryDeadLet" in url]
        letter = wait_for(lambda: sqs.receive_message(QueueUrl=dead).get("Messages"))[0]
        card = card_of(team, 0)
        page = submit(aws, links_of(card)["Acknowledge"])
        answer = card_of(team, 1)
        run_again(aws, team)
    assert "drill" in json.dumps(card)
    assert "DRILL FAILED" in "".join(texts_of(channel.requests[0].document["attachments"]))
    assert json.loads(letter["Body"])["destination"] == "refuses"
    assert "Acknowledged by Ada" in page
    assert "ACKNOWLEDGED" in json.dumps(answer)
    assert "Run again" not in links_of(card)  # a drill names jobs as it likes
