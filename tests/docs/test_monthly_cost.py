"""The cost model: its arithmetic, its order of size, and what it answers to bad input."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.template.stack import Stack, translate
from workbench.commands.main import main
from workbench.docs import monthly_cost, prices

ROOT = Path(__file__).parents[2]
ROWS = [
    {"failures": 1, "cpu": 0.1, "waits": 20, "invocations": 5, "messages": 1, "sends": 4,
     "reads": 10, "writes": 12, "start": 0.5},
    {"failures": 100, "cpu": 0.4, "waits": 40, "invocations": 8, "messages": 2, "sends": 4,
     "reads": 100, "writes": 210, "start": 0.5},
]  # fmt: skip
USUAL = {"failures": 10, "cpu": 0.02, "waits": 20, "invocations": 10, "messages": 10, "sends": 0,
         "reads": 0, "writes": 0, "start": 0}  # fmt: skip


@pytest.fixture
def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "measured.json"
    file.write_text(json.dumps({"ours": ROWS, "usual": USUAL}))
    monkeypatch.setattr(monthly_cost, "MEASURED", file)


@pytest.mark.usefixtures("measured")
def test_the_tutorial_pays_for_each_message() -> None:
    *_, tutorial = monthly_cost.bills(100_000, 1_000)
    assert tutorial.total == pytest.approx(100_000 * (0.50 / 1e6 + 2.00 / 1e5))


@pytest.mark.usefixtures("measured")
def test_the_usual_function_pays_for_each_failure_however_they_come() -> None:
    (_, alone, _), (_, together, _) = monthly_cost.bills(1_000, 1), monthly_cost.bills(1_000, 100)
    assert alone == together
    seconds = 1_000 * (
        0.002 * monthly_cost.VCPU_MB / monthly_cost.USUAL_MB + 2 * monthly_cost.LATENCY_S
    )
    gigabytes = monthly_cost.USUAL_MB / 1_024
    calls = 1_000 * (prices.LAMBDA_REQUEST + monthly_cost.LOG_GB * prices.LOG_GB)
    functions = seconds * gigabytes * prices.LAMBDA_GB_SECOND + calls
    assert alone.lines["functions"] == pytest.approx(functions)
    assert alone.messages == 1_000


@pytest.mark.usefixtures("measured")
def test_ours_pays_for_storms_as_they_were_measured() -> None:
    ours, *_ = monthly_cost.bills(1_000, 100)
    assert ours.messages == 10 * 2
    table = 10 * (210 * prices.WRITE_UNIT + 100 * prices.READ_UNIT)
    assert ours.lines["table"] == pytest.approx(table)


@pytest.mark.usefixtures("measured")
def test_a_storm_between_two_that_were_measured_lies_between_them() -> None:
    one, ten, hundred = (monthly_cost._storm_usage(ROWS, size) for size in (1, 10, 100))
    assert one.writes < ten.writes < hundred.writes
    assert one.messages < ten.messages < hundred.messages


@pytest.mark.usefixtures("measured")
def test_a_storm_larger_than_any_measured_is_in_proportion() -> None:
    assert monthly_cost._storm_usage(ROWS, 1_000).writes == pytest.approx(2_100)


def test_what_was_measured_makes_ours_cheaper_than_a_mail_each() -> None:
    ours, usual, tutorial = monthly_cost.bills(1_000_000, 10_000)
    assert ours.total < usual.total
    assert ours.total < tutorial.total
    assert ours.messages < tutorial.messages / 100


def test_alarms_are_billed_by_metric_and_counted_in_the_template() -> None:
    """Counted in another way than the command does: from the template as SAM translates it."""
    stack = Stack(translate((ROOT / "template.yaml").read_text(encoding="utf-8")))
    alarms = stack.of_type("AWS::CloudWatch::Alarm").values()
    read = sum(len([1 for one in a.get("Metrics", []) if "MetricStat" in one]) or 1 for a in alarms)
    assert len(alarms) < read == monthly_cost.alarm_metrics()
    ours, *_ = monthly_cost.bills(1, 1)
    keys = len(stack.of_type("AWS::KMS::Key"))
    fixed = read * 0.10 + monthly_cost.METRICS * 0.30 + keys * 1.00
    assert ours.lines["alarms, metrics, key"] == pytest.approx(fixed)


def test_options_are_counted_in_the_templates_of_their_stacks() -> None:
    """By the lines of the files, and so in another way than the command does."""
    wanted = {}
    for name, parameter in {"destinations": "Destinations", "actions": "ActionLinks"}.items():
        text = (ROOT / "stacks" / f"{name}.yaml").read_text(encoding="utf-8")
        alarms = text.count("Type: AWS::CloudWatch::Alarm")
        assert "Metrics:" not in text  # each alarm reads one metric
        secrets = text.count("Type: AWS::SecretsManager::Secret")
        queues = text.count("Type: SQS")
        polls = queues * 5 * 3 * 60 * 24 * 30
        wanted[f"{parameter}=on"] = alarms * 0.10 + secrets * 0.40 + polls * 0.40 / 1e6
    assert len(wanted) == len(list((ROOT / "stacks").iterdir()))
    assert monthly_cost.options() == pytest.approx(wanted)
    assert all(added > 0 for added in wanted.values())
    assert any(
        f"Destinations=on {wanted['Destinations=on']:.2f}" in n for n in monthly_cost.notes()
    )


def test_the_dashboard_is_one_that_can_be_free() -> None:
    stack = Stack(translate((ROOT / "template.yaml").read_text(encoding="utf-8")))
    [dashboard] = stack.of_type("AWS::CloudWatch::Dashboard").values()
    widgets = json.loads(dashboard["DashboardBody"])["widgets"]
    shown = sum(len(widget["properties"].get("metrics", ())) for widget in widgets)
    assert 0 < shown <= prices.FREE_DASHBOARD_METRICS
    assert any("1 dashboard, 3.00 if" in note for note in monthly_cost.notes())


def test_every_price_has_a_source() -> None:
    names = {name for named in prices.SOURCES.values() for name in named.split()}
    known = {
        name for name, value in vars(prices).items() if name.isupper() and type(value) is float
    }
    assert names == known
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", prices.AS_OF)


def test_the_command_names_the_alternatives(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cost", "--failures-per-month", "20000", "--storm-size", "1000"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("20,000 failures a month, 1,000 at a time")
    assert {"batch-notifier", "the usual function", "the tutorial"} <= set(
        re.findall(r"^  (\S+(?: \S+)*?)  ", said, re.MULTILINE)
    )
    assert prices.AS_OF in said
    assert all(source in said for source in prices.SOURCES)
    assert "10 alarm metrics" in said


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["--failures-per-month", "many"], "not a whole number from 1"),
        (["--failures-per-month", "0"], "not a whole number from 1"),
        (["--failures-per-month", "-5"], "not a whole number from 1"),
        (["--failures-per-month", "999999999"], "not a whole number from 1"),
        (["--failures-per-month", "10", "--storm-size", "11"], "a storm of 11 is more than 10"),
        ([], "--failures-per-month"),
    ],
)
def test_bad_input_is_one_line(
    given: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["cost", *given]) == 2
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)
    assert says in told.err
