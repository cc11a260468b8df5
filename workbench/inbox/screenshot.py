"""`make screenshot`: the pictures of the inbox in README.md and docs, from the simulated night."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from workbench.commands.inbox import CAPTION
from workbench.inbox import chromium
from workbench.inbox.gallery import gallery
from workbench.inbox.rehearsal import END_MINUTE, START_MS, rehearse
from workbench.inbox.server import serve_inbox
from workbench.local.aws import ROOT

PICTURE = ROOT / "docs" / "images" / "inbox.png"
SLACK_PICTURE = ROOT / "docs" / "images" / "slack.png"
RECOVERED_JOB = "feature-matrix-2026-11-17"  # failed once, and its next run succeeded
JOB = "align-cohort"  # 300 of 2,000 children failed: a storm in one message
WIDTH, HEIGHT = 1440, 850  # README has no more room
MAX_BYTES = 300_000


def main() -> int:
    """Take it; exit code 1 when it is too large for a README."""
    pictures = (
        take_screenshot(PICTURE, JOB),
        take_screenshot(SLACK_PICTURE, RECOVERED_JOB, view="Slack"),
    )
    for picture in pictures:
        size = picture.stat().st_size
        if size > MAX_BYTES:
            print(f"screenshot: {size:,} bytes are more than {MAX_BYTES:,}", file=sys.stderr)
            return 1
        print(f"Wrote {picture.relative_to(ROOT)}, {size:,} bytes.")
    return 0


def take_screenshot(target: Path, job: str, view: str = "SNS mail") -> Path:
    """Write a picture of the simulated night, open at a job, to a file."""
    alerts = rehearse()
    [thread] = {row["thread"] for row in alerts.state()["rows"] if row["name"] == job}
    with (
        serve_inbox({"alerts": alerts, "gallery": gallery()}, CAPTION) as url,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=chromium.find(), args=list(chromium.FLAGS)
        )
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        page.clock.set_fixed_time(START_MS / 1_000 + END_MINUTE * 60)
        page.goto(f"{url}#alerts/{thread}")
        page.locator(".card").wait_for()
        page.locator("#live[data-state=Live]").wait_for()
        page.get_by_role("button", name=view, exact=True).click()
        page.mouse.move(0, 0)
        page.screenshot(path=target)
        browser.close()
    return target


if __name__ == "__main__":
    sys.exit(main())
