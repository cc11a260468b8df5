"""What the documents tell people to type can be typed, and their links lead somewhere."""

from __future__ import annotations

import re
import shlex
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from samcli.cli.main import cli as sam

from notifier.diagnosis import catalogue
from tests import aws_cli, command_line

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "events/README.md")
DOCUMENTS = sorted([*(ROOT / page for page in PAGES), *(ROOT / "docs").rglob("*.md")])
_BLOCK = re.compile(r"```(?:sh|shell|bash)\n(.*?)```", re.DOTALL)
_INLINE = re.compile(r"`((?:batch-notifier|make) [^`\n]+)`")
_SUBSTITUTED = re.compile(r'\$\((aws [^()]*)\)|eval "\$\((.*?)\)"', re.DOTALL)
_FILE = re.compile(r"`([\w-]+/[\w/.-]+\.(?:py|toml|json|jsonl|md|yaml))`")
_LINK = re.compile(r"\]\((?!https?://)([^)#\s]+)(?:#[^)]*)?\)")


def lines(path: Path) -> Iterator[str]:
    """Give each line of the shell blocks, continued lines joined, without its comment."""
    for block in _BLOCK.findall(path.read_text(encoding="utf-8")):
        yield from (line for line in block.replace("\\\n", " ").splitlines() if line.strip())


def inline(path: Path) -> list[str]:
    """Give the commands that stand in sentences; `make X=...` stands for one with a value."""
    return _INLINE.findall(path.read_text(encoding="utf-8"))


COMMANDS = sorted(
    {
        line
        for path in DOCUMENTS
        if path.name != "CHANGELOG.md"  # which names commands without their arguments
        for line in (*lines(path), *inline(path))
    }
)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path: Path) -> None:
    targets = _LINK.findall(path.read_text(encoding="utf-8"))
    assert [target for target in targets if not (path.parent / target).exists()] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_that_is_named_exists(path: Path) -> None:
    """Names of modules are relative to the repository or to the deployed package."""
    named = _FILE.findall(path.read_text(encoding="utf-8"))
    roots = (ROOT, ROOT / "functions" / "notifier")
    assert [name for name in named if not any((root / name).exists() for root in roots)] == []


def test_there_is_something_to_type() -> None:
    assert len(COMMANDS) > 20


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_can_be_typed(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["pytest"])
    inner = _SUBSTITUTED.search(command)
    typed = next(filter(None, inner.groups())) if inner else command
    assert problem(typed) == ""


def problem(command: str) -> str:
    """Say what would be refused; each program is asked in its own way."""
    words = shlex.split(command, comments=True)
    for joined in ("&&", "|"):
        if joined in words:
            at = words.index(joined)
            halves = (shlex.join(words[:at]), shlex.join(words[at + 1 :]))
            return "; ".join(filter(None, map(problem, halves)))
    program = words[0].rpartition("/")[2]
    if program not in CHECKS:
        return f"nobody knows how to check {program}"
    return CHECKS[program](words)


def _notifier(words: list[str]) -> str:
    return command_line.problem(words[1:])


def _make(words: list[str]) -> str:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = [word for word in words[1:] if "=" not in word]
    unknown = [one for one in targets if not re.search(rf"^{one}:", makefile, re.MULTILINE)]
    return f"make has no {', '.join(unknown)}" if unknown else ""


def _sam(words: list[str]) -> str:
    """Let SAM's own parser read the words; asked for help, it runs nothing."""
    sys.argv = ["sam", *words[1:], "--help"]  # where SAM looks which of its commands to load
    done = CliRunner().invoke(sam, sys.argv[1:])
    return "" if done.exit_code == 0 else done.output


def _known(words: list[str]) -> str:
    """Accept what belongs to the shell, or to a tool that the tests run themselves."""
    return ""


CHECKS = {
    "aws": lambda words: aws_cli.complaint(shlex.join(words)),
    "batch-notifier": _notifier,
    "make": _make,
    "sam": _sam,
    "export": _known,
    "pytest": _known,
    "python": _known,
}


def test_the_cause_of_contributing_is_one() -> None:
    """What a newcomer copies from there is accepted by the catalogue as it is."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    (raw,) = tomllib.loads(block)["cause"]
    cause = catalogue._cause(raw)
    assert cause.matches[0].position_in(catalogue.normalise(cause.matches[0].example)) is not None
    assert len(cause.title) <= 40
    assert cause.id in catalogue.load().by_id


@pytest.mark.parametrize(
    "command",
    [
        "aws sns subscribe --topic-arn x --protocol email --notify-endpoint a@b.c",
        "aws sns subscribe --protocol email",
        "aws batch describe-job --jobs a",
        "aws nothing at-all",
        "batch-notifier drill exit-2",
        "make denmo",
        "sam deploy --gided",
        "rm -rf /",
    ],
)
def test_what_cannot_be_typed_is_found(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["pytest"])
    assert problem(command)
