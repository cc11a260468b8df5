"""As what a job ran, so that two runs can be compared without showing what they were given.

A shape holds names and numbers. Of the words of a command and the values of settings it holds
fingerprints that mean nothing outside of this process, so nothing later can print them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from notifier.batch.containers import definitions, platform_of, resources_of, secrets_of
from notifier.batch.failure import DEFAULT_LOG_GROUP, NAME_LIMIT
from notifier.batch.json_lookup import Safe, integer, items, made_safe, node, string
from notifier.text import untrusted

_SETTING = re.compile(r"[A-Za-z_][\w.-]{0,63}", re.ASCII)
_OF_BATCH = "AWS_BATCH"  # what Batch sets itself, another for each job
UNNAMED = "(a name that is not shown)"
Settings = frozenset[tuple[str, int]]  # names, each with the fingerprint of its value


@dataclass(frozen=True, slots=True)
class JobShape:
    """What a job, or the job definition behind it, asks Batch to run."""

    definition: str = ""
    image: str = ""
    vcpus: float | None = None
    memory_mib: int | None = None
    gpus: int | None = None
    nodes: int | None = None
    platform: str = ""
    job_role: str = ""
    execution_role: str = ""
    timeout_seconds: int | None = None
    attempt_limit: int | None = None
    log_group: str = ""
    retry_rules: int = field(default=hash(()), repr=False)
    command: tuple[int, ...] = field(default=(), repr=False)
    environment: Settings = field(default=frozenset(), repr=False)
    parameters: Settings = field(default=frozenset(), repr=False)


def of_job(detail: dict[str, Any]) -> JobShape:
    """Read what DescribeJobs says of one job."""
    return _shape(detail, string(detail, "jobDefinition"))


def of_definition(found: dict[str, Any]) -> JobShape:
    """Read what DescribeJobDefinitions says of one revision."""
    return _shape(
        found | {"container": found.get("containerProperties")}, string(found, "jobDefinitionArn")
    )


def _shape(detail: dict[str, Any], definition: str) -> JobShape:
    name = made_safe(secrets_of(detail), NAME_LIMIT)
    raw, retry = list(definitions(detail)), node(detail, "retryStrategy")
    options = [node(one, "logConfiguration", "options") for one in raw]
    groups = [string(one, "awslogs-group") or DEFAULT_LOG_GROUP for one in options]
    return JobShape(
        definition=name(definition.rpartition("/")[2]),
        image=_listed(name(string(one, "image")) for one in raw),
        **resources_of(detail),
        nodes=integer(node(detail, "nodeProperties").get("numNodes")),
        platform=platform_of(detail, ()),
        job_role=_roles(detail, raw, ("jobRoleArn", "taskRoleArn"), name),
        execution_role=_roles(detail, raw, ("executionRoleArn",), name),
        timeout_seconds=integer(node(detail, "timeout").get("attemptDurationSeconds")),
        attempt_limit=integer(retry.get("attempts")) or 1,  # one is what Batch does by default
        log_group=_listed(map(name, groups)),
        retry_rules=_rules(retry),
        command=tuple(hash(word) for one in raw for word in _words(one)),
        environment=frozenset(
            (_named(string(each, "name")), hash(str(each.get("value"))))
            for one in raw
            for each in items(one.get("environment")) + items(one.get("env"))
            if not string(each, "name").startswith(_OF_BATCH)
        ),
        parameters=frozenset(
            (_named(key), hash(str(value))) for key, value in node(detail, "parameters").items()
        ),
    )


def _rules(retry: dict[str, Any]) -> int:
    """Give the fingerprint of the rules, whichever way Batch writes them today."""
    rules = items(retry.get("evaluateOnExit"))
    return hash(tuple(tuple(sorted((key, str(one[key]).lower()) for key in one)) for one in rules))


def _words(raw: dict[str, Any]) -> Iterator[object]:
    """Yield the words of a container's command; pods call the rest of it `args`."""
    for key in ("command", "args"):
        words = raw.get(key)
        yield from map(str, words) if isinstance(words, list) else ()


def _roles(
    detail: dict[str, Any],
    raw: list[dict[str, Any]],
    keys: tuple[str, ...],
    name: Safe,
) -> str:
    """Name the roles without their account: `role/etl` and not its ARN."""
    places = [*raw, *items(node(detail, "ecsProperties").get("taskProperties"))]
    arns = (string(place, key) for place in places for key in keys)
    return _listed(name(arn.rpartition("/")[2]) for arn in arns)


def _listed(names: Iterator[str] | map[str]) -> str:
    return ", ".join(dict.fromkeys(filter(None, names)))


def _named(setting: str) -> str:
    """Give the name of a setting where it is one: what is not might be a value."""
    is_plain = _SETTING.fullmatch(setting) and untrusted.one_line(setting) == setting
    return setting if is_plain else UNNAMED
