"""The environment variables of the functions as one typed object, checked completely.

The template refuses a value that is out of range, but CloudFormation cannot compare two parameters.
So values that contradict each other are adjusted, and each adjustment is reported: a function that
refused to work would report no failure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from notifier.batch.labels.labels import LABELS_KEPT
from notifier.batch.labels.scope import Scope, parse_scope
from notifier.diagnosis.diagnose import Severity
from notifier.incident.fingerprint import GROUP_BY, GROUP_LABELS
from notifier.incident.incident import Intervals
from notifier.incident.rate_limit import Limits
from notifier.ports.reporting import Options
from notifier.ports.sweeping import SweepOptions
from notifier.text.units import HOUR_MS, MINUTE_MS

MOST_LOG_LINES = 200  # of at most 400 characters in a mail: 80 KB, a third of the SNS limit
# Whole numbers: default, least and most, as in template.yaml.
_NUMBERS = {
    "LOG_LINES": (25, 0, MOST_LOG_LINES),
    "MAX_ALERTS_PER_MINUTE": (5, 1, 120),
    "MAX_ALERTS_PER_HOUR": (30, 1, 1_000),
    "MAX_TEXTS_PER_HOUR": (6, 0, 100),
    "FOLLOW_UP_MINUTES": (5, 2, 240),
    "LONGEST_FOLLOW_UP_MINUTES": (240, 2, 1_440),
    "CLOSE_AFTER_HOURS": (24, 1, 168),
    "STUCK_AFTER_MINUTES": (60, 0, 10_080),
}
# Required, except in a dry run.
_NAMES = {
    "ALERT_TOPIC_ARN": (
        re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}"),
        "the ARN of an SNS topic",
    ),
    "TABLE_NAME": (re.compile(r"[\w.-]{3,255}"), "the name of a DynamoDB table"),
    "FAILURE_QUEUE_URL": (re.compile(r"https?://\S{1,500}"), "the URL of an SQS queue"),
    "FOLLOW_UP_QUEUE_URL": (re.compile(r"https?://\S{1,500}"), "the URL of an SQS queue"),
    # Empty without ActionLinks.
    "ACTIONS_URL": (re.compile(r"|https?://\S{1,500}"), "the URL of a function"),
    "ACTIONS_KEY_ARN": (
        re.compile(r"|arn:aws[a-z-]*:secretsmanager:\S{1,500}"), "the ARN of a secret",
    ),
}  # fmt: skip
_QUEUE = re.compile(r"arn:aws[a-z-]*:batch:[a-z0-9-]+:\d{12}:job-queue/[\w-]{1,128}")
# What is a tag and an attribute of an SNS message as well.
# https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html
_LABEL = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*", re.ASCII)
_RESERVED = re.compile(r"(aws|amazon)\.", re.IGNORECASE)
TAKEN_NAMES = frozenset(
    ("event", "severity", "sms", "cause", "class", "queue", "definition", "owner", "run",
     "job_name", "region", "account")
)  # fmt: skip
_BOOLEANS = {"true": True, "false": False}
_SWITCHES = {"on": True, "off": False}


class SettingsError(ValueError):
    """The environment is unusable; the message names every problem."""


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A setting that cannot be used as it is; the functions use `used` instead."""

    parameter: str
    """Its name in the template."""
    given: str
    used: str
    reason: str

    def __str__(self) -> str:
        """Name the setting, the reason, and what is used, in one line."""
        return f"{self.parameter}={self.given} {self.reason}: {self.used or 'none'} is used"


