"""The whole way on a local AWS: event bus, queue, built function, topic, subscribers."""

import json
import re
import subprocess
import time

import pytest

from workbench.demo import run as demo
from workbench.inbox.deliveries import forward_deliveries
from workbench.inbox.mailbox import Mailbox
from workbench.local import sam, sample_run, samples
from workbench.local import storm as storm_events
from workbench.local.deployment import LocalDeployment
from workbench.local.sam import BIN
from workbench.local.sample_run import Outcome
from workbench.local.storm import Storm
from workbench.local.subscriber import Subscriber

SAMPLES = {sample.name: sample for sample in samples.load_all()}
EMAIL_SENT = "SNS fanout → email"
SMS_SENT = "SNS fanout → SMS"
WAIT_SECONDS = 15.0


@pytest.fixture(params=SAMPLES)
def outcome(stage: LocalDeployment, request: pytest.FixtureRequest) -> Outcome:
    [found] = [each for each in stage.runner.outcomes if each.name == request.param]
    return found


def test_an_event_becomes_its_alert_exactly_once(outcome: Outcome) -> None:
    [delivery] = outcome.deliveries
    assert delivery.document["schema"] == "batch-failure-alert/1"
    assert delivery.document["event_id"] == outcome.event_id
    assert delivery.subject == delivery.document["text"]["subject"]
    assert delivery.attributes["severity"] == delivery.document["severity"]
    assert delivery.attributes["cause"] == delivery.document["cause"]["id"]


def test_the_log_of_the_job_comes_along(outcome: Outcome) -> None:
    [delivery] = outcome.deliveries
    if SAMPLES[outcome.name].lines:
        assert delivery.document["log"]["lines"]
        assert "log unavailable" not in delivery.email
    else:
        assert not delivery.document["log"]


def test_a_storm_is_a_few_messages_with_exact_counts(storm: Storm) -> None:
    assert storm.problems() == []
    assert storm.sent == storm_events.FAILED + 1 + 2 + 3
    assert len(storm.deliveries) <= storm_events.MAX_MESSAGES


def test_a_storm_that_was_never_reported_is_found(stage: LocalDeployment) -> None:
    assert len(Storm(stage.aws, stage.resources, stage.runner).problems()) == 3


def test_the_demo_is_satisfied_and_its_table_names_every_event(
    stage: LocalDeployment, storm: Storm
) -> None:
    assert demo.report_result(stage, storm) == 0
    shown = sample_run.timing_table(stage.runner.outcomes)
    for outcome in stage.runner.outcomes:
        assert outcome.name in shown
        assert outcome.cause["id"] in shown


def test_every_alert_is_mailed_and_only_critical_ones_are_texted(
    sampled: tuple[LocalDeployment, str],
) -> None:
    stage, log = sampled
    told = [each.deliveries[0].document for each in stage.runner.outcomes]
    critical = [document for document in told if document["severity"] == "critical"]
    assert log.count(EMAIL_SENT) >= len(told)
    assert 0 < len(critical) < len(told)
    # The samples are drills, which have a phone budget of their own.
    assert 0 < log.count(SMS_SENT) <= len(critical)


def test_a_chat_endpoint_gets_its_own_message(stage: LocalDeployment) -> None:
    with Subscriber(stage.aws, stage.resources["AlertTopic"], protocol="https") as chat:
        sent = sample_run.put(stage.aws, SAMPLES["timeout"])
        delivery = chat.next(WAIT_SECONDS)
        stage.runner.settle(0.5)
    assert delivery is not None
    assert delivery.document["version"] == "1.0"
    assert delivery.document["source"] == "custom"
    assert delivery.document["content"]["description"]
    assert [each.event_id for each in stage.runner.unmatched].count(sent.event_id) == 1
    stage.runner.unmatched.clear()


def test_the_inbox_gets_each_alert_with_its_card(stage: LocalDeployment) -> None:
    mailbox = Mailbox()
    with forward_deliveries(stage.aws, stage.resources["AlertTopic"], mailbox):
        sample_run.put(stage.aws, SAMPLES["timeout"])
        stage.runner.settle(2.0)
    [(_, received)] = mailbox.after(0)
    stage.runner.unmatched.clear()
    assert received.chat is not None
    assert received.chat["metadata"]["threadId"] == received.document["incident"]
    assert received.details()["email"] == received.document["text"]["email"]


