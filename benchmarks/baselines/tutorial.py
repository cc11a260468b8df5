"""The AWS tutorial: a rule that hands the event of a failed job to a topic, as it is.

https://docs.aws.amazon.com/batch/latest/userguide/batch_sns_tutorial.html
"""

from __future__ import annotations

import json
from typing import Any

SOURCE = "benchmark"  # nobody but AWS may put `aws.batch`, which it is there, on a bus
PATTERN = {
    "source": [SOURCE],
    "detail-type": ["Batch Job State Change"],
    "detail": {"status": ["FAILED"]},
}


def set_up(events: Any, topic_arn: str) -> None:
    """Make the rule and its target; `events` is a client of EventBridge."""
    events.put_rule(Name="tutorial", EventPattern=json.dumps(PATTERN))
    events.put_targets(Rule="tutorial", Targets=[{"Id": "topic", "Arn": topic_arn}])
