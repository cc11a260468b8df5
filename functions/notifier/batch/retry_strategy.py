"""Retry strategies of AWS Batch: the rules of a job, and those for lost Spot capacity."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from notifier.batch.failure import Rule
from notifier.batch.json_lookup import Sanitizer

MOST_ATTEMPTS = 10  # RetryStrategy.attempts allows 1 to 10
MOST_RULES = 5  # evaluateOnExit allows as many
SPOT_ATTEMPTS = 5  # enough for a day of Spot interruptions, but not without end
# Status reasons of lost capacity. A pattern allows letters, digits, `.`, `:`, spaces and one `*` at
# its end, which must cover the instance id in parentheses. AWS Batch retries what no rule matches,
# so the last rule excludes other failures.
# https://docs.aws.amazon.com/batch/latest/APIReference/API_EvaluateOnExit.html
HOST_LOST: Rule = (("onStatusReason", "Host EC2*"), ("action", "RETRY"))
TASK_LOST: Rule = (("onStatusReason", "Your Spot Task*"), ("action", "RETRY"))
_OTHERS: Rule = (("onReason", "*"), ("action", "EXIT"))
_PATTERN = re.compile(r"[0-9A-Za-z.:\s]{0,512}\*?", re.ASCII)
_ALLOWED = {
    "onStatusReason": _PATTERN,
    "onReason": _PATTERN,
    "onExitCode": re.compile(r"[0-9]{0,512}\*?", re.ASCII),
    "action": re.compile("RETRY|EXIT", re.IGNORECASE),
}


def parse_rules(raw: object, safe: Sanitizer) -> tuple[Rule, ...]:
    """Parse `evaluateOnExit`, without rules that are invalid or contain a secret of the job."""
    found = raw if isinstance(raw, list) else []
    rules = (_rule(each, safe) for each in found[:MOST_RULES] if isinstance(each, dict))
    return tuple(rule for rule in rules if rule)


def _rule(raw: dict[str, object], safe: Sanitizer) -> Rule:
    parts = tuple((key, str(raw[key])) for key in _ALLOWED if raw.get(key) not in (None, ""))
    is_valid = "action" in raw and all(_ALLOWED[key].fullmatch(value) for key, value in parts)
    is_public = all(safe(value) == value for _, value in parts)
    return parts if is_valid and is_public and len(parts) > 1 else ()


def spot_strategy(rules: Iterable[Rule], limit: int | None, platform: str) -> str:
    """Return a `--retry-strategy` that retries lost capacity, then follows the job's own rules."""
    lost = TASK_LOST if platform == "Fargate" else HOST_LOST
    own = [
        rule for rule in rules if dict(rule).get("onStatusReason") != dict(lost)["onStatusReason"]
    ]
    more = [lost, *(own or [_OTHERS])][:MOST_RULES]
    attempts = min(MOST_ATTEMPTS, max(SPOT_ATTEMPTS, 2 * (limit or 1)))
    return strategy_json(attempts, more)


def strategy_json(attempts: int, rules: Iterable[Rule]) -> str:
    """Return a retry strategy as JSON for the command line."""
    strategy: dict[str, object] = {"attempts": attempts}
    if conditions := [dict(rule) for rule in rules]:
        strategy["evaluateOnExit"] = conditions
    return json.dumps(strategy, separators=(",", ":"))
