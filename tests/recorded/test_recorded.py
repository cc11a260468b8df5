"""Seven failed jobs as a real account's DescribeJobs gave them, in the event's envelope.

Recorded by aws-parallelcluster (awsbatch-cli tests); environment and commands are left out.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from notifier.batch.event import parse_event
from notifier.batch.failure import Failure, Kind
from notifier.diagnosis.diagnose import Certainty, diagnose

HERE = Path(__file__).parent
SURE = (Certainty.CERTAIN,)
LIKELY = (Certainty.CERTAIN, Certainty.LIKELY)

RECORDED = [
    ("00-node", Kind.NODE, 127, "app-exit-127", LIKELY),
    ("01-node", Kind.NODE, 127, "app-exit-127", LIKELY),
    ("02-array-child", Kind.ARRAY_CHILD, 127, "app-exit-127", LIKELY),
    ("03-array-child", Kind.ARRAY_CHILD, 127, "app-exit-127", LIKELY),
    ("04-parent-array", Kind.ARRAY_PARENT, None, "array-child-failed", SURE),
    ("05-mnp", Kind.MULTI_NODE, 137, "terminated-by-user", LIKELY),
    ("06-job", Kind.JOB, 2, "app-exit-2", LIKELY),
]


@pytest.mark.parametrize(
    ("name", "kind", "exit_code", "cause", "certainties"), RECORDED, ids=[r[0] for r in RECORDED]
)
def test_recorded(
    name: str,
    kind: Kind,
    exit_code: int | None,
    cause: str,
    certainties: tuple[Certainty, ...],
) -> None:
    read = parse_event(json.loads((HERE / f"{name}.json").read_text(encoding="utf-8")))
    assert isinstance(read, Failure)
    assert (read.kind, read.exit_code) == (kind, exit_code)
    told = diagnose(read)
    assert told.cause == cause
    assert told.certainty in certainties


def test_every_recording_is_in_the_table() -> None:
    assert sorted(file.stem for file in HERE.glob("*.json")) == [row[0] for row in RECORDED]
