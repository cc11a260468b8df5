"""Secrets as jobs print them, harmless texts that look alike, and how much of either is masked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from notifier.text import untrusted

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SHOWN = 12  # characters in a row of a secret that betray it


@dataclass(frozen=True, slots=True)
class Sample:
    """A text and what matters in it: a secret, or a cause."""

    kind: str
    text: str
    marked: str

    @property
    def shown(self) -> str:
        """Give what a reader sees of the text."""
        return "\n".join(untrusted.lines(self.text.split("\n")))

    def leaks(self) -> bool:
        size, shown = min(SHOWN, len(self.marked)), self.shown
        pieces = range(len(self.marked) - size + 1)
        return any(self.marked[at : at + size] in shown for at in pieces)

    def hidden(self) -> bool:
        return self.marked not in self.shown


def _read(name: str) -> Iterator[Sample]:
    for row in (HERE / name).read_text(encoding="utf-8").splitlines():
        if row.startswith("#"):
            continue
        kind, _, text = row.partition(" | ")
        text = text.replace("‖", "").replace("⏎", "\n").replace("⇥", "\t")
        marked = text[text.index("«") + 1 : text.index("»")]
        yield Sample(kind, text.replace("«", "").replace("»", ""), marked)


def printed_secrets() -> list[Sample]:
    return list(_read("printed_secrets.txt"))


def harmless_texts() -> list[Sample]:
    return list(_read("harmless_texts.txt"))


# A value that no net catches: nothing but the name, the syntax or the URL around it tells.
PLAIN = "Tr0ub4dor3x"


def with_plain_values() -> list[Sample]:
    """Give the samples whose names and syntax tell, with a short password for the token."""
    return [
        Sample(one.kind, one.text.replace(one.marked, PLAIN), PLAIN)
        for one in printed_secrets()
        if one.kind.startswith(("name ", "names", "boundary", "syntax")) and one.marked.isalnum()
    ]


def log_lines() -> list[str]:
    """Give every line of a log in the repository."""
    files = [*(ROOT / "events/logs").glob("*.txt"), *(ROOT / "tests/joblog").glob("*.txt")]
    return [
        line
        for file in sorted(files)
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines()
        if line.strip()
    ]


def masked(lines: list[str]) -> list[str]:
    """Give the lines of which something is masked that was not masked already."""
    return [
        line
        for line in lines
        if untrusted.MASK in untrusted.lines([line])[0] and untrusted.MASK not in line
    ]
