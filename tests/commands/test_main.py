"""`batch-notifier` as a person types it, right and wrong."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError
from moto import mock_aws

from actions.silencing import MAX_SILENCES
from notifier.aws import calls
from notifier.aws.calls import service_error
from notifier.incident.silence import Silence
from tests import incident_table
from workbench.commands import silence
from workbench.commands.main import main
from workbench.deployed import silences
from workbench.errors import InputError

NOW = 1_795_000_000_000
EVENTS = Path(__file__).parents[2] / "events"
SAMPLE = str(EVENTS / "exit-1-python-traceback.json")


def test_preview_shows_the_mail_with_the_log_beside_the_event(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["preview", SAMPLE]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("Subject: FAILED ")
    assert "Traceback (most recent call last):" in shown


def test_preview_of_all_channels(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["preview", SAMPLE, "--channel", "all"]) == 0
    shown = capsys.readouterr().out
    assert [shown.count(f"===== {c} =====") for c in ("email", "sms", "chat", "webhook")] == [1] * 4


def test_preview_with_a_log_of_bare_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "job.log"
    log.write_text("starting\nKeyError: 'sample_7'\n", encoding="utf-8")
    assert main(["preview", SAMPLE, "--logs", str(log)]) == 0
    assert "The log says: KeyError: 'sample_7'" in capsys.readouterr().out


@pytest.mark.parametrize("channel", ["chat", "webhook"])
def test_preview_prints_json_for_machines(channel: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["preview", SAMPLE, "--channel", channel]) == 0
    assert json.loads(capsys.readouterr().out)


def test_preview_of_an_event_without_a_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    event = json.loads(Path(SAMPLE).read_text(encoding="utf-8"))
    event["detail"]["status"] = "SUCCEEDED"
    file = tmp_path / "succeeded.json"
    file.write_text(json.dumps(event), encoding="utf-8")
    assert main(["preview", str(file)]) == 0
    assert "no alert would be sent" in capsys.readouterr().out


def test_explain_shows_cause_certainty_and_actions(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "OutOfMemoryError: Container killed due to memory usage"]) == 0
    shown = capsys.readouterr().out
    assert "cause oom-container" in shown
    assert "(certain)" in shown
    assert "Do next:\n  1. " in shown


def test_explain_uses_the_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "Essential container in task exited", "--exit-code", "139"]) == 0
    assert "cause app-segfault" in capsys.readouterr().out


def test_explain_jsonl_writes_a_verdict_per_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "reasons.jsonl"
    file.write_text(
        '{"text": "Dependent Job failed", "exit_code": null, "more": 1}\n\n'
        '{"text": "Essential container in task exited", "exit_code": 127}\n',
        encoding="utf-8",
    )
    assert main(["explain", "--jsonl", str(file)]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["cause"] for row in rows] == ["dependent-job-failed", "app-exit-127"]
    assert all(set(row) == {"cause", "class", "certainty", "title"} for row in rows)


def _written(folder: Path, text: str | bytes) -> str:
    file = folder / "given"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(file)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nope"], "No such command 'nope'"),
        (["preview"], "Missing argument 'EVENT'"),
        (["preview", "no-such-file.json"], "cannot read no-such-file.json"),
        (["preview", "."], "cannot read ."),
        (["preview", SAMPLE, "--logs", "no-such-log"], "cannot read no-such-log"),
        (["preview", SAMPLE, "--channel", "fax"], "'fax' is not one of"),
        (["explain"], "required"),
        (["explain", "  "], "empty"),
        (["explain", "x", "--exit-code", "many"], "not a whole number from 0 to 255"),
        (["explain", "x", "--exit-code", "256"], "not a whole number from 0 to 255"),
        (["preview", str(EVENTS / "local.json")], "is not an EventBridge event"),
        (["explain", "--jsonl", "no-such-file"], "cannot read no-such-file"),
        (["explain", "--jsonl", "x", "--exit-code", "1"], "exit_code"),
    ],
)
def test_bad_arguments_give_one_line_and_exit_code_2(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert says in told.err
    assert told.err.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "is not JSON"),
        ("", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        (b"\xff\xfe\x00", "not UTF-8"),
    ],
)
def test_a_bad_event_file_gives_one_line(
    text: str | bytes, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["preview", _written(tmp_path, text)]) == 2
    told = capsys.readouterr().err
    assert says in told
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("rubbish", "line 2 is not JSON"),
        ("[]", 'line 2 has no "text"'),
        ('{"text": 7}', 'line 2 has no "text"'),
        ('{"text": "x", "exit_code": "1"}', "not a whole number"),
        ('{"text": "x", "exit_code": true}', "not a whole number"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_printed(
    line: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = _written(tmp_path, '{"text": "JobQueue deleted"}\n' + line)
    assert main(["explain", "--jsonl", file]) == 2
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)
    assert says in told.err


def test_help_shows_examples(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    assert "batch-notifier explain" in capsys.readouterr().out


SILENCE = Silence("3f2a91c0", 1_795_003_620_000, "storage migration", "ana", queue="etl-*")
TABLE = "incidents"


STACKS = {"batch-notifier": "IncidentTableName", "other": "AlertTopicArn"}


def _stack(params: dict[str, Any], **_: object) -> tuple[AWSResponse, dict[str, Any]]:
    # As CloudFormation answers: that of moto needs packages that nothing else here does.
    name = params["body"]["StackName"]
    if name in STACKS:
        outputs = [{"OutputKey": STACKS[name], "OutputValue": TABLE}]
        stack = {"Outputs": outputs, "StackStatus": "ROLLBACK_COMPLETE"}
        return AWSResponse("", 200, {}, None), {"Stacks": [stack]}
    said = {"Code": "ValidationError", "Message": f"Stack with id {name} does not exist"}
    if name == "denied":
        said = {"Code": "AccessDenied", "Message": "not authorized"}
    return AWSResponse("", 400, {}, None), {"Error": said, "ResponseMetadata": {}}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An account with the table and its stack; what a test sets in it is gone afterwards."""
    session = boto3.Session()
    session.events.register("before-call.cloudformation.DescribeStacks", _stack)
    with mock_aws():
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", session)
        calls.session.cache_clear()
        incident_table.make(session.client("dynamodb"), TABLE)
        yield


