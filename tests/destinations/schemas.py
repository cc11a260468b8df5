"""What the services document of their messages, as JSON schemas of the parts that we use.

Adaptive Cards 1.5: https://adaptivecards.io/explorer/ . PagerDuty Events API v2:
https://developer.pagerduty.com/docs/send-alert-event . Opsgenie:
https://docs.opsgenie.com/docs/alert-api . incident.io:
https://api-docs.incident.io/tag/Alert-Events-V2 . Nothing but what they name is allowed.
"""

from __future__ import annotations

from typing import Any


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": False,
    }


def _text(longest: int | None = None) -> dict[str, Any]:
    limit = {"maxLength": longest} if longest else {}
    return {"type": "string", "minLength": 1, **limit}


_HTTPS = {"type": "string", "pattern": "^https://[^\\s]+$"}
_TEXT_BLOCK = _object(
    ["type", "text"],
    type={"const": "TextBlock"},
    text=_text(),
    wrap={"type": "boolean"},
    weight={"enum": ["Lighter", "Default", "Bolder"]},
    size={"enum": ["Small", "Default", "Medium", "Large", "ExtraLarge"]},
    fontType={"enum": ["Default", "Monospace"]},
    isSubtle={"type": "boolean"},
)
_CONTAINER = _object(
    ["type", "items"],
    type={"const": "Container"},
    style={"enum": ["default", "emphasis", "good", "attention", "warning", "accent"]},
    bleed={"type": "boolean"},
    id=_text(),
    isVisible={"type": "boolean"},
    items={"type": "array", "minItems": 1, "items": _TEXT_BLOCK},
)
_ACTIONS = {
    "oneOf": [
        _object(["type", "url"], type={"const": "Action.OpenUrl"}, title=_text(), url=_HTTPS),
        _object(
            ["type", "targetElements"],
            type={"const": "Action.ToggleVisibility"},
            title=_text(),
            targetElements={"type": "array", "items": _text()},
        ),
    ]
}
_ACTION_SET = _object(
    ["type", "actions"],
    type={"const": "ActionSet"},
    actions={"type": "array", "minItems": 1, "maxItems": 6, "items": _ACTIONS},
)
_CARD = _object(
    ["type", "version", "body"],
    **{"$schema": _text()},
    type={"const": "AdaptiveCard"},
    version={"const": "1.5"},
    fallbackText=_text(),
    body={
        "type": "array",
        "minItems": 1,
        "items": {"oneOf": [_TEXT_BLOCK, _CONTAINER, _ACTION_SET]},
    },
    actions={"type": "array", "maxItems": 6, "items": _ACTIONS},  # Teams shows six
    msteams=_object([], width={"const": "Full"}),
)
TEAMS = _object(
    ["type", "attachments"],
    type={"const": "message"},
    attachments={
        "type": "array",
        "minItems": 1,
        "maxItems": 1,
        "items": _object(
            ["contentType", "content"],
            contentType={"const": "application/vnd.microsoft.card.adaptive"},
            contentUrl={"type": "null"},
            content=_CARD,
        ),
    },
)
PAGERDUTY = _object(
    ["routing_key", "event_action", "payload"],
    routing_key={"type": "string", "minLength": 32, "maxLength": 32},
    event_action={"enum": ["trigger", "acknowledge", "resolve"]},
    dedup_key=_text(255),
    client=_text(),
    payload=_object(
        ["summary", "source", "severity"],
        summary=_text(1_024),
        source=_text(),
        severity={"enum": ["critical", "error", "warning", "info"]},
        timestamp={"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d"},
        component=_text(),
        group=_text(),
        **{"class": _text()},
        custom_details={"type": "object"},
    ),
    links={"type": "array", "items": _object(["href"], href=_HTTPS, text=_text())},
)
OPSGENIE = _object(
    ["message"],
    message=_text(130),
    alias=_text(512),
    description=_text(15_000),
    priority={"enum": ["P1", "P2", "P3", "P4", "P5"]},
    source=_text(100),
    entity=_text(512),
    tags={"type": "array", "maxItems": 20, "items": _text(50)},
)
OPSGENIE_CLOSE = _object([], source=_text(100), note=_text(25_000), user=_text(100))
INCIDENT_IO = _object(
    ["title", "status"],
    title=_text(),
    description=_text(),
    deduplication_key=_text(),
    status={"enum": ["firing", "resolved"]},
    source_url=_HTTPS,
    metadata={"type": "object"},
)
