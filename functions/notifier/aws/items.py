"""Items of the ledger's table: key, version, expiry, and a body of JSON.

Only the fields named here are stored: a new field of a failure must be added explicitly. What an
earlier version stored is read as well: see `_upgraded`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, fields
from sys import intern
from typing import Any

from notifier.batch.failure import Failure, Kind, LogStream
from notifier.diagnosis.catalogue import Certainty, Severity
from notifier.incident import marks
from notifier.incident.counts import Member, Role
from notifier.incident.fingerprint import is_drill_key
from notifier.incident.incident import Incident, Place
from notifier.incident.rate_limit import RateState, Sending
from notifier.incident.recovery import Run
from notifier.incident.silence import Silence
from notifier.incident.sweep_position import Progress, SweepPosition

Item = dict[str, Any]
MOST_NAME_BYTES = 900  # of a name in a key; what is before it takes at most 20
_HASHED = "sha256-"

_STORED_FIELDS = (
    "kind", "job_id", "job_name", "event_id", "event_time", "account", "region", "job_arn",
    "queue_arn", "definition_arn", "status", "status_reason", "vcpus", "memory_mib", "gpus",
    "platform", "array_size", "array_index", "node_index", "node_count", "training_job", "stack",
    "resource_type", "waiting_since", "tags", "pipeline", "run", "step", "is_drill",
)  # fmt: skip

MEMBER_PREFIX = "job#"
STATE = "state"
_ALIKE = ("cause", "name", "queue", "definition", "owner", "error")
_MEMBER_FIELDS = tuple(field.name for field in fields(Member))
_COUNTS = ("after", "muted_until")  # of most members, 0
_KEPT = ("key", "first", "cause", "certainty", "opened_at", "interval", "due", "lease_until")
# A version before 0.2 numbered the episodes of an incident.
_MEMBER_KEY = re.compile(r"job#(?:\d{4}#)?(.+)", re.DOTALL)


def key(pk: str, sk: str) -> Item:
    """Return the key of an item."""
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def state_key(incident: str) -> Item:
    """Return the key of an incident's state."""
    return key(f"incident#{incident}", STATE)


def place_key(root: str) -> Item:
    """Return the key of the place where a job is counted."""
    return key(f"job#{_short(root)}", "place")


def member_key(place: Place, job_id: str) -> Item:
    """Return the key of a member."""
    return key(f"incident#{place.key}", MEMBER_PREFIX + _short(job_id))


def run_key(job: str, run: Run) -> Item:
    """Return the key of a run; those that began later are sorted later."""
    return key(f"runs#{job}", f"{max(0, run.started_at):015d}#{_short(run.job_id)}")


def _short(name: str) -> str:
    """Return a name, or its hash where it may be too long for a key.

    DynamoDB counts bytes: 2,048 of a partition key, 1,024 of a sort key.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
    """
    counted = name.encode("utf-8", "replace")
    is_short = len(counted) <= MOST_NAME_BYTES
    return name if is_short else f"{_HASHED}{hashlib.sha256(counted).hexdigest()}"


def held_list(*, is_drill: bool) -> str:
    """Return the partition key of the incidents on hold."""
    return "held-drills" if is_drill else "held"


def held_key(incident: str) -> Item:
    """Return the key of an incident on hold."""
    return key(held_list(is_drill=is_drill_key(incident)), incident)


def urgency(held: Item) -> tuple[int, int, str]:
    """Return what an incident on hold is sorted by; a version before 0.2 stored only its key."""
    body = body_of(held)
    severity = Severity(body.get("severity", Severity.INFO))
    return -severity.rank, body.get("since", 0), held["sk"]["S"]


def with_body(where: Item, body: Mapping[str, Any], expires: int, version: int = 0) -> Item:
    """Return a whole item; `expires` is in epoch seconds, as DynamoDB TTL requires."""
    item = {**where, "body": {"S": json.dumps(body, separators=(",", ":"), ensure_ascii=False)}}
    item["expires"] = {"N": str(expires)}
    return item | ({"version": {"N": str(version)}} if version else {})


def body_of(item: Item) -> dict[str, Any]:
    """Return the body of an item."""
    body: dict[str, Any] = json.loads(item["body"]["S"])
    return body


def version_of(item: Item) -> int:
    """Return how often an item was written."""
    return int(item["version"]["N"])


def from_incident(incident: Incident) -> dict[str, Any]:
    """Return the body of an incident's state."""
    kept = {field.name: getattr(incident, field.name) for field in fields(incident)}
    first = {name: getattr(incident.first, name) for name in _STORED_FIELDS}
    del kept["version"]
    own = {"first": _without_empty(first), "reported": marks.pack(incident.reported)}
    return _without_empty(kept | own | {"recovered": dict(incident.recovered)})


