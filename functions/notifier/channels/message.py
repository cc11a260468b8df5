"""One SNS message with the text of every channel, within the limits of Amazon SNS."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from notifier.alert.alert import Alert
from notifier.alert.breakdown import Sample
from notifier.batch.labels.labels import filter_labels
from notifier.channels import chat, email, sms, webhook
from notifier.joblog.excerpt import Excerpt
from notifier.text import untrusted
from notifier.text.links.defang import inert

# 256 KiB in UTF-8 bytes, message attributes included.
# https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
PUBLISH_LIMIT = 262_144
ATTRIBUTES_LIMIT = 10
ATTRIBUTE_LIMIT = 256  # characters
LIST_LIMIT = 5_000  # bytes; two hundred names of 24 letters
ATTRIBUTES_RESERVE = 32_768  # five lists, five texts, their names and types
ROWS_KEPT = 10  # of the table of failed jobs, in a message that is too large
LEFT_OUT = "log left out: too large for one message"
EVIDENCE_KEPT = 200  # characters of a line of evidence, in the shortest version


@dataclass(frozen=True, slots=True)
class Message:
    """The arguments of `Publish`: subject, JSON by protocol, attributes for filter policies.

    An attribute with several values matches a filter policy that names any of them.
    """

    subject: str
    body: str
    attributes: dict[str, str | tuple[str, ...]]

    def decode(self) -> dict[str, Any]:
        """Give each channel's text, decoded for a person to read."""
        texts = json.loads(self.body)
        return {
            "subject": self.subject,
            "email": texts["email"],
            "sms": texts["sms"],
            "chat": json.loads(texts["https"]),
            "webhook": json.loads(texts["http"]),
            "attributes": self.attributes,
        }


def render(alert: Alert) -> Message:
    """Render an alert for all protocols; where it is too large, the log is shortened first."""
    for version in _shorten_step_by_step(alert):
        texts = render_channels(version)
        body = json.dumps(_map_protocols(texts), ensure_ascii=False)
        if len(body.encode("utf-8", "replace")) <= PUBLISH_LIMIT - ATTRIBUTES_RESERVE:
            return Message(texts["subject"], body, _make_attributes(alert))
    raise AssertionError("the shortest version of an alert fits by the limits of its fields")


def render_channels(alert: Alert) -> dict[str, str]:
    """Give the texts by channel name: subject, email, sms, chat, webhook."""
    texts = {
        "subject": email.render_subject(alert),
        "email": inert(email.render_body(alert), _own_parts(alert)),
        "sms": sms.render(alert),
    }
    return texts | {"chat": chat.render(alert), "webhook": webhook.render(alert, texts)}


def _own_parts(alert: Alert) -> Iterator[str]:
    """Give what the notifier made itself: only from parts that have AWS's form, and the runbook."""
    yield from (url for _, url in (*alert.links, *alert.actions))
    yield from alert.commands


def _map_protocols(texts: dict[str, str]) -> dict[str, str]:
    # https://docs.aws.amazon.com/sns/latest/dg/sns-send-custom-platform-specific-payloads-mobile-devices.html
    machine = dict.fromkeys(("http", "sqs", "lambda", "firehose"), texts["webhook"])
    people = {"default": texts["sms"], "sms": texts["sms"], "https": texts["chat"]}
    return {**people, "email": texts["email"], "email-json": texts["email"], **machine}


def _shorten_step_by_step(alert: Alert) -> Iterator[Alert]:
    """Give the whole alert, then versions with less and less of logs, tables and details."""
    yield alert
    for shorten in (_shorten_samples, _shorten_log, _shorten_lists, _drop_details):
        for shorter in shorten(alert):
            yield shorter
            alert = shorter


def _shorten_samples(alert: Alert) -> Iterator[Alert]:
    while any(one.excerpt for one in alert.samples):
        alert = replace(alert, samples=tuple(_halve_sample(one) for one in alert.samples))
        yield alert


