"""`make screenshot`: the picture of the inbox in README.md, drawn from the rehearsed night."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from workbench.commands.inbox import WHERE
from workbench.inbox import chromium
from workbench.inbox.gallery import gallery
from workbench.inbox.rehearsal import rehearsed
from workbench.inbox.server import serving
from workbench.local.aws import ROOT

PICTURE = ROOT / "docs" / "images" / "inbox.png"
SHOWN = "align-cohort"  # 300 of 2,000 failed: what one message makes of a storm
WIDTH, HEIGHT = 1380, 860
MOST_BYTES = 300_000


def main() -> int:
    """Draw it; say so in one line where it would be too large for a README."""
    picture = drawn(PICTURE)
    size = picture.stat().st_size
    if size > MOST_BYTES:
        print(f"screenshot: {size:,} bytes are more than {MOST_BYTES:,}", file=sys.stderr)
        return 1
    print(f"Drew {picture.relative_to(ROOT)}, {size:,} bytes.")
    return 0


def drawn(target: Path) -> Path:
    """Draw the rehearsed night, open at its storm, into a file."""
    alerts = rehearsed()
    [thread] = {each["thread"] for each in alerts.state()["rows"] if each["name"] == SHOWN}
    with (
        serving({"alerts": alerts, "gallery": gallery()}, WHERE) as url,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=chromium.found(), args=list(chromium.FLAGS)
        )
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        page.goto(f"{url}#alerts/{thread}")
        page.locator(".card").wait_for()
        page.locator("#live[data-state=Live]").wait_for()
        page.screenshot(path=target)
        browser.close()
    return target


if __name__ == "__main__":
    sys.exit(main())
