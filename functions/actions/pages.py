"""The pages: plain HTML without scripts, which says what will happen or what happened."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Any

from actions.misuse import Misuse
from actions.prepared_action import PreparedAction
from notifier.alert.commands.action_links import PARAMETER
from notifier.alert.facts import Pairs
from notifier.diagnosis.known_cause import diagnosis_for
from notifier.incident.incident import Incident

_STYLE = (
    "body{font:18px/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem;"
    "color-scheme:light dark;overflow-wrap:anywhere}h1{font-size:1.4rem}dt{font-weight:600}"
    "dd{margin:0 0 .5rem}input,button{font:inherit;padding:.5rem .8rem;margin:.3rem 0;width:100%;"
    "box-sizing:border-box}button{cursor:pointer}"
)
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    # With no-referrer, browsers would send a form of this page with the origin `null`.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


@dataclass(frozen=True, slots=True)
class Page:
    """An answer."""

    title: str
    body: str
    status: int = 200

    def to_response(self) -> dict[str, Any]:
        """Give the response of a function URL."""
        html = (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8">'
            f'<meta name="viewport" content="width=device-width,initial-scale=1">'
            f"<title>{escape(self.title)}</title><style>{_STYLE}</style></head>"
            f"<body><main><h1>{escape(self.title)}</h1>{self.body}</main></body></html>"
        )
        headers = HEADERS | ({"Allow": "GET, HEAD, POST"} if self.status == 405 else {})
        return {"statusCode": self.status, "headers": headers, "body": html}


def ask(label: str, incident: Incident, action: PreparedAction, token: str) -> Page:
    """Say what will happen, with the form that does it."""
    form = (
        f'<form method="post" action="/"><input type="hidden" name="{PARAMETER}"'
        f' value="{escape(token)}"><label for="who">Your name, for the others</label>'
        f'<input id="who" name="who" maxlength="64" required autocomplete="name">'
        f"<button>{escape(label)}</button></form>"
    )
    nothing = "<p>Nothing has been done yet. The link works once.</p>"
    says = f"<p>What will happen: {escape(action.promise)}.</p>"
    notes = "".join(f"<p>Note: {escape(each)}.</p>" for each in action.cautions())
    about = _list(action.facts) if action.facts else _describe(incident)
    return Page(f"{label}?", f"{about}{says}{notes}{form}{nothing}")


def done(title: str, incident: Incident, said: str, notes: Iterable[str]) -> Page:
    """Say what was done."""
    sentences = (f"{said[:1].upper()}{said[1:]}.", *notes)
    says = "".join(f"<p>{escape(each)}</p>" for each in sentences if each)
    return Page(title, f"{_describe(incident)}{says}")


def refused(misuse: Misuse) -> Page:
    """Say that nothing was done, and why."""
    return failed(misuse.says, misuse.status)


def failed(says: str, status: int) -> Page:
    """Say that nothing was done, and what to do instead."""
    commands = "<code>batch-notifier incidents</code> and <code>batch-notifier rerun</code>"
    instead = f"Use a link of the latest alert, or the command line: {commands}."
    body = f"<p>{escape(says)}</p><p>Nothing was done. {instead}</p>"
    return Page("Nothing was done", body, status)


def uncertain() -> Page:
    """Say that it is not known what was done, and how to find out."""
    body = (
        "<p>AWS Batch did not say whether the job was submitted. The link is used up, so that it"
        " does not run twice.</p><p>Look for a new job with the tag <code>notify:rerun-of</code>."
        " If there is none: <code>batch-notifier rerun</code>.</p>"
    )
    return Page("It is not known whether the job runs again", body, 504)


def _describe(incident: Incident) -> str:
    first = incident.first
    pairs = {
        "Job": first.job_name,
        "Queue": first.queue,
        "Cause": diagnosis_for(incident.cause).title,
        "Incident": incident.key,
    }
    return _list(tuple(pairs.items()))


def _list(pairs: Pairs) -> str:
    rows = (f"<dt>{name}</dt><dd>{escape(value)}</dd>" for name, value in pairs if value)
    return f"<dl>{''.join(rows)}</dl>"
