"""No secret is committed: every file is scanned, and what only looks like one is named here."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from detect_secrets.core.scan import scan_file
from detect_secrets.settings import default_settings

from tests.supply_chain.locks import LOCKS, ROOT


@dataclass(frozen=True, slots=True)
class Harmless:
    """Lines in which the scanner sees a secret, and why there is none.

    `path` and `line` are patterns; the narrower, the less can hide behind them.
    """

    why: str
    path: str
    line: str


HARMLESS = (
    Harmless(
        "digests that name an incident",
        r"tests/golden/.*\.(txt|py)|tests/aws/test_ledger\.py|README\.md",
        r"\"(threadId|dedup_key|incident)\": \"[0-9a-f]{16}\",|(KEY = |key=)\"[0-9a-f]{16}\",?",
    ),
    Harmless(
        "log streams, which end in the id of an ECS task",
        r"(events|tests/fuzz/corpus)/.*\.json|tests/text/test_untrusted\.py",
        r"(\"logStreamName\": )?\"[\w./-]+/[\w.-]+/[0-9a-f]{32}\",?",
    ),
    Harmless(
        "ids of ECS tasks and hosts, as AWS writes them",
        r"tests/batch/test_event\.py",
        r"assert .*host.* == .*\"([0-9a-f]{16}|[0-9a-f]{32})\"\)?",
    ),
    Harmless(
        "prose and patterns about AWS Secrets Manager",
        r"workbench/docs/causes\.toml",
        r"(actions|match) = \[.*|\{ in = \[.*|\"Allow .*secretsmanager:GetSecretValue.*",
    ),
    Harmless(
        "the action that reads a secret, and how one is made",
        r"stacks/actions\.yaml",
        r"Action: secretsmanager:GetSecretValue|PasswordLength: 64 #.*",
    ),
    Harmless(
        "the key of an incident, and keys of letters that sign links in tests",
        r"tests/actions/.*\.py",
        r".*SecretString=\"[kn]\" \* 64\).*|KEY = \"[0-9a-f]{16}\"",
    ),
    Harmless(
        "the id of a layer in a path of Docker",
        r"tests/diagnosis/corpus\.jsonl",
        r"\{\"text\": \"docker: Error response from daemon: .*rootfs \(.*/var/lib/docker/.*",
    ),
    Harmless(
        "credentials that open nothing, which the AWS SDK wants to be there",
        r".*\.py",
        r"\"AWS_SECRET_ACCESS_KEY\": \"(testing|nothing)\",|SECRET = \"local\"  # .*",
    ),
    # The point of these tests is to look for what they plant; none of it works anywhere.
    Harmless(
        "secrets planted for the masking",
        r"tests/properties/planted\.py",
        r"(BODY|HEX|PASSWORD) = \".*",
    ),
    Harmless(
        "secrets planted for the masking",
        r"tests/properties/test_secrets\.py",
        r"LETTERS = \".*|['\"]\{?['\"]?password['\"]?[:=].*Lm3Np6Bs5.*",
    ),
    Harmless(
        "samples of how secrets are printed, each with a mark inside",
        r"tests/text/printed_secrets\.txt",
        r"[^|]+ \| .*«.{1,4}‖.*».*",
    ),
    Harmless(
        "a secret planted in a silence", r"tests/aws/test_ledger\.py", r"SECRET = \"hunter2-.*"
    ),
    Harmless(
        "a secret planted in a job's settings",
        r"tests/batch/test_event\.py",
        r"\(\"LICENSE\", \"Zt4\w+\"\)\],",
    ),
    Harmless(
        "a URL that the template must refuse",
        r"tests/template/test_parameters\.py",
        r"\(\"https://user:[s]ecret@hooks\.example\.com/\", False\),",
    ),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """A line in which the scanner sees a secret."""

    path: str
    kind: str
    line: str


def explained(finding: Finding, harmless: Harmless) -> bool:
    is_path = re.fullmatch(harmless.path, finding.path)
    return bool(is_path and re.fullmatch(harmless.line, finding.line))


def committed() -> list[str]:
    """Give what is committed or about to be; of the locks `test_locks` knows every line."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    told = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    return [path for path in told.splitlines() if path not in LOCKS and (ROOT / path).is_file()]


def scanned(path: str, root: Path = ROOT) -> list[Finding]:
    lines = (root / path).read_text(encoding="utf-8", errors="replace").split("\n")
    return [
        Finding(path, one.type, lines[one.line_number - 1].strip())
        for one in scan_file(str(root / path))
    ]


@pytest.fixture(scope="module")
def findings() -> list[Finding]:
    with default_settings():
        return [finding for path in committed() for finding in scanned(path)]


def test_nothing_that_is_committed_holds_a_secret(findings: list[Finding]) -> None:
    unknown = [one for one in findings if not any(explained(one, each) for each in HARMLESS)]
    assert not unknown, "\n".join(map(str, unknown))


def test_nothing_is_excused_that_is_no_longer_there(findings: list[Finding]) -> None:
    unused = [one for one in HARMLESS if not any(explained(each, one) for each in findings)]
    assert unused == []


def test_a_secret_would_be_found(tmp_path: Path) -> None:
    """Joined here, so that the scan of this file finds none."""
    planted = {
        "key.py": "key = '" + "AKIA" + "Q7RK2VW6ZT4XC5LM" + "'",
        "key.pem": "-----BEGIN " + "RSA PRIVATE KEY-----",
        "event.json": '{"name": "DB_PASS' + 'WORD", "password' + '": "Zt4Xc8Lm3Np6Bs5"}',
        "token.txt": "ghp_" + "q7Rk2Vw9Zt4X" * 3,
    }
    for name, text in planted.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        with default_settings():
            assert scanned(name, tmp_path), name
