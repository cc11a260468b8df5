"""Every metric that the functions write: dashboard, alarms and the doctor name no other."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from notifier.batch.failure import Failure
from notifier.diagnosis.diagnose import Diagnosis

NAMESPACE = "BatchNotifier"  # POWERTOOLS_METRICS_NAMESPACE in the template


class Metric(StrEnum):
    """Name of a metric in the namespace of the template."""

    # What failed. The one metric with dimensions of its own, besides `service`.
    FAILURES = "Failures"

    # What is reported of it, and what is not.
    ALERTS_PUBLISHED = "AlertsPublished"
    ALERTS_HELD = "AlertsHeld"
    ALERTS_SILENCED = "AlertsSilenced"
    ALERTS_BELOW_MINIMUM = "AlertsBelowMinimum"
    COUNTED = "Counted"
    SECONDS_TO_ALERT = "SecondsToAlert"

    # Follow-ups of incidents.
    FOLLOW_UPS = "FollowUps"
    FOLLOW_UPS_QUIET = "FollowUpsQuiet"
    FOLLOW_UPS_REPLACED = "FollowUpsReplaced"
    FOLLOW_UPS_RETRIED = "FollowUpsRetried"
    CLAIMS_LOST = "ClaimsLost"
    DEPENDENTS_WAITING = "DependentsWaiting"

    # What people did with the links of alerts, and what was refused.
    ACTIONS_DONE = "ActionsDone"
    ACTIONS_FAILED = "ActionsFailed"
    ACTIONS_REFUSED = "ActionsRefused"
    ACTIONS_SHOWN = "ActionsShown"

    # What could not be done, or found out.
    ACTION_LINKS_MISSING = "ActionLinksMissing"
    CRASHED = "Crashed"
    DEGRADED_MESSAGES = "DegradedMessages"
    GROUPED_WITHOUT_LOG = "GroupedWithoutLog"
    HISTORY_UNKNOWN = "HistoryUnknown"
    LABELS_UNREAD = "LabelsUnread"
    LEDGER_FAILURES = "LedgerFailures"
    LOG_READS = "LogReads"
    LOG_UNAVAILABLE = "LogUnavailable"
    NOT_A_FAILURE = "NotAFailure"
    NOT_WATCHED = "NotWatched"
    OUT_OF_TIME = "OutOfTime"
    PREEMPTIONS = "Preemptions"
    PUBLISH_REJECTED = "PublishRejected"
    PUBLISH_RETRIED = "PublishRetried"
    RECOVERY_UNKNOWN = "RecoveryUnknown"
    SETTINGS_ADJUSTED = "SettingsAdjusted"
    UNREADABLE_EVENTS = "UnreadableEvents"
    WRITTEN_WITHOUT_LOG = "WrittenWithoutLog"

    # What the sweep found, where no event came.
    MISSED_EVENTS = "MissedEvents"
    SNAPSHOTS_UNREAD = "SnapshotsUnread"
    STUCK_JOBS = "StuckJobs"
    SWEEPS = "Sweeps"
    SWEEPS_CUT_SHORT = "SweepsCutShort"
    UNUSABLE_ENVIRONMENTS = "UnusableEnvironments"

    # Whether the way from rule to people is open.
    HEARTBEAT = "Heartbeat"
    HEARTBEATS_FORGED = "HeartbeatsForged"
    HEARTBEATS_UNSENT = "HeartbeatsUnsent"
    CONFIRMED_SUBSCRIPTIONS = "ConfirmedSubscriptions"
    PENDING_SUBSCRIPTIONS = "PendingSubscriptions"
    SUBSCRIPTIONS_UNCOUNTED = "SubscriptionsUncounted"


@dataclass(frozen=True, slots=True)
class FailureLabels:
    """What failures have in common that are counted as one number."""

    class_: str
    queue: str
    cause: str
    definition: str

    def dimensions(self) -> dict[str, str]:
        """Return the dimensions: CloudWatch bills each pair of values as a metric.

        A metric costs for the hours in which it gets a value, and there are at most 14 classes and
        the 50 queues of an account: https://aws.amazon.com/cloudwatch/pricing/
        """
        return {"class": self.class_, "queue": self.queue}

    def facts(self) -> dict[str, str]:
        """Return what is written beside the number, for the queries of the dashboard."""
        return {"cause": self.cause, "definition": self.definition}


# What AWS Batch allows in a name. Anyone who may write to the queue could otherwise name it as they
# like, and each name would be a metric.
_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")
NO_NAME = "other"


def by_labels(failures: Iterable[tuple[Failure, Diagnosis]]) -> Counter[FailureLabels]:
    """Count failures by what they have in common.

    Drills are left out: nothing has failed, and the sender chose the name of its queue.
    """
    return Counter(_kin(*each) for each in failures if not each[0].is_drill)


def _kin(failure: Failure, diagnosis: Diagnosis) -> FailureLabels:
    return FailureLabels(
        class_=str(diagnosis.class_),
        queue=_named(failure.queue),
        cause=diagnosis.cause,
        definition=_named(failure.definition_name),
    )


def _named(name: str) -> str:
    return name if _NAME.fullmatch(name) else NO_NAME
