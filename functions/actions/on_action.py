"""Lambda entry point: invoked by its function URL, which anyone may call."""

from __future__ import annotations

import os
import time
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from actions import pages
from actions.batch_jobs import BatchJobs
from actions.misuse import MisuseError, UncertainError
from actions.performing import answer
from actions.prepared_action import ActionPorts
from actions.requests import parse_request
from notifier.aws.actions.signed_links import SigningKey
from notifier.aws.journal import Journal
from notifier.aws.ledger import IncidentLedger
from notifier.aws.topic import AlertTopic
from notifier.ports.metrics import Metric
from notifier.ports.service_error import ErrorKind, ServiceError

logger = Logger()
metrics = Metrics()
_TRY_AGAIN = "AWS did not answer as it should. Try again in a minute."
_DENIED = "Access denied: AWS does not let this function do that. Its log names the error."


@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request with one page. The log has no link, because a link is a credential."""
    del context
    journal = Journal(logger, metrics)
    try:
        page = answer(parse_request(event), _ports(journal))
    except MisuseError as error:
        misuse = error.misuse
        journal.note("refused", Metric.ACTIONS_REFUSED, {"why": misuse.name.lower()})
        page = pages.refused(misuse)
    except ServiceError as error:
        journal.note("failed", Metric.ACTIONS_FAILED, {"problem": error.says})
        page = pages.failed(_DENIED if error.kind is ErrorKind.DENIED else _TRY_AGAIN, 503)
    except UncertainError as error:
        journal.note("not known if done", Metric.ACTIONS_FAILED, {"problem": str(error)})
        page = pages.uncertain()
    return page.to_response()


def _ports(journal: Journal) -> ActionPorts:
    batch = _batch() if os.environ.get("ALLOW_RERUN") == "on" else None
    return ActionPorts(_ledger(), _topic(), journal, lambda: _key().read(), _now_ms, batch)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


@cache
def _ledger() -> IncidentLedger:
    return IncidentLedger(os.environ["TABLE_NAME"])


@cache
def _topic() -> AlertTopic:
    return AlertTopic(os.environ["ALERT_TOPIC_ARN"])


@cache
def _batch() -> BatchJobs:
    return BatchJobs()


@cache
def _key() -> SigningKey:
    return SigningKey(os.environ["ACTIONS_KEY_ARN"])
