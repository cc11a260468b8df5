"""What a log of errors costs, as a multiple of a reference loop that a busy machine slows down."""

from __future__ import annotations

from notifier.joblog.root_line import LINES_READ, find_root_line
from notifier.text import untrusted
from tests.text.secrets_report import in_references

# 25 ms of CPU on a machine of its own are 6.9 references; the lines below take 6.4. They took 10.6
# before costly patterns were tried only on lines with their words.
MOST_REFERENCES = 8.5


def test_four_hundred_lines_of_errors() -> None:
    lines = untrusted.lines(
        f"2026-11-02 03:00:{n % 60:02d},{n:03d} ERROR [worker-{n % 8}] loader: could not read"
        f" s3://acme/part-{n}.parquet: timed out after {n} s"
        for n in range(LINES_READ)
    )
    find_root_line(lines)  # compiles the patterns
    references, _ = in_references(lambda: find_root_line(lines), runs=9)
    assert references <= MOST_REFERENCES
