"""Differences between two runs of a job: names and numbers, never a word or a value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from notifier.batch.job_shape import JobShape, Settings
from notifier.text import units, untrusted

NAMES_SHOWN = 5  # of the settings that changed; the others are counted
VALUE_LIMIT = 160  # characters; an image's name is the longest
_POSITIONS_SHOWN = 5
_NONE, _BECAME = "none", "→"


def _format_timeout(seconds: int) -> str:
    return units.duration(seconds * 1000) if seconds else _NONE


# What a change is called, the field, and how to write its value.
_Fields = tuple[tuple[str, str, Callable[[Any], str]], ...]
_SIZES: _Fields = (
    ("image", "image", str),
    ("vCPU", "vcpus", "{:g}".format),
    ("memory", "memory_mib", "{:,} MiB".format),
    ("GPU", "gpus", "{:,}".format),
    ("nodes", "nodes", "{:,}".format),
    ("attempts", "attempt_limit", "{:,}".format),
    ("timeout", "timeout_seconds", _format_timeout),
)
_NAMES: _Fields = (
    ("platform", "platform", str),
    ("job role", "job_role", str),
    ("execution role", "execution_role", str),
    ("log group", "log_group", str),
)


@dataclass(frozen=True, slots=True)
class Change:
    """One difference; `at_submission` where the job definition does not explain it."""

    what: str
    before: str
    after: str
    at_submission: bool = False

    @property
    def text(self) -> str:
        """The change as one line; without `before`, `after` says all of it."""
        old, new = self.before, self.after
        if self.what == "image":
            old, new = _shorten_images(old, new)
        line = f"{old} {_BECAME} {new}" if old else new
        return f"{line} (at submission)" if self.at_submission else line


def compare(before: JobShape, after: JobShape) -> tuple[Change, ...]:
    """Compare two jobs, or two revisions of a job definition.

    Examples
    --------
    >>> compare(JobShape(memory_mib=4096), JobShape(memory_mib=2048))[0].text
    '4,096 MiB → 2,048 MiB'
    """
    return tuple(_find_changes(before, after))


def mark_submission_changes(
    jobs: tuple[Change, ...], definitions: tuple[Change, ...] | None
) -> tuple[Change, ...]:
    """Mark the changes that the job definitions do not explain; None when those are not known."""
    if definitions is None:
        return jobs
    return tuple(
        one if one.what == "definition" or one in definitions else replace(one, at_submission=True)
        for one in jobs
    )


def _find_changes(before: JobShape, after: JobShape) -> Iterator[Change]:
    if before.definition != after.definition:
        yield _make_change("definition", before.definition, after.definition)
    yield from _compare_fields(_SIZES, before, after)
    if before.retry_rules != after.retry_rules:
        yield Change("retry rules", "", "evaluateOnExit changed")
    yield from _compare_fields(_NAMES, before, after)
    if before.command != after.command:
        yield Change("command", "", _compare_commands(before.command, after.command))
    if before.environment != after.environment:
        yield Change("environment", "", _compare_settings(before.environment, after.environment))
    if before.parameters != after.parameters:
        yield Change("parameters", "", _compare_settings(before.parameters, after.parameters))


def _compare_fields(fields: _Fields, before: JobShape, after: JobShape) -> Iterator[Change]:
    for what, field, write in fields:
        old, new = getattr(before, field), getattr(after, field)
        # A job that does not name its platform did not name it before either.
        if old != new and (what != "platform" or (old and new)):
            yield _make_change(what, *(_NONE if v in (None, "") else write(v) for v in (old, new)))


def _make_change(what: str, before: str, after: str) -> Change:
    old, new = (untrusted.truncate(untrusted.defang(one), VALUE_LIMIT) for one in (before, after))
    return Change(what, old, new)


def _shorten_images(before: str, after: str) -> tuple[str, str]:
    """Drop the registry where both have the same repository, and the repository from the newer."""
    repository = before.partition("@")[0].rpartition(":")[0]
    if repository and after.startswith((f"{repository}:", f"{repository}@")):
        registry, _, path = before.partition("/")
        shown = path if "." in registry else before
        return shown, after.removeprefix(repository).removeprefix(":")
    return before, after


def _compare_commands(before: tuple[int, ...], after: tuple[int, ...]) -> str:
    """Say which words of a command differ, by number: the words may hold secrets."""
    pairs = zip(before, after, strict=False)
    places = [str(n) for n, (old, new) in enumerate(pairs, start=1) if old != new]
    if len(before) != len(after):
        first = places[0] if places else str(min(len(before), len(after)) + 1)
        return f"{len(before)} {_BECAME} {len(after)} words, different from word {first} onward"
    shown = ", ".join(places[:_POSITIONS_SHOWN])
    more = " and others" if len(places) > _POSITIONS_SHOWN else ""
    words, differ = ("word", "differs") if len(places) == 1 else ("words", "differ")
    return f"{words} {shown}{more} of {len(after)} {differ}"


def _compare_settings(before: Settings, after: Settings) -> str:
    old, new = dict(before), dict(after)
    both = old.keys() & new.keys()
    parts = {
        "added": new.keys() - old.keys(),
        "removed": old.keys() - new.keys(),
        "changed": {name for name in both if old[name] != new[name]},
    }
    listed = (f"{label} {_list_names(sorted(names))}" for label, names in parts.items() if names)
    return "; ".join(listed) or "values changed"


def _list_names(names: list[str]) -> str:
    more = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
