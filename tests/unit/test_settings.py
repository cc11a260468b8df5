"""One error names every bad setting."""

from __future__ import annotations

import pytest

from notifier.core.diagnosis import Severity
from notifier.settings import Settings, SettingsError, read

TOPIC = "arn:aws:sns:us-east-1:111122223333:alerts"


def test_defaults() -> None:
    assert read({"ALERT_TOPIC_ARN": TOPIC}) == Settings(TOPIC, 25, Severity.INFO, dry_run=False)


def test_a_dry_run_needs_no_topic() -> None:
    # Locally a `Ref` to the topic is its bare name.
    assert read({"ALERT_TOPIC_ARN": "AlertTopic", "DRY_RUN": "true"}).dry_run


@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1"])
def test_topics_of_all_partitions(region: str) -> None:
    partition = "aws-cn" if region.startswith("cn") else "aws-us-gov"
    arn = f"arn:{partition}:sns:{region}:111122223333:alerts"
    assert read({"ALERT_TOPIC_ARN": arn}).topic_arn == arn


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALERT_TOPIC_ARN", ""),
        ("ALERT_TOPIC_ARN", "arn:aws:sqs:us-east-1:111122223333:alerts"),
        ("LOG_LINES", "-1"),
        ("LOG_LINES", "201"),
        ("LOG_LINES", "many"),
        ("LOG_LINES", "٣"),
        ("MINIMUM_SEVERITY", "fatal"),
        ("DRY_RUN", "yes"),
    ],
)
def test_a_bad_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        read({"ALERT_TOPIC_ARN": TOPIC, name: value})


def test_all_bad_settings_are_named_in_one_line() -> None:
    bad = {"LOG_LINES": "x", "MINIMUM_SEVERITY": "x", "DRY_RUN": "x", "ALERT_TOPIC_ARN": "x"}
    with pytest.raises(SettingsError) as raised:
        read(bad)
    assert all(name in str(raised.value) for name in bad)
    assert "\n" not in str(raised.value)
