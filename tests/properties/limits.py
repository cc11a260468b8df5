"""What each channel takes, written as checks from the channels' own documents."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

import jsonschema

from notifier.alert.alert import Alert
from notifier.channels import sms
from notifier.channels.message import Message
from notifier.text import untrusted
from tests.properties.planted import IGNORABLE
from tests.properties.strategies import MARK

# ETSI TS 123 038, 6.2.1: the basic table, and the table behind the escape (two septets each).
_GREEK_AND_SIGNS = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
GSM_7 = frozenset(
    _GREEK_AND_SIGNS + "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_7_EXTENDED = frozenset("\f^{}\\[~]|€")
SMS_LIMIT = 145
PUBLISH_LIMIT = 262_144  # bytes, attributes included: SNS API reference, Publish
PROTOCOLS = {"default", "email", "email-json", "sms", "http", "https", "sqs", "lambda", "firehose"}
CLICKABLE = re.compile(r"(?i)(?:https?|ftps?)://\S*|\bwww\.\S*")
WIDTH = 77

_STRING = {"type": "string", "minLength": 1}
_STRINGS = {"type": "array", "items": _STRING}
# https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
CHAT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["version", "source", "content"],
    "properties": {
        "version": {"const": "1.0"},
        "source": {"const": "custom"},
        "id": _STRING,
        "content": {
            "type": "object",
            "additionalProperties": False,
            "required": ["description"],
            "properties": {
                "textType": {"const": "client-markdown"},
                "title": _STRING | {"maxLength": 250},
                "description": _STRING | {"maxLength": 8_000},
                "nextSteps": _STRINGS,
                "keywords": _STRINGS,
            },
        },
        "metadata": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "threadId": _STRING,
                "summary": _STRING,
                "eventType": _STRING,
                "relatedResources": _STRINGS,
                "additionalContext": {"type": "object", "additionalProperties": _STRING},
                "enableCustomActions": {"type": "boolean"},
            },
        },
    },
}


def check_everything(alert: Alert, message: Message) -> None:
    """Check one publish: size, keys, and each channel's text."""
    texts = json.loads(message.body)
    assert set(texts) == PROTOCOLS
    assert all(isinstance(value, str) and value for value in texts.values())
    sent = len(message.body.encode()) + len(message.subject.encode())
    sent += sum(
        len(f"{k}String.Array{json.dumps(v)}".encode()) for k, v in message.attributes.items()
    )
    assert sent <= PUBLISH_LIMIT
    check_attributes(message.attributes)
    check_subject(alert, message.subject)
    check_sms(alert, texts["sms"])
    check_sms(alert, texts["default"])
    check_email(alert, texts["email"])
    assert texts["email-json"] == texts["email"]
    check_chat(alert, texts["https"])
    assert len({texts[key] for key in ("http", "sqs", "lambda", "firehose")}) == 1
    check_webhook(alert, texts["http"])


def check_clean(value: object) -> None:
    """Check that no text of a JSON value holds what a reader cannot see."""
    if isinstance(value, str):
        hidden = {
            c for c in set(value) if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")
        }
        assert not hidden - {"\n"}, hidden
        assert not IGNORABLE.intersection(value)
        # XML 1.0 has no U+FFFE and U+FFFF, and SQS refuses a message that holds one.
        assert not {"\ufffe", "\uffff"}.intersection(value)
    elif isinstance(value, dict):
        for key, inner in value.items():
            check_clean(key)
            check_clean(inner)
    elif isinstance(value, list):
        for inner in value:
            check_clean(inner)


def check_attributes(attributes: dict[str, str | tuple[str, ...]]) -> None:
    assert 1 <= len(attributes) <= 10
    assert all(re.fullmatch(r"[a-z_]{1,256}", key) for key in attributes)
    for given in attributes.values():
        values = [given] if isinstance(given, str) else list(given)
        assert all(0 < len(value) <= 256 and "\n" not in value for value in values)
        check_clean(values)
    assert attributes["severity"] in ("info", "warning", "critical")