def to_incident(item: Item) -> Incident:
    """Parse an incident's state."""
    body = _upgraded(body_of(item))
    body["first"], body["certainty"] = _failure(body["first"]), Certainty(body["certainty"])
    body["reported"] = marks.unpack(body.get("reported", {}))
    return Incident(**body, version=version_of(item))


def _upgraded(body: dict[str, Any]) -> dict[str, Any]:
    """Return the body of a state that a version before 0.2 stored, as this one stores it.

    It counted what was reported of the last episode, instead of marking it: what failed before its
    last message, or the end of the episode before it, was reported.
    """
    if "severity" not in body:
        return body
    reported_at = body.pop("told_at", 0) or body.pop("reported_at", 0)
    ended_at = body.pop("phase_at", 0)
    is_recovered = "recovered" in (body.pop("phase", ""), body.pop("before", ""))
    hold = body.pop("withheld", "") or body.pop("held_reason", "")
    kept = {name: body[name] for name in _KEPT if name in body}
    return kept | {
        "reported_at": reported_at,
        "reported_before": max(reported_at, ended_at) + 1 if reported_at or ended_at else 0,
        "recovered": {"": ended_at} if is_recovered else {},
        "hold": hold,
    }


def _failure(body: dict[str, Any]) -> Failure:
    required = dict.fromkeys(("job_name", "event_id", "event_time", "account", "region"), "")
    tags = tuple((name, value) for name, value in body.get("tags", ()))
    return Failure(
        **(required | {"job_id": ""} | body | {"kind": Kind(body["kind"]), "tags": tags})
    )


def to_place(item: Item) -> Place:
    """Parse where a job is counted."""
    body = body_of(item)
    return Place(body["key"], body.get("assumed", False))


def from_member(member: Member) -> dict[str, Any]:
    """Return the body of a member; its id is in the key, unless it is too long for that."""
    body = _without_empty({name: getattr(member, name) for name in _MEMBER_FIELDS})
    if _short(member.job_id) == member.job_id:
        body.pop("job_id", None)
    body |= {"log": [member.log.group, member.log.stream, member.log.region]} if member.log else {}
    return {name: value for name, value in body.items() if value or name not in _COUNTS}


def to_member(item: Item) -> Member:
    """Parse a member."""
    body, named = body_of(item), _MEMBER_KEY.fullmatch(item["sk"]["S"])
    log = LogStream(*map(intern, body["log"])) if "log" in body else None
    label = Severity(body["label"]) if "label" in body else None
    job_id = body.get("job_id", named[1] if named else "")
    own = {"job_id": job_id, "role": Role(body["role"]), "log": log, "label": label}
    # The members of an incident share these texts, and take half the memory.
    alike = {name: intern(body[name]) for name in _ALIKE if name in body}
    return Member(**(body | alike | own))


def from_run(run: Run) -> dict[str, Any]:
    """Return the body of a run; its id is in the key."""
    return {"stopped_at": run.stopped_at} | ({"succeeded": True} if run.succeeded else {})


def to_run(item: Item) -> Run:
    """Parse a run."""
    started_at, _, job_id = item["sk"]["S"].partition("#")
    return Run(job_id, int(started_at), **body_of(item))


def from_rate_state(rate_state: RateState) -> dict[str, Any]:
    """Return the body of the rate limit's state."""
    body = asdict(rate_state)
    del body["version"]
    times = {name: [list(one.values()) for one in body[name]] for name in ("alerts", "texts")}
    return body | times


def to_rate_state(item: Item) -> RateState:
    """Parse the rate limit's state; a version before 0.2 stored only times."""
    body = body_of(item)
    times = {
        name: tuple(Sending(*(one if isinstance(one, list) else [one])) for one in body[name])
        for name in ("alerts", "texts")
    }
    return RateState(**(body | times), version=version_of(item))


def from_sweep_position(sweep_position: SweepPosition) -> dict[str, Any]:
    """Return the body of the sweep position."""
    return asdict(sweep_position)


def to_sweep_position(item: Item) -> SweepPosition:
    """Parse the sweep position."""
    body = body_of(item)
    queues = {arn: Progress(**each) for arn, each in body["queues"].items()}
    return SweepPosition(queues, body["starting"])


def to_silences(item: Item) -> tuple[Silence, ...]:
    """Parse all silences."""
    return tuple(Silence(**each) for each in body_of(item)["silences"])


def _without_empty(values: dict[str, Any]) -> dict[str, Any]:
    """Drop empty values, but keep numbers: 0 is an index and an exit code."""
    return {
        name: value
        for name, value in values.items()
        if value is not None and value not in ("", (), {}) and value is not False
    }


def from_silence(silence: Silence) -> dict[str, Any]:
    """Return a silence for the body of all silences."""
    return asdict(silence)
