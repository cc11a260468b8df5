"""The shape of a job: what it ran with, to compare two runs without showing their input.

A shape holds names and numbers. For the words of a command and the values of settings it holds
only hashes that mean nothing outside this process, so no later step can print them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from notifier.batch.containers import container_specs, platform_of, requested_resources
from notifier.batch.failure import DEFAULT_LOG_GROUP, NAME_LIMIT
from notifier.batch.job_secrets import secrets_in
from notifier.batch.json_lookup import (
    Json,
    Sanitizer,
    dict_at,
    dicts_at,
    int_at,
    list_at,
    sanitizer,
    str_at,
)
from notifier.text import untrusted

_SETTING = re.compile(r"[A-Za-z_][\w.-]{0,63}", re.ASCII)
_OF_BATCH = "AWS_BATCH"  # AWS Batch sets these variables, with other values for each job
UNNAMED = "(a name that is not shown)"
Settings = frozenset[tuple[str, int]]  # names, each with the hash of its value


@dataclass(frozen=True, slots=True)
class JobShape:
    """What a job, or its job definition, requests from AWS Batch."""

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


def shape_of_job(detail: Json) -> JobShape:
    """Return the shape of a job from DescribeJobs."""
    return _shape(detail, str_at(detail, "jobDefinition"))


def shape_of_definition(found: Json) -> JobShape:
    """Return the shape of one revision from DescribeJobDefinitions."""
    return _shape(
        found | {"container": found.get("containerProperties")}, str_at(found, "jobDefinitionArn")
    )


def _shape(detail: Json, definition: str) -> JobShape:
    name = sanitizer(secrets_in(detail), NAME_LIMIT)
    raw, retry = list(container_specs(detail)), dict_at(detail, "retryStrategy")
    options = [dict_at(one, "logConfiguration", "options") for one in raw]
    groups = [str_at(one, "awslogs-group") or DEFAULT_LOG_GROUP for one in options]
    return JobShape(
        definition=name(definition.rpartition("/")[2]),
        image=_joined(name(str_at(one, "image")) for one in raw),
        **requested_resources(detail),
        nodes=int_at(detail, "nodeProperties", "numNodes"),
        platform=platform_of(detail, ()),
        job_role=_roles(detail, raw, ("jobRoleArn", "taskRoleArn"), name),
        execution_role=_roles(detail, raw, ("executionRoleArn",), name),
        timeout_seconds=int_at(detail, "timeout", "attemptDurationSeconds"),
        attempt_limit=int_at(retry, "attempts") or 1,  # 1 is the default of AWS Batch
        log_group=_joined(map(name, groups)),
        retry_rules=_rules_hash(retry),
        command=tuple(hash(word) for one in raw for word in _command_words(one)),
        environment=frozenset(
            (_setting_name(str_at(each, "name")), hash(str(each.get("value"))))
            for one in raw
            for each in dicts_at(one, "environment") + dicts_at(one, "env")
            if not str_at(each, "name").startswith(_OF_BATCH)
        ),
        parameters=frozenset(
            (_setting_name(key), hash(str(value)))
            for key, value in dict_at(detail, "parameters").items()
        ),
    )


def _rules_hash(retry: Json) -> int:
    """Hash the retry rules; AWS Batch does not always return the same case and order."""
    rules = dicts_at(retry, "evaluateOnExit")
    return hash(tuple(tuple(sorted((key, str(one[key]).lower()) for key in one)) for one in rules))


def _command_words(raw: Json) -> Iterator[object]:
    """Yield the words of a container's command; a pod has the rest of it in `args`."""
    for key in ("command", "args"):
        yield from map(str, list_at(raw, key))


def _roles(detail: Json, raw: list[Json], keys: tuple[str, ...], name: Sanitizer) -> str:
    """Join the names of the roles, without path and account."""
    places = [*raw, *dicts_at(detail, "ecsProperties", "taskProperties")]
    arns = (str_at(place, key) for place in places for key in keys)
    return _joined(name(arn.rpartition("/")[2]) for arn in arns)


def _joined(names: Iterator[str] | map[str]) -> str:
    return ", ".join(dict.fromkeys(filter(None, names)))


def _setting_name(setting: str) -> str:
    """Return the name of a setting if it looks like one; anything else might be a value."""
    is_plain = _SETTING.fullmatch(setting) and untrusted.one_line(setting) == setting
    return setting if is_plain else UNNAMED
