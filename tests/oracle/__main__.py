"""Look for a scenario in which a message says what is not so: `python -m tests.oracle`.

`--scenarios N --seed S` plays the scenarios S to S + N - 1. A scenario that breaks a rule is
written, as small as it gets, to `.oracle/`; copy it into `tests/oracle/corpus` once it holds.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter, defaultdict
from multiprocessing import Pool
from pathlib import Path

from tests.oracle.generate import generate
from tests.oracle.scenario import Fail, from_json, to_json
from tests.oracle.shrink import shrink, violations

KEPT = Path(__file__).parents[2] / ".oracle"
SHRUNK = 3  # cases of each rule that are made small
PROGRESS = 1_000


def main() -> int:
    """Play scenarios, or those of the files named."""
    parser = argparse.ArgumentParser(prog="python -m tests.oracle", description=__doc__)
    parser.add_argument("--scenarios", type=int, default=1_500)
    parser.add_argument("--seed", type=int, default=0, help="of the first (default: 0)")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("files", nargs="*", type=Path, help="cases to play, and no others")
    given = parser.parse_args()
    if given.files:
        return _play_files(given.files)
    began = time.monotonic()
    found: dict[str, list[int]] = defaultdict(list)
    failures = 0
    seeds = range(given.seed, given.seed + given.scenarios)
    with Pool(given.processes, initializer=_quiet) as pool:
        for number, (seed, rules, count) in enumerate(pool.imap(_try, seeds, chunksize=20), 1):
            failures += count
            for rule in rules:
                found[rule].append(seed)
            if number % PROGRESS == 0:
                print(f"{number:,} scenarios, {sum(map(len, found.values())):,} violations")
    took = time.monotonic() - began
    print(
        f"{len(seeds):,} scenarios (seeds {seeds[0]} to {seeds[-1]}), {failures:,} failures: "
        f"{len({s for each in found.values() for s in each}):,} with a violation; {took:.0f} s"
    )
    for rule, broken in sorted(found.items(), key=lambda each: -len(each[1])):
        print(f"{len(broken):>6,}  {rule}: seeds {', '.join(map(str, broken[:8]))}")
        _keep(rule, broken)
    return 1 if found else 0


def _try(seed: int) -> tuple[int, list[str], int]:
    scenario = generate(seed)
    rules = Counter(one.rule for one in violations(scenario))
    return seed, list(rules), len(scenario.of(Fail))


def _quiet() -> None:
    os.environ |= {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}


def _keep(rule: str, seeds: list[int]) -> None:
    KEPT.mkdir(exist_ok=True)
    smallest = sorted(seeds, key=lambda seed: len(generate(seed).steps))[:SHRUNK]
    for seed in smallest:
        small = shrink(generate(seed), rule)
        path = KEPT / f"{rule.replace(' ', '-')}-{seed}.json"
        path.write_text(to_json(small), encoding="utf-8")
        [first, *_] = [one for one in violations(small) if one.rule == rule]
        print(f"        {path.relative_to(KEPT.parent)}: {first.says}")


def _play_files(files: list[Path]) -> int:
    broken = 0
    for path in files:
        found = violations(from_json(path.read_text(encoding="utf-8")))
        broken += bool(found)
        for one in found or ["every rule holds"]:
            print(f"{path}: {one}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
