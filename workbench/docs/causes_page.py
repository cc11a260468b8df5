"""`docs/causes.md`: every cause of the catalogue as a page to look things up in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from notifier.diagnosis import catalogue
from notifier.diagnosis.catalogue import Cause, Class
from notifier.text import untrusted

PAGE = Path(__file__).parents[2] / "docs" / "causes.md"
HEAD = """\
# Causes

What each cause means, the words it is known by, and what to do. Made from
[causes.toml](../functions/notifier/diagnosis/causes.toml) by `make golden`; change it there.

Where only the area is sure, the cause is the area's: its id ends with `-unspecified` or `-other`,
and the alert quotes the text. Several entries with one id are variants of one cause.

A cause is **certain** where AWS's own words say it, **likely** where a log or an exit code does.
Its id is what filters, silences and dashboards hold on to, so it is never renamed. *Does it help to
run it again?* is said of the same job with nothing changed.
"""


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


def page() -> str:
    """Give the whole page."""
    causes = catalogue.load().causes
    classes = [each for each in Class if any(cause.class_ is each for cause in causes)]
    contents = [f"- [{each}](#{each}): {_number(causes, each)}" for each in classes]
    sections = [_section(each, causes) for each in classes]
    return "\n".join([HEAD, *contents, "", *sections])


def _number(causes: Sequence[Cause], class_: Class) -> int:
    return sum(cause.class_ is class_ for cause in causes)


def _section(class_: Class, causes: Sequence[Cause]) -> str:
    told = [line for cause in causes if cause.class_ is class_ for line in _told(cause)]
    return "\n".join([f"## {class_}", "", *told])


def _told(cause: Cause) -> Iterator[str]:
    yield f"### {cause.title}"
    yield ""
    area = f"`{cause.id}`, area {cause.area}, severity {cause.severity}."
    yield f"{area} Does it help to run it again? {cause.retry}."
    yield ""
    yield cause.meaning
    yield ""
    yield from (f"{number}. {action}" for number, action in enumerate(cause.actions, start=1))
    yield ""
    known = [*_exits(cause), *(_quoted(match.example) for match in cause.matches)]
    if known:
        yield "Known by:"
        yield from known
        yield ""
    yield "Source: " + ", ".join(f"<{source}>" for source in cause.source)
    yield ""


def _exits(cause: Cause) -> Iterator[str]:
    if cause.exit:
        codes = ", ".join(map(str, cause.exit))
        yield f"- exit code {codes}"


def _quoted(example: str) -> str:
    return f"- `{untrusted.one_line(example).replace('`', chr(39))}`"


if __name__ == "__main__":
    main()
