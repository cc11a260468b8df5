"""Run the fuzzer in this process: `python -m tests.fuzz.engine`, with the flags of libFuzzer.

https://llvm.org/docs/LibFuzzer.html#options
"""

from __future__ import annotations

import sys
from random import Random

import atheris

with atheris.instrument_imports(include=["notifier"]):
    from tests.fuzz.cases import decoded
    from tests.fuzz.mutation import mutated
    from tests.fuzz.oracles import check


def _try(data: bytes) -> None:
    check(decoded(data))


def _mutate(data: bytes, max_size: int, seed: int) -> bytes:
    written = mutated(data, Random(seed))
    return written if len(written) <= max_size else data


if __name__ == "__main__":
    atheris.Setup(sys.argv, _try, custom_mutator=_mutate)
    atheris.Fuzz()