@dataclass(frozen=True, slots=True)
class Settings:
    """Names of AWS resources, and what an operator chose."""

    stack_name: str
    topic_arn: str
    table_name: str
    failure_queue_url: str
    follow_up_queue_url: str
    dry_run: bool
    options: Options
    actions_url: str = ""
    actions_key_arn: str = ""
    allow_rerun: bool = False
    sweep: SweepOptions = field(default_factory=SweepOptions)
    adjusted: tuple[Adjustment, ...] = ()


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read the settings.

    Raises
    ------
    SettingsError
        Its one line lists every bad setting.

    Examples
    --------
    >>> read_settings({"DRY_RUN": "true"}).options.log_lines
    25
    """
    problems: list[str] = []
    dry_run = _BOOLEANS.get(environment.get("DRY_RUN", "false").lower())
    if dry_run is None:
        problems.append("DRY_RUN must be true or false")
    allow_rerun = _SWITCHES.get(environment.get("ALLOW_RERUN", "off"))
    if allow_rerun is None:
        problems.append("ALLOW_RERUN must be on or off")
    found = {name: _parse_name(environment, name, problems, needed=not dry_run) for name in _NAMES}
    sweep = _parse_sweep(environment, problems)
    adjusted: list[Adjustment] = []
    options = _parse_options(environment, problems, adjusted)
    if problems or options is None:
        raise SettingsError("bad settings: " + "; ".join(problems))
    return Settings(
        stack_name=environment.get("POWERTOOLS_SERVICE_NAME", "batch-notifier"),
        topic_arn=found["ALERT_TOPIC_ARN"],
        table_name=found["TABLE_NAME"],
        failure_queue_url=found["FAILURE_QUEUE_URL"],
        follow_up_queue_url=found["FOLLOW_UP_QUEUE_URL"],
        dry_run=bool(dry_run),
        options=options,
        actions_url=found["ACTIONS_URL"],
        actions_key_arn=found["ACTIONS_KEY_ARN"],
        allow_rerun=bool(allow_rerun),
        sweep=sweep,
        adjusted=tuple(adjusted),
    )


def _parse_name(
    environment: Mapping[str, str], name: str, problems: list[str], *, needed: bool
) -> str:
    value, (pattern, what) = environment.get(name, ""), _NAMES[name]
    if needed and not pattern.fullmatch(value):
        problems.append(f"{name} must be {what}")
    return value


def _parse_sweep(environment: Mapping[str, str], problems: list[str]) -> SweepOptions:
    given = environment.get("JOB_QUEUE_ARNS", "").split(",")
    arns = tuple(arn for arn in given if arn not in ("", "none"))  # the template accepts both
    if not all(_QUEUE.fullmatch(arn) for arn in arns):
        problems.append("JOB_QUEUE_ARNS must be ARNs of job queues, separated by commas")
    minutes = _parse_number(environment, "STUCK_AFTER_MINUTES", problems)
    return SweepOptions(arns, minutes * MINUTE_MS, _parse_scope(environment, problems))


def _parse_options(
    environment: Mapping[str, str], problems: list[str], adjusted: list[Adjustment]
) -> Options | None:
    own = [name for name in _NUMBERS if name != "STUCK_AFTER_MINUTES"]  # the sweep's
    numbers = {name: _parse_number(environment, name, problems) for name in own}
    severity = environment.get("MINIMUM_SEVERITY", Severity.WARNING).lower()
    if severity not in set(Severity):
        problems.append(f"MINIMUM_SEVERITY must be one of {', '.join(Severity)}")
    labels = environment.get("GROUP_BY", ",".join(GROUP_BY)).split(",")
    if not set(labels) <= set(GROUP_LABELS):
        problems.append(f"GROUP_BY must name some of {', '.join(GROUP_LABELS)}")
    filter_labels = _parse_labels(environment, problems, adjusted)
    if problems:
        return None
    return Options(
        log_lines=numbers["LOG_LINES"],
        minimum=Severity(severity),
        group_by=tuple(labels),
        intervals=_make_intervals(numbers, adjusted),
        filter_labels=filter_labels,
        scope=_parse_scope(environment, []),  # the sweep's settings name the problem
        limits=Limits(
            numbers["MAX_ALERTS_PER_MINUTE"],
            numbers["MAX_ALERTS_PER_HOUR"],
            numbers["MAX_TEXTS_PER_HOUR"],
        ),
    )


def _make_intervals(numbers: Mapping[str, int], adjusted: list[Adjustment]) -> Intervals:
    """Return intervals that agree: the first, at most the longest, at most the time to close.

    An incident is closed at a follow-up, so a longer interval would delay that, and with it the
    alert of the next failure.
    """
    hours, longest = numbers["CLOSE_AFTER_HOURS"], numbers["LONGEST_FOLLOW_UP_MINUTES"]
    first, most = numbers["FOLLOW_UP_MINUTES"], min(longest, 60 * hours)
    if longest > most:
        reason = f"exceeds CloseAfterHours={hours}"
        adjusted.append(Adjustment("LongestFollowUpMinutes", str(longest), str(most), reason))
    if first > most:
        reason = f"exceeds LongestFollowUpMinutes={most}"
        adjusted.append(Adjustment("FollowUpMinutes", str(first), str(most), reason))
    return Intervals(min(first, most) * MINUTE_MS, most * MINUTE_MS, hours * HOUR_MS)


def _parse_scope(environment: Mapping[str, str], problems: list[str]) -> Scope:
    try:
        return parse_scope(environment.get("WATCH", ""))
    except ValueError as error:
        problems.append(f"WATCH must be globs such as prod-*,!*-sandbox, and not {error}")
        return Scope()


def _parse_labels(
    environment: Mapping[str, str], problems: list[str], adjusted: list[Adjustment]
) -> tuple[str, ...]:
    """Parse the names of tags that become attributes of a message, without those it cannot have."""
    given = environment.get("FILTER_LABELS", "")
    names = tuple(dict.fromkeys(filter(None, given.split(","))))
    if len(names) > LABELS_KEPT or not all(map(_LABEL.fullmatch, names)):
        problems.append(f"FILTER_LABELS must name at most {LABELS_KEPT} tags, such as team,project")
    kept = tuple(n for n in names if n not in TAKEN_NAMES and not _RESERVED.match(n))
    if kept != names:
        refused = ", ".join(name for name in names if name not in kept)
        reason = f"names {refused}, which messages have already or AWS reserves"
        adjusted.append(Adjustment("FilterLabels", given, ",".join(kept), reason))
    return kept


def _parse_number(environment: Mapping[str, str], name: str, problems: list[str]) -> int:
    default, least, most = _NUMBERS[name]
    value = environment.get(name, str(default))
    if re.fullmatch(r"[0-9]{1,5}", value) and least <= int(value) <= most:
        return int(value)
    problems.append(f"{name} must be a whole number from {least:,} to {most:,}")
    return default
