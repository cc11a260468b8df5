"""The parts of README.md and docs/ that are made, not written: samples, tables, alarms."""

from __future__ import annotations

import re
from pathlib import Path

from cfnlint.decode import cfn_yaml

from notifier.channels import message
from workbench import cost
from workbench.preview import alert_of

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = (README, ROOT / "docs" / "operations.md")
SAMPLE = ROOT / "events" / "access-denied-in-log.json"
MONTHS = ((100, 1), (10_000, 100), (100_000, 10_000), (1_000_000, 10_000))  # failures, at a time
_MADE = re.compile(r"(<!-- made: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def main() -> None:
    """Make them anew."""
    for page in PAGES:
        page.write_text(refreshed(page.read_text(encoding="utf-8")), encoding="utf-8")


def refreshed(page: str) -> str:
    """Give a page with every made part as it is now."""
    parts = {
        "mail": _mail,
        "sms": _sms,
        "parameters": _parameters,
        "alarms": _alarms,
        "cost": _cost,
    }
    return _MADE.sub(lambda found: f"{found[1]}{parts[found[2]]()}\n{found[3]}", page)


def _texts() -> dict[str, str]:
    alert = alert_of(SAMPLE)
    assert alert is not None, "the sample reports a failure"
    return message.by_channel(alert)


def _mail() -> str:
    texts = _texts()
    return f"```text\nSubject: {texts['subject']}\n\n{texts['email']}```"


def _sms() -> str:
    return f"```text\n{_texts()['sms']}\n```"


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
    names = [bill.name for bill in cost.bills(1, 1)]
    heads = (f"{name}: USD, messages" for name in names)
    rows = [f"| failures a month | at a time | {' | '.join(heads)} |", "|---" * 5 + "|"]
    for failures, storm in MONTHS:
        bills = cost.bills(failures, storm)
        sums = (f"{bill.total:,.2f}, {bill.messages:,.0f}" for bill in bills)
        rows.append(f"| {failures:,} | {storm:,} | {' | '.join(sums)} |")
    return "\n".join(rows)


if __name__ == "__main__":
    main()
