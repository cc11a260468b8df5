"""Slack: one message an incident that is edited, with a thread; or an incoming webhook."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError, SlackRequestError

from destinations.document import AlertDocument
from destinations.errors import NoAnswerError, RejectedError, RetryableError
from destinations.senders import http, slack_blocks
from destinations.senders.thread import Thread, UnfinishedError

logger = Logger(child=True)

API = "https://slack.com/api/"
TIMEOUT_S = 8
# Errors that pass by themselves. https://docs.slack.dev/reference/methods/chat.postMessage
_PASSING = frozenset(
    {"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable",
     "request_timeout", "team_added_to_org", "message_limit_exceeded"}
)  # fmt: skip
# The first message can no longer be edited: the workspace forbids it.
_LOCKED = frozenset({"cant_update_message", "edit_window_closed", "is_inactive", "update_failed"})
# Somebody has deleted the first message, or its thread takes no replies: another one is begun.
_DELETED = frozenset({"message_not_found", "thread_not_found", "cannot_reply_to_message"})


class SlackBot:
    """Posts with a bot token (scope chat:write), and keeps the first message up to date."""

    def __init__(self, token: str, channel: str, api: str = API) -> None:
        # Without the retry handlers of the library: the queue retries, and holds up nobody.
        self._client = WebClient(token=token, base_url=api, timeout=TIMEOUT_S, retry_handlers=[])
        self._channel = channel

    def send(self, alert: AlertDocument, thread: Thread | None) -> Thread:
        """Post the first message and its log; later, edit it and add an update to its thread.

        A try after a failure posts nothing again that was posted: the first message is known by
        its thread, and an edit can be repeated, so it comes before the update.
        """
        if thread is None:
            return self._begin(alert)
        if thread.begun_by == alert.alert_id:
            self._post_details(alert, thread)
            return thread
        try:
            return self._update(alert, thread)
        except RejectedError as error:
            if not _is_for(error, _DELETED):
                raise
            return self._begin(alert)

    def _begin(self, alert: AlertDocument) -> Thread:
        card = slack_blocks.render_card(alert)
        answer = self._call("chat.postMessage", channel=self._channel, **card)
        place = str(answer["ts"]), str(answer["channel"])
        thread = Thread(*place, begun_by=alert.alert_id).following(alert)
        self._post_details(alert, thread)
        return thread

    def _update(self, alert: AlertDocument, thread: Thread) -> Thread:
        card = slack_blocks.render_card(alert)
        # Delivered late, the first message shows a newer state; an answer leaves it as it is.
        if not thread.is_newer_than(alert) and not alert.is_answer:
            self._edit(card, thread)
        self._call("chat.postMessage", channel=thread.place, thread_ts=thread.message, **card)
        return thread.following(alert)

    def _post_details(self, alert: AlertDocument, thread: Thread) -> None:
        """Post table and log; where Slack refuses them, the alert above them is enough."""
        blocks = slack_blocks.render_details(alert)
        if not blocks:
            return
        place = {"channel": thread.place, "thread_ts": thread.message}
        try:
            self._call("chat.postMessage", **place, text="Details", blocks=blocks)
        except RetryableError as error:
            raise UnfinishedError(str(error), error.retry_after_s, thread) from error
        except RejectedError as error:
            logger.warning("details not posted", extra={"problem": str(error)})

    def _edit(self, card: dict[str, Any], thread: Thread) -> None:
        try:
            self._call("chat.update", channel=thread.place, ts=thread.message, **card)
        except RejectedError as error:
            if not _is_for(error, _LOCKED):
                raise

    def _call(self, method: str, **arguments: Any) -> dict[str, Any]:
        sent = {**arguments, "unfurl_links": False, "unfurl_media": False}
        try:
            answer = self._client.api_call(method, json=sent)
        except SlackApiError as error:
            raise _meaning_of(error) from error
        except (SlackClientError, SlackRequestError, OSError, ValueError) as error:
            raise NoAnswerError(f"Slack: no answer ({type(error).__name__})") from error
        return dict(answer.data) if isinstance(answer.data, dict) else {}


class SlackWebhook:
    """Posts to an incoming webhook, which knows no threads."""

    def __init__(self, url: str) -> None:
        self._url = url

    def send(self, alert: AlertDocument, thread: Thread | None) -> None:
        """Post the alert as a message of its own."""
        del thread
        card = slack_blocks.render_card(alert)
        http.post_json("Slack", self._url, card)


def _is_for(error: RejectedError, reasons: frozenset[str]) -> bool:
    return any(reason in str(error) for reason in reasons)


def _meaning_of(error: SlackApiError) -> RetryableError | RejectedError:
    answer: Any = error.response
    reason = str(answer.get("error", "")) if isinstance(answer.data, dict) else ""
    problem = f"Slack: {reason or f'HTTP {answer.status_code}'}"
    if reason in _PASSING or answer.status_code == 429 or answer.status_code >= 500:
        wait = str(answer.headers.get("Retry-After") or answer.headers.get("retry-after") or "")
        return RetryableError(problem, http.parse_retry_after(wait))
    return RejectedError(problem)
