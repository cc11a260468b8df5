"""How one case becomes another: changes that keep an event an event, and some that do not."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from tests.fuzz.cases import Case, decoded, encoded
from tests.properties.strategies import HOSTILE, SAMPLES, changed, places

_REASONS = [
    json.loads(line)["text"]
    for line in (Path(__file__).parents[1] / "diagnosis" / "reasons.jsonl")
    .read_text(encoding="utf-8")
    .splitlines()
]
_LOGS = [
    line
    for file in sorted((Path(__file__).parents[2] / "events" / "logs").glob("*.txt"))
    for line in file.read_text(encoding="utf-8").splitlines()
]
_KEYS = sorted({str(path[-1]) for one in SAMPLES.values() for path in places(one) if path})
_ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 10, 137, 139, 143, 2**31, 2**63, 10**40, 1.5, float("inf"),
    float("-inf"), float("nan"), "", [], {}, [[]], [{}], {"a": {"b": []}}, 1_795_000_000_000,
)  # fmt: skip
MOST_LINES = 400  # of a log: as many as are looked at
MOST_BYTES = 200_000  # what grows larger is not tried; larger events have tests of their own
DEEPEST = 150  # levels of nesting; what is deeper has tests of its own, and tires the fuzzer
_DEEP = 60  # levels added at once
_REPEATS = (2, 3, 40, 300)


def mutated(data: bytes, random: Random) -> bytes:
    """Give a case some changes away from another; the same for the same random numbers."""
    case = decoded(data)
    for _ in range(random.choice((1, 1, 1, 2, 3, 5))):
        case = random.choice(_CHANGES)(case, random)
    if max(map(len, places(case.event))) > DEEPEST:
        return data
    written = encoded(case)
    return written if len(written) <= MOST_BYTES else data


def some_text(random: Random) -> str:
    """Give a text that a stranger may send."""
    kinds: Sequence[Callable[[], str]] = (
        lambda: random.choice(HOSTILE),
        lambda: "".join(random.choices(HOSTILE, k=random.randint(1, 8))),
        lambda: random.choice(_REASONS),
        lambda: random.choice(_LOGS),
        lambda: chr(random.choice((random.randrange(0x250), random.randrange(0x110000)))),
        lambda: random.choice(HOSTILE) * random.choice(_REPEATS),
    )
    return random.choice(kinds)()


def _changed_text(told: str, random: Random) -> str:
    start, end = sorted(random.choices(range(len(told) + 1), k=2))
    return random.choice((
        told[:start] + some_text(random) + told[start:],
        told[:start] + told[end:],
        told[:end] + told[start:end] * random.choice(_REPEATS) + told[end:],
        some_text(random),
    ))  # fmt: skip


def _changed_node(node: Any, random: Random) -> Any:
    if isinstance(node, str) and random.random() < 0.7:
        return _changed_text(node, random)
    if isinstance(node, list) and node and random.random() < 0.5:
        return random.choice((node * random.choice(_REPEATS), node[::-1], node[:1], node[1:]))
    if isinstance(node, dict) and random.random() < 0.5:
        return node | {random.choice(_KEYS): _any(random)}
    if isinstance(node, int) and not isinstance(node, bool) and random.random() < 0.5:
        return random.choice((node + 1, -node, node * 1000, float(node), str(node), 0))
    return random.choice((_any(random), _nested(node, random)))


def _any(random: Random) -> Any:
    return random.choice((random.choice(_ODD), some_text(random), _part_of_a_sample(random)))


def _part_of_a_sample(random: Random) -> Any:
    node: Any = SAMPLES[random.choice(sorted(SAMPLES))]
    for key in random.choice(list(places(node))):
        node = node[key]
    return node


def _nested(node: Any, random: Random) -> Any:
    for _ in range(random.randint(1, _DEEP)):
        node = [node] if random.random() < 0.5 else {random.choice(_KEYS): node}
    return node


def _event(case: Case, random: Random) -> Case:
    path = random.choice(list(places(case.event)))
    node: Any = case.event
    for key in path:
        node = node[key]
    drop = bool(path) and random.random() < 0.2
    return replace(
        case, event=changed(case.event, path, _changed_node(node, random), drop=drop), body=""
    )


def _log(case: Case, random: Random) -> Case:
    log = list(case.log)
    at = random.randint(0, len(log))
    if log and random.random() < 0.4:
        log[at - 1] = _changed_text(log[at - 1], random)
    elif log and random.random() < 0.2:
        del log[at - 1 :]
    else:
        log[at:at] = [some_text(random)] * random.choice((1, 1, 1, 30))
    return replace(case, log=tuple(log[:MOST_LINES]))


def _plants(case: Case, random: Random) -> Case:
    plant = (random.randrange(1_000), random.randrange(10_000), random.choice((0, 0, 1)) * 97)
    cut = plant[2] and random.randrange(1, 200)
    return replace(case, plants=(*case.plants[-3:], (*plant[:2], cut)))


def _body(case: Case, random: Random) -> Case:
    """Break the JSON itself."""
    body = case.body or json.dumps(case.event)
    return replace(case, body=_changed_text(body, random), plants=())


_CHANGES = (_event, _event, _event, _event, _log, _log, _plants, _body)
