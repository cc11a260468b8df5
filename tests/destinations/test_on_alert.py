"""The entry point, with SQS, Systems Manager and DynamoDB as moto emulates them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from destinations.errors import ConfigurationError
from tests.destinations.alerts import body
from tests.destinations.servers import Recorder, Reply, serving
from tests.destinations.stack import Stack, deployed_stack

ROUTES = """default = ["hook"]
[destinations.hook]
type = "teams"
credential = "url"
"""


@pytest.fixture
def stack() -> Iterator[Stack]:
    with deployed_stack() as stack:
        yield stack


def test_an_alert_is_delivered_late_where_the_service_asks_and_given_up_where_it_refuses(
    stack: Stack,
) -> None:
    service = Recorder(Reply(202), Reply(429, "", {"Retry-After": "120"}), Reply(401, "no"))
    with serving(service) as url:
        stack.store(ROUTES, {"url": url})
        _, answer = stack.invoke(body("timeout"))
        assert answer == {"batchItemFailures": []}
        message_id, answer = stack.invoke(body("drill"))
        assert answer == {"batchItemFailures": [{"itemIdentifier": message_id}]}
        _, answer = stack.invoke(body("stuck-job"))
        assert answer == {"batchItemFailures": []}
    (letter,) = stack.dead_letters()
    assert letter["destination"] == "hook"
    assert letter["problem"] == "hook: Teams: HTTP 401: no"
    assert len(service.requests) == 3


def test_without_routes_the_alerts_stay_in_the_queue(stack: Stack) -> None:
    with pytest.raises(ConfigurationError, match="there are no routes"):
        stack.invoke(body("timeout"))


def test_no_text_of_an_alert_reaches_the_log(
    stack: Stack, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with serving(Recorder(Reply(500), then=Reply(202))) as url:
        stack.store(ROUTES, {"url": url})
        stack.invoke(body("exit-1-python-traceback"))
        stack.invoke(body("timeout"))
    logged = capsys.readouterr().out + str([vars(record) for record in caplog.records])
    assert "not sent" in logged
    assert '"DeliveriesFailed"' in logged
    assert "currency_code" not in logged
    assert "orders-load" not in logged
    assert url not in logged
