"""What each channel takes, on alerts that are ordinary and on such as are made to break it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import ValidationError

from notifier.alert import wording
from notifier.alert.alert import Alert, compose, compose_unreadable
from notifier.batch.event import parse_event
from notifier.batch.failure import Failure, Unreadable
from notifier.channels import chat, email, message, sms, webhook
from notifier.diagnosis.diagnose import Certainty
from notifier.joblog.excerpt import LogLine, LogRead
from notifier.text import untrusted
from tests.properties.limits import (
    check_chat,
    check_email,
    check_everything,
    check_sms,
    check_subject,
    check_webhook,
)  # fmt: skip
from tests.properties.planted import SECRETS, leaked, pem
from tests.properties.strategies import SAMPLES

LOG = LogRead(tuple(LogLine(1_795_602_065_000 + n, line) for n, line in enumerate((
    "starting", "Traceback (most recent call last):", '  File "a.py", line 1', "KeyError: 'HG002'"
))))  # fmt: skip


def alert_of(given: Any, log: LogRead | None = LOG) -> Alert:
    read = parse_event(given)
    if isinstance(read, Failure):
        return compose(read, log if read.log else None, 25)
    assert isinstance(read, Unreadable)
    return compose_unreadable(read)


def sample(name: str = "exit-1-python-traceback", **changes: Any) -> dict[str, Any]:
    given = deepcopy(SAMPLES[name])
    given["detail"] |= changes
    return given


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_every_sample_fits_every_channel(name: str) -> None:
    alert = alert_of(SAMPLES[name])
    check_everything(alert, message.render(alert))


NAMES = {
    "longest": "n" * 128,
    "longer than Batch allows": "n" * 256,
    "Japanese": "日本語の仕事",
    "emoji": "😀" * 60,
    "ligatures that grow": "ﷺ" * 60,
    "blank": " ",
    "backticks": "a`b```c",
    "mention": "<!here> <@U012> @channel",
    "link": "[click](https://evil.example) www.evil.example",
    "wide link": "ｈｔｔｐｓ：／／evil.example",
    "two lines": "a\nFAILED b",
    "quotes": "\"'\\",
    "SMS extras": "a[b]{c}|d~e^f\\g€h",
}


@pytest.mark.parametrize("given_name", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("name", ["exit-1-python-traceback", "array-child", "queue-blocked",
                                  "multi-node-node", "drill"])  # fmt: skip
def test_job_names(name: str, given_name: str) -> None:
    alert = alert_of(sample(name, jobName=given_name))
    check_everything(alert, message.render(alert))


def test_a_subject_has_status_name_cause_and_queue() -> None:
    told = email.render_subject(alert_of(sample(jobName="align")))
    assert told.startswith("FAILED align: ")
    assert told.endswith("(data-eng-fargate)")


@pytest.mark.parametrize("length", range(60, 124))
def test_a_long_name_is_cut_visibly_so_that_the_cause_is_seen_beside_it(length: int) -> None:
    told = email.render_subject(alert_of(sample(jobName="n" * length + "-0417")))
    assert len(told) <= 99
    assert re.match(r"FAILED n{15,}\.\.n{7}-0417: ", told)
    assert "KeyError: 'HG002" in told[: email.PREVIEW_LENGTH]


@pytest.mark.parametrize("sample_name", sorted(SAMPLES))
def test_what_a_phone_shows_and_the_first_lines_name_job_and_cause(sample_name: str) -> None:
    alert = alert_of(SAMPLES[sample_name])
    seen = email.render_subject(alert)[: email.PREVIEW_LENGTH]
    assert untrusted.ascii_line(alert.name)[:14] in seen
    assert untrusted.ascii_line(alert.cause_or_headline)[: email.CAUSE_PREVIEW_LENGTH] in seen
    head = " ".join(" ".join(email.render_body(alert).splitlines()[:8]).split())
    assert re.split(r"[\[ ]", alert.name)[0] in head or sample_name == "unknown-shape"
    said = (
        wording.lower_first(alert.diagnosis.title),
        "could not read the event",
        "children failed",
    )
    assert any(cause in head for cause in said)


@pytest.mark.parametrize("length", [5, 60, 90, 100, 128])
def test_a_guess_is_called_one_however_long_the_name(length: int) -> None:
    """A cause that reads as certain and is not is the worst message."""
    alert = alert_of(sample("exit-137-no-reason", jobName="n" * length), LogRead())
    assert alert.diagnosis.certainty is Certainty.GUESS
    assert "guess" in sms.render(alert)
    assert "guess" in email.render_body(alert).split("\n\n")[0].replace("\n", " ")


def test_the_incident_of_an_alert_does_not_depend_on_its_log() -> None:
    given = sample("log-disk-full")
    full = LogRead((LogLine(1, "write error: No space left on device"),))
    with_log, without = alert_of(given, full), alert_of(given, LogRead())
    assert with_log.diagnosis.cause != without.diagnosis.cause
    assert with_log.incident == without.incident


def test_an_alert_takes_the_key_it_is_given() -> None:
    read = parse_event(sample())
    assert isinstance(read, Failure)
    assert compose(read, None, 25, "0123456789abcdef").incident == "0123456789abcdef"
    unread = compose_unreadable(Unreadable("no id"), "0123456789abcdef")
    assert unread.incident == "0123456789abcdef"
    assert (
        compose_unreadable(Unreadable("no id")).incident
        != compose_unreadable(Unreadable("no name")).incident
    )


def test_a_long_name_leaves_no_mark_open_in_a_chat_title() -> None:
    alert = alert_of(sample("unknown-shape", jobName="surrog" * 60))
    check_everything(alert, message.render(alert))
    title = json.loads(chat.render(alert))["content"]["title"]
    assert title.count("`") == 2
    assert len(title) <= chat.TITLE_LIMIT


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0"])
def test_what_a_spreadsheet_takes_for_a_formula_is_sent_as_it_is(name: str) -> None:
    """Receivers that make a CSV file quote it there: see the decision on formulas."""
    alert = alert_of(sample(jobName=name, statusReason=name))
    told = message.render(alert)
    check_everything(alert, told)
    job = json.loads(json.loads(told.body)["http"])["job"]
    assert (job["name"], job["status_reason"]) == (name, name)


def test_a_chat_card_leaves_out_whole_parts_where_it_is_too_long() -> None:
    alert = alert_of(sample())
    facts = tuple((f"fact {n}", "x" * 240) for n in range(40))
    shown = json.loads(chat.render(replace(alert, facts=facts)))["content"]["description"]
    assert len(shown) <= chat.DESCRIPTION_LIMIT
    assert "fact 1" not in shown
    assert "End of the log (4 lines in total):" in shown
    assert shown.count("```") == 2


def test_an_sms_says_as_much_as_fits() -> None:
    told = sms.render(alert_of(sample(jobName="align")))
    assert told.startswith("FAILED align: ")
    assert "Queue data-eng-fargate." in told
    assert "http" not in told


def test_a_drill_says_so_first_in_every_channel() -> None:
    written = message.render(alert_of(SAMPLES["drill"]))
    shown = written.decode()
    assert written.subject.startswith("DRILL ")
    assert shown["sms"].startswith("DRILL ")
    assert "DRILL" in shown["chat"]["content"]["title"]
    assert shown["webhook"]["status"].startswith("DRILL")
    assert "DRILL" in shown["email"].upper().split("\n\n")[0]


def test_attributes() -> None:
    given = sample(tags={"notify:owner": "genomics"})
    written = message.render(alert_of(given))
    assert set(written.attributes) == {
        "event", "severity", "cause", "class", "queue", "definition", "job_name", "owner",
        "account", "region",
    }  # fmt: skip
    assert written.attributes["owner"] == "genomics"
    assert "owner" not in message.render(alert_of(sample(tags={}))).attributes


def test_what_could_not_be_read_is_reported_with_its_ids() -> None:
    given = sample(status="EXPLODED")
    alert = alert_of(given)
    written = message.render(alert)
    check_everything(alert, written)
    shown = written.decode()
    for wanted in (given["detail"]["jobId"], given["id"], given["account"], given["region"]):
        assert wanted in shown["email"]
    assert given["detail"]["jobName"] in written.subject
    assert shown["webhook"]["job"]["id"] == given["detail"]["jobId"]
    assert shown["webhook"]["job"]["name"] == given["detail"]["jobName"]


@pytest.mark.parametrize("letter", ["x", '"', "\\", "'", "é", "😀", "<", "`", "\u00a0"])
def test_the_largest_events_fit_one_publish(letter: str) -> None:
    """Every text as long as it may be, in letters that JSON and the shell make longer."""
    big = letter * 5_000
    container = {
        "name": big, "image": big, "reason": big, "logStreamName": big, "exitCode": 1,
        "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": big}},
    }  # fmt: skip
    one = {"container": container, "startedAt": 1, "stoppedAt": 2, "statusReason": big}
    given = sample(
        jobName=big, jobId=big, jobQueue=big, jobDefinition=big, jobArn=big, statusReason=big,
        attempts=[one] * 10, container=container, dependsOn=[{"jobId": big}] * 30,
        tags={"notify:owner": big, "notify:runbook": big},
    )  # fmt: skip
    log = LogRead(tuple(LogLine(n, f"Error: {big}") for n in range(60)))
    for lines in (25, 200):
        read = parse_event(given)
        assert isinstance(read, Failure)
        alert = compose(read, log, lines)
        check_everything(alert, message.render(alert))


def test_a_log_that_was_left_out_is_mentioned() -> None:
    log = LogRead(tuple(LogLine(n, '"' * 1_900) for n in range(220)))
    read = parse_event(sample())
    assert isinstance(read, Failure)
    alert = compose(read, log, 200)
    written = message.render(alert)
    check_everything(alert, written)
    assert "of 220 lines" in written.decode()["email"] or "left out" in written.decode()["email"]


@pytest.mark.parametrize("driver", ["<!here>", "`x`", "*bold*", "https://evil.example"])
def test_a_log_driver_is_quoted_like_other_texts(driver: str) -> None:
    given = sample()
    given["detail"]["container"]["logConfiguration"] = {"logDriver": driver}
    alert = alert_of(given)
    check_chat(alert, chat.render(alert))
    check_email(alert, email.render_body(alert))


@pytest.mark.parametrize("url", ["https://wiki.example.com/runbooks/align#oom", ""])
def test_a_runbook_is_the_first_link(url: str) -> None:
    alert = alert_of(sample(tags={"notify:runbook": url}))
    assert (alert.links[0] == ("runbook", url)) is bool(url)
    check_email(alert, email.render_body(alert))


@pytest.mark.parametrize(
    "url",
    ["http://wiki.example.com", "https://a@evil.example", "https://evil.example/)[x](y",
     "javascript:alert(1)", "https://evil.example/ x", "https://evil.exampl\u0435", "https://",
     "https://wiki.example.com:99999x/", "file:///etc/passwd"],
)  # fmt: skip
def test_a_runbook_that_is_no_plain_https_url_is_no_link(url: str) -> None:
    alert = alert_of(sample(tags={"notify:runbook": url}))
    assert "runbook" not in dict(alert.links)


def _notify_tags(line: str) -> dict[str, str]:
    return {"notify:owner": line, "notify:runbook": line, "team": line}


PLACES: dict[str, Callable[[str], dict[str, Any]]] = {
    "reason": lambda line: {"container": {"reason": line}},
    "attempt reason": lambda line: {"attempts": [{"container": {"reason": line}}]},
    "attempt status": lambda line: {"attempts": [{"statusReason": line}]},
    "status reason": lambda line: {"statusReason": line},
    "tag": lambda line: {"tags": _notify_tags(line)},
    "parameter name": lambda line: {"parameters": {line: "x"}},
    "job name": lambda line: {"jobName": line},
    "job id": lambda line: {"jobId": line},
    "queue": lambda line: {"jobQueue": line},
    "image": lambda line: {"container": {"image": line}},
    "container name": lambda line: {"container": {"name": line}},
    "log driver": lambda line: {"container": {"logConfiguration": {"logDriver": line}}},
    "depends on": lambda line: {"dependsOn": [{"jobId": line}]},
    "log": lambda line: {},
}


@pytest.mark.parametrize("place", PLACES)
def test_planted_secrets_are_in_no_channel(place: str) -> None:
    found = []
    for planted in SECRETS:
        raw = ("start", planted.line, f"Error: {planted.line}", "failed")
        log = LogRead(tuple(LogLine(n, line) for n, line in enumerate(raw)))
        given = sample(**PLACES[place](planted.line))
        written = message.render(alert_of(given, log if place == "log" else LOG))
        texts = json.loads(written.body)
        shown = "\n".join((written.subject, str(written.attributes), *(
            texts[key] for key in ("email", "sms", "https", "http"))))  # fmt: skip
        if leaked(planted.private, shown):
            found.append(planted.line)
    assert found == []


def test_a_private_key_in_the_log_is_in_no_channel() -> None:
    log = LogRead(tuple(LogLine(n, line) for n, line in enumerate([*pem()[4:], "Error: bad key"])))
    written = message.render(alert_of(sample(), log))
    assert not [row for row in pem()[1:-1] if leaked(row, written.body, 11)]
    assert "bad key" in written.body


def test_dropped_fields_are_nowhere() -> None:
    given = sample(parameters={"p": "marker-in-parameters"})
    container = given["detail"]["container"]
    container["command"] = ["marker-in-command"]
    container["environment"] = [{"name": "MODE", "value": "marker-in-environment"}]
    container["secrets"] = [{"name": "S", "valueFrom": "marker-in-secrets"}]
    container["logConfiguration"] = {"logDriver": "awslogs", "options": {
        "awslogs-group": "/ecs/x", "splunk-token": "marker-in-options"}}  # fmt: skip
    written = message.render(alert_of(given))
    assert "marker-in" not in written.body + written.subject + str(written.attributes)


def test_the_checks_see_what_they_are_for() -> None:
    """A check that never fails proves nothing."""
    alert = alert_of(sample())
    with pytest.raises(AssertionError):
        check_subject(alert, "FAILED \x1b" + alert.name)
    with pytest.raises(AssertionError):
        check_sms(alert, f"FAILED {alert.name} " + "€" * 60)
    with pytest.raises(AssertionError):
        check_email(alert, email.render_body(alert) + "see https://evil.example\n")
    with pytest.raises(ValidationError):
        check_chat(alert, json.dumps({"version": "1.0"}))
    with pytest.raises(AssertionError):
        check_webhook(alert, json.dumps(webhook.build_document(alert)))
