"""Which log lines are shown: the last error with its traceback, then the tail."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.joblog.excerpt import Excerpt, LogLine, LogRead, excerpt_of
from notifier.joblog.root_line import find_root_line, root_line_text
from notifier.text import untrusted
from tests.properties.strategies import SOME, hostile

PYTHON = [
    "Traceback (most recent call last):",
    '  File "/app/run.py", line 9, in <module>',
    "    main()",
    '  File "/app/run.py", line 5, in main',
    "    return table[key]",
    "KeyError: 'HG002'",
]
JAVA = [
    'Exception in thread "main" java.lang.IllegalStateException: no reads',
    "\tat org.example.Align.run(Align.java:12)",
    "\tat org.example.Main.main(Main.java:7)",
    "Caused by: java.io.IOException: truncated file",
    "\tat org.example.Bam.read(Bam.java:3)",
    "\t... 2 more",
]
QUIET = "progress 10 %"


def chosen(raw: list[str], limit: int, *, complete: bool = True) -> Excerpt:
    lines = tuple(LogLine(1_795_602_065_000 + n, line) for n, line in enumerate(raw))
    safe = untrusted.lines(raw)
    return excerpt_of(LogRead(lines, complete), safe, limit, find_root_line(safe))


def quiet(count: int) -> list[str]:
    return [f"{QUIET} {n}" for n in range(count)]


@pytest.mark.parametrize("after", [0, 1, 5, 40, 300])
@pytest.mark.parametrize("before", [0, 1, 40])
def test_a_python_traceback_is_shown_whole(before: int, after: int) -> None:
    shown = chosen([*quiet(before), *PYTHON, *quiet(after)], 25).lines
    assert [line for line in shown if line in PYTHON] == PYTHON


@pytest.mark.parametrize("after", [0, 1, 5, 40, 300])
@pytest.mark.parametrize("before", [0, 1, 40])
def test_a_java_stack_is_shown_with_message_and_frames(before: int, after: int) -> None:
    shown = chosen([*quiet(before), *JAVA, *quiet(after)], 25).lines
    assert JAVA[0] in shown
    assert JAVA[3] in shown
    assert any("Bam.java:3" in line for line in shown)
    assert any("Align.java:12" in line for line in shown)


@pytest.mark.parametrize(
    "error",
    [
        "ERROR: reference.fa not found", "java.lang.OutOfMemoryError: Java heap space",
        "run.sh: line 3: samtools: command not found", "Killed", "panic: nil map",
        "OSError: [Errno 28] No space left on device", "Segmentation fault (core dumped)",
        "thread 'main' panicked at src/main.rs:3:5", "botocore.exceptions.NoCredentialsError: x",
    ],
)  # fmt: skip
def test_the_last_error_is_shown_however_long_the_tail(error: str) -> None:
    raw = ["ERROR: an older one", *quiet(100), error, *quiet(400)]
    shown = chosen(raw, 25)
    assert error in shown.lines
    assert shown.lines[-1] == raw[-1]


def test_order_and_gaps_are_said() -> None:
    shown = chosen([*quiet(30), "ERROR: it broke", *quiet(100)], 10)
    gap = next(n for n, line in enumerate(shown.lines) if "left out" in line)
    assert "ERROR: it broke" in shown.lines[:gap]
    left_out = int(shown.lines[gap].split()[0].strip("["))
    first_after = int(shown.lines[gap + 1].rsplit(" ", 1)[1])
    last_before = shown.lines[gap - 1]
    shown_before = -1 if last_before.startswith("ERROR") else int(last_before.rsplit(" ", 1)[1])
    assert left_out == first_after - shown_before - 1


def test_counts_and_times() -> None:
    shown = chosen(quiet(100), 25, complete=False)
    assert (shown.shown, shown.total, shown.complete) == (25, 100, False)
    assert (shown.first_at, shown.last_at) == (1_795_602_065_000, 1_795_602_065_099)


def test_a_short_log_is_shown_whole() -> None:
    shown = chosen([*quiet(3), *PYTHON, *quiet(3)], 25)
    assert shown.shown == shown.total == 12
    assert not [line for line in shown.lines if "left out" in line]


def test_no_lines() -> None:
    assert chosen([], 25).lines == ()


@SOME
@given(
    raw=st.lists(st.one_of(hostile, st.sampled_from((*PYTHON, *JAVA, QUIET))), max_size=120),
    limit=st.integers(1, 60),
)
def test_any_log(raw: list[str], limit: int) -> None:
    shown = chosen(raw, limit)
    gaps = [line for line in shown.lines if line.endswith(" lines left out]")]
    assert shown.shown <= min(limit, len(raw))
    assert len(shown.lines) - len(gaps) <= shown.shown
    assert shown.total == len(raw)
    if raw:
        assert shown.shown == min(limit, len(raw)) or len(raw) > limit
        last = untrusted.defang(untrusted.lines(raw)[-1])
        assert shown.lines[-1] == last


def test_urls_of_the_log_are_not_clickable() -> None:
    assert "https://" not in chosen(["see https://evil.example/a"], 5).lines[0]


@pytest.mark.parametrize(
    ("log", "root"),
    [
        (PYTHON, "KeyError: 'HG002'"),
        (JAVA, "Caused by: java.io.IOException: truncated file"),
        (['Exception in thread "main" java.lang.IllegalStateException: no'],
         'Exception in thread "main" java.lang.IllegalStateException: no'),
        (["panic: runtime error: index out of range"], "panic: runtime error: index out of range"),
        (["thread 'main' panicked at src/main.rs:3:5:", "no such sample", "note: run with"],
         "thread 'main' panicked at src/main.rs:3:5: no such sample"),
        (["Error in f(x) : no lines available"], "Error in f(x) : no lines available"),
        (["2026-01-01 00:00:00,1 ERROR KeyError: 1"], "KeyError: 1"),
        (["ValueError: first", "KeyError: second", "cleaning up"], "ValueError: first"),
        ([*PYTHON, "retrying", *PYTHON[:-1], "OSError: second"], "OSError: second"),
        (["all is well"], ""),
        ([], ""),
    ],
)  # fmt: skip
def test_the_root_line(log: list[str], root: str) -> None:
    assert root_line_text(log) == root
