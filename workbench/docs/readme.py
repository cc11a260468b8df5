"""The generated parts of README.md and docs/: sample mail, tables of parameters, alarms, costs."""

from __future__ import annotations

import re
from pathlib import Path

from cfnlint.decode import cfn_yaml

from notifier.channels import message
from workbench.docs import monthly_cost
from workbench.event_file import alert_from_file

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PAGES = (README, ROOT / "docs" / "operations.md")
SAMPLE = ROOT / "events" / "access-denied-in-log.json"
RESULTS = ROOT / "benchmarks" / "RESULTS.md"
STARTED = "OnFailureFunction", "usual function: boto3, two clients"
# Failures of a month, and how many of them fail at a time.
MONTHS = (("1", 1, 1), ("1,000, all at once", 1_000, 1_000),
          ("1,000,000, 10,000 at a time", 1_000_000, 10_000))  # fmt: skip
_GENERATED = re.compile(r"(<!-- made: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def main() -> None:
    """Update all pages."""
    for page in PAGES:
        page.write_text(with_generated_parts(page.read_text(encoding="utf-8")), encoding="utf-8")


def with_generated_parts(page: str) -> str:
    """Return a page with every generated part up to date."""
    parts = {
        "mail": _mail,
        "parameters": _parameters,
        "alarms": _alarms,
        "cost": _cost,
        "speed": _speed,
    }
    return _GENERATED.sub(lambda found: f"{found[1]}{parts[found[2]]()}\n{found[3]}", page)


def _mail() -> str:
    """Return the sample mail without the facts and evidence at its end."""
    alert = alert_from_file(SAMPLE)
    assert alert is not None, "the sample reports a failure"
    texts = message.render_channels(alert)
    actions, _, facts = texts["email"].partition("\nFACTS\n")
    assert facts, "the mail has a section FACTS"
    return f"```text\nSubject: {texts['subject']}\n\n{actions}```"


def _parameters() -> str:
    parameters = cfn_yaml.load(str(ROOT / "template.yaml"))["Parameters"]
    rows = ["| parameter | default | what it is |", "|---|---|---|"]
    for name, parameter in parameters.items():
        default = f"`{parameter['Default']}`" if parameter["Default"] != "" else "none"
        description = " ".join(parameter["Description"].split())
        rows.append(f"| `{name}` | {default} | {description} |")
    return "\n".join(rows)


def _alarms() -> str:
    resources = cfn_yaml.load(str(ROOT / "template.yaml"))["Resources"]
    rows = ["| alarm | what it means |", "|---|---|"]
    for name, resource in resources.items():
        if resource["Type"] == "AWS::CloudWatch::Alarm":
            description = resource["Properties"]["AlarmDescription"]["Fn::Sub"]
            meaning = (
                description.removeprefix("In ALARM: ")
                .splitlines()[0]
                .replace("${AWS::StackName}", "the stack")
            )
            meaning = re.sub(r"(\w+=)?\$\{(\w+)\}", r"`\2`", meaning)
            rows.append(f"| `{name}` | {meaning[0].upper()}{meaning[1:]} |")
    return "\n".join(rows)


def _cost() -> str:
    """Return what people wait for and pay: the delay of the first alert, messages, dollars."""
    names = [bill.name for bill in monthly_cost.bills(1, 1)]
    rows = [
        f"| failures in a month | {' | '.join(names)} |",
        "|---" * 4 + "|",
        f"| *first alert after* | {' | '.join(_delays())} |",
    ]
    for words, failures, storm in MONTHS:
        bills = monthly_cost.bills(failures, storm)
        sums = (f"{_mails(bill.messages)}, ${bill.total:,.2f}" for bill in bills)
        rows.append(f"| {words} | {' | '.join(sums)} |")
    return "\n".join(rows)


def _delays() -> list[str]:
    """Return how long the first alert takes: window, calls, and a start if there is one.

    What the bus and the topic of AWS take is not in it; the tutorial starts nothing.
    """
    said, window = [], float(monthly_cost.batching_window())
    for who, started in zip(("ours", "usual", "tutorial"), (*STARTED, ""), strict=True):
        waited = benchmark("failures a second", f"1: {who}", "p95")
        after = float(waited.replace(",", "")) / 1_000 + window
        window = 0.0  # the others have none
        start = float(benchmark("", started, "both ms")) / 1_000 if started else 0.0
        said.append(_seconds(after) + (f", {_seconds(after + start)} cold" if started else ""))
    return said


def _seconds(delay: float) -> str:
    return f"{delay:.1f} s" if delay >= 0.1 else "less than 0.1 s"


def _mails(messages: float) -> str:
    return f"{messages:,.0f} mail" + ("s" if round(messages) != 1 else "")


def _speed() -> str:
    """Return the most important figures of the last `make bench`, including the bad ones."""
    ours, usual = (benchmark("", row, "both ms") for row in STARTED)
    a_second, calls = (
        benchmark("arrays", "1,000", column).split(" / ")
        for column in ("failures a second of a core", "AWS calls per 10,000")
    )
    rows = [
        ("", "batch-notifier", "the usual function"),
        ("---", "---", "---"),
        ("start and first failure, CPU", f"{ours} ms", f"{usual} ms"),
        ("failures a second and core, array of 1,000", *a_second),
        ("AWS calls per 10,000 of its failures", *calls),
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def benchmark(table: str, row: str, column: str) -> str:
    """Read a cell of RESULTS.md; a table is named by its first heading, and has that column."""
    headings: list[str] = []
    for line in RESULTS.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            headings = []
        elif not headings:
            headings = cells
        elif headings[0] == table and cells[0] == row and column in headings:
            return cells[headings.index(column)]
    raise LookupError(f"{RESULTS.name} has no {column!r} of {row!r}")


if __name__ == "__main__":
    main()
