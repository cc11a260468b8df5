"""The built artifact, invoked through the Lambda runtime interface as AWS does it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.properties.planted import SECRETS, SHOWN_CUT, leaked
from tests.runtime import lambda_runtime
from tests.runtime.lambda_runtime import SETTINGS, Function
from workbench.local import samples
from workbench.local.samples import Sample

pytestmark = pytest.mark.skipif(
    not lambda_runtime.RUNS_HERE, reason="the emulator in the SAM CLI is a Linux x86_64 binary"
)

SAMPLES = samples.load_all()


@pytest.fixture(scope="module")
def function(
    artifact: Path, runtime_packages: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Function]:
    log = tmp_path_factory.mktemp("function") / "log"
    with lambda_runtime.running(artifact, runtime_packages, log, SETTINGS) as function:
        yield function


def record(body: str, message_id: str) -> dict[str, Any]:
    """What the event source mapping makes of one SQS message."""
    return {
        "messageId": message_id,
        "receiptHandle": "handle",
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1795374000000"},
        "messageAttributes": {},
        "md5OfBody": "",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:111122223333:failures",
        "awsRegion": "us-east-1",
    }


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_bare_event_becomes_one_message(function: Function, sample: Sample) -> None:
    answer = function.invoke(sample.event)
    [message] = answer["messages"]
    assert 0 < len(message["subject"]) < 100
    assert message["subject"].isascii()
    assert message["webhook"]["event_id"] == sample.event["id"]
    assert message["email"]
    assert message["sms"]
    assert message["chat"]["source"] == "custom"


def test_a_dry_run_prints_the_mail_as_a_person_reads_it(function: Function) -> None:
    [message] = function.invoke(SAMPLES[0].event)["messages"]
    assert f"Subject: {message['subject']}\n\n{message['email']}" in function.log


def test_a_log_that_cannot_be_read_is_reported(function: Function) -> None:
    sample = next(each for each in SAMPLES if each.lines)
    [message] = function.invoke(sample.event)["messages"]
    assert "log unavailable: " in message["email"]


def test_a_batch_with_a_malformed_body_is_reported_whole(function: Function) -> None:
    bodies = [json.dumps(SAMPLES[0].event), "{not json", json.dumps(SAMPLES[1].event)]
    records = [record(body, f"message-{number}") for number, body in enumerate(bodies)]
    answer = function.invoke({"Records": records})
    assert answer["batchItemFailures"] == []
    assert len(answer["messages"]) == len(bodies)


def test_no_secret_reaches_the_functions_own_log_or_answer(function: Function) -> None:
    """Planted where a job's secrets are, where they leak to, and where they have no business."""
    sample = next(each for each in SAMPLES if each.name == "exit-1-python-traceback")
    lines = [planted.line for planted in SECRETS]
    event = json.loads(json.dumps(sample.event))
    detail, container = event["detail"], event["detail"]["container"]
    container["environment"] = [{"name": "ANY_NAME", "value": line} for line in lines]
    container["command"] = lines
    container["logConfiguration"] = {"logDriver": "awslogs", "options": {"tag": lines[0]}}
    detail["parameters"] = {f"parameter{n}": line for n, line in enumerate(lines)}
    detail["tags"] = {f"tag{n}": line for n, line in enumerate(lines)}
    for start in range(0, len(lines), 8):
        said = " | ".join(lines[start : start + 8])
        detail["statusReason"] = container["reason"] = said
        detail["attempts"][-1]["statusReason"] = said
        answer = json.dumps(function.invoke(event))
        assert not [each.kind for each in SECRETS if leaked(each.private, answer)]
    # The log is long, and has ids: five hexadecimal digits in a row may be those of a secret.
    log = function.log
    assert not [each.kind for each in SECRETS if leaked(each.private, log, SHOWN_CUT)]


def test_every_bad_setting_is_named_at_once(
    artifact: Path, runtime_packages: Path, tmp_path: Path
) -> None:
    bad = {"ALERT_TOPIC_ARN": "alerts", "LOG_LINES": "-3", "MINIMUM_SEVERITY": "loud"}
    bad["DRY_RUN"] = "false"
    with lambda_runtime.running(
        artifact, runtime_packages, tmp_path / "log", SETTINGS | bad
    ) as function:
        error = function.invoke(SAMPLES[0].event)
    assert error["errorType"] == "SettingsError"
    for name in ("ALERT_TOPIC_ARN", "LOG_LINES", "MINIMUM_SEVERITY"):
        assert name in error["errorMessage"]