def test_a_log_that_the_role_may_not_read_is_reported(stage: LocalDeployment) -> None:
    """It also proves that permissions count here: the other tests rest on those of the template."""
    role = stage.resources["OnFailureRole"]
    stage.aws.client("iam").delete_role_policy(RoleName=role, PolicyName=sam.LOG_GROUPS_POLICY)
    outcome = stage.runner.send(SAMPLES["exit-1-python-traceback"], WAIT_SECONDS)
    stage.runner.outcomes.remove(outcome)
    sam.allow_log_groups(stage.aws, role, samples.log_groups(SAMPLES.values()))
    [delivery] = outcome.deliveries
    assert "log unavailable: not allowed" in delivery.email


def test_a_silence_holds_back_what_it_covers_until_it_is_removed(stage: LocalDeployment) -> None:
    queue = SAMPLES["timeout"].detail["jobQueue"].rpartition("/")[2]
    given = ["--queue", queue, "--until", "1h", "--reason", "we know", "--who", "mara"]
    silence(stage, "add", *given)
    shown = silence(stage, "list")
    assert "we know" in shown
    sent = sample_run.put(stage.aws, SAMPLES["timeout"])
    stage.runner.settle(2.0)
    assert sent.event_id not in {each.event_id for each in stage.runner.unmatched}
    [silence_id] = re.findall(r"\b[0-9a-f]{8}\b", shown)
    silence(stage, "remove", silence_id)
    sent = sample_run.put(stage.aws, SAMPLES["timeout"])
    stage.runner.settle(2.0)
    assert [each.event_id for each in stage.runner.unmatched] == [sent.event_id]
    stage.runner.unmatched.clear()


def silence(stage: LocalDeployment, *words: str) -> str:
    return command(stage, "silence", *words, "--table", stage.resources["IncidentTable"])


def command(stage: LocalDeployment, *words: str) -> str:
    done = subprocess.run(
        [str(BIN / "batch-notifier"), *words],
        env=stage.aws.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_drill_from_the_command_line_arrives(stage: LocalDeployment) -> None:
    said = command(stage, "drill", "--stack-name", sam.STACK)
    [event_id] = re.findall(r"event ([0-9a-f-]{36})", said)
    stage.runner.settle(2.0)
    [delivery] = stage.runner.unmatched
    stage.runner.unmatched.clear()
    assert delivery.event_id == event_id
    assert delivery.subject.startswith("DRILL FAILED drill: ")


def test_a_malformed_message_is_reported_and_does_not_come_back(stage: LocalDeployment) -> None:
    queue = stage.aws.client("sqs")
    queue.send_message(QueueUrl=stage.resources["FailureQueue"], MessageBody="{not json")
    stage.runner.settle(2.0)
    [delivery] = stage.runner.unmatched
    stage.runner.unmatched.clear()
    assert delivery.document["cause"]["id"] == "unreadable-event"
    assert delivery.email
    assert messages_left(stage, "FailureQueue") == 0


def test_an_alert_that_sns_refuses_leaves_the_failure_in_the_queue(stage: LocalDeployment) -> None:
    role, iam = stage.resources["OnFailureRole"], stage.aws.client("iam")
    refusal = {"Effect": "Deny", "Action": "sns:Publish", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [refusal]})
    iam.put_role_policy(RoleName=role, PolicyName="refused", PolicyDocument=document)
    try:
        sent = sample_run.put(stage.aws, SAMPLES["timeout"])
        stage.runner.settle(2.0)
        assert [each.event_id for each in stage.runner.unmatched].count(sent.event_id) == 0
        assert messages_left(stage, "FailureQueue") == 1
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName="refused")
        stage.aws.client("sqs").purge_queue(QueueUrl=stage.resources["FailureQueue"])


@pytest.mark.parametrize(
    "queue",
    [
        "FailureQueue",
        "FailureDeadLetterQueue",
        "FollowUpQueue",
        "FollowUpDeadLetterQueue",
        "UndeliveredAlertQueue",
    ],
)
def test_nothing_is_left_behind_in(queue: str, stage: LocalDeployment) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while messages_left(stage, queue) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert messages_left(stage, queue) == 0


def messages_left(stage: LocalDeployment, queue: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    answer = stage.aws.client("sqs").get_queue_attributes(
        QueueUrl=stage.resources[queue], AttributeNames=names
    )
    return sum(int(answer["Attributes"][name]) for name in names)