def _halve_sample(sample: Sample) -> Sample:
    excerpt = sample.excerpt and _halve(sample.excerpt)
    return replace(
        sample, excerpt=excerpt, note=sample.note if excerpt else sample.note or LEFT_OUT
    )


def _shorten_log(alert: Alert) -> Iterator[Alert]:
    while alert.excerpt is not None:
        excerpt = _halve(alert.excerpt)
        alert = replace(alert, excerpt=excerpt, log_note=alert.log_note if excerpt else LEFT_OUT)
        yield alert


def _halve(excerpt: Excerpt) -> Excerpt | None:
    """Keep the last half of the lines, and nothing of a single one."""
    kept = excerpt.lines[(len(excerpt.lines) + 1) // 2 :]
    return replace(excerpt, lines=kept, shown=len(kept)) if kept else None


def _shorten_lists(alert: Alert) -> Iterator[Alert]:
    """Show fewer rows of the table of failed jobs, then no job names by cause."""
    whole, rows = alert.breakdown, len(alert.breakdown)
    while rows > ROWS_KEPT:
        rows = max(ROWS_KEPT, rows // 2)
        left_out = f"[{len(whole) - rows:,} lines left out: too large for one message]"
        alert = replace(alert, breakdown=(*whole[:rows], left_out))
        yield alert
    yield replace(alert, causes=tuple(replace(one, indices="", names=()) for one in alert.causes))


def _drop_details(alert: Alert) -> Iterator[Alert]:
    alert = replace(
        alert, attempts=(), commands=(), submit_commands=(), changes=(), run_history=None
    )
    yield alert
    evidence = tuple(
        replace(one, text=untrusted.truncate(one.text, EVIDENCE_KEPT))
        for one in alert.diagnosis.evidence
    )
    failure = alert.failure and replace(alert.failure, status_reason="", image="", depends_on=())
    diagnosis = replace(alert.diagnosis, evidence=evidence)
    yield replace(alert, facts=(), ids=(), diagnosis=diagnosis, failure=failure)


def _make_attributes(alert: Alert) -> dict[str, str | tuple[str, ...]]:
    """Give at most ten attributes, the limit of SQS with raw delivery; empty ones are left out.

    `sms` is `held` once the limit on text messages is reached, for the filter policy of a phone. A
    message about several incidents matches the filter policy of each of them. The labels that an
    operator chose take the room of the last ones.
    """
    first = {
        "event": alert.status.lower().replace(" ", "-"),
        "severity": str(alert.severity),
        "sms": "" if alert.sms_allowed else "held",
        "cause": alert.diagnosis.cause,
        "class": str(alert.diagnosis.class_),
        "queue": alert.queue,
        "definition": alert.definition,
        "owner": alert.owner,
    }
    last = {
        "job_name": alert.failure.job_name if alert.failure else "",
        "region": alert.region,
        "account": alert.account,
    }
    labels = dict.fromkeys(alert.filters, "")
    if alert.failure:
        labels = filter_labels(alert.failure) | {"run": alert.failure.run}
    found = first | {name: labels[name] for name in labels if name not in first} | last
    attributes: dict[str, str | tuple[str, ...]] = {}
    for name, value in found.items():
        several = tuple(dict.fromkeys(filter(None, (value, *alert.filters.get(name, ())))))
        if len(several) > 1:
            attributes[name] = _fit_list(several)
        elif several:
            attributes[name] = untrusted.truncate(several[0], ATTRIBUTE_LIMIT)
    return dict(list(attributes.items())[:ATTRIBUTES_LIMIT])


def _fit_list(values: tuple[str, ...]) -> tuple[str, ...]:
    sizes = itertools.accumulate(len(json.dumps(value)) + 2 for value in values)
    return tuple(value for value, size in zip(values, sizes, strict=True) if size <= LIST_LIMIT)
