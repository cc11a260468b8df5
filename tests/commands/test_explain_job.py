"""`batch-notifier explain --job`, on an account as AWS answers for it and on moto."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import NoCredentialsError
from moto import mock_aws

from notifier.aws import calls, history, job_logs
from tests.batch_account import BatchAccount
from workbench.commands.main import main

EVENTS = Path(__file__).parents[2] / "events"
JOBS = sorted(
    file.stem
    for file in EVENTS.glob("*.json")
    if '"Batch Job State Change"' in (text := file.read_text(encoding="utf-8"))
    and '"status": "FAILED"' in text
    and "batch-notifier.drill" not in text
)
REGION = "eu-west-1"
ENDED = 1_794_969_080_447
Answer = Callable[..., Any]


def sample(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


class Account:
    """What AWS answers, operation by operation; what is not there is denied."""

    def __init__(self, **answers: Any) -> None:
        self.answers, self.asked = answers, list[str]()

    def answer(self, model: Any, **_: Any) -> tuple[AWSResponse, dict[str, Any]]:
        self.asked.append(model.name)
        answer = self.answers.get(model.name)
        if isinstance(answer, Exception):
            raise answer
        if answer is None:
            error = {"Code": "AccessDeniedException", "Message": f"not allowed: {model.name}"}
            return AWSResponse("", 403, {}, None), {"Error": error}
        return AWSResponse("", 200, {}, None), answer


@pytest.fixture(autouse=True)
def _fresh_clients() -> None:
    history.batch_client.cache_clear()
    job_logs._client.cache_clear()


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Account]:
    def make(**answers: Any) -> Account:
        made = Account(**answers)
        session = boto3.Session(region_name=REGION)
        session.events.register("before-call", made.answer)
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", session)
        monkeypatch.setattr(calls, "session", lambda: session._session)
        monkeypatch.setattr(boto3, "setup_default_session", lambda **_: None)
        return made

    return make


def explained(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["explain", "--job", *words]) == 0
    return capsys.readouterr().out


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["explain", "--job", *words]) in (2, 3)
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    return said.err


@pytest.mark.parametrize("name", JOBS)
def test_the_alert_of_a_job_is_that_of_its_event(
    name: str, account: Answer, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    detail = sample(name)["detail"]
    account(DescribeJobs={"jobs": [detail]})
    shown = explained(capsys, detail["jobId"])
    (tmp_path / "event.json").write_text(json.dumps(sample(name)), encoding="utf-8")
    assert main(["preview", str(tmp_path / "event.json")]) == 0
    before = capsys.readouterr().out
    assert shown.splitlines()[0] == before.splitlines()[0]
    for section in ("DO NEXT", "FACTS", "WHY"):
        assert _section(shown, section) == _section(before, section)
    assert "not known  not allowed to query AWS Batch (AccessDeniedException)" in shown


def _section(mail: str, heading: str) -> list[str]:
    lines = mail.partition(f"\n{heading}")[2].partition("\n\n")[0].splitlines()
    assert lines
    # The event of an array's parent has a time of its own; Batch itself keeps none. Only `explain`
    # asks for labels, and this account refuses them.
    return [line for line in lines if not line.startswith(("  when", "  labels"))]


def test_with_its_log_and_what_changed(account: Answer, capsys: pytest.CaptureFixture[str]) -> None:
    detail = sample("exit-1-python-traceback")["detail"]
    definition = detail["jobDefinition"]
    old = definition.rpartition(":")[0] + ":1"
    success = {
        "jobId": "done", "jobName": detail["jobName"], "jobDefinition": old, "status": "SUCCEEDED",
        "stoppedAt": detail["stoppedAt"] - 60_000,
    }  # fmt: skip
    made = account(
        DescribeJobs={"jobs": [detail, detail | {"jobId": "done", "jobDefinition": old}]},
        ListJobs={"jobSummaryList": [success]},
        DescribeJobDefinitions={"jobDefinitions": []},
        GetLogEvents={"events": [{"timestamp": ENDED, "message": "KeyError: 'HG002'"}]},
    )
    shown = explained(capsys, detail["jobArn"])
    assert "The log says: KeyError: 'HG002'" in shown
    assert f"definition  {old.rpartition('/')[2]} → {definition.rpartition('/')[2]}" in shown
    assert "Last success 20" in shown
    assert sorted(set(made.asked)) == [
        "DescribeJobDefinitions", "DescribeJobQueues", "DescribeJobs", "GetLogEvents", "ListJobs",
    ]  # fmt: skip


@pytest.mark.parametrize("channel", ["sms", "chat", "webhook", "all"])
def test_on_any_channel(channel: str, account: Answer, capsys: pytest.CaptureFixture[str]) -> None:
    detail = sample("timeout")["detail"]
    account(DescribeJobs={"jobs": [detail]})
    shown = explained(capsys, detail["jobId"], "--channel", channel)
    assert detail["jobName"] in shown
    if channel in ("chat", "webhook"):
        assert json.loads(shown)


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"DescribeJobs": {"jobs": []}}, "there is no job abc in eu-west-1"),
        ({"DescribeJobs": {"jobs": [{"jobId": "abc", "status": "RUNNING"}]}},
         "job abc has not failed: it is RUNNING"),
        ({}, "cannot explain job abc: AccessDeniedException: not allowed: DescribeJobs"),
        ({"DescribeJobs": NoCredentialsError()},
         "cannot explain job abc: NoCredentialsError: Unable to locate credentials"),
    ],
)  # fmt: skip
def test_what_stands_in_the_way_is_one_line(
    answers: dict[str, Any], said: str, account: Answer, capsys: pytest.CaptureFixture[str]
) -> None:
    account(**answers)
    assert said in refused(capsys, "abc")


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "abc:", "arn:aws:batch:x:1:job/a", "-x y"])
def test_what_is_no_job_id_is_not_asked_for(
    given: str, account: Answer, capsys: pytest.CaptureFixture[str]
) -> None:
    made = account()
    assert main(["explain", f"--job={given}"]) == 2
    assert "not the id or ARN of a job" in capsys.readouterr().err
    assert made.asked == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["x", "--job", "y"], "one of a TEXT, --jsonl and --job"),
        (["--job", "y", "--exit-code", "1"], "AWS Batch reports the exit code"),
        (["x", "--channel", "sms"], "--channel requires --job"),
    ],
)
def test_options_that_do_not_go_together(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", *words]) == 2
    assert said in capsys.readouterr().err


def test_against_a_simulated_account(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    calls.session.cache_clear()
    with mock_aws(config={"batch": {"use_docker": False}}):
        account = BatchAccount(REGION)
        done, job = account.succeeded(), account.failed(monkeypatch)
        shown = explained(capsys, job, "--region", REGION)
        assert "FAILED nightly" in shown
        assert "Last success 20" in shown
        assert "  nothing  same definition, size, command and roles" in shown
        assert f"job {done} has not failed" in refused(capsys, done, "--region", REGION)
        assert "there is no job" in refused(capsys, job, "--region", "us-east-1")