def _begins(name: str, shown: str) -> bool:
    """Say whether a text has the name's start; what is not ASCII may stand there as likeness."""
    start = untrusted.ascii_line(name).strip()[:12].strip()
    return start in shown or not start.strip("? ")


def check_subject(alert: Alert, subject: str) -> None:
    assert 1 <= len(subject) <= 99
    assert all(" " <= c <= "~" for c in subject), subject
    assert subject.startswith(alert.status)
    assert _begins(alert.name, subject), subject
    assert not CLICKABLE.search(subject), subject


def check_sms(alert: Alert, told: str) -> None:
    assert set(told) <= GSM_7 | GSM_7_EXTENDED, set(told) - GSM_7
    assert sum(2 if c in GSM_7_EXTENDED else 1 for c in told) <= SMS_LIMIT
    assert "\n" not in told
    assert told.startswith(alert.status)
    assert sms._to_gsm7(alert.cause_or_headline)[:10].strip() in told  # as GSM-7 has it
    assert not CLICKABLE.search(told), told


def check_email(alert: Alert, told: str) -> None:
    check_clean(told)
    own = {url for _, url in (*alert.links, *alert.actions)}
    for line in told.split("\n"):
        if line.strip() in own:
            continue
        assert not CLICKABLE.search(line), line
    shown = [line.strip() for line in told.split("\n")]
    assert all(url in shown for url in own)
    for prose in (alert.sentence, alert.diagnosis.meaning, *alert.steps):
        for line in _lines_of(prose, told):
            assert len(line) <= WIDTH or " " not in line.strip(), line
    assert told.index(alert.sentence.split()[0]) == 0
    assert told.endswith("\n")


def _lines_of(prose: str, told: str) -> list[str]:
    """Give the lines of a mail over which a piece of prose was wrapped."""
    words = [re.escape(word) for word in untrusted.defang(prose).split()]
    found = re.search(r"\s+".join(words), told)
    assert found, prose
    start = told.rfind("\n", 0, found.start()) + 1
    return told[start : found.end()].split("\n")


def check_chat(alert: Alert, document: str) -> None:
    card = json.loads(document)
    jsonschema.Draft202012Validator(CHAT_SCHEMA).validate(card)
    check_clean(card)
    content = card["content"]
    plain = {field: _outside_code(content[field]) for field in ("title", "description")}
    links = re.findall(r"\[[a-z]+\]\(([^)]*)\)", plain["description"])
    assert set(links) <= {url for _, url in alert.links}
    plain["description"] = re.sub(r"\[[a-z]+\]\([^)]*\)", "", plain["description"])
    for field, rest in plain.items():
        assert "`" not in rest, (field, content[field])
        assert MARK not in rest, (field, rest)
        assert "<" not in rest, (field, rest)
    for told in (*content["nextSteps"], *content["keywords"]):
        assert MARK not in told
    for told in (card["metadata"]["summary"], card["metadata"]["eventType"],
                 *card["metadata"]["relatedResources"]):  # fmt: skip
        assert not re.search(r"[<`]|\]\(", told), told
        assert not CLICKABLE.search(told), told
    assert card["metadata"]["threadId"] == alert.incident


def _outside_code(markdown: str) -> str:
    """Drop fenced blocks and code spans, in which nothing is markup."""
    return re.sub(r"`[^`\n]*`", "", re.sub(r"```\n.*?\n```", "", markdown, flags=re.DOTALL))


def check_webhook(alert: Alert, document: str) -> None:
    given = json.loads(document)
    check_clean(given)
    assert given["schema"] == "batch-failure-alert/1"
    assert {
        "schema", "dedup_key", "status", "kind", "job", "queue", "definition", "cause", "severity",
        "event_id", "time", "text",
    } <= set(given)  # fmt: skip
    assert {"id", "title", "class", "certainty"} <= set(given["cause"])
    assert {"subject", "email", "sms"} <= set(given["text"])
    assert given["dedup_key"] == alert.incident
    assert alert.failure is None or {"id", "name"} <= set(given["job"])
    assert json.loads(json.dumps(given, allow_nan=False)) == given
