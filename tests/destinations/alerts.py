"""Alert documents for the tests of destinations: every sample and every scene of the goldens."""

from __future__ import annotations

import json
from typing import Any

from destinations import document
from destinations.document import AlertDocument
from notifier.channels import message
from tests.golden.scenes import SCENES
from tests.golden.test_golden import SAMPLES
from workbench.event_file import alert_from_file

EVERY = {file.stem: lambda file=file: alert_from_file(file) for file in SAMPLES} | SCENES


def body(name: str, **changes: Any) -> str:
    """Give the document of a golden as SNS delivers it to a queue."""
    alert = EVERY[name]()
    assert alert is not None
    found = json.loads(json.loads(message.render(alert).body)["sqs"])
    return json.dumps(found | changes, ensure_ascii=False)


def document_of(name: str, **changes: Any) -> AlertDocument:
    return document.parse(body(name, **changes))
