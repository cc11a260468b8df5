"""Look for an event that breaks the notifier: `python -m tests.fuzz [--seconds N] [CASE ...]`.

Without `--seconds` it looks for a minute, from the same seed and the same corpus each time, so that
a run fails for what was changed, not for the day. With `--seconds` it begins elsewhere each time,
and keeps what it learns in `.fuzz/corpus` for the next.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.fuzz.cases import decoded
from tests.fuzz.mutation import MOST_BYTES

ROOT = Path(__file__).parents[2]
CORPUS = Path(__file__).parent / "corpus"
KEPT = ROOT / ".fuzz"
MINUTE_S = 60
SLOWEST_S = 20  # one case that takes so long is a finding; a busy machine is ten times slower
MOST_MB = 1_500  # a Lambda function has 1,024, and no tracing of what it runs
_PROGRESS = re.compile(r"#(?P<runs>\d+)\t.*cov: (?P<covered>\d+) ft: (?P<features>\d+)")


def main() -> int:
    """Fuzz, or try the cases named."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, help="for how long (default: a minute, repeatable)")
    parser.add_argument("cases", nargs="*", type=Path, help="files to try once, and no others")
    given = parser.parse_args()
    if given.cases:
        return _try(given.cases)
    if importlib.util.find_spec("atheris") is None:
        print("fuzz: skipped, atheris has no build for this Python on this machine")
        return 0
    KEPT.mkdir(exist_ok=True)
    if given.seconds is None:
        with tempfile.TemporaryDirectory() as learned:
            return _fuzz(Path(learned), MINUTE_S, seed=1)
    learned = KEPT / "corpus"
    learned.mkdir(exist_ok=True)
    return _fuzz(learned, given.seconds, seed=0)  # 0: by the clock


def _try(cases: list[Path]) -> int:
    from tests.fuzz.oracles import check

    for path in cases:
        check(decoded(path.read_bytes()))
        print(f"{path}: nothing found")
    return 0


def _fuzz(learned: Path, seconds: int, seed: int) -> int:
    flags = {
        "max_total_time": seconds, "seed": seed, "max_len": MOST_BYTES, "timeout": SLOWEST_S,
        "rss_limit_mb": MOST_MB, "cross_over": 0, "artifact_prefix": f"{KEPT}/", "len_control": 0,
    }  # fmt: skip
    command = [sys.executable, "-m", "tests.fuzz.engine"]
    command += [f"-{name}={value}" for name, value in flags.items()]
    environment = os.environ | {
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "functions"))),
    }
    done = subprocess.run(
        [*command, str(learned), str(CORPUS)], cwd=ROOT, env=environment, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
    )  # fmt: skip
    progress = [*_PROGRESS.finditer(done.stdout)]
    if done.returncode or not progress:
        print(done.stdout[-8_000:], file=sys.stderr)
        print("fuzz: FAILED; try the case again: python -m tests.fuzz FILE", file=sys.stderr)
        return 1
    last = progress[-1]
    kept = len(list(learned.iterdir()))
    print(
        f"fuzz: ok, {int(last['runs']):,} runs in {seconds} s, {int(last['covered']):,} branches"
        f" and {int(last['features']):,} features reached, {kept:,} cases worth keeping"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