ADD = ["silence", "add", "--until", "2h", "--reason", "storage migration"]


def _ran(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 0
    return capsys.readouterr().out


@pytest.mark.usefixtures("aws")
def test_a_silence_is_added_listed_and_removed(capsys: pytest.CaptureFixture[str]) -> None:
    assert _ran(capsys, "silence", "list") == "No silences.\n"
    said = _ran(capsys, *ADD, "--queue", "etl-*", "--cause", "app-*", "--who", "ana")
    found = re.match(r"Silenced ([0-9a-f]{8}): queue etl-\*, cause app-\*\nuntil (.+?), by", said)
    assert found is not None
    moment = r"20\d\d-\d\d-\d\d \d\d:\d\d"
    assert re.fullmatch(rf"{moment} UTC \({moment} \S+\)", found[2])
    assert "by ana: storage migration" in said
    listed = _ran(capsys, "silence", "list", "--table", TABLE).splitlines()
    assert listed[0].split() == ["ID", "UNTIL", "WHAT", "WHO", "REASON"]
    assert re.split(" {2,}", listed[1]) == [
        found[1], found[2], "queue etl-*, cause app-*", "ana", "storage migration",
    ]  # fmt: skip
    assert _ran(capsys, "silence", "remove", found[1]).startswith(
        f"Removed {found[1]}: queue etl-*, cause app-*\n"
    )
    assert _ran(capsys, "silence", "list") == "No silences.\n"


@pytest.mark.usefixtures("aws")
def test_silences_come_in_the_order_in_which_they_end(capsys: pytest.CaptureFixture[str]) -> None:
    for until, queue in (("3d", "c"), ("45m", "a"), ("2h", "b")):
        _ran(capsys, *ADD, "--until", until, "--queue", queue)
    listed = _ran(capsys, "silence", "list").splitlines()[1:]
    assert [re.split(" {2,}", line)[2] for line in listed] == ["queue a", "queue b", "queue c"]


@pytest.mark.usefixtures("aws")
def test_another_region_has_another_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["silence", "list", "--table", TABLE, "--region", "eu-west-1"]) == 3
    told = capsys.readouterr().err
    assert "ResourceNotFoundException" in told
    assert told.count("\n") == 1


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["silence"], "Missing command"),
        (["silence", "hush"], "No such command 'hush'"),
        (["silence", "add", "--until", "2h"], "--reason"),
        (["silence", "add", "--reason", "x"], "--until"),
        (ADD, "say what to silence"),
        ([*ADD, "--queue", "a", "--until", "soon"], "--until is not like"),
        (["silence", "remove"], "Missing argument 'ID'"),
        (["silence", "remove", "3f2a91c0"], "no active silence has the id '3f2a91c0'"),
        (["silence", "list", "--stack-name", "gone"], "does not exist"),
        (["silence", "list", "--stack-name", "denied"], "AccessDenied: not authorized"),
        (
            ["silence", "list", "--stack-name", "other"],
            "other (ROLLBACK_COMPLETE) has no incident table",
        ),
        (["silence", "list", "--table", "gone"], "ResourceNotFoundException"),
        ([*ADD, "--queue", "a", "--table", "gone"], "ResourceNotFoundException"),
    ],
)
def test_what_is_wrong_with_a_silence_is_one_line(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == (3 if {"gone", "denied"} & set(arguments) else 2)
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)
    assert says in told.err


