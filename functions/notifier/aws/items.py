"""Items of the ledger's table: key, version, expiry, and a body of JSON.

Only the fields named here are stored: a new field of a failure must be added explicitly.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from notifier.batch.failure import Failure, Kind, LogStream
from notifier.diagnosis.catalogue import Certainty, Severity
from notifier.incident.counts import Member, Role
from notifier.incident.fingerprint import is_drill_key
from notifier.incident.incident import Incident, Phase, Place
from notifier.incident.rate_limit import RateState, Sending
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

# Field names in incidents that a version before 0.2 stored.
_RENAMED = {"told_at": "reported_at", "withheld": "held_reason", "withheld_at": "held_since"}


def key(pk: str, sk: str) -> Item:
    """Return the key of an item."""
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def state_key(incident: str) -> Item:
    """Return the key of an incident's state."""
    return key(f"incident#{incident}", "state")


def place_key(root: str) -> Item:
    """Return the key of the place where a job is counted."""
    return key(f"job#{_short(root)}", "place")


def member_prefix(place: Place) -> str:
    """Return the prefix of the sort keys of an episode's members."""
    return f"job#{place.episode:04d}#"


def member_key(place: Place, job_id: str) -> Item:
    """Return the key of a member."""
    return key(f"incident#{place.key}", member_prefix(place) + _short(job_id))


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
    return _without_empty(kept) | {"first": _without_empty(first)}


def to_incident(item: Item) -> Incident:
    """Parse an incident's state."""
    body = {_RENAMED.get(name, name): value for name, value in body_of(item).items()}
    body["first"] = _failure(body["first"])
    body["severity"], body["certainty"] = Severity(body["severity"]), Certainty(body["certainty"])
    body["phase"] = Phase(body["phase"])
    body["before"] = Phase(body["before"]) if "before" in body else None
    return Incident(**body, version=version_of(item))


def _failure(body: dict[str, Any]) -> Failure:
    required = dict.fromkeys(("job_name", "event_id", "event_time", "account", "region"), "")
    tags = tuple((name, value) for name, value in body.get("tags", ()))
    return Failure(
        **(required | {"job_id": ""} | body | {"kind": Kind(body["kind"]), "tags": tags})
    )


def from_member(member: Member) -> dict[str, Any]:
    """Return the body of a member; its id is in the key, unless it is too long for that."""
    body = _without_empty({field.name: getattr(member, field.name) for field in fields(member)})
    if _short(member.job_id) == member.job_id:
        body.pop("job_id", None)
    return body | ({"log": list(asdict(member.log).values())} if member.log else {})


def to_member(item: Item, prefix: str) -> Member:
    """Parse a member."""
    body = body_of(item)
    log = LogStream(*body["log"]) if "log" in body else None
    job_id = body.get("job_id", item["sk"]["S"].removeprefix(prefix))
    return Member(**(body | {"job_id": job_id, "role": Role(body["role"]), "log": log}))


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
        if value is not None and value != "" and value != () and value is not False
    }


def from_silence(silence: Silence) -> dict[str, Any]:
    """Return a silence for the body of all silences."""
    return asdict(silence)
