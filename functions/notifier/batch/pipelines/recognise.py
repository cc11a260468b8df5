"""Recognise the pipeline of a job from its names, tags and the names of its settings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from notifier.batch.containers import container_specs
from notifier.batch.json_lookup import Json, Sanitizer, dicts_at, str_at
from notifier.batch.pipelines.engines import ENGINES, PATTERNS, Engine

_SETTINGS_READ = 500  # of all containers
_JOBS_KEPT = 200  # names of jobs and of their settings, which are no secrets
# What an identifier looks like: anything else is not shown, whatever its name.
_IDENTIFIER = re.compile(r"[0-9A-Za-z_][\w.:+@/-]{0,255}", re.ASCII)
_MARKER = "MANAGED_BY_AWS"  # the only setting whose value is a mark
Known = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A run of a workflow engine, as far as the job shows it."""

    engine: str = ""
    run: str = ""
    step: str = ""


def settings_of(detail: Json) -> dict[str, str]:
    """Return the environment variables of a job that engines set; they hold secrets."""
    every = (
        (str_at(one, "name"), str_at(one, "value"))
        for raw in container_specs(detail)
        for one in dicts_at(raw, "environment") + dicts_at(raw, "env")
    )
    return dict(islice(every, _SETTINGS_READ))


def recognise(job_name: str, definition: str, known: Known, safe: Sanitizer) -> Pipeline:
    """Recognise the engine and its run; empty where nothing shows one.

    Parameters
    ----------
    job_name
        Name of the job.
    definition
        Name of its definition, without revision.
    known
        Its settings and tags by name.
    safe
        Masks the secrets of the job: a value that has one is not shown.
    """
    names = () if not known else tuple(known)
    found = _engine_of(job_name, definition, names, known.get(_MARKER, ""))
    if found is None:
        return Pipeline()
    engine, named = found
    run = next(_values(engine.run, engine, known, safe), named.get("run", ""))
    step = next(_values(engine.step, None, known, safe), named.get("step", ""))
    return Pipeline(engine.name, run, step)


@lru_cache(maxsize=_JOBS_KEPT)
def _engine_of(
    job_name: str, definition: str, names: tuple[str, ...], marker: str
) -> tuple[Engine, dict[str, str]] | None:
    """Return the engine, and what names say of the run: the same for the siblings of a job."""
    known = dict.fromkeys(names, "") | {_MARKER: marker} if marker else dict.fromkeys(names, "")
    for engine in ENGINES:
        found = [
            match
            for pattern, name in ((engine.job_name, job_name), (engine.definition, definition))
            if pattern and (match := PATTERNS[pattern].fullmatch(name))
        ]
        if found or any(_has_mark(mark, known) for mark in engine.marks):
            groups = {key: value for match in found for key, value in match.groupdict().items()}
            return engine, {key: value or "" for key, value in groups.items()}
    return None


def _has_mark(mark: str, known: Known) -> bool:
    name, _, value = mark.partition("=")
    if value:
        return known.get(name) == value
    if name.endswith("*"):
        return any(key.startswith(name[:-1]) for key in known)
    return name in known


def _values(
    names: tuple[str, ...], engine: Engine | None, known: Known, safe: Sanitizer
) -> Iterator[str]:
    """Yield those values that are plain identifiers, best first."""
    pattern = PATTERNS.get(engine.run_pattern) if engine else None
    for name in names:
        value = known.get(name, "")
        if pattern is not None:
            found = pattern.search(value)
            value = found[0] if found else ""
        if _IDENTIFIER.fullmatch(value) and safe(value) == value:
            yield value
