"""Dead letters: shown without secrets, and put back without a loss."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from notifier.aws.ledger import IncidentLedger
from notifier.batch.event import parse_event
from notifier.batch.failure import Failure
from notifier.diagnosis.catalogue import Certainty
from notifier.incident.incident import Incident
from tests.aws.doctor_stack import DeployedStack, given, refused
from workbench.commands.main import main
from workbench.deployed import dead_letters

EVENTS = Path(__file__).parents[2] / "events"
HAND = "UnsupportedOperation"


def sample(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    return read


@pytest.fixture
def by_hand(stack: DeployedStack) -> DeployedStack:
    """A queue that cannot move its messages by itself, as that of the demo."""
    stack.answer("sqs.StartMessageMoveTask", lambda _: refused(HAND))
    return stack


def ran(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["redrive", *arguments]) == 0
    told = capsys.readouterr()
    assert told.err == ""
    return told.out


def test_dead_letters_are_shown_and_stay(
    by_hand: DeployedStack, capsys: pytest.CaptureFixture[str]
) -> None:
    by_hand.put("FailureDeadLetterQueue", sample("timeout"))
    by_hand.put("FailureDeadLetterQueue", "{not json")
    shown = ran(capsys)
    told = parse_event(sample("timeout"))
    assert isinstance(told, Failure)
    assert "FailureDeadLetterQueue: failures that were never reported: 2" in shown
    [row] = [line for line in shown.splitlines() if told.job_name in line]
    assert told.queue in row
    assert "timeout" in row
    assert "not JSON" in shown
    assert "FollowUpDeadLetterQueue: empty." in shown
    assert shown.splitlines()[-1] == (
        "Nothing was changed. To return them: "
        "batch-notifier redrive --yes --stack-name batch-notifier --region eu-west-1"
    )
    assert len(by_hand.bodies("FailureDeadLetterQueue")) == 2
    assert by_hand.bodies("FailureQueue") == []


def test_no_secret_of_a_job_is_shown(
    by_hand: DeployedStack, capsys: pytest.CaptureFixture[str]
) -> None:
    letter = sample("timeout")
    letter["detail"]["container"]["environment"] = [{"name": "DB_PASSWORD", "value": "hunter2222"}]
    letter["detail"]["container"]["command"] = ["run", "--key", "hunter3333"]
    letter["detail"]["jobName"] = "load-hunter2222"
    by_hand.put("FailureDeadLetterQueue", letter)
    assert "hunter" not in ran(capsys)


def test_dead_letters_go_back_with_their_attributes(
    by_hand: DeployedStack, capsys: pytest.CaptureFixture[str]
) -> None:
    waits = {"waits": {"DataType": "Number", "StringValue": "2"}}
    for number in range(12):
        by_hand.put("FailureDeadLetterQueue", {"n": number}, MessageAttributes=waits)
    assert "Returned 12 to FailureQueue." in ran(capsys, "--yes", "--only", "failures")
    assert by_hand.bodies("FailureDeadLetterQueue") == []
    found: dict[int, Any] = {}
    for _ in range(3):
        said = by_hand.client("sqs").receive_message(
            QueueUrl=by_hand.outputs["FailureQueueUrl"],
            MaxNumberOfMessages=10,
            MessageAttributeNames=["All"],
        )
        for one in said.get("Messages", []):
            found[json.loads(one["Body"])["n"]] = one["MessageAttributes"]["waits"]["StringValue"]
    assert found == dict.fromkeys(range(12), "2")


def test_a_message_that_cannot_be_sent_stays_a_dead_letter(
    by_hand: DeployedStack, capsys: pytest.CaptureFixture[str]
) -> None:
    by_hand.put("FailureDeadLetterQueue", sample("timeout"))
    by_hand.answer("sqs.SendMessage", lambda _: refused("AccessDenied", "ana may not send"))
    assert main(["redrive", "--yes"]) == 3
    said = capsys.readouterr().err
    assert "cannot redrive FailureDeadLetterQueue: AccessDenied: ana may not send" in said
    assert dead_letters.depth(by_hand.outputs["FailureDeadLetterQueueUrl"]) == 1


def test_sqs_moves_them_itself_where_it_can(
    by_hand: DeployedStack, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []
    states = [{"Status": "RUNNING"}, {"Status": "COMPLETED", "ApproximateNumberOfMessagesMoved": 1}]

    def start(request: dict[str, Any]) -> Any:
        asked.append(request)
        return given({"TaskHandle": "task"})

    monkeypatch.setattr(dead_letters.time, "sleep", lambda _: None)
    by_hand.answer("sqs.StartMessageMoveTask", start)
    by_hand.answer("sqs.ListMessageMoveTasks", lambda _: given({"Results": [states.pop(0)]}))
    by_hand.put("FailureDeadLetterQueue", sample("timeout"))
    assert "Returned 1 to FailureQueue." in ran(capsys, "--yes", "--only", "failures")
    arn = "arn:aws:sqs:eu-west-1:123456789012:"
    assert asked == [
        {"SourceArn": f"{arn}FailureDeadLetterQueue", "DestinationArn": f"{arn}FailureQueue"}
    ]


def test_a_move_that_fails_is_one_line(
    by_hand: DeployedStack, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = {"Status": "FAILED", "FailureReason": "AWS.SimpleQueueService.NonExistentQueue"}
    by_hand.answer("sqs.StartMessageMoveTask", lambda _: given({"TaskHandle": "task"}))
    by_hand.answer("sqs.ListMessageMoveTasks", lambda _: given({"Results": [failed]}))
    by_hand.put("FailureDeadLetterQueue", sample("timeout"))
    assert main(["redrive", "--yes"]) == 3
    assert capsys.readouterr().err == (
        "batch-notifier: SQS did not return all messages: AWS.SimpleQueueService.NonExistentQueue\n"
    )


def test_a_follow_up_is_shown_by_the_job_of_its_incident(
    by_hand: DeployedStack, capsys: pytest.CaptureFixture[str]
) -> None:
    told = parse_event(sample("timeout"))
    assert isinstance(told, Failure)
    incident = Incident(
        key="known", first=told.for_storage(), cause="timeout", certainty=Certainty.CERTAIN,
        opened_at=1, interval=1,
    )  # fmt: skip
    assert IncidentLedger("incidents").save(incident)
    for key in ("known", "gone", "storm"):
        by_hand.put("FollowUpDeadLetterQueue", {"incident": key, "due": 1_795_000_000_000})
    by_hand.put("FollowUpDeadLetterQueue", "rubbish")
    shown = ran(capsys, "--only", "follow-ups")
    [row] = [line for line in shown.splitlines() if told.job_name in line]
    assert "2026-11-18" in row
    assert "storm digest" in shown
    assert shown.count("no longer known") == 2
    assert "Returned 4 to FollowUpQueue." in ran(capsys, "--only", "follow-ups", "--yes")


def test_only_so_many_are_shown_and_all_are_moved(
    by_hand: DeployedStack, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(dead_letters.MAX_SHOWN + 3):
        by_hand.put("FailureDeadLetterQueue", {"n": number})
    shown = ran(capsys, "--yes", "--only", "failures")
    assert "and 3 more" in shown
    assert f"Returned {dead_letters.MAX_SHOWN + 3} to FailureQueue." in shown


def test_there_is_nothing_to_return(
    by_hand: DeployedStack, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = ran(capsys, "--yes")
    assert shown == "FailureDeadLetterQueue: empty.\nFollowUpDeadLetterQueue: empty.\n"


@pytest.mark.usefixtures("by_hand")
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--stack-name", "gone"], "cannot open the stack gone"),
        (["--only", "alerts"], "'alerts' is not one of"),
        (["please"], "unexpected extra argument"),
    ],
)
def test_bad_input_is_one_line(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["redrive", *arguments]) == (3 if "gone" in arguments else 2)
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)
    assert says in told.err
