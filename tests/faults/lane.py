"""`python -m tests.faults.lane ARTIFACT LANE LANES`: some of the cases, a line of JSON for each."""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.faults.cases import OUTAGES, ROUNDS, Case, run
from tests.faults.world import deployed


def main(artifact: str, lane: int, lanes: int) -> None:
    """Run every case that falls to this lane."""
    every = _spread([*OUTAGES, *ROUNDS])
    with (
        tempfile.TemporaryDirectory(prefix="batch-notifier-faults-") as scratch,
        deployed(Path(artifact), Path(scratch), seed=lane) as world,
    ):
        for case in every[lane::lanes]:
            print(json.dumps(asdict(run(world, case))), flush=True)


def _spread(cases: list[Case]) -> list[Case]:
    """Put the slow ones first: they take longest, and every lane gets as many."""
    return sorted(cases, key=lambda case: case.fault != "slow")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
