"""The alert document `batch-failure-alert/1`, as destinations read it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import Any

from destinations.errors import DocumentError

SCHEMA = "batch-failure-alert/1"
SEVERITIES = ("info", "warning", "critical")  # in rising order


@dataclass(frozen=True, slots=True)
class AlertDocument:
    """One alert. Absent texts are empty; `fields` is the whole document.

    `alert_id` is the same whenever the same message is delivered again. `incident` is the same in
    all messages about one incident.
    """

    fields: dict[str, Any]
    alert_id: str

    @property
    def incident(self) -> str:
        """The key of the incident, for threads and for `dedup_key`."""
        return self._text("dedup_key")

    @property
    def ended(self) -> tuple[AlertDocument, ...]:
        """The same recovery for each other incident that it ends."""
        return tuple(
            replace(
                self,
                fields=self.fields | {"dedup_key": str(key)},
                alert_id=f"{self.alert_id}-{key}",
            )
            for key in self.fields.get("closes") or ()
        )

    @property
    def status(self) -> str:
        """Such as FAILED, `DRILL FAILED` or RECOVERED."""
        return self._text("status")

    @property
    def is_recovery(self) -> bool:
        """Whether the incident has recovered."""
        return self.status.endswith("RECOVERED")

    @property
    def is_update(self) -> bool:
        """Whether an earlier message has reported the incident."""
        return self._text("outcome") in ("grew", "repeat", "closed", "recovered", "answered")

    @property
    def is_answer(self) -> bool:
        """Whether it says what a person did by a link of an alert."""
        return self._text("outcome") == "answered"

    @property
    def severity(self) -> str:
        """One of info, warning and critical."""
        return self._text("severity")

    @property
    def time(self) -> str:
        """Of the event, ISO 8601 in UTC."""
        return self._text("time")

    @property
    def name(self) -> str:
        """The job's name, or of what else failed."""
        return str(self._part("job").get("name") or "")

    @property
    def cause(self) -> dict[str, Any]:
        """The cause: id, title, class, certainty, meaning, evidence."""
        return self._part("cause")

    @property
    def subject(self) -> str:
        """The subject of the mail: the alert in one line."""
        return str(self._part("text").get("subject") or "")

    @property
    def email(self) -> str:
        """The whole alert as plain text."""
        return str(self._part("text").get("email") or "")

    @property
    def summary(self) -> str:
        """One sentence that can be read aloud."""
        return self._text("summary")

    @property
    def steps(self) -> list[str]:
        """What to do next, the most useful first."""
        return [str(one) for one in self.fields.get("next_steps") or ()]

    @property
    def links(self) -> dict[str, str]:
        """Console links by label."""
        return {str(label): str(url) for label, url in self._part("links").items()}

    @property
    def actions(self) -> dict[str, str]:
        """Signed links by label: what a reader may do."""
        return {str(label): str(url) for label, url in self._part("actions").items()}

    @property
    def log_lines(self) -> list[str]:
        """The log excerpt, or that of the first sample."""
        samples = [one.get("excerpt") for one in self.fields.get("samples") or ()]
        for excerpt in (self.fields.get("log"), *samples):
            if excerpt:
                return [str(line) for line in excerpt.get("lines") or ()]
        return []

    @property
    def table(self) -> list[str]:
        """The table of several failures, for a fixed-width font."""
        return [str(line) for line in self.fields.get("breakdown") or ()]

    @property
    def root_line(self) -> str:
        """The line that says why: of the log where it was read, else AWS's words, else ours."""
        evidence = self.cause.get("evidence") or []
        words = {one.get("source"): str(one.get("text")) for one in reversed(evidence)}
        exit_code = words.pop("exit code", "")
        said = words.get("log") or next(reversed(words.values()), "")
        return said or (f"exit code {exit_code}" if exit_code else self.summary)

    @property
    def place(self) -> str:
        """Queue, account and Region in one line."""
        queue = self._text("queue")
        where = [f"queue {queue}" if queue else "", self._text("account"), self._text("region")]
        return ", ".join(filter(None, where))

    @property
    def count_line(self) -> str:
        """How many failed, how new it is and who owns it, in one line."""
        failed = self._part("counts").get("failed")
        jobs = f"{failed:,} jobs failed" if failed and failed > 1 else ""
        news = (jobs, self._text("novelty"), self._text("reason"), self._text("kept_back"))
        owner = self._text("owner")
        return " · ".join(filter(None, (*news, owner and f"owner {owner}")))

    def routing_values(self) -> dict[str, str]:
        """Give the values that routes match on, by their name in a routes file."""
        return {
            "queue": self._text("queue"),
            "definition": self._text("definition"),
            "job": self.name,
            "owner": self._text("owner"),
            "run": self._text("run"),
            "cause": str(self.cause.get("id") or ""),
            "class": str(self.cause.get("class") or ""),
            "severity": self.severity,
            "account": self._text("account"),
            "region": self._text("region"),
            "status": self.status,
        }

    def _text(self, name: str) -> str:
        return str(self.fields.get(name) or "")

    def _part(self, name: str) -> dict[str, Any]:
        return self.fields.get(name) or {}


def parse(body: str) -> AlertDocument:
    """Read one document.

    Raises
    ------
    DocumentError
        If it is no JSON, or not of this schema.
    """
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise DocumentError("the message is no JSON document") from error
    if not isinstance(fields, dict) or fields.get("schema") != SCHEMA:
        raise DocumentError(f"the message is no {SCHEMA} document")
    if fields.get("severity") not in SEVERITIES or not fields.get("dedup_key"):
        raise DocumentError(f"the {SCHEMA} document has no severity or no dedup_key")
    return AlertDocument(fields, identify(body))


def identify(body: str) -> str:
    """Give the id of a message: the same whenever the same text is delivered again."""
    return hashlib.sha256(body.encode("utf-8", "replace")).hexdigest()[:32]
