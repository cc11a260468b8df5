"""`event.parse_event` is total: any JSON is read, and nothing unsafe comes out of it."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.alert.alert import compose, compose_unreadable
from notifier.batch.event import parse_event
from notifier.batch.failure import Failure, Unreadable
from notifier.joblog.excerpt import LogLine, LogRead
from tests.properties.planted import IGNORABLE, PASSWORD, SECRETS, Planted, leaked
from tests.properties.strategies import (
    FEW,
    MANY,
    PLACES,
    SAMPLES,
    SOME,
    anything,
    broken_samples,
    changed,
    hostile_events,
    places,
)  # fmt: skip

UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")


def texts(value: object) -> Iterator[str]:
    """Give every text that something read holds, except the values kept to be masked."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for inner in value:
            yield from texts(inner)
    elif is_dataclass(value):
        for one in fields(value):
            if one.name != "secrets":
                yield from texts(getattr(value, one.name))


def check(given_event: object) -> Failure | Unreadable | None:
    read = parse_event(given_event)
    for told in texts(read):
        assert not [c for c in told if unicodedata.category(c) in UNSEEN or c in IGNORABLE], told
        assert len(told) <= 1_024
    if isinstance(read, Unreadable):
        assert read.problem
    if isinstance(read, Failure):
        assert not any(secret in repr(read) for secret in read.secrets)
    return read


@MANY
@given(anything)
def test_any_json(value: object) -> None:
    check(value)


@MANY
@given(broken_samples())
def test_broken_samples(value: object) -> None:
    read = check(value)
    alert = compose(read, LogRead((LogLine(1, "x"),)), 5) if isinstance(read, Failure) else None
    alert = compose_unreadable(read) if isinstance(read, Unreadable) else alert
    assert alert is None or alert.sentence


@SOME
@given(hostile_events())
def test_hostile_events(value: object) -> None:
    check(value)


ODD: tuple[Any, ...] = (None, "\x1b[1m\u202ex", -1, 10**30, True, [[{}]])


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_every_node_of_every_sample_dropped_or_replaced(name: str) -> None:
    for number, path in enumerate(PLACES[name]):
        for odd in ODD[number % 2 :: 2]:
            check(changed(SAMPLES[name], path, odd))
        if path:
            check(changed(SAMPLES[name], path, None, drop=True))


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_a_key_that_aws_adds_changes_nothing(name: str) -> None:
    plain = parse_event(SAMPLES[name])
    for path in PLACES[name]:
        node: Any = SAMPLES[name]
        for key in path:
            node = node[key]
        if isinstance(node, dict) and path[-1:] not in (("tags",), ("parameters",)):
            more = changed(SAMPLES[name], path, node | {"newKey": {"x": [1]}})
            assert parse_event(more) == plain


@pytest.mark.parametrize(
    "literal", ["NaN", "Infinity", "1e400", "9" * 4_000, "[" * 900 + "]" * 900]
)
def test_json_as_python_decodes_it(literal: str) -> None:
    body = json.dumps(SAMPLES["spot-reclaimed-three-times"]).replace("17956", literal, 1)
    for text in (body, literal, f'{{"detail": {literal}}}', f'{{"detail": {{"x": {literal}}}}}'):
        try:
            value = json.loads(text)
        except ValueError:  # the literal fell into a number or a text
            continue
        check(value)


DIVERSE = (
    "exit-1-python-traceback", "eks-oomkilled", "service-job", "cloudformation-resource-failed",
    "queue-blocked", "ecs-several-containers", "multi-node-parent", "unknown-shape",
)  # fmt: skip


@pytest.mark.parametrize("name", DIVERSE)
def test_no_secret_from_any_node(name: str) -> None:
    """A text of the sample at a time is replaced by one with a secret in it."""
    kinds: list[Planted] = [p for n, p in enumerate(SECRETS) if n % 7 == 0]
    for number, path in enumerate(PLACES[name]):
        node: Any = SAMPLES[name]
        for key in path:
            node = node[key]
        if isinstance(node, str):
            planted = kinds[number % len(kinds)]
            read = parse_event(changed(SAMPLES[name], path, f"{node} {planted.line}"))
            shown = [told for told in texts(read) if leaked(planted.private, told)]
            assert shown == [], (path, planted.kind)


@FEW
@given(
    st.sampled_from(sorted(SAMPLES)),
    st.integers(0, 10**6),
    st.sampled_from(("DB_PASSWORD", "db_password", "apiKey")),
)
def test_a_value_of_the_environment_is_nowhere(name: str, at: int, key: str) -> None:
    sample = SAMPLES[name]
    detail = sample["detail"]
    if "jobId" not in detail:
        return
    sample = changed(sample, ("detail", "parameters"), {key: PASSWORD})
    found = [path for path in places(sample) if path[:2] != ("detail", "parameters")]
    path = found[at % len(found)]
    node: Any = sample
    for part in path:
        node = node[part]
    if isinstance(node, str):
        read = parse_event(changed(sample, path, f"{node} {PASSWORD}"))
        assert PASSWORD not in " ".join(texts(read)), path
        assert PASSWORD not in repr(read), path
