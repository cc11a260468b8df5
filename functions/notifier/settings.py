"""The function's environment as one typed object, checked once and completely."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from notifier.core.diagnosis import Severity

MOST_LOG_LINES = 200  # of 400 characters at most in a mail: 80 KB, a third of what SNS takes
_TOPIC_ARN = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}")
_BOOLEANS = {"true": True, "false": False}


class SettingsError(ValueError):
    """The environment is unusable; the message names every problem."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator chose."""

    topic_arn: str
    log_lines: int
    minimum_severity: Severity
    dry_run: bool


def read(environment: Mapping[str, str]) -> Settings:
    """Read the settings.

    Raises
    ------
    SettingsError
        With one line that lists every bad setting.

    Examples
    --------
    >>> read({"DRY_RUN": "true"}).log_lines
    25
    """
    problems: list[str] = []
    dry_run = _BOOLEANS.get(environment.get("DRY_RUN", "false").lower())
    if dry_run is None:
        problems.append("DRY_RUN must be true or false")
    topic_arn = environment.get("ALERT_TOPIC_ARN", "")
    if not dry_run and not _TOPIC_ARN.fullmatch(topic_arn):
        problems.append("ALERT_TOPIC_ARN must be the ARN of an SNS topic")
    lines = environment.get("LOG_LINES", "25")
    if not re.fullmatch(r"[0-9]{1,3}", lines) or int(lines) > MOST_LOG_LINES:
        problems.append(f"LOG_LINES must be a whole number from 0 to {MOST_LOG_LINES}")
    severity = environment.get("MINIMUM_SEVERITY", Severity.INFO).lower()
    if severity not in set(Severity):
        problems.append(f"MINIMUM_SEVERITY must be one of {', '.join(Severity)}")
    if problems:
        raise SettingsError("bad settings: " + "; ".join(problems))
    return Settings(topic_arn, int(lines), Severity(severity), bool(dry_run))
