"""What may be done to a text without another cause: cuts, other names, wrappers and case."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from notifier.diagnosis import catalogue
from notifier.diagnosis.catalogue import Specificity
from notifier.diagnosis.diagnose import Diagnosis, explain

SHORTEST = 60  # characters that a cut leaves at least
FOLDER = Path(__file__).parent
PREFIXES = (
    "Task failed to start: ", "CannotPullContainerError: ", "Error response from daemon: ",
    "Received status from SageMaker: ", "CLIENT_ERROR - ", "Essential container in task exited - ",
    "ResourceInitializationError: ", "CannotStartContainerError: ", "Error: ", "docker: ",
    "Container message: ", "STOPPED (", "statusReason: ",
)  # fmt: skip
# A prefix that names an area says more than none; these only say that something failed.
SAYS_NOTHING = (
    "Task failed to start: ", "Essential container in task exited - ", "docker: ",
    "Container message: ", "statusReason: ",
)  # fmt: skip
OTHER_NAMES = (
    (re.compile(r"\b[1-9]\d{11}\b"), "210987654321"),
    (
        re.compile(r"\b(i|lt|vpc|subnet|sg|eni|fs|fsap|ami|vol)-[0-9a-f]{6,17}\b"),
        r"\1-0a9b8c7d6e5f4a3b2",
    ),
    (re.compile(r"\b(?:us|eu|ap|sa)-[a-z]{4,9}-\d\b"), "eu-south-2"),
    (
        re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b"),
        "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
    ),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b"), "10.9.8.7"),
    (re.compile(r"sha256:[0-9a-f]{8,64}"), "sha256:0123456789abcdef"),
)
# What is found in a cut text is true too, and wider: the deciding word is what was cut.
WIDER = {
    ("ce-service-role-assume", "ce-not-authorized"),
    ("ce-not-authorized", "app-access-denied"), ("submit-not-authorized", "app-access-denied"),
    ("sagemaker-access-denied", "sagemaker-data-download"),
    ("sagemaker-access-denied", "app-access-denied"),
    ("sagemaker-data-download", "sagemaker-validation"),
    # ECS writes "no container instance met all of its requirements" before any reason.
    ("fargate-quota", "placement-attribute"),
    ("app-gpu-out-of-memory", "app-out-of-memory"),
    ("image-pull-network", "app-connection-failed"),
}  # fmt: skip


def known_texts() -> list[str]:
    """Every failure text in the repository, each once."""
    found = {
        match.example
        for cause in catalogue.load().causes
        for match in cause.matches
        if not match.where <= {"log", "lone-log"}
    }
    for table in ("reasons.jsonl", "corpus.jsonl"):
        path = FOLDER / table
        if path.exists():
            rows = path.read_text(encoding="utf-8").splitlines()
            found |= {json.loads(row)["text"] for row in rows}
    return sorted(found)


def is_general(found: Diagnosis) -> bool:
    """Whether a verdict states no cause."""
    cause = catalogue.load().by_id[found.cause]
    return found.is_exit_code or cause.specificity is not Specificity.CAUSE


def violation(whole: Diagnosis, changed: Diagnosis) -> str:
    """Say which law a changed text breaks; empty if none."""
    if changed.certainty > whole.certainty:
        return f"certainty rises: {whole.cause} -> {changed.cause} {changed.certainty}"
    is_wider = is_general(changed) or (whole.cause, changed.cause) in WIDER
    if changed.cause != whole.cause and not is_wider:
        return f"another cause: {whole.cause} -> {changed.cause} {changed.certainty}"
    return ""


def without_mark(text: str) -> str:
    """Return a text without the signs that AWS has cut it, which lower the certainty."""
    whole = text.rstrip().rstrip(".…")
    return f"{whole}." if len(whole) in catalogue.CUTS else whole


def cuts(text: str) -> Iterator[str]:
    """Yield a text cut at every length."""
    for length in range(SHORTEST, len(text)):
        yield text[:length]
        if length % 10 == 0:
            yield text[:length] + "..."


def renamed(text: str) -> Iterator[str]:
    """Yield a text with other ids and names, one kind at a time and all together."""
    every = text
    for pattern, name in OTHER_NAMES:
        yield pattern.sub(name, text)
        every = pattern.sub(name, every)
    yield every


def rewrapped(text: str) -> Iterator[str]:
    """Yield a text without a known prefix, and with one that says nothing."""
    for prefix in PREFIXES:
        if text.lower().startswith(prefix.lower()):
            yield text[len(prefix) :]
    for prefix in SAYS_NOTHING:
        yield prefix + text


def recased(text: str) -> Iterator[str]:
    """Yield a text in other cases."""
    yield from (text.upper(), text.lower(), text.swapcase())


CHANGES = {"cut": cuts, "renamed": renamed, "rewrapped": rewrapped, "recased": recased}


def violations(text: str, changes: str, every: int = 1) -> Iterator[tuple[str, str]]:
    """Yield each changed text that breaks a law, with the law; try one of `every` changes."""
    whole, start = explain(without_mark(text)), len(text) % every
    for changed in list(dict.fromkeys(CHANGES[changes](text)))[start::every]:
        if broken := violation(whole, explain(changed)):
            yield changed, broken
