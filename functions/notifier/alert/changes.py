"""What is different between two runs of a job: names and numbers, never a word or a value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from notifier.batch.job_shape import JobShape, Settings
from notifier.text import units, untrusted

NAMES_SHOWN = 5  # of the settings that changed; the others are counted
VALUE_LIMIT = 160  # characters; an image's name is the longest
_POSITIONS_SHOWN = 5
_SIZES = (("vCPU", "vcpus", "{:g}"), ("memory", "memory_mib", "{:,} MiB"), ("GPU", "gpus", "{:,}"),
          ("nodes", "nodes", "{:,}"), ("attempts", "attempt_limit", "{:,}"))  # fmt: skip
_NAMES = (("platform", "platform"), ("job role", "job_role"), ("execution role", "execution_role"),
          ("log group", "log_group"))  # fmt: skip
_NONE, _BECAME = "none", "→"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `at_submission` where the job definition does not explain it."""

    what: str
    before: str
    after: str
    at_submission: bool = False

    @property
    def text(self) -> str:
        """Write it as one line; what has no before and after says it in `after` alone."""
        old, new = self.before, self.after
        if self.what == "image":
            old, new = _shorten_images(old, new)
        line = f"{old} {_BECAME} {new}" if old else new
        return f"{line} (at submission)" if self.at_submission else line


def compare(before: JobShape, after: JobShape) -> tuple[Change, ...]:
    """Give the differences between two jobs, or two revisions of a definition.

    Examples
    --------
    >>> compare(Shape(memory_mib=4096), Shape(memory_mib=2048))[0].told
    '4,096 MiB → 2,048 MiB'
    """
    return tuple(_find_changes(before, after))


def mark_submission_changes(
    jobs: tuple[Change, ...], definitions: tuple[Change, ...] | None
) -> tuple[Change, ...]:
    """Mark what two jobs do not owe to their definitions; None when those are not known."""
    if definitions is None:
        return jobs
    defined = {(one.what, one.before, one.after) for one in definitions}
    return tuple(
        one if one.what == "definition" or (one.what, one.before, one.after) in defined
        else Change(one.what, one.before, one.after, at_submission=True)
        for one in jobs
    )  # fmt: skip


def _find_changes(before: JobShape, after: JobShape) -> Iterator[Change]:
    if before.definition != after.definition:
        yield _make_change("definition", before.definition, after.definition)
    if before.image != after.image:
        yield _make_change("image", before.image or _NONE, after.image or _NONE)
    yield from _compare_sizes(before, after)
    if before.retry_rules != after.retry_rules:
        yield Change("retry rules", "", "evaluateOnExit is another")
    yield from _compare_names(before, after)
    if before.command != after.command:
        yield Change("command", "", _compare_commands(before.command, after.command))
    for what, old, new in (
        ("environment", before.environment, after.environment),
        ("parameters", before.parameters, after.parameters),
    ):
        if old != new:
            yield Change(what, "", _compare_settings(old, new))


def _compare_sizes(before: JobShape, after: JobShape) -> Iterator[Change]:
    for what, field, form in _SIZES:
        old, new = getattr(before, field), getattr(after, field)
        if old != new:
            yield _make_change(what, *(_NONE if n is None else form.format(n) for n in (old, new)))
    if before.timeout_seconds != after.timeout_seconds:
        yield _make_change(
            "timeout",
            _format_timeout(before.timeout_seconds),
            _format_timeout(after.timeout_seconds),
        )


def _compare_names(before: JobShape, after: JobShape) -> Iterator[Change]:
    for what, field in _NAMES:
        old, new = getattr(before, field), getattr(after, field)
        # What a job does not say of its platform, it did not say before either.
        if old != new and (what != "platform" or (old and new)):
            yield _make_change(what, old or _NONE, new or _NONE)


def _make_change(what: str, before: str, after: str) -> Change:
    old, new = (untrusted.truncate(untrusted.defang(one), VALUE_LIMIT) for one in (before, after))
    return Change(what, old, new)


def _shorten_images(before: str, after: str) -> tuple[str, str]:
    """Drop the registry from both where the repository is the same, and that from the newer."""
    repository = before.partition("@")[0].rpartition(":")[0]
    if repository and after.startswith((f"{repository}:", f"{repository}@")):
        registry, _, path = before.partition("/")
        shown = path if "." in registry else before
        return shown, after.removeprefix(repository).removeprefix(":")
    return before, after


def _format_timeout(seconds: int | None) -> str:
    return units.duration(seconds * 1000) if seconds else _NONE


def _compare_commands(before: tuple[int, ...], after: tuple[int, ...]) -> str:
    """Say where a command differs, in numbers: its words may hold secrets."""
    pairs = zip(before, after, strict=False)
    places = [str(n) for n, (old, new) in enumerate(pairs, start=1) if old != new]
    if len(before) != len(after):
        first = places[0] if places else str(min(len(before), len(after)) + 1)
        return f"{len(before)} {_BECAME} {len(after)} words, different from word {first} on"
    shown = ", ".join(places[:_POSITIONS_SHOWN])
    more = " and others" if len(places) > _POSITIONS_SHOWN else ""
    word = "word" if len(places) == 1 else "words"
    return f"{word} {shown}{more} of {len(after)} differ{'s' if len(places) == 1 else ''}"


def _compare_settings(before: Settings, after: Settings) -> str:
    old, new = dict(before), dict(after)
    both = old.keys() & new.keys()
    parts = {
        "added": new.keys() - old.keys(),
        "removed": old.keys() - new.keys(),
        "other value": {name for name in both if old[name] != new[name]},
    }
    told = (f"{label} {_list_names(sorted(names))}" for label, names in parts.items() if names)
    return "; ".join(told) or "other values"


def _list_names(names: list[str]) -> str:
    more = len(names) - NAMES_SHOWN
    shown = ", ".join(names[:NAMES_SHOWN])
    return f"{shown} and {more} more" if more > 0 else shown
