"""The message that says what a person did: it joins the thread of the incident."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from notifier.alert import facts, summary
from notifier.alert.alert import Alert
from notifier.alert.digest import start_digest
from notifier.diagnosis.catalogue import Severity
from notifier.incident.counts import Member, fold
from notifier.incident.incident import Incident, Outcome
from notifier.text import units, untrusted


def compose_update(
    incident: Incident, members: Iterable[Member], status: str, said: str, now: int
) -> Alert:
    """Compose the update.

    Parameters
    ----------
    incident, members
        What was answered.
    status
        Such as ACKNOWLEDGED.
    said
        Who did what, as the end of a sentence.
    now
        Epoch milliseconds.
    """
    tally = fold(tuple(members))
    diagnosis = replace(summary.diagnose_incident(incident, tally), meaning="", actions=())
    alert = start_digest(incident, tally, diagnosis)
    said = untrusted.defang(said)
    return replace(
        alert,
        status=facts.mark_drill(status, incident.first.is_drill),
        severity=Severity.INFO,  # nobody is woken by it
        doubt="",
        event_id=f"{incident.key}-{now}",
        event_time=units.iso(now),
        headline=said,
        sentence=f"{alert.name}: {said}.",
        outcome=Outcome.ANSWERED,
        reason="a link of an alert was used",
    )
