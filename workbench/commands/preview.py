"""`batch-notifier preview`: show the alert that an event file becomes."""

from __future__ import annotations

import json
from pathlib import Path

import click

from notifier.alert.alert import Alert
from notifier.channels import message
from workbench.cli.arguments import FILE
from workbench.cli.command import Command, Invocation, pass_invocation
from workbench.cli.output import Output
from workbench.event_file import alert_from_file

CHANNELS = ("email", "sms", "chat", "webhook")
CHANNEL = click.Choice((*CHANNELS, "all"))


@click.command(cls=Command)
@click.argument("event", type=FILE)
@click.option(
    "--logs", type=FILE, metavar="FILE", help="the job's log (default: logs/NAME.txt beside it)"
)
@click.option("--channel", type=CHANNEL, default="email", help="default: email")
@pass_invocation
def command(invocation: Invocation, event: Path, logs: Path | None, channel: str) -> None:
    """Show the alert that EVENT becomes: a file with one EventBridge event. Needs no AWS."""
    alert = alert_from_file(event, logs)
    if alert is None:
        invocation.out.line("This event reports no failure: no alert would be sent.")
        invocation.out.add(alert=None)
    else:
        show_alert(invocation.out, alert, channel)


def show_alert(out: Output, alert: Alert, channel: str) -> None:
    """Show an alert for one channel, or for `all` of them; JSON has each under its name."""
    texts = message.render_channels(alert)
    chosen = CHANNELS if channel == "all" else (channel,)
    for each in chosen:
        if channel == "all":
            out.line(f"===== {each} =====")
        out.line(_format_channel(each, texts))
    documents = {name: json.loads(texts[name]) for name in ("chat", "webhook") if name in chosen}
    out.add(alert={"subject": texts["subject"]} | {n: texts[n] for n in chosen} | documents)


def _format_channel(channel: str, texts: dict[str, str]) -> str:
    if channel == "email":
        return f"Subject: {texts['subject']}\n\n{texts['email']}"
    if channel == "sms":
        return texts["sms"]
    return json.dumps(json.loads(texts[channel]), indent=2, ensure_ascii=False)
