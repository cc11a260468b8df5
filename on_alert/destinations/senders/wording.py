"""An alert in the few lines that every destination shows above the fold."""

from __future__ import annotations

from dataclasses import dataclass

from destinations.document import AlertDocument

LINE_LIMIT = 300  # characters of a line that a job may have made long
NAME_LIMIT = 120


@dataclass(frozen=True, slots=True)
class Lines:
    """The parts of a short alert, as plain text; absent ones are empty.

    `is_quoted` is whether the root line is that of a log or of AWS, not a sentence of ours.
    """

    status: str
    name: str
    place: str
    cause: str
    root: str
    step: str
    count: str
    is_quoted: bool


def short_lines(alert: AlertDocument) -> Lines:
    """Give what an on-call engineer needs first: what failed, why, where, what to do."""
    certainty = str(alert.cause.get("certainty") or "")
    title = str(alert.cause.get("title") or "")
    is_open = not alert.is_recovery
    root = one_line(alert.root_line if is_open else alert.summary)
    return Lines(
        status=alert.status,
        name=one_line(alert.name, NAME_LIMIT),
        place=one_line(alert.place),
        cause=f"{title} ({certainty})" if title and certainty and is_open else title,
        root=root,
        step=one_line(alert.steps[0]) if alert.steps and is_open else "",
        count=one_line(alert.count_line),
        is_quoted=root != one_line(alert.summary),
    )


def one_line(text: str, limit: int = LINE_LIMIT) -> str:
    """Give a text as one line of limited length."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def shown_actions(alert: AlertDocument) -> list[tuple[str, str]]:
    """Give the signed links, https only."""
    return _https_only(alert.actions)


def shown_links(alert: AlertDocument, most: int = 4) -> list[tuple[str, str]]:
    """Give the first links, https only."""
    return _https_only(alert.links)[:most]


def _https_only(links: dict[str, str]) -> list[tuple[str, str]]:
    return [(label, url) for label, url in links.items() if url.startswith("https://")]
