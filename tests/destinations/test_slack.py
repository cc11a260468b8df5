"""Slack, through its own SDK, against a server with Slack's limits."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from destinations.errors import NoAnswerError, RejectedError, RetryableError
from destinations.senders import mail, slack_blocks, wording
from destinations.senders.slack import SlackBot, SlackWebhook
from destinations.senders.thread import Thread, UnfinishedError
from tests.destinations.alerts import EVERY, document_of
from tests.destinations.servers import Recorder, Reply, Slack, problem_of, serving, texts_of

ABOVE_THE_FOLD = 7


@pytest.fixture
def slack() -> Slack:
    return Slack()


@pytest.fixture
def bot(slack: Slack) -> Iterator[SlackBot]:
    with serving(slack) as url:
        yield SlackBot("xoxb-1", "C1", f"{url}/api/")


@pytest.mark.parametrize("name", EVERY)
def test_every_golden_is_what_slack_takes_in_seven_lines(name: str) -> None:
    alert = document_of(name)
    card = slack_blocks.render_card(alert)
    assert problem_of(card) == ""
    shown = "".join(texts_of(card["attachments"]))
    assert len(shown.split("\n")) <= ABOVE_THE_FOLD
    assert alert.name in shown
    assert alert.cause["title"] in shown
    details = slack_blocks.render_details(alert)
    assert not details or problem_of({"text": "Details", "blocks": details}) == ""


def test_a_mail_of_eighty_lines_is_seven_that_name_job_cause_line_and_step() -> None:
    long = [one for one in map(document_of, EVERY) if len(one.email.splitlines()) >= 80]
    assert len(long) >= 10
    for alert in long:
        shown = "".join(texts_of(slack_blocks.render_card(alert)["attachments"]))
        assert len(shown.split("\n")) <= ABOVE_THE_FOLD
        for part in (alert.name, alert.cause["title"], alert.root_line, alert.steps[0]):
            assert wording.one_line(part) in shown, part


def test_only_words_of_a_log_or_of_aws_look_like_code() -> None:
    for name, is_quoted in (("exit-1-python-traceback", True), ("array-closed", False),
                            ("recovered", False)):  # fmt: skip
        alert = document_of(name)
        assert wording.short_lines(alert).is_quoted is is_quoted
        root = wording.short_lines(alert).root
        card = json.dumps(slack_blocks.render_card(alert)["attachments"], ensure_ascii=False)
        code = json.dumps({"text": root, "style": {"code": True}}, ensure_ascii=False)[1:-1]
        assert (code in card) is is_quoted
        assert (f"<pre>{root}" in html.unescape(mail.render_html(alert))) is is_quoted


def test_the_first_message_has_its_log_in_the_thread(slack: Slack, bot: SlackBot) -> None:
    alert = document_of("exit-1-python-traceback")
    thread = bot.send(alert, None)
    assert thread == Thread(slack.roots()[0], "C1", alert.time, begun_by=alert.alert_id)
    (log,) = slack.thread(thread.message)
    assert "KeyError: 'currency_code'" in "".join(texts_of(log["blocks"]))


def test_an_update_edits_the_first_message_and_adds_to_the_thread(
    slack: Slack, bot: SlackBot
) -> None:
    first = document_of("array-first", time="2026-11-25T10:00:00Z")
    thread = bot.send(first, None)
    later = document_of("array-closed", time="2026-11-25T11:00:00Z")
    newer = bot.send(later, thread)
    assert len(slack.roots()) == 1
    assert newer.time == later.time
    assert "312 jobs failed" in "".join(texts_of(slack.first()["attachments"]))
    assert slack.problems == []


def test_a_recovery_turns_the_message_green_and_ends_the_thread(
    slack: Slack, bot: SlackBot
) -> None:
    thread = bot.send(document_of("nightly-5th", time="2026-11-25T10:00:00Z"), None)
    ended = bot.send(document_of("recovered", time="2026-11-25T12:00:00Z"), thread)
    assert ended.is_over
    assert slack.first()["attachments"][0]["color"] == slack_blocks._RECOVERED[1]


def test_a_recovery_is_not_late_because_its_job_stopped_before_the_event_of_the_failure(
    slack: Slack, bot: SlackBot
) -> None:
    thread = bot.send(document_of("nightly-5th", time="2026-11-25T10:00:02Z"), None)
    ended = bot.send(document_of("recovered", time="2026-11-25T10:00:00Z"), thread)
    assert ended.is_over
    assert ended.time == "2026-11-25T10:00:02Z"  # the same failure again would begin no thread
    assert slack.first()["attachments"][0]["color"] == slack_blocks._RECOVERED[1]


def test_a_late_update_does_not_replace_a_newer_state(slack: Slack, bot: SlackBot) -> None:
    thread = bot.send(document_of("array-closed", time="2026-11-25T11:00:00Z"), None)
    kept = bot.send(document_of("array-first", time="2026-11-25T10:00:00Z"), thread)
    assert slack.edits == []
    assert kept == thread
    assert len(slack.thread(thread.message)) == 2


def test_a_message_that_may_not_be_edited_does_not_stop_the_thread(
    slack: Slack, bot: SlackBot
) -> None:
    thread = bot.send(document_of("nightly-5th", time="2026-11-25T10:00:00Z"), None)
    slack.refuse = [Reply(body='{"ok": false, "error": "edit_window_closed"}')]
    assert bot.send(document_of("recovered", time="2026-11-25T12:00:00Z"), thread).is_over
    assert "RECOVERED" in slack.thread(thread.message)[-1]["text"]


def test_a_deleted_first_message_is_followed_by_another(slack: Slack, bot: SlackBot) -> None:
    thread = bot.send(document_of("array-first", time="2026-11-25T10:00:00Z"), None)
    del slack.messages[thread.message]
    later = document_of("array-closed", time="2026-11-25T11:00:00Z")
    newer = bot.send(later, thread)
    assert newer.message in slack.roots()
    assert (newer.begun_by, newer.time) == (later.alert_id, later.time)
    # Also where it came late, so that nothing is edited.
    late = document_of("array-first", time="2026-11-25T10:00:00Z")
    del slack.messages[newer.message]
    assert bot.send(late, newer).message in slack.roots()


@pytest.mark.parametrize("lost", [0, 1], ids=["the edit", "the update after the edit"])
def test_an_update_that_slack_takes_in_part_is_posted_once(
    slack: Slack, bot: SlackBot, lost: int
) -> None:
    thread = bot.send(document_of("array-first", time="2026-11-25T10:00:00Z"), None)
    before = len(slack.messages)
    later = document_of("array-closed", time="2026-11-25T11:00:00Z")
    answers = [Reply(body='{"ok": true, "ts": "1", "channel": "C1"}')] * lost
    slack.refuse = [*answers, Reply(503, "busy")]
    with pytest.raises(RetryableError):
        bot.send(later, thread)
    assert len(slack.messages) == before
    newer = bot.send(later, thread)
    assert newer.time == later.time
    assert len(slack.messages) == before + 1
    assert "312 jobs failed" in "".join(texts_of(slack.first()["attachments"]))


@pytest.mark.parametrize(
    ("reply", "kind", "wait"),
    [
        (Reply(429, '{"error": "ratelimited"}', {"Retry-After": "30"}), RetryableError, 30),
        (Reply(500, "{}"), RetryableError, 0),
        (Reply(503, "busy"), RetryableError, 0),
        (Reply(200, '{"ok": false, "error": "internal_error"}'), RetryableError, 0),
        (Reply(200, '{"ok": false, "error": "not_in_channel"}'), RejectedError, None),
        (Reply(200, '{"ok": false, "error": "token_revoked"}'), RejectedError, None),
    ],
)  # fmt: skip
def test_what_slack_answers_decides_about_another_try(
    slack: Slack, bot: SlackBot, reply: Reply, kind: type[Exception], wait: int | None
) -> None:
    slack.refuse = [reply]
    with pytest.raises(kind) as raised:
        bot.send(document_of("timeout"), None)
    assert getattr(raised.value, "retry_after_s", None) == wait
    assert "xoxb" not in str(raised.value)


def test_details_that_slack_refuses_do_not_repeat_the_alert(slack: Slack, bot: SlackBot) -> None:
    alert = document_of("exit-1-python-traceback")
    too_long = Reply(body='{"ok": false, "error": "msg_too_long"}')
    slack.refuse = [Reply(body='{"ok": true, "ts": "1.0", "channel": "C1"}'), too_long]
    assert bot.send(alert, None).message == "1.0"


def test_details_that_slack_takes_later_do_not_repeat_the_alert(
    slack: Slack, bot: SlackBot
) -> None:
    alert, limit = document_of("exit-1-python-traceback"), slack.per_second
    slack.per_second = 1
    with pytest.raises(UnfinishedError, match="ratelimited") as raised:
        bot.send(alert, None)
    thread, slack.per_second = raised.value.thread, limit
    assert raised.value.retry_after_s == 1
    assert bot.send(alert, thread) == thread
    assert slack.roots() == [thread.message]
    assert [one["text"] for one in slack.thread(thread.message)] == ["Details"]


def test_a_server_that_is_not_there_is_no_answer() -> None:
    with pytest.raises(NoAnswerError):
        SlackBot("xoxb-1", "C1", "http://127.0.0.1:9/api/").send(document_of("timeout"), None)


def test_text_of_a_job_has_no_effect() -> None:
    hostile = document_of("timeout")
    fields = {
        **hostile.fields,
        "job": {**hostile.fields["job"], "name": "<!here> *x* <https://a.b|c>"},
    }
    fields["text"] = {**fields["text"], "subject": "FAILED <!here> & <@U1>"}
    card = slack_blocks.render_card(replace(hostile, fields=fields))
    assert "<" not in card["text"]
    assert card["text"].startswith("FAILED &lt;!here&gt; &amp;")
    assert "mrkdwn" not in str(card)  # rich text only: what stands in it is literal


def test_an_incoming_webhook_takes_the_same_card() -> None:
    taken = Recorder()
    with serving(taken) as url:
        SlackWebhook(f"{url}/services/T/B/x").send(document_of("timeout"), None)
    assert problem_of(taken.requests[0].document) == ""
