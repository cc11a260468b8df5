"""Secret values that a job was given, used only to mask them where the job prints them.

They are in the environment, the parameters, the log options and the command of each container, in
any of AWS Batch's shapes, and in the request of a service job.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from notifier.batch.containers import container_specs
from notifier.batch.json_lookup import Json, dict_at, dicts_at, list_at, str_at
from notifier.text import redaction

_WORDS = re.compile(r"[A-Za-z._/-]+\d?")  # database, nightly-etl, us-east-1
_SECRETS_KEPT = 100
_CONTAINERS_KEPT = 100
_WORDS_KEPT = 200  # of one command
_REQUEST_KEPT = 20_000  # characters of a service job's request
# Names that alerts show: a value that is a word of them is not looked for.
_IDENTIFIERS = ("jobName", "jobQueue", "jobDefinition", "jobId", "jobArn", "shareIdentifier")
_CONTAINER_IDENTIFIERS = ("name", "image", "logStreamName", "jobRoleArn", "executionRoleArn")
_LOG_IDENTIFIERS = ("awslogs-group", "awslogs-region", "awslogs-stream-prefix")


def secrets_in(detail: Json) -> tuple[str, ...]:
    """Collect the secret values of a job, longest first."""
    containers = list(islice(_containers(detail), _CONTAINERS_KEPT))
    found = {
        secret
        for name, value in _settings(detail, containers)
        for secret in redaction.secrets_of_setting(name, value)
    }
    for words in _commands(detail, containers):
        found.update(redaction.secrets_of_command(words))
    shown = " ".join(_identifiers(detail, containers)).lower()
    kept = [
        one
        for one in found
        if redaction.looks_secret(one) or not _WORDS.fullmatch(one) or one.lower() not in shown
    ]
    return tuple(sorted(kept, key=lambda value: (-len(value), value))[:_SECRETS_KEPT])


def _containers(detail: Json) -> Iterator[Json]:
    """Yield every container, also of the node ranges of a multi-node job."""
    yield from container_specs(detail)
    for node_range in dicts_at(detail, "nodeProperties", "nodeRangeProperties"):
        yield from container_specs(node_range)


def _settings(detail: Json, containers: list[Json]) -> Iterator[tuple[str, str]]:
    places = [dict_at(detail, "parameters")]
    for raw in containers:
        places.append(dict_at(raw, "logConfiguration", "options"))
        for one in dicts_at(raw, "environment") + dicts_at(raw, "env"):
            yield str_at(one, "name"), str_at(one, "value")
    for place in places:
        for name, value in place.items():
            if isinstance(value, str):
                yield name, value


def _commands(detail: Json, containers: list[Json]) -> Iterator[tuple[str, ...]]:
    for raw in containers:
        for key in ("command", "args"):
            words = list_at(raw, key)[:_WORDS_KEPT]
            yield tuple(word for word in words if isinstance(word, str))
    yield (str_at(detail, "serviceRequestPayload")[:_REQUEST_KEPT],)


def _identifiers(detail: Json, containers: list[Json]) -> Iterator[str]:
    yield from (str_at(detail, key) for key in _IDENTIFIERS)
    for raw in containers:
        yield from (str_at(raw, key) for key in _CONTAINER_IDENTIFIERS)
        options = dict_at(raw, "logConfiguration", "options")
        yield from (str_at(options, key) for key in _LOG_IDENTIFIERS)
