"""`make new-event`: copy a sample event, with fresh ids, as the beginning of another."""

from __future__ import annotations

import argparse
import json
import re
import sys
import uuid
from collections.abc import Sequence
from pathlib import Path

from notifier.text.untrusted import ascii_line
from workbench.commands.preview import InputError, text_of

EVENTS = Path(__file__).parents[2] / "events"
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_UUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
_TASK = re.compile(r"\b[0-9a-f]{32}\b")  # of an ECS task, which names the log stream
EXIT_INPUT = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; bad input gives one line on stderr and exit code 2."""
    parser = argparse.ArgumentParser(prog="make new-event")
    parser.add_argument("name")
    parser.add_argument("--like", default="exit-1-python-traceback")
    chosen = parser.parse_args(arguments)
    try:
        made = scaffold(chosen.name, chosen.like, EVENTS)
    except InputError as error:
        print(f"new-event: {error}", file=sys.stderr)
        return EXIT_INPUT
    for path in made:
        print(f"made {path}")
    print(
        "Next: put the words in; say in tests/golden/test_golden.py (MEANT) its cause and how\n"
        "certain it is; in events/README.md what it shows; then run make golden and read the alert."
    )
    return 0


def scaffold(name: str, like: str, events: Path) -> list[Path]:
    """Copy event and log of a sample; give the files made.

    Raises
    ------
    InputError
        When the name is not in small letters with dashes, or taken, or there is no such sample.
    """
    if not _NAME.fullmatch(name):
        raise InputError(f"NAME must be small letters, digits and dashes: {ascii_line(name)!r}")
    new, old = events / f"{name}.json", events / f"{like}.json"
    if new.exists():
        raise InputError(f"there is a sample called {name} already")
    if not _NAME.fullmatch(like) or not old.exists():
        raise InputError(f"there is no sample called {ascii_line(like)!r} to copy")
    fresh: dict[str, str] = {}
    event = json.loads(_with_fresh_ids(text_of(old), fresh))
    if "jobName" in event["detail"]:
        event["detail"]["jobName"] = name  # no two samples are the same job
    new.write_text(json.dumps(event, indent=2, ensure_ascii=False) + "\n", "utf-8")
    log = events / "logs" / f"{like}.txt"
    if not log.exists():
        return [new]
    copy = log.with_stem(name)
    copy.write_text(_with_fresh_ids(text_of(log), fresh), "utf-8")
    return [new, copy]


def _with_fresh_ids(text: str, fresh: dict[str, str]) -> str:
    """Replace each id by another of its kind; one that returns gets the same again."""
    text = _UUID.sub(lambda found: fresh.setdefault(found[0], str(uuid.uuid4())), text)
    return _TASK.sub(lambda found: fresh.setdefault(found[0], uuid.uuid4().hex), text)


if __name__ == "__main__":
    sys.exit(main())
