"""`python -m tests.faults.lane ARTIFACT LANE LANES`: some of the cases, a line of JSON for each."""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.faults import flood, killer
from tests.faults.cases import OUTAGES, ROUNDS, run
from tests.faults.world import World, deployed

KILLED, FLOODED = 1_000, 100_000


def cases(world: World, lane: int, lanes: int) -> None:
    """Run every case that falls to a lane: the slow ones first, as many in every lane."""
    every = sorted([*OUTAGES, *ROUNDS], key=lambda case: case.fault != "slow")
    for case in every[lane::lanes]:
        say(asdict(run(world, case)))


def say(result: object) -> None:
    """Print a result at once."""
    print(json.dumps(result), flush=True)


def main(artifact: Path, what: str, lanes: int) -> None:
    """Run a lane by its number, or `kill`, or `flood`."""
    with (
        tempfile.TemporaryDirectory(prefix="batch-notifier-faults-") as scratch,
        deployed(artifact, Path(scratch), seed=int(what) if what.isdigit() else 0) as world,
    ):
        if what == "kill":
            row, killed = killer.run(world, KILLED)
            say(asdict(row) | {"killed": killed})
        elif what == "flood":
            package = artifact.parent / flood.package(artifact)
            say(asdict(flood.run(world, package, Path(scratch), FLOODED)))
        else:
            cases(world, int(what), lanes)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
