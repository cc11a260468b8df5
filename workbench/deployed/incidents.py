"""The incidents in the incident table: read them through the ledger, and close one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from notifier.aws.ledger import IncidentLedger
from notifier.incident.counts import Member
from notifier.incident.incident import Incident
from notifier.ports.service_error import ServiceError
from notifier.text import units
from workbench.deployed import deployment
from workbench.errors import InputError

_PREFIX = "incident#"
TRIES = 5  # of a change that collides with the notifier's own


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened to an incident; `at` is epoch milliseconds."""

    at: int
    what: str


class IncidentStore:
    """The incidents of one table; each method raises `InputError`."""

    def __init__(self, table: str) -> None:
        self._table, self._ledger = table, IncidentLedger(table)

    def list_all(self, *, only_open: bool) -> list[Incident]:
        """Return incidents, the one with the latest news first."""
        try:
            keys = list(self._keys())
            found = self._ledger.read((), keys).incidents.values() if keys else ()
        except (BotoCoreError, ClientError, ServiceError) as error:
            raise deployment.aws_error("read the incidents", error) from error
        chosen = [each for each in found if each.stage == "open" or not only_open]
        return sorted(chosen, key=_latest, reverse=True)

    def find(self, incident_id: str) -> Incident:
        """Return the incident of an id, or of its beginning if that is unique."""
        try:
            keys = [key for key in self._keys() if key.startswith(incident_id)]
            if incident_id in keys:
                keys = [incident_id]
            if not keys:
                raise InputError(f"there is no incident {incident_id}: list shows the ids")
            if len(keys) > 1:
                raise InputError(f"{len(keys)} incidents begin with {incident_id}: give more of it")
            return self._ledger.read((), keys).incidents[keys[0]]
        except (BotoCoreError, ClientError, ServiceError) as error:
            raise deployment.aws_error("read the incident", error) from error

    def members(self, incident: Incident) -> list[Member]:
        """Return the failed jobs of its incident, the earliest first."""
        try:
            return sorted(self._ledger.members(incident.place), key=lambda one: one.at)
        except ServiceError as error:
            raise deployment.aws_error("read the jobs of the incident", error) from error

    def close(self, incident_id: str) -> Incident:
        """Close an incident: no more follow-ups, and the next failure is reported at once."""
        for _ in range(TRIES):
            incident = self.find(incident_id)
            if incident.stage != "open":
                raise InputError(f"incident {incident.key} is not open: it is {incident.stage}")
            closed = replace(incident, due=0, hold="")
            try:
                if self._ledger.save(closed):
                    return closed
            except ServiceError as error:
                raise deployment.aws_error("close the incident", error) from error
        raise InputError("the notifier changed the incident at the same time; try again")

    def _keys(self) -> Iterator[str]:
        client: Any = boto3.client("dynamodb")
        pages = client.get_paginator("scan").paginate(
            TableName=self._table,
            FilterExpression="sk = :state AND begins_with(pk, :incident)",
            ExpressionAttributeValues={":state": {"S": "state"}, ":incident": {"S": _PREFIX}},
            ProjectionExpression="pk",
        )
        for page in pages:
            for item in page["Items"]:
                yield item["pk"]["S"].removeprefix(_PREFIX)


def timeline(incident: Incident, members: list[Member]) -> list[Moment]:
    """Tell what happened to an incident, in order of time, as far as the ledger keeps it."""
    found = [Moment(incident.opened_at, "opened")]
    if members:
        found.append(Moment(members[0].at, f"first failure: {members[0].name or incident.key}"))
        if len(members) > 1:
            found.append(Moment(members[-1].at, f"last of {len(members):,} failures"))
    if incident.reported_at:
        jobs = f"{len(incident.reported):,} jobs reported so far"
        found.append(Moment(incident.reported_at, f"last message sent: {jobs}"))
    unreported = [one.at for one in members if not incident.has_reported(one)]
    if incident.hold and unreported:
        found.append(Moment(min(unreported), f"on hold: {incident.hold}"))
    found += [Moment(at, "a run began that succeeded") for at in incident.recovered.values()]
    if incident.due:
        found.append(Moment(incident.due, "next follow-up"))
    return sorted((each for each in found if each.at), key=lambda each: each.at)


def describe_age(epoch_ms: int, now: int) -> str:
    """Say how long ago a time is."""
    return f"{units.duration(now - epoch_ms)} ago" if 0 < epoch_ms <= now else "-"


def _latest(incident: Incident) -> int:
    return max(incident.reported_at, incident.opened_at)
