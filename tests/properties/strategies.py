"""What strangers may send: hostile text, any JSON, broken samples, whole hostile events."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

# Derandomised: a run fails for what was changed, not for the day. The counts share 60 s.
_BASE = settings(
    derandomize=True, deadline=None, database=None,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
MANY = settings(_BASE, max_examples=400)
SOME = settings(_BASE, max_examples=150)
FEW = settings(_BASE, max_examples=60)

ACCOUNT, REGION = "111122223333", "us-east-1"
SAMPLES: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((Path(__file__).parents[2] / "events").glob("*.json"))
    if path.stem != "local"
}
MARK = "zqxEVIL"  # stands in every hostile text, to be found again

HOSTILE = (
    MARK, "http://evil.example/a", "HTTPS://EVIL.example", "www.evil.example", "ftp://evil.example",
    "_https://evil.example", "密https://evil.example", "ｈｔｔｐｓ：／／evil.example",
    "[click](https://evil.example)", "<https://evil.example|x>", "<!here>", "<@U012>", "@channel",
    "<at>all</at>", "`", "```", "*bold*", "_it_", "~no~", "> quote", "# head", "| a | b |",
    "\x1b[31m", "\x1b]0;title\x07", "\x1b]8;;http://evil.example\x07", "\x9b1m", "\x9d0;x\x9c",
    "\x00", "\x07", "\x08", "\x7f", "\x85", "\r", "\n", "\t", "\v", "\f", "\u2028", "\u2029",
    "\u202e", "\u2066", "\u200b", "\u200f", "\u2060", "\ufeff", "\u00ad", "\u061c", "\U000e0041",
    "\ud800", "\udfff", "\ufffe", "\uffff", "\ufdd0", "\U0010ffff", "\ue000",
    "\ufe0f", "\u034f", "\u3164", "\u2800", "e\u0301" * 3, "ﷺ", "ſﬁ", "日本語", "😀", "👩‍👩‍👧",
    '"', "'", "\\", "'\"'\"'", "$(id)", "`id`", "; rm -rf /", "&&", "|", ">", "--endpoint-url",
    "file:///etc/passwd", "%0a", "{}", "{0}", "%s", "&lt;", "=1+1", "+1", "-1", "@SUM(1)",
    "=HYPERLINK(\"http://evil.example\")", "..", "/", ":", "#", " ", "x" * 90,
)  # fmt: skip
hostile = st.lists(
    st.one_of(st.sampled_from(HOSTILE), st.text(max_size=12)), min_size=0, max_size=12
).map("".join)
long_hostile = st.tuples(hostile, st.sampled_from((1, 40, 300, 2_000))).map(
    lambda drawn: drawn[0] * drawn[1]
)

_numbers = st.one_of(
    st.integers(), st.floats(), st.sampled_from((0, -1, 2**53, 10**40, float("inf"), float("nan")))
)
scalars = st.one_of(st.none(), st.booleans(), _numbers, hostile)
anything = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(hostile, inner, max_size=4)
    ),
    max_leaves=12,
)


def places(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Give the path of every node of a JSON value."""
    yield path
    pairs = value.items() if isinstance(value, dict) else ()
    pairs = enumerate(value) if isinstance(value, list) else pairs
    for key, inner in pairs:
        yield from places(inner, (*path, key))


def changed(value: Any, path: tuple[str | int, ...], new: object, *, drop: bool = False) -> Any:
    """Give a copy with one node replaced, or dropped."""
    if not path:
        return new
    copy = deepcopy(value)
    inner = copy
    for key in path[:-1]:
        inner = inner[key]
    if drop:
        del inner[path[-1]]
    else:
        inner[path[-1]] = new
    return copy


PLACES = {name: list(places(sample)) for name, sample in SAMPLES.items()}


@st.composite
def broken_samples(draw: st.DrawFn) -> Any:
    """Draw a real-shaped event with one to three nodes dropped or replaced by any JSON."""
    name = draw(st.sampled_from(sorted(SAMPLES)))
    event = SAMPLES[name]
    for _ in range(draw(st.integers(1, 3))):
        found = list(places(event))
        path = found[draw(st.integers(0, len(found) - 1))]
        event = changed(event, path, draw(anything), drop=bool(path) and draw(st.booleans()))
    return event


_maybe = st.one_of(st.none(), hostile)
_moments = st.one_of(st.none(), st.integers(0, 2_000_000_000_000), _numbers)