@pytest.mark.parametrize("where", [["--stack-name", "batch-notifier"], ["--table", TABLE]])
@pytest.mark.parametrize(
    ("missing", "says"),
    [
        (
            ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
            "set them with aws configure or aws sso login",
        ),
        (("AWS_DEFAULT_REGION",), "You must specify a region. (use --region, or"),
    ],
)
def test_an_aws_configuration_that_is_not_there_is_one_line(
    where: list[str],
    missing: tuple[str, ...],
    says: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    calls.session.cache_clear()
    for name in missing:
        monkeypatch.delenv(name)
    assert main(["silence", "list", *where]) == 2
    told = capsys.readouterr().err
    assert says in told
    assert told.count("\n") == 1


@pytest.mark.parametrize("region", [[], ["--region", "eu-west-1"]])
@pytest.mark.parametrize(
    "command",
    [
        ["doctor"], ["drill"], ["redrive"], ["replay", "--queue", "etl", "--since", "1h"],
        ["silence", "list"], ["explain", "--job", "7a71c9a0-5d3e-4c0f-9d0e-9c1f6a3b2d10"],
    ],
    ids=lambda words: words[0],
)  # fmt: skip
def test_a_profile_that_is_not_there_is_one_line(
    command: list[str],
    region: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    calls.session.cache_clear()
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    assert main([*command, *region]) == 2
    told = capsys.readouterr().err
    assert (
        "The config profile (nobody) could not be found (--profile or AWS_PROFILE names it" in told
    )
    assert told.count("\n") == 1


@dataclass
class Store:
    """A store that others write first, or that denies the write."""

    kept: list[Silence] = field(default_factory=list)
    rivals: int = 0
    refusal: ClientError | None = None
    version: int = 0

    def silences(self) -> tuple[list[Silence], int]:
        return list(self.kept), self.version

    def save_silences(self, silences: Sequence[Silence], version: int) -> bool:
        if self.refusal:
            raise service_error(self.refusal) from self.refusal
        if self.rivals:
            self.rivals -= 1
            self.kept.append(replace(SILENCE, id=f"rival-{self.rivals}"))
            self.version += 1
        if version != self.version:
            return False
        self.kept, self.version = list(silences), self.version + 1
        return True


def test_silences_that_others_add_at_the_same_time_are_kept() -> None:
    store = Store(rivals=4)
    silences.add(store, SILENCE, NOW)
    assert len(store.kept) == 5
    assert store.kept[-1] == SILENCE


def test_after_five_collisions_the_user_may_try_again() -> None:
    store = Store(rivals=5)
    with pytest.raises(InputError, match="at the same time; try again"):
        silences.add(store, SILENCE, NOW)
    assert SILENCE not in store.kept


def test_what_aws_refuses_is_said_in_its_words() -> None:
    said = {"Code": "AccessDeniedException", "Message": "ana may not\nPutItem"}
    store = Store([SILENCE], refusal=ClientError({"Error": said}, "PutItem"))
    with pytest.raises(InputError) as refused:
        silences.remove(store, SILENCE.id, NOW)
    assert str(refused.value) == (
        "cannot write the silences: AccessDeniedException: ana may not PutItem"
    )


def test_a_silence_that_is_over_is_neither_listed_nor_removed() -> None:
    store = Store([SILENCE, replace(SILENCE, id="later", until=SILENCE.until + 1)])
    assert [each.id for each in silences.list_active(store, SILENCE.until)] == ["later"]
    with pytest.raises(InputError, match="no active silence has"):
        silences.remove(store, SILENCE.id, SILENCE.until)


def test_there_is_room_for_a_hundred_silences_and_those_that_ended_take_none() -> None:
    store = Store([replace(SILENCE, until=NOW)] + [SILENCE] * (MAX_SILENCES - 1))
    silences.add(store, SILENCE, NOW)
    assert store.kept == [SILENCE] * MAX_SILENCES
    with pytest.raises(InputError, match="there are 100 silences already"):
        silences.add(store, SILENCE, NOW)


def test_a_silence_of_everything_says_so() -> None:
    assert silence._describe(replace(SILENCE, queue="*")) == "everything"


def test_what_needs_no_aws_does_not_wait_for_its_library() -> None:
    code = (
        "import sys; from workbench.commands.main import main; "
        f"main(['explain', 'JobQueue deleted']); main(['preview', {SAMPLE!r}]); "
        "sys.exit('boto3' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


@pytest.mark.parametrize("verb", ["", "add"])
def test_the_help_of_silence_shows_examples(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["silence", *([verb] if verb else []), "--help"]) == 0
    assert "silence add --queue 'etl-*' --until 18:30" in capsys.readouterr().out
