"""The parts of README.md and docs/ that are made, not written: samples, tables, alarms."""

from __future__ import annotations

import re
from pathlib import Path

from cfnlint.decode import cfn_yaml

from notifier.channels import message
from workbench.commands.preview import alert_of
from workbench.docs import monthly_cost

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PAGES = (README, ROOT / "docs" / "operations.md")
SAMPLE = ROOT / "events" / "access-denied-in-log.json"
RESULTS = ROOT / "benchmarks" / "RESULTS.md"
MONTHS = ((100, 1), (10_000, 100), (1_000_000, 10_000))  # failures, at a time
_MADE = re.compile(r"(<!-- made: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def main() -> None:
    """Make them anew."""
    for page in PAGES:
        page.write_text(refreshed(page.read_text(encoding="utf-8")), encoding="utf-8")


def refreshed(page: str) -> str:
    """Give a page with every made part as it is now."""
    parts = {
        "mail": _mail,
        "parameters": _parameters,
        "alarms": _alarms,
        "cost": _cost,
        "speed": _speed,
    }
    return _MADE.sub(lambda found: f"{found[1]}{parts[found[2]]()}\n{found[3]}", page)


def _mail() -> str:
    """Give the mail down to what a person decides by; what follows proves it."""
    alert = alert_of(SAMPLE)
    assert alert is not None, "the sample reports a failure"
    texts = message.render_channels(alert)
    upper, _, rest = texts["email"].partition("\nFACTS\n")
    assert rest, "the facts stand below what to do next"
    return f"```text\nSubject: {texts['subject']}\n\n{upper}```"


def _parameters() -> str:
    parameters = cfn_yaml.load(str(ROOT / "template.yaml"))["Parameters"]
    rows = ["| parameter | default | what it is |", "|---|---|---|"]
    for name, said in parameters.items():
        default = f"`{said['Default']}`" if said["Default"] != "" else "none"
        rows.append(f"| `{name}` | {default} | {' '.join(said['Description'].split())} |")
    return "\n".join(rows)


def _alarms() -> str:
    resources = cfn_yaml.load(str(ROOT / "template.yaml"))["Resources"]
    rows = ["| alarm | what it means |", "|---|---|"]
    for name, resource in resources.items():
        if resource["Type"] == "AWS::CloudWatch::Alarm":
            said = resource["Properties"]["AlarmDescription"]["Fn::Sub"]
            meaning = said.splitlines()[0].replace("${AWS::StackName}", "the stack")
            meaning = meaning.replace("${TextSpendLimit}", "`TextSpendLimit`")
            rows.append(f"| `{name}` | {meaning[0].upper()}{meaning[1:]} |")
    return "\n".join(rows)


def _cost() -> str:
    names = [bill.name for bill in monthly_cost.bills(1, 1)]
    rows = [f"| failures | at a time | {' | '.join(names)} |", "|---" * 5 + "|"]
    for failures, storm in MONTHS:
        bills = monthly_cost.bills(failures, storm)
        sums = (f"{bill.total:,.2f}, {bill.messages:,.0f}" for bill in bills)
        rows.append(f"| {failures:,} | {storm:,} | {' | '.join(sums)} |")
    return "\n".join(rows)


def _speed() -> str:
    """Give what people ask first of the last `make bench`, where we lose as well."""
    ours, usual = (
        measured("", row, "both ms")
        for row in ("OnFailureFunction", "usual function: boto3, two clients")
    )
    a_second, messages, calls = (
        measured("arrays", "1,000", column).split(" / ")
        for column in ("failures a second of a core", "messages", "AWS calls per 10,000")
    )
    way = [measured("failures a second", f"10: {who}", "p95") for who in ("ours", "usual")]
    rows = [
        ("", "batch-notifier", "the usual function"),
        ("---", "---", "---"),
        ("start and first failure, CPU", f"{ours} ms", f"{usual} ms"),
        ("failures a second and core, array of 1,000", *a_second),
        ("messages about it", *messages),
        ("AWS calls per 10,000 of its failures", *calls),
        ("event bus to subscriber, 95 % within", *(f"{each} ms" for each in way)),
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def measured(table: str, row: str, column: str) -> str:
    """Read a cell of RESULTS.md; a table goes by its first head, and has that column."""
    heads: list[str] = []
    for line in RESULTS.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            heads = []
        elif not heads:
            heads = cells
        elif heads[0] == table and cells[0] == row and column in heads:
            return cells[heads.index(column)]
    raise LookupError(f"{RESULTS.name} no longer tells {column!r} of {row!r}")


if __name__ == "__main__":
    main()
