"""Pictures of the page: eight states, three sizes, two themes; each is checked as it is taken.

`PICTURES=folder` keeps them, to look at one by one.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.inbox.conftest import Inbox
from tests.inbox.sample_messages import message
from workbench.inbox.rehearsal import END_MINUTE, START_MS

SIZES = {"phone": (390, 844), "tablet": (820, 1180), "wide": (1920, 1080)}
THEMES = ("light", "dark")
SERIOUS = {"serious", "critical"}
BODY_PX, MAIL_PX, MAIL_ON_PHONE_PX, SMALLEST_PX = 15, 14, 13, 12
FINGER_PX = 44
NARROW_PX, TOUCHED_PX = 760, 1100


class State(NamedTuple):
    """What the page shows."""

    place: Callable[[Inbox], str]
    shows: str
    """Text that is on it."""
    is_empty: bool = False
    opens: int | None = None
    """From this width on, it shows a mail."""


def thread_of(name: str) -> Callable[[Inbox], str]:
    def place(night: Inbox) -> str:
        rows = night.alerts.state()["rows"]
        return f"#alerts/{next(row['thread'] for row in rows if row['name'] == name)}"

    return place


def at(place: str) -> Callable[[Inbox], str]:
    return lambda _: place


STATES = {
    "empty": State(at(""), "Two commands fill this page", is_empty=True),
    "list": State(at(""), " incidents, ", opens=NARROW_PX),
    "storm": State(thread_of("align-cohort"), "300 of 2,000 children", opens=0),
    "recovered": State(thread_of("feature-matrix-2026-11-17"), "RECOVERED", opens=0),
    "sample": State(at("#gallery/access-denied-in-log"), "access denied", opens=0),
    "drill": State(at("#gallery/drill"), "This is a drill", opens=0),
    "filtered": State(at("#alerts?q=no-such-thing"), "Nothing matches the filter"),
    "unknown": State(at("#alerts/no-such-incident"), "There is no incident at this address"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    kept = os.environ.get("PICTURES")
    folder = Path(kept) if kept else tmp_path
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", STATES)
def test_a_picture(
    name: str, size: str, theme: Any, page: Page, night: Inbox, inbox: Inbox, folder: Path
) -> None:
    width, height = SIZES[size]
    state = STATES[name]
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme=theme)
    page.clock.set_fixed_time(START_MS / 1000 + END_MINUTE * 60)
    page.goto((inbox if state.is_empty else night).url + state.place(night))
    expect(page.locator("#live")).to_have_text("Live")
    expect(page.get_by_text(state.shows).locator("visible=true").first).to_be_visible()
    if state.opens is not None:
        expect(page.locator("#email")).to_be_visible(visible=width >= state.opens)
    picture = page.screenshot(path=folder / f"{name}-{size}-{theme}.png")
    assert len(picture) > 10_000
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert type_sizes(page) == []
    assert cut_buttons(page) == []
    if width <= TOUCHED_PX:
        assert small_targets(page) == []


def serious(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {each['nodes'][0]['html']}" for each in found if each["impact"] in SERIOUS
    ]


def type_sizes(page: Page) -> list[str]:
    """Return what is set in too small a type."""
    width = page.viewport_size["width"] if page.viewport_size else 0
    mail = MAIL_PX if width >= NARROW_PX else MAIL_ON_PHONE_PX
    found: list[str] = page.evaluate(
        """([body, mail, smallest]) => {
          const size = (e) => parseFloat(getComputedStyle(e).fontSize);
          const wrong = [];
          const all = size(document.body);
          if (all < body || all > 16) wrong.push(`body ${all}`);
          const hasText = (e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
          for (const e of document.querySelectorAll("body *:not(.mark)")) {
            if (!e.checkVisibility() || !hasText(e)) continue;
            const least = e.closest("#email, #subject") ? mail : smallest;
            if (size(e) < least) wrong.push(`${e.id || e.className || e.tagName} ${size(e)}`);
          }
          return wrong;
        }""",
        [BODY_PX, mail, SMALLEST_PX],
    )
    return found


def cut_buttons(page: Page) -> list[str]:
    """Return the buttons whose words reach into their padding."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll("button")]
          .filter((e) => e.checkVisibility() && e.textContent)
          .filter((e) => {
            const words = document.createRange();
            words.selectNodeContents(e);
            const padding = parseFloat(getComputedStyle(e).paddingRight);
            const room = e.getBoundingClientRect().right - padding;
            return words.getBoundingClientRect().right > room + 1;
          })
          .map((e) => e.id || e.textContent)"""
    )
    return found


def small_targets(page: Page) -> list[str]:
    """Return what is too small for a finger."""
    found: list[str] = page.evaluate(
        """(least) => [...document.querySelectorAll("a, button, input, select, summary")]
          .filter((e) => e.checkVisibility() && !e.matches(".skip"))
          .map((e) => [e, e.getBoundingClientRect()])
          .filter(([, box]) => box.width && (box.height < least || box.width < least))
          .map(([e, box]) => `${e.id || e.textContent} ${box.width} x ${box.height}`)""",
        FINGER_PX,
    )
    return found


@pytest.mark.parametrize("theme", THEMES)
def test_the_keys_and_a_drill_that_arrived(theme: Any, page: Page, inbox: Inbox) -> None:
    """The dialog has a picture of its own: it lies above any state."""
    inbox.alerts.put(message(1, status="DRILL FAILED"))
    page.emulate_media(color_scheme=theme)
    page.goto(inbox.url)
    expect(page.locator("#name")).to_have_text("nightly-0001")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert serious(page) == []


def test_one_sentence_is_not_three_times_above_the_fold(page: Page, night: Inbox) -> None:
    for width, height in SIZES.values():
        page.set_viewport_size({"width": width, "height": height})
        for state in ("storm", "sample", "recovered"):
            page.goto("about:blank")  # so that nothing of the last alert is left
            page.goto(night.url + STATES[state].place(night))
            expect(page.locator("#email")).to_be_visible()
            seen: str = page.evaluate(
                """() => [...document.querySelectorAll("#reader :is(h2, p, dd, div, li)")]
                  .filter((e) => !e.querySelector("p, div, li, dd, h2") && e.checkVisibility()
                    && e.getBoundingClientRect().top < innerHeight)
                  .map((e) => e.textContent.replaceAll(/\\s+/g, " ")).join("\\n")"""
            )
            subject = page.locator("#subject").inner_text()
            what = subject.partition(": ")[2].removesuffix(" ..").partition(" (")[0]
            assert 1 <= seen.count(what) <= 2, (width, state, what)


def test_two_panes_from_760_pixels_and_the_whole_width_of_a_wide_screen(
    page: Page, night: Inbox
) -> None:
    for width, are_two in ((759, False), (760, True)):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(f"{night.url}#alerts")
        expect(page.locator("#threads")).to_be_visible()
        expect(page.locator("#reader")).to_be_visible(visible=are_two)
    page.set_viewport_size({"width": 2560, "height": 1200})
    page.goto(night.url + STATES["storm"].place(night))
    expect(page.locator(".card")).to_be_visible()
    right = page.locator(".panes").evaluate(
        "e => Math.max(...[...e.children].map((each) => each.getBoundingClientRect().right))"
    )
    assert right > 2560 - 60
