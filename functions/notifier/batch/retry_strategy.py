"""When Batch tries a job again by itself: the rules that an event tells, and those for Spot."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from notifier.batch.failure import Rule
from notifier.batch.json_lookup import Safe

MOST_ATTEMPTS = 10  # RetryStrategy.attempts allows 1 to 10
MOST_RULES = 5  # evaluateOnExit allows as many
SPOT_ATTEMPTS = 5  # of a job that loses its capacity: enough for a bad day, an end to a bad week
# How Batch words the loss. A pattern takes letters, digits, `.`, `:` and blanks, and one `*` at its
# end, so the instance's id in parentheses must be left to it. The last rule keeps other failures
# from being tried again: what no rule matches is.
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


def read(raw: object, safe: Safe) -> tuple[Rule, ...]:
    """Read `evaluateOnExit` of an event; a rule that Batch would not take is left out.

    So is one with a secret in it: `safe` is what masks those of the job.
    """
    found = raw if isinstance(raw, list) else []
    rules = (_rule(each, safe) for each in found[:MOST_RULES] if isinstance(each, dict))
    return tuple(rule for rule in rules if rule)


def _rule(raw: dict[str, object], safe: Safe) -> Rule:
    parts = tuple((key, str(raw[key])) for key in _ALLOWED if raw.get(key) not in (None, ""))
    is_valid = "action" in raw and all(_ALLOWED[key].fullmatch(value) for key, value in parts)
    is_public = all(safe(value) == value for _, value in parts)
    return parts if is_valid and is_public and len(parts) > 1 else ()


def for_spot(rules: Iterable[Rule], limit: int | None, platform: str) -> str:
    """Give the `--retry-strategy` of a job whose capacity was taken: its own rules, and ours."""
    lost = TASK_LOST if platform == "Fargate" else HOST_LOST
    own = [
        rule for rule in rules if dict(rule).get("onStatusReason") != dict(lost)["onStatusReason"]
    ]
    more = [lost, *(own or [_OTHERS])][:MOST_RULES]
    attempts = min(MOST_ATTEMPTS, max(SPOT_ATTEMPTS, 2 * (limit or 1)))
    return argument(attempts, more)


def argument(attempts: int, rules: Iterable[Rule]) -> str:
    """Write a retry strategy as JSON for the command line."""
    strategy: dict[str, object] = {"attempts": attempts}
    if conditions := [dict(rule) for rule in rules]:
        strategy["evaluateOnExit"] = conditions
    return json.dumps(strategy, separators=(",", ":"))
