"""What failures have in common or not: the values that a message about several of them names."""

from __future__ import annotations

from collections.abc import Iterable

from notifier.diagnosis.known_cause import diagnosis_for
from notifier.incident.counts import Tally
from notifier.incident.incident import Incident
from notifier.text import untrusted

QUEUES_NAMED = 3  # in a sentence; the others are counted


def list_values(values: Iterable[str]) -> tuple[str, ...]:
    """Give each value once, in this order, without empty ones."""
    return tuple(dict.fromkeys(value for value in values if value))


def list_queues(incident: Incident, tally: Tally) -> tuple[str, ...]:
    """Name the queues of all failures."""
    names = [one.queue.rpartition("/")[2] for one in (*tally.failures, *tally.dependents)]
    return list_values(names if names and all(names) else [incident.first.queue, *names])


def list_attributes(incident: Incident, tally: Tally) -> dict[str, tuple[str, ...]]:
    """Give the values of all failures by the name of the message attribute."""
    first, every = incident.first, (*tally.failures, *tally.dependents)
    own = first.tag("notify:owner")
    return {
        "queue": list_queues(incident, tally),
        "definition": list_values(one.definition or first.definition for one in every),
        "owner": list_values([one.owner for one in every] if tally.failures else [own]),
        "cause": list_values(one.cause for one in every),
        "class": list_values(str(diagnosis_for(one.cause).class_) for one in every),
    }


def name_queues(incident: Incident, tally: Tally) -> str:
    """Name the queues in a sentence, with a space before it; empty where none is known."""
    queues = [untrusted.defang(name) for name in list_queues(incident, tally)]
    if not queues:
        return ""
    more = len(queues) - QUEUES_NAMED
    rest = f" and {more:,} more" if more > 0 else ""
    return f" on queue{'s' if len(queues) > 1 else ''} {', '.join(queues[:QUEUES_NAMED])}{rest}"
