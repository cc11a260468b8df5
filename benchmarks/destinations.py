"""Cold starts of OnAlertFunction: with one destination, and with one of every kind."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks import start
from benchmarks.start import BASELINES, USUAL, Contender, Starts
from notifier.channels import message
from workbench.event_file import alert_from_file
from workbench.local import bytecode
from workbench.local.aws import ROOT
from workbench.local.loopback import HOST, Request, Response, serve

EVERYTHING = "OnAlertFunction, one destination of every kind"
EVENT = ROOT / "events" / "exit-1-python-traceback.json"
OPTIONS: dict[str, dict[str, str]] = {
    "slack": {"channel": "C1"},
    "slack-webhook": {},
    "teams": {},
    "pagerduty": {},
    "opsgenie": {},
    "incident-io": {"source": "s"},
    "mail": {"from": "a@example.com", "to": "b@example.com"},
    "webhook": {"url": "https://example.com"},
    "apprise": {},
}
ALONE = {"teams": "Teams", "slack": "Slack", "mail": "HTML mail", "apprise": "Apprise"}
# Of Slack, Amazon SES and all others at once.
_TAKEN = json.dumps({"ok": True, "ts": "1.0", "channel": "C1", "MessageId": "m"}).encode()


def measure(function: Path, packages: Path) -> Mapping[str, Starts]:
    """Start the function that is built in a folder, and give it one alert.

    An alert that a destination does not take is an error.
    """
    with _services() as port:
        return start.measure(_contenders(function, port), start.runtime(packages))


def _contenders(function: Path, port: int) -> list[Contender]:
    compiled = function.with_name(f"{function.name}-compiled")
    for folder in (function, compiled):
        if folder is compiled:
            shutil.copytree(function, compiled)
        shutil.copy2(BASELINES / "every_destination.py", folder)
    bytecode.add(compiled, start.interpreter())
    base = Contender("", compiled, "every_destination.handler", event=_delivery())
    chosen = {f"OnAlertFunction, {title}": [kind] for kind, title in ALONE.items()}
    chosen |= {EVERYTHING: list(OPTIONS)}
    ours = [
        replace(base, name=name, settings=_settings(port, kinds)) for name, kinds in chosen.items()
    ]
    uncompiled = replace(ours[-1], name=f"{EVERYTHING}, without bytecode", folder=function)
    return [Contender(USUAL, BASELINES, "usual_lambda.handler"), *ours, uncompiled]


def _settings(port: int, kinds: list[str]) -> dict[str, str]:
    url = f"http://{HOST}:{port}"
    return {
        "SERVICES": url,
        "AWS_ENDPOINT_URL_SESV2": url,
        "AWS_ENDPOINT_URL_SSM": url,
        "DELIVERY_QUEUE_URL": f"{url}/queue",
        "DEAD_LETTER_QUEUE_URL": f"{url}/dead",
        # The server answers with the routes for these kinds.
        "ROUTES_PARAMETER": ",".join(kinds),
        "CREDENTIALS_PARAMETER": "credentials",
    }


@contextmanager
def _services() -> Iterator[int]:
    """Serve Systems Manager and all destinations; both take everything at once."""
    ports: list[int] = []

    def answer(request: Request) -> Response:
        if not request.headers.get("X-Amz-Target", "").endswith("GetParameter"):
            return Response(_TAKEN, {"Content-Type": "application/json"})
        name = json.loads(request.body)["Name"]
        value = _credentials(ports[0]) if name == "credentials" else _routes(name.split(","))
        return Response(json.dumps({"Parameter": {"Name": name, "Value": value}}).encode())

    with serve(answer) as port:
        ports.append(port)
        yield port


def _routes(kinds: list[str]) -> str:
    lines = [f"default = {json.dumps(kinds)}"]
    for kind in kinds:
        credential = {} if kind == "mail" else {"credential": kind}
        lines.append(f"[destinations.{kind}]")
        options = {"type": kind, **OPTIONS[kind], **credential}
        lines += [f"{key} = {json.dumps(value)}" for key, value in options.items()]
    return "\n".join(lines)


def _credentials(port: int) -> str:
    found = dict.fromkeys(OPTIONS, "k" * 32)
    found |= dict.fromkeys(("slack-webhook", "teams"), f"http://{HOST}:{port}/")
    found["apprise"] = f"json://{HOST}:{port}/"
    return "\n".join(f"{name} = {json.dumps(value)}" for name, value in found.items())


def _delivery() -> Any:
    """Return one alert as DeliveryQueue delivers it."""
    alert = alert_from_file(EVENT)
    assert alert is not None
    body = message.render_channels(alert)["webhook"]
    return {
        "Records": [
            {
                "messageId": "m",
                "receiptHandle": "r",
                "body": body,
                "attributes": {"ApproximateReceiveCount": "1"},
            }
        ]
    }
