"""`docs/causes.md`: a reference of all causes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from notifier.diagnosis import catalogue
from notifier.diagnosis.catalogue import Cause, Class
from notifier.text import untrusted

PAGE = Path(__file__).parents[2] / "docs" / "causes.md"
HEAD = """\
# Causes

What each cause means, how it is recognised, and what to do. `make golden` generates this page from
[causes.toml](../workbench/docs/causes.toml); change it there.

Where only the area is known, the cause is the area's: its id ends with `-unspecified` or `-other`,
and the alert quotes the text. Several entries with one id are variants of one cause.

A cause is **certain** if AWS's own words state it, and **likely** if a log or an exit code suggests
it. Filters, silences and dashboards refer to its id, so an id never changes. *Does a retry help?*
is about the same job with nothing changed.
"""


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


def page() -> str:
    """Return the whole page."""
    causes = catalogue.load().causes
    classes = [each for each in Class if _count(causes, each)]
    contents = [f"- [{each}](#{each}): {_count(causes, each)}" for each in classes]
    sections = [_section(each, causes) for each in classes]
    return "\n".join([HEAD, *contents, "", *sections])


def _count(causes: Sequence[Cause], class_: Class) -> int:
    return sum(cause.class_ is class_ for cause in causes)


def _section(class_: Class, causes: Sequence[Cause]) -> str:
    lines = [line for cause in causes if cause.class_ is class_ for line in _cause(cause)]
    return "\n".join([f"## {class_}", "", *lines])


def _cause(cause: Cause) -> Iterator[str]:
    yield f"### {cause.title}"
    yield ""
    kind = f"`{cause.id}`, area {cause.area}, severity {cause.severity}"
    yield f"{kind}. Does a retry help? {cause.retry}."
    yield ""
    yield cause.meaning
    yield ""
    yield from (f"{number}. {action}" for number, action in enumerate(cause.actions, start=1))
    yield ""
    if cause.exit or cause.matches:
        yield "Recognised by:"
        if cause.exit:
            yield f"- exit code {', '.join(map(str, cause.exit))}"
        yield from (_quote(match.example) for match in cause.matches)
        yield ""
    yield "Source: " + ", ".join(f"<{source}>" for source in cause.source)
    yield ""


def _quote(example: str) -> str:
    return f"- `{untrusted.one_line(example).replace('`', chr(39))}`"


if __name__ == "__main__":
    main()
