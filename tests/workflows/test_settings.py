"""One error names every bad setting."""

from __future__ import annotations

import pytest

from notifier.diagnosis.diagnose import Severity
from notifier.incident.incident import Intervals
from notifier.incident.rate_limit import Limits
from notifier.ports.reporting import Options
from notifier.ports.sweeping import SweepOptions
from notifier.settings import Settings, SettingsError, read_settings
from notifier.text.units import HOUR_MS, MINUTE_MS

TOPIC = "arn:aws:sns:us-east-1:111122223333:alerts"
FAILURES = "https://sqs.us-east-1.amazonaws.com/111122223333/failures"
FOLLOW_UPS = "https://sqs.us-east-1.amazonaws.com/111122223333/follow-ups"
NEEDED = {
    "ALERT_TOPIC_ARN": TOPIC,
    "TABLE_NAME": "incidents",
    "FAILURE_QUEUE_URL": FAILURES,
    "FOLLOW_UP_QUEUE_URL": FOLLOW_UPS,
}


def test_defaults() -> None:
    assert read_settings(NEEDED) == Settings(
        "batch-notifier",
        TOPIC,
        "incidents",
        FAILURES,
        FOLLOW_UPS,
        dry_run=False,
        options=Options(minimum=Severity.WARNING),
    )


def test_choices() -> None:
    chosen = {
        "LOG_LINES": "0",
        "MINIMUM_SEVERITY": "critical",
        "GROUP_BY": "job,queue",
        "MAX_ALERTS_PER_MINUTE": "2",
        "MAX_ALERTS_PER_HOUR": "40",
        "MAX_TEXTS_PER_HOUR": "0",
        "FOLLOW_UP_MINUTES": "10",
        "LONGEST_FOLLOW_UP_MINUTES": "60",
        "CLOSE_AFTER_HOURS": "48",
    }
    assert read_settings(NEEDED | chosen).options == Options(
        log_lines=0,
        minimum=Severity.CRITICAL,
        group_by=("job", "queue"),
        intervals=Intervals(10 * MINUTE_MS, HOUR_MS, 48 * HOUR_MS),
        limits=Limits(2, 40, 0),
    )


def test_a_dry_run_needs_nothing() -> None:
    # Locally a `Ref` to the topic is its bare name.
    assert read_settings({"ALERT_TOPIC_ARN": "AlertTopic", "DRY_RUN": "true"}).dry_run


@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1"])
def test_topics_of_all_partitions(region: str) -> None:
    partition = "aws-cn" if region.startswith("cn") else "aws-us-gov"
    arn = f"arn:{partition}:sns:{region}:111122223333:alerts"
    assert read_settings(NEEDED | {"ALERT_TOPIC_ARN": arn}).topic_arn == arn


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALERT_TOPIC_ARN", ""),
        ("ALERT_TOPIC_ARN", "arn:aws:sqs:us-east-1:111122223333:alerts"),
        ("TABLE_NAME", ""),
        ("TABLE_NAME", "arn:aws:dynamodb:us-east-1:111122223333:table/incidents"),
        ("FAILURE_QUEUE_URL", "failures"),
        ("FOLLOW_UP_QUEUE_URL", ""),
        ("GROUP_BY", ""),
        ("GROUP_BY", "queue, cause"),
        ("GROUP_BY", "owner"),
        ("MAX_ALERTS_PER_MINUTE", "0"),
        ("MAX_ALERTS_PER_HOUR", "1001"),
        ("MAX_TEXTS_PER_HOUR", "-1"),
        ("FOLLOW_UP_MINUTES", "1"),
        ("FOLLOW_UP_MINUTES", "241"),
        ("LONGEST_FOLLOW_UP_MINUTES", "1"),
        ("CLOSE_AFTER_HOURS", "0"),
        ("LOG_LINES", "-1"),
        ("LOG_LINES", "201"),
        ("LOG_LINES", "many"),
        ("LOG_LINES", "٣"),
        ("MINIMUM_SEVERITY", "fatal"),
        ("DRY_RUN", "yes"),
        ("ALLOW_RERUN", "true"),
    ],
)
def test_a_bad_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        read_settings(NEEDED | {name: value})


@pytest.mark.parametrize(
    ("first", "longest", "close", "used", "named"),
    [
        (5, 240, 24, (5, 240), []),
        (5, 3, 24, (3, 3), ["FollowUpMinutes=5 exceeds LongestFollowUpMinutes=3: 3 is used"]),
        (5, 240, 1, (5, 60), ["LongestFollowUpMinutes=240 exceeds CloseAfterHours=1: 60 is used"]),
        (
            240,
            1_440,
            2,
            (120, 120),
            [
                "LongestFollowUpMinutes=1440 exceeds CloseAfterHours=2: 120 is used",
                "FollowUpMinutes=240 exceeds LongestFollowUpMinutes=120: 120 is used",
            ],
        ),
    ],
)
def test_settings_that_contradict_each_other_are_adjusted_and_named(
    first: int, longest: int, close: int, used: tuple[int, int], named: list[str]
) -> None:
    given = {
        "FOLLOW_UP_MINUTES": str(first),
        "LONGEST_FOLLOW_UP_MINUTES": str(longest),
        "CLOSE_AFTER_HOURS": str(close),
    }
    settings = read_settings(NEEDED | given)
    intervals = settings.options.intervals
    assert (intervals.interval, intervals.longest_interval) == tuple(n * MINUTE_MS for n in used)
    assert [str(one) for one in settings.adjusted] == named


def test_labels_that_a_message_cannot_have_are_left_out_and_named() -> None:
    settings = read_settings(NEEDED | {"FILTER_LABELS": "team,severity,aws.x"})
    assert settings.options.filter_labels == ("team",)
    [adjusted] = settings.adjusted
    assert str(adjusted).startswith("FilterLabels=team,severity,aws.x names severity, aws.x, which")
    assert str(adjusted).endswith(": team is used")


def test_all_bad_settings_are_named_in_one_line() -> None:
    bad = {"LOG_LINES": "x", "MINIMUM_SEVERITY": "x", "DRY_RUN": "x", "ALERT_TOPIC_ARN": "x"}
    with pytest.raises(SettingsError) as raised:
        read_settings(bad)
    assert all(name in str(raised.value) for name in bad)
    assert "\n" not in str(raised.value)


QUEUES = [f"arn:aws:batch:eu-west-1:111122223333:job-queue/{name}" for name in ("etl", "web")]


@pytest.mark.parametrize(
    ("given", "chosen"),
    [
        ({}, SweepOptions((), 60 * MINUTE_MS)),
        ({"JOB_QUEUE_ARNS": ""}, SweepOptions((), HOUR_MS)),
        ({"JOB_QUEUE_ARNS": ",".join(QUEUES)}, SweepOptions(tuple(QUEUES), HOUR_MS)),
        ({"STUCK_AFTER_MINUTES": "0"}, SweepOptions((), 0)),
        ({"STUCK_AFTER_MINUTES": "10080"}, SweepOptions((), 7 * 24 * HOUR_MS)),
    ],
)
def test_what_the_sweep_looks_at(given: dict[str, str], chosen: SweepOptions) -> None:
    assert read_settings(NEEDED | given).sweep == chosen


def test_bad_settings_of_the_sweep_are_named_with_all_others() -> None:
    bad = {"JOB_QUEUE_ARNS": "etl", "STUCK_AFTER_MINUTES": "10081", "LOG_LINES": "x"}
    with pytest.raises(SettingsError) as raised:
        read_settings(NEEDED | bad)
    for name in bad:
        assert name in str(raised.value)
