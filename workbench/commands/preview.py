"""`batch-notifier preview`: show the alert that an event file becomes."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from notifier.alert.alert import Alert
from notifier.channels import message
from workbench.commands.arguments import Subcommands
from workbench.event_file import alert_from_file

CHANNELS = ("email", "sms", "chat", "webhook")
CHANNEL_CHOICES = (*CHANNELS, "all")


def add_to(commands: Subcommands) -> None:
    """Add the command to the program."""
    parser = commands.add_parser(
        "preview",
        help="show the alert that an event becomes; needs no AWS",
        description="Show the alert that an EventBridge event becomes. Needs no AWS.",
    )
    parser.add_argument("event", type=Path, help="file with one EventBridge event in JSON")
    parser.add_argument(
        "--logs",
        type=Path,
        metavar="FILE",
        help="the job's log (default: logs/NAME.txt beside the event)",
    )
    parser.add_argument(
        "--channel", choices=CHANNEL_CHOICES, default="email", help="default: email"
    )
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> Iterator[str]:
    alert = alert_from_file(options.event, options.logs)
    if alert is None:
        yield "This event reports no failure: no alert would be sent."
    else:
        yield from format_alert(alert, options.channel)


def format_alert(alert: Alert, channel: str) -> Iterator[str]:
    """Format an alert for one channel, or for `all` of them."""
    texts = message.render_channels(alert)
    if channel != "all":
        yield _format_channel(channel, texts)
        return
    for each in CHANNELS:
        yield f"===== {each} ====="
        yield _format_channel(each, texts)


def _format_channel(channel: str, texts: dict[str, str]) -> str:
    if channel == "email":
        return f"Subject: {texts['subject']}\n\n{texts['email']}"
    if channel == "sms":
        return texts["sms"]
    return json.dumps(json.loads(texts[channel]), indent=2, ensure_ascii=False)
