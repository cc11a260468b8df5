"""What the fuzzer turns over: an event with its log, and secrets to plant in them.

A case is written down as JSON. Secrets are planted when it is tried, never written into it, so that
whatever the fuzzer does to a case, it is known what must not be seen of it.
"""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from tests.properties.planted import HEX, SECRETS, SHOWN_CUT, SHOWN_WHOLE, Planted
from tests.properties.strategies import changed, places

PRIVATE = "zqxPRIVATE7"  # stands in what is dropped at parse, and must be nowhere
# What a cut leaves no trace of: see tests/properties/test_secrets.py.
UNKNOWABLE = ("AWS secret access key alone", "URL, @ in password", "URL, token as user")
ROOM = 60  # characters of a text behind which a planted line still stands whole within all limits
SHOWN_HEX = 8  # five hexadecimal digits of a secret stand in some digest or other by chance
_DROPPED = {
    "environment": [{"name": "NOTE", "value": PRIVATE}],
    "command": ["run", PRIVATE],
    "parameters": {"note": PRIVATE},
}

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Hidden:
    """A secret that was planted: how many characters in a row of it may be seen."""

    kind: str
    private: str
    shown: int


@dataclass(frozen=True, slots=True)
class Case:
    """One try: what is on the bus, what the job logged, and what is planted where.

    `body` is the text of the message, where it is not the event's JSON. A plant is the number of a
    secret, of the text it is put behind, and of the place where it is cut (0: nowhere).
    """

    event: Any
    log: tuple[str, ...] = ()
    plants: tuple[tuple[int, int, int], ...] = ()
    body: str = ""


def decoded(data: bytes) -> Case:
    """Read a case; what is none is taken for the text of a message."""
    try:
        given = json.loads(data)
        return Case(
            given["event"],
            tuple(str(line) for line in given["log"]),
            tuple((int(s), int(at), int(cut)) for s, at, cut in given["plants"]),
            str(given.get("body", "")),
        )
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        return Case(None, body=data.decode("utf-8", "replace"))


def encoded(case: Case) -> bytes:
    """Write a case down."""
    given = {"event": case.event, "log": case.log, "plants": case.plants}
    return json.dumps(given | ({"body": case.body} if case.body else {})).encode()


def texts_of(event: object) -> list[Path]:
    """Give the paths of an event's texts, in which a secret may be planted."""
    found = []
    for path in places(event):
        node: Any = event
        for key in path:
            node = node[key]
        if isinstance(node, str):
            found.append(path)
    return found


def planted(case: Case) -> tuple[Any, tuple[str, ...], list[Hidden]]:
    """Give event and log with the secrets in them, and what of those must not be seen."""
    event, log, hidden = deepcopy(case.event), list(case.log), []
    paths = texts_of(event)
    # One to a text: a second would cut the first one short.
    where = {at % (len(paths) + len(log) or 1): (number, cut) for number, at, cut in case.plants}
    for place, (number, cut) in where.items() if paths or log else ():
        secret = SECRETS[number % len(SECRETS)]
        if place < len(paths):
            node: Any = event
            for key in paths[place]:
                node = node[key]
            told, what = _behind(node, secret, cut)
            event = changed(event, paths[place], told)
        else:
            log[place - len(paths)], what = _behind(log[place - len(paths)], secret, cut)
        hidden.append(what)
    return _with_private(event), tuple(log), hidden


def _behind(node: str, secret: Planted, cut: int) -> tuple[str, Hidden]:
    """Put a secret behind a text, which is shortened so that no limit cuts the secret as well."""
    cuts = [] if secret.kind in UNKNOWABLE else secret.cuts()
    line = cuts[cut % len(cuts)] if cut and cuts else secret.line
    shown = SHOWN_WHOLE if line == secret.line else SHOWN_CUT
    shown = max(shown, SHOWN_HEX) if HEX in secret.private else shown
    return f"{node[:ROOM]} {line}", Hidden(secret.kind, secret.private, shown)


def _with_private(event: Any) -> Any:
    """Put a word into everything that is dropped when the event is read."""
    if isinstance(event, dict) and isinstance(detail := event.get("detail"), dict):
        detail.update(_DROPPED)
        if isinstance(container := detail.get("container"), dict):
            container.update(_DROPPED)
    return event
