"""PagerDuty, Opsgenie and incident.io: one alert an incident, opened and resolved by its key.

What a person did by a link of an alert acknowledges it.

Events API v2: https://developer.pagerduty.com/docs/send-alert-event
Alert API: https://docs.opsgenie.com/docs/alert-api
Alert events over HTTP: https://api-docs.incident.io/tag/Alert-Events-V2
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from destinations.document import AlertDocument
from destinations.senders import http, wording
from destinations.senders.thread import Thread

SUMMARY_LIMIT = 1_024  # characters of a PagerDuty summary
KEY_LIMIT = 255  # of its dedup_key
LOG_LINES = 40
_PAGERDUTY = {"us": "https://events.pagerduty.com", "eu": "https://events.eu.pagerduty.com"}
_OPSGENIE = {"us": "https://api.opsgenie.com", "eu": "https://api.eu.opsgenie.com"}
_INCIDENT_IO = "https://api.incident.io"
_PRIORITIES = {"critical": "P1", "warning": "P3", "info": "P5"}


class PagerDuty:
    """Triggers and resolves."""

    def __init__(self, routing_key: str, service_region: str = "us", api: str = "") -> None:
        self._key, self._api = routing_key, api or _PAGERDUTY[service_region]

    def send(self, alert: AlertDocument, thread: Thread | None) -> None:
        """Send one event."""
        del thread
        event = render_pagerduty(alert) | {"routing_key": self._key}
        http.post_json("PagerDuty", f"{self._api}/v2/enqueue", event)


class Opsgenie:
    """Creates and closes."""

    def __init__(self, key: str, service_region: str = "us", api: str = "") -> None:
        self._headers = {"Authorization": f"GenieKey {key}"}
        self._api = api or _OPSGENIE[service_region]

    def send(self, alert: AlertDocument, thread: Thread | None) -> None:
        """Create the alert, acknowledge it or close it."""
        del thread
        path = "/v2/alerts"
        if alert.is_recovery or alert.is_answer:
            verb = "close" if alert.is_recovery else "acknowledge"
            path += f"/{quote(alert.incident, safe='')}/{verb}?identifierType=alias"
        http.post_json("Opsgenie", self._api + path, render_opsgenie(alert), self._headers)


class IncidentIo:
    """Fires and resolves."""

    def __init__(self, token: str, source: str, api: str = _INCIDENT_IO) -> None:
        self._headers = {"Authorization": f"Bearer {token}"}
        self._url = f"{api}/v2/alert_events/http/{quote(source, safe='')}"

    def send(self, alert: AlertDocument, thread: Thread | None) -> None:
        """Send one alert event; its API knows no acknowledgement."""
        del thread
        if alert.is_answer:
            return
        http.post_json("incident.io", self._url, render_incident_io(alert), self._headers)


def render_pagerduty(alert: AlertDocument) -> dict[str, Any]:
    """Give an event of the Events API v2, without the routing key."""
    event = {
        "event_action": _action(alert),
        "dedup_key": alert.incident[:KEY_LIMIT],
        "client": "batch-notifier",
    }
    values = alert.routing_values()
    payload = {
        "summary": wording.one_line(alert.subject, SUMMARY_LIMIT),
        "source": values["queue"] or values["account"] or "AWS Batch",
        "severity": alert.severity,  # info, warning and critical are words of this API, too
        "timestamp": alert.time or None,
        "component": alert.name,
        "group": values["definition"],
        "class": values["cause"],
        "custom_details": _details(alert),
    }
    shown = (*wording.shown_links(alert), *wording.shown_actions(alert))
    links = [{"href": url, "text": label} for label, url in shown]
    return event | {"payload": {k: v for k, v in payload.items() if v}, "links": links}


def _action(alert: AlertDocument) -> str:
    if alert.is_answer:
        return "acknowledge"
    return "resolve" if alert.is_recovery else "trigger"


def render_opsgenie(alert: AlertDocument) -> dict[str, Any]:
    """Give the body of Create Alert, or of Close Alert and Acknowledge Alert."""
    if alert.is_recovery or alert.is_answer:
        return {"source": "batch-notifier", "note": wording.one_line(alert.subject)}
    values = alert.routing_values()
    return {
        "message": wording.one_line(alert.subject, 130),
        "alias": alert.incident[:512],
        "description": alert.email[:15_000],
        "priority": _PRIORITIES[alert.severity],
        "source": "batch-notifier",
        "entity": alert.name[:512],
        "tags": [values[name][:50] for name in ("queue", "cause", "class") if values[name]],
    }


def render_incident_io(alert: AlertDocument) -> dict[str, Any]:
    """Give an alert event; its status follows the incident."""
    found = {
        "title": wording.one_line(alert.subject),
        "description": alert.email[:15_000],
        "deduplication_key": alert.incident,
        "status": "resolved" if alert.is_recovery else "firing",
        "source_url": dict(wording.shown_links(alert, 1)).popitem()[1] if alert.links else "",
        "metadata": _details(alert) | alert.routing_values(),
    }
    return {key: value for key, value in found.items() if value}


def _details(alert: AlertDocument) -> dict[str, Any]:
    lines = wording.short_lines(alert)
    found = {
        "cause": lines.cause,
        "error": lines.root,
        "next steps": alert.steps,
        "failed": lines.count,
        "place": lines.place,
        "log": alert.log_lines[-LOG_LINES:],
        "commands": alert.fields.get("commands") or [],
    }
    return {key: value for key, value in found.items() if value}