@st.composite
def containers(draw: st.DrawFn) -> dict[str, Any]:
    """Draw one container with hostile text in every field."""
    return {
        "name": draw(hostile),
        "image": draw(long_hostile),
        "exitCode": draw(st.one_of(st.none(), st.integers(-5, 300))),
        "reason": draw(long_hostile),
        "logStreamName": draw(hostile),
        "essential": draw(st.booleans()),
        "taskArn": draw(hostile),
        "logConfiguration": {
            "logDriver": draw(st.one_of(st.sampled_from(("awslogs", "splunk", "")), hostile)),
            "options": {"awslogs-group": draw(hostile), "awslogs-region": draw(_maybe)},
        },
        "resourceRequirements": [
            {"type": "MEMORY", "value": draw(st.one_of(st.sampled_from(("2048", "1")), hostile))},
            {"type": "VCPU", "value": draw(st.sampled_from(("1", "0.25", "x")))},
        ],
    }


_RESOURCES = ("AWS::Batch::JobQueue", f"AWS::Batch::{MARK} http://evil.example")
_STACK_STATES = ("CREATE_FAILED", f"http://evil.example <{MARK}> `_FAILED")


def _arn(kind: str, name: str, account: str = ACCOUNT) -> str:
    return f"arn:aws:batch:{REGION}:{account}:{kind}/{name}"


@st.composite
def hostile_events(draw: st.DrawFn) -> dict[str, Any]:
    """Draw an event of any kind that is read as a failure, hostile wherever a text may stand."""
    shape = draw(st.sampled_from(("job", "child", "array", "node", "ecs", "eks", "service",
                                  "blocked", "stack")))  # fmt: skip
    single, name = draw(containers()), draw(st.one_of(hostile, st.just("align-reads")))
    attempt = {
        "container": single,
        "startedAt": draw(_moments),
        "stoppedAt": draw(_moments),
        "statusReason": draw(long_hostile),
    }
    detail: dict[str, Any] = {
        "jobId": draw(st.one_of(hostile, st.just("7a712b12-71eb-4007-a865-85f05de13a71"))),
        "jobName": name,
        "jobArn": draw(st.one_of(hostile, st.just(_arn("job", "7a712b12:3")))),
        "jobQueue": draw(st.one_of(hostile, hostile.map(lambda t: _arn("job-queue", t)))),
        "jobDefinition": draw(st.one_of(hostile, hostile.map(lambda t: _arn("job-definition", t)))),
        "status": "FAILED",
        "statusReason": draw(long_hostile),
        "createdAt": draw(_moments),
        "startedAt": draw(_moments),
        "stoppedAt": draw(_moments),
        "attempts": [attempt] * draw(st.integers(0, 12)),
        "container": single,
        "dependsOn": [{"jobId": draw(hostile)}] * draw(st.integers(0, 30)),
        "tags": {f"notify:{key}": draw(hostile) for key in ("owner", "runbook", "severity")},
        "platformCapabilities": draw(st.sampled_from((["FARGATE"], ["EC2"], []))),
    }
    detail |= {
        "child": {"arrayProperties": {"index": 3}},
        "array": {"arrayProperties": {"size": 5, "statusSummary": {"FAILED": 2}}},
        "node": {"nodeDetails": {"nodeIndex": 1}},
        "ecs": {"ecsProperties": {"taskProperties": [{"containers": [single, single]}]}},
        "eks": {"eksProperties": {"podProperties": {"containers": [single]}}},
    }.get(shape, {})
    if shape == "stack":
        detail = {
            "stack-id": draw(hostile),
            "logical-resource-id": name,
            "physical-resource-id": draw(hostile),
            "resource-type": draw(st.sampled_from(_RESOURCES)),
            "status-details": {
                "status": draw(st.sampled_from(_STACK_STATES)), "status-reason": draw(long_hostile),
            },
        }  # fmt: skip
    detail_type = {
        "service": "Batch Service Job State Change",
        "blocked": "Batch Job Queue Blocked",
        "stack": "CloudFormation Resource Status Change",
    }.get(shape, "Batch Job State Change")
    return {
        "id": draw(hostile),
        "source": draw(st.sampled_from(("aws.batch", "batch-notifier.drill"))),
        "detail-type": detail_type,
        "time": draw(hostile),
        "account": draw(st.one_of(hostile, st.just(ACCOUNT))),
        "region": draw(st.one_of(hostile, st.just(REGION))),
        "detail": detail,
    }
