"""`make new-event`: starts a new sample event as a copy of another, with new ids."""

from __future__ import annotations

import argparse
import json
import re
import sys
import uuid
from collections.abc import Sequence
from pathlib import Path

from notifier.text.untrusted import ascii_line
from workbench.errors import InputError
from workbench.event_file import read_text

EVENTS = Path(__file__).parents[2] / "events"
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_UUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
_TASK = re.compile(r"\b[0-9a-f]{32}\b")  # id of an ECS task, in the name of the log stream
EXIT_INPUT = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; bad input gives one line on stderr and exit code 2."""
    parser = argparse.ArgumentParser(prog="make new-event")
    parser.add_argument("name")
    parser.add_argument("--like", default="exit-1-python-traceback")
    chosen = parser.parse_args(arguments)
    try:
        created = copy_sample(chosen.name, chosen.like, EVENTS)
    except InputError as error:
        print(f"new-event: {error}", file=sys.stderr)
        return EXIT_INPUT
    for path in created:
        print(f"created {path}")
    print(
        "Next: edit the event; add its cause and certainty to tests/golden/test_golden.py (MEANT)\n"
        "and its description to events/README.md; then run make golden and read the alert."
    )
    return 0


def copy_sample(name: str, like: str, events: Path) -> list[Path]:
    """Copy event and log of a sample; return the new files.

    Raises
    ------
    InputError
        When the name is not in small letters with dashes, or exists, or there is no such sample.
    """
    if not _NAME.fullmatch(name):
        raise InputError(f"NAME must be small letters, digits and dashes: {ascii_line(name)!r}")
    new, old = events / f"{name}.json", events / f"{like}.json"
    if new.exists():
        raise InputError(f"there is a sample called {name} already")
    if not _NAME.fullmatch(like) or not old.exists():
        raise InputError(f"there is no sample called {ascii_line(like)!r} to copy")
    new_ids: dict[str, str] = {}
    event = json.loads(_with_new_ids(read_text(old), new_ids))
    if "jobName" in event["detail"]:
        event["detail"]["jobName"] = name  # no two samples are the same job
    new.write_text(json.dumps(event, indent=2, ensure_ascii=False) + "\n", "utf-8")
    log = events / "logs" / f"{like}.txt"
    if not log.exists():
        return [new]
    copy = log.with_stem(name)
    copy.write_text(_with_new_ids(read_text(log), new_ids), "utf-8")
    return [new, copy]


def _with_new_ids(text: str, new_ids: dict[str, str]) -> str:
    """Replace each id by a new one of its kind; equal ids stay equal."""
    text = _UUID.sub(lambda found: new_ids.setdefault(found[0], str(uuid.uuid4())), text)
    return _TASK.sub(lambda found: new_ids.setdefault(found[0], uuid.uuid4().hex), text)


if __name__ == "__main__":
    sys.exit(main())
