"""The function behind the links, with AWS as moto emulates it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import boto3
import pytest
from moto import mock_aws

from actions import on_action
from notifier.alert.commands.action_links import Action, make_token
from notifier.aws.actions.signed_links import SignedLinks
from notifier.aws.ledger import IncidentLedger
from notifier.batch.event import parse_event
from notifier.batch.failure import Failure
from notifier.diagnosis.catalogue import Certainty
from notifier.incident.counts import Member, Role
from notifier.incident.incident import Incident, Place
from notifier.incident.marks import mark
from tests import incident_table
from tests.actions.jobs import FailedJobs

EVENTS = Path(__file__).parents[2] / "events"
HOST = "abc.lambda-url.eu-west-1.on.aws"
NOW = time.time_ns() // 1_000_000
HOUR = 3_600_000
KEY = "0123456789abcdef"
CONTEXT: Any = SimpleNamespace(function_name="on-action", aws_request_id="1")
FORM = "application/x-www-form-urlencoded"


class Stack:
    """The stack with ActionLinks=on and one open incident of two failures."""

    def __init__(self) -> None:
        self.dynamodb, self.sqs = boto3.client("dynamodb"), boto3.client("sqs")
        sns, self.secrets = boto3.client("sns"), boto3.client("secretsmanager")
        self.topic = sns.create_topic(Name="alerts")["TopicArn"]
        self.queue = self.sqs.create_queue(QueueName="seen")["QueueUrl"]
        arn = "arn:aws:sqs:us-east-1:123456789012:seen"
        raw = {"RawMessageDelivery": "true"}
        sns.subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint=arn, Attributes=raw)
        self.key_arn = self.secrets.create_secret(Name="key", SecretString="k" * 64)["ARN"]
        incident_table.make(self.dynamodb, "incidents")
        self.ledger = IncidentLedger("incidents")
        self.jobs = FailedJobs()
        self.signer = SignedLinks(f"https://{HOST}/", self.key_arn, allow_rerun=True)

    def begin_anew(self) -> None:
        """Have one open incident, no silence, and no message."""
        self.dynamodb.delete_table(TableName="incidents")
        incident_table.make(self.dynamodb, "incidents")
        self.published()
        self.incident = self._open()

    def _open(self) -> Incident:
        event = json.loads((EVENTS / "timeout.json").read_text(encoding="utf-8"))
        failure = parse_event(event)
        assert isinstance(failure, Failure)
        made = Incident(
            key=KEY, first=failure.for_storage(), cause="job-timeout", certainty=Certainty.CERTAIN,
            opened_at=NOW - 2 * HOUR, interval=300_000, reported_at=NOW - HOUR,
            reported=frozenset(map(mark, ("job-0", "job-1"))), due=NOW + HOUR,
        )  # fmt: skip
        saved = self.ledger.save(made)
        assert saved
        self.fail(2)
        return saved

    def fail(self, jobs: int) -> None:
        members = [
            Member(f"job-{n}", Role.FAILED, "job-timeout", NOW - HOUR, f"load-{n}")
            for n in range(jobs)
        ]
        self.ledger.record([(Place(KEY), one) for one in members], {})

    def fail_job(self, cause: str = "job-timeout", **submitted: Any) -> str:
        """Let a job of AWS Batch fail, as one more of the incident."""
        job = self.jobs.fail(**submitted)
        self._count(job, cause)
        return job

    def fail_array(self, size: int, failed: Sequence[int]) -> str:
        job = self.jobs.fail_array(size, failed)
        self._count(job, "job-timeout")
        return job

    def _count(self, job: str, cause: str) -> None:
        member = Member(job, Role.FAILED, cause, NOW - HOUR, "nightly")
        self.ledger.record([(Place(KEY), member)], {})

    def links(self, now: int = NOW, job: str = "") -> dict[str, str]:
        """Give the links of an alert, as the notifier signs them."""
        return dict(self.signer.sign(KEY, now, job))

    def token(self, label: str = "Acknowledge", job: str = "", now: int = NOW) -> str:
        return parse_qs(urlsplit(self.links(now, job)[label]).query)["t"][0]

    def signed(self, action: str, incident: str = KEY, expires: int = 0) -> str:
        """Give a link with a genuine signature, whatever it says."""
        end = expires or NOW // 1000 + 3_600
        return make_token(b"k" * 64, Action(action), incident, end)

    def follow(self, url: str, method: str = "GET") -> Page:
        return self.send(got(urlsplit(url).query, method))

    def submit(self, token: str, who: str = "Ada", **changes: Any) -> Page:
        return self.send(posted(urlencode({"t": token, "who": who})) | changes)

    def send(self, event: Any) -> Page:
        return Page(on_action.handler(event, CONTEXT))

    def published(self) -> list[Any]:
        """Take the documents that were published since the last time."""
        found = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10)
        messages = found.get("Messages", [])
        for one in messages:
            self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=one["ReceiptHandle"])
        return [json.loads(one["Body"]) for one in messages]

    def save(self, **changes: Any) -> None:
        current = self.ledger.read((), [KEY]).incidents[KEY]
        assert self.ledger.save(replace(current, **changes))


class Logged:
    """All that the function writes: its log, and its metrics on standard output."""

    def __init__(
        self, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
    ) -> None:
        self._capsys, self._caplog = capsys, caplog

    def take(self) -> str:
        """Give it since the last time; the metrics are the last line."""
        records = [json.dumps(vars(one), default=str) for one in self._caplog.records]
        self._caplog.clear()
        return "\n".join((*records, self._capsys.readouterr().out))


class Page:
    def __init__(self, response: dict[str, Any]) -> None:
        self.status: int = response["statusCode"]
        self.headers: dict[str, str] = response["headers"]
        self.html: str = response["body"]
        self.text = " ".join(
            unescape(re.sub("<[^>]+>", " ", self.html.split("</style>")[1])).split()
        )


def got(query: str, method: str = "GET") -> dict[str, Any]:
    """Give the event of a function URL; format 2.0."""
    http = {"method": method, "path": "/", "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7"}
    return {
        "version": "2.0", "rawPath": "/", "rawQueryString": query,
        "headers": {"host": HOST}, "isBase64Encoded": False,
        "requestContext": {"domainName": HOST, "http": http},
    }  # fmt: skip


def posted(body: str, **headers: str) -> dict[str, Any]:
    sent = {"content-type": FORM, "origin": f"https://{HOST}", "sec-fetch-site": "same-origin"}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    kept = {name: value for name, value in (sent | named).items() if value}
    return got("", "POST") | {"body": body, "headers": kept}


@contextmanager
def made() -> Iterator[Stack]:
    with mock_aws(config={"batch": {"use_docker": False}}), pytest.MonkeyPatch.context() as patch:
        stack = Stack()
        patch.setenv("ALERT_TOPIC_ARN", stack.topic)
        patch.setenv("TABLE_NAME", "incidents")
        patch.setenv("ACTIONS_KEY_ARN", stack.key_arn)
        patch.setenv("ALLOW_RERUN", "on")
        for made_once in (on_action._ledger, on_action._topic, on_action._key, on_action._batch):
            made_once.cache_clear()
        yield stack
