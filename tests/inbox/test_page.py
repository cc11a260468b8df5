"""The page in a real browser."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.inbox.conftest import Inbox
from tests.inbox.sample_messages import CONSOLE, START_MS, message
from workbench.inbox.gallery import gallery
from workbench.inbox.mailbox import Mailbox

DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
PAGE_OF_ROWS = 60
HOSTILE = "<img src=x onerror=alert(1)>"
RIGHT_TO_LEFT = "\u202egnp.exe"


def rows(page: Page) -> Locator:
    return page.locator("#threads li")


def row(page: Page, name: str) -> Locator:
    return rows(page).filter(has_text=name)


def opened(page: Page, url: str) -> Page:
    page.goto(url)
    expect(page.locator("#live")).to_have_text("Live")
    return page


# ---- what is there -------------------------------------------------------------------------------


def test_incidents_are_threads_with_the_newest_on_top(page: Page, night: Inbox) -> None:
    opened(page, night.url)
    rows_there = night.alerts.state()["rows"]
    expect(rows(page)).to_have_count(len({each["thread"] for each in rows_there}))
    first = rows(page).first
    expect(first.locator(".name")).to_have_text("nightly-load")
    expect(first.locator(".trail")).to_have_text("first → recovered → back again")


def test_severity_is_shown_by_shape_and_word_not_by_colour_alone(page: Page, night: Inbox) -> None:
    opened(page, night.url)
    for name, mark, word in (
        ("annotate-cohort-0291", "◆", "critical"),
        ("call-variants", "▲", "warning"),
        ("joint-genotype-family-774", "●", "info"),
        ("feature-matrix-2026-11-17", "✓", "recovered"),
    ):
        expect(row(page, name).locator(".mark")).to_have_text(mark)
        expect(row(page, name).locator(".severity")).to_have_text(word)


def test_each_reader_gets_the_exact_text(page: Page, night: Inbox) -> None:
    opened(page, night.url)
    row(page, "annotate-cohort-0291").click()
    [wanted] = [
        each.details()
        for _, each in night.alerts.after(0)
        if each.row()["name"] == "annotate-cohort-0291"
    ]
    expect(page.locator("#name")).to_have_text("annotate-cohort-0291")
    assert page.locator("#email").evaluate("e => e.textContent") == wanted["email"]
    assert page.locator("#sms").evaluate("e => e.textContent") == wanted["sms"]
    assert page.locator("#subject").evaluate("e => e.textContent") == wanted["subject"]
    size = f"{len(wanted['sms'])} of 145 characters, 1 part"
    expect(page.locator("#sms-size")).to_have_text(size)
    expect(page.locator("#sms-note")).to_have_text("")
    family = page.locator("#email").evaluate("e => getComputedStyle(e).fontFamily")
    assert family.endswith("monospace")


def test_the_messages_of_an_incident_are_a_step_apart(page: Page, night: Inbox) -> None:
    opened(page, night.url)
    row(page, "nightly-load").click()
    steps = page.locator("#steps a")
    expect(steps).to_have_text([_step("First"), _step("Recovered"), _step("Back again")])
    expect(steps.nth(2)).to_have_attribute("aria-current", "step")
    steps.nth(1).click()
    expect(page.locator("#label")).to_have_text(re.compile("RECOVERED$"))
    expect(page.locator("#subject")).to_contain_text("after 50 min, 2 failed runs")
    page.go_back()
    expect(page.locator("#label")).to_contain_text("FAILED · warning")


def _step(word: str) -> re.Pattern[str]:
    return re.compile(rf"^{word} \d+ Nov \d\d:\d\d$")


def test_a_card_shows_code_steps_and_links_to_the_console(page: Page, night: Inbox) -> None:
    opened(page, f"{night.url}#gallery/spot-reclaimed-three-times")
    card = page.locator(".card")
    expect(card.locator(".title")).to_have_text(
        "▲ FAILED crop-disease-resnet152: EC2 host terminated"
    )
    expect(card.locator(".title code")).to_have_text("crop-disease-resnet152")
    expect(card.locator("ol li")).to_have_count(4)
    assert card.locator("pre").inner_text().count("\n") == 7
    expect(card.locator("a")).to_have_text(["log", "job", "queue", "definition"])
    for link in card.locator("a").all():
        assert (link.get_attribute("href") or "").startswith("https://us-west-2.console.aws.amazon")
        assert link.get_attribute("rel") == "noopener noreferrer"
    expect(card).to_contain_text(
        "runbook at wiki(.)example(.)com (https://wiki.example.com/runbooks/spot-training)"
    )


def test_the_gallery_shows_every_sample(page: Page, night: Inbox) -> None:
    opened(page, night.url)
    page.get_by_role("link", name="Gallery").click()
    expect(rows(page)).to_have_count(len(night.gallery.state()["rows"]))
    for name in ("access-denied-in-log", "wrong-cpu-architecture"):
        row(page, name).click()
        expect(page.locator("#arrived")).to_have_text(f"never: sample {name}")


def test_the_document_is_copied_whole(page: Page, night: Inbox) -> None:
    opened(page, f"{night.url}#gallery/timeout")
    page.get_by_role("button", name="Copy").click()
    expect(page.locator("#copied")).to_have_text("Copied")
    copied = json.loads(page.evaluate("navigator.clipboard.readText()"))
    [wanted] = [each.document for _, each in gallery().after(0) if each.sample == "timeout"]
    assert copied == wanted


def test_filters_narrow_the_list_together(page: Page, night: Inbox) -> None:
    opened(page, night.url)
    every = rows(page).count()
    page.get_by_label("Severity").select_option("critical")
    there = night.alerts.state()["rows"]
    critical = {one["thread"] for one in there if one["severity"] == "critical"}
    assert 1 < len(critical) < every
    expect(rows(page)).to_have_count(len(critical))
    page.get_by_label("Queue").select_option("genomics-qc")
    expect(rows(page)).to_have_count(1)
    expect(page.locator("#found")).to_have_text(f"1 of {every} incidents")
    page.get_by_label("Severity").select_option("")
    page.get_by_label("Queue").select_option("")
    page.get_by_label("Cause").select_option("job-timeout")
    expect(rows(page).locator(".name")).to_have_text(["call-variants"])
    page.get_by_label("Cause").select_option("")
    page.get_by_label("Search").fill("ACCESS dem-tiles")
    expect(rows(page).locator(".name")).to_have_text(["dem-tiles-N47E008"])
    page.get_by_label("Search").fill("no such thing")
    expect(rows(page)).to_have_count(0)
    page.get_by_label("Search").fill("")
    expect(rows(page)).to_have_count(every)


# ---- what arrives --------------------------------------------------------------------------------


def test_what_arrives_is_one_row_more_and_touches_no_other(page: Page, inbox: Inbox) -> None:
    for number in range(1, 6):
        inbox.alerts.put(message(number))
    opened(page, inbox.url)
    expect(rows(page)).to_have_count(5)
    watch(page)
    inbox.alerts.put(message(6, name="just-now", queue="fresh"))
    expect(rows(page).first.locator(".name")).to_have_text("just-now")
    expect(rows(page).first.locator(".new")).to_be_visible()
    expect(page.locator("#heard")).to_have_text("New: FAILED just-now, Ran out of time")
    assert changes(page) == {"added": 1, "removed": 0, "touched": 0, "same": 5}
    expect(page.get_by_label("Queue").locator("option")).to_have_text(["Queue", "etl", "fresh"])


def test_the_first_that_comes_is_shown_and_the_second_does_not_push_it_away(
    page: Page, inbox: Inbox
) -> None:
    opened(page, inbox.url)
    expect(page.locator("#nothing")).to_have_text("No alerts yet. They appear as they arrive.")
    inbox.alerts.put(message(1))
    expect(page.locator("#name")).to_have_text("nightly-0001")
    inbox.alerts.put(message(2))
    expect(rows(page)).to_have_count(2)
    expect(page.locator("#name")).to_have_text("nightly-0001")
    expect(row(page, "nightly-0002").locator(".new")).to_be_visible()


def test_an_update_moves_the_row_of_its_incident_and_keeps_what_is_read(
    page: Page, inbox: Inbox
) -> None:
    for number in range(1, 6):
        inbox.alerts.put(message(number))
    opened(page, f"{inbox.url}#alerts/incident-0002")
    expect(page.locator("#name")).to_have_text("nightly-0002")
    watch(page)
    inbox.alerts.put(message(7, incident="incident-0002", outcome="recovered", status="RECOVERED",
                            name="nightly-0002"))  # fmt: skip
    expect(rows(page).first.locator(".trail")).to_have_text("first → recovered")
    expect(page.locator("#steps a")).to_have_count(2)
    expect(page.locator("#steps a").first).to_have_attribute("aria-current", "step")
    expect(page.locator("#label")).to_contain_text("FAILED")
    seen = changes(page)
    assert (seen["same"], seen["touched"]) == (5, 0)


def watch(page: Page) -> None:
    """Mark every row, and note what changes inside the rows that are there."""
    page.evaluate("""() => {
      const list = document.getElementById("threads");
      window.seen = { added: 0, removed: 0, touched: 0 };
      for (const item of list.children) item.marked = true;
      new MutationObserver((changes) => {
        for (const change of changes) {
          window.seen.added += change.addedNodes.length;
          window.seen.removed += change.removedNodes.length;
        }
      }).observe(list, { childList: true });
      const first = list.children[0];
      for (const item of [...list.children]) {
        const isMoved = item.textContent.includes("nightly-0002");
        if (isMoved) continue;
        new MutationObserver((changes) => (window.seen.touched += changes.length))
          .observe(item, { subtree: true, childList: true, characterData: true, attributes: true });
      }
    }""")


def changes(page: Page) -> dict[str, int]:
    found: dict[str, int] = page.evaluate("""() => ({
      ...window.seen,
      same: [...document.querySelectorAll("#threads li")].filter((item) => item.marked).length,
    })""")
    return found


def test_the_keyboard_keeps_its_place_when_its_row_moves(page: Page, inbox: Inbox) -> None:
    for number in range(1, 4):
        inbox.alerts.put(message(number))
    opened(page, inbox.url)
    row(page, "nightly-0001").locator("a").focus()
    inbox.alerts.put(message(9, incident="incident-0001", name="nightly-0001", outcome="grew"))
    expect(rows(page).first.locator(".trail")).to_have_text("first → update")
    expect(rows(page).first.locator("a")).to_be_focused()


def test_what_arrives_while_the_gallery_is_open_is_there_afterwards(
    page: Page, inbox: Inbox
) -> None:
    opened(page, f"{inbox.url}#gallery")
    inbox.alerts.put(message())
    expect(page.locator("#to-alerts .count")).to_have_text("1")
    expect(rows(page)).to_have_count(0)
    page.get_by_role("link", name="Alerts").click()
    expect(rows(page)).to_have_count(1)


def test_it_comes_back_to_a_server_that_was_started_again(page: Page) -> None:
    first = Inbox()
    first.alerts.put(message(1, name="of-the-first"))
    with first.served() as url:
        opened(page, url)
        port = int(url.rsplit(":", 1)[1].strip("/"))
    expect(page.locator("#live")).to_have_text("Reconnecting")
    second = Inbox()
    second.alerts.put(message(1, name="of-the-second"))
    with second.served(port):
        expect(rows(page).locator(".name")).to_have_text(["of-the-second"])
        second.alerts.put(message(2, name="and-then"))
        expect(rows(page).first.locator(".name")).to_have_text("and-then")


def test_only_the_newest_are_kept_and_it_says_so(page: Page) -> None:
    inbox = Inbox(Mailbox(capacity=4))
    with inbox.served() as url:
        for number in range(1, 6):
            inbox.alerts.put(message(number))
        opened(page, url)
        expect(rows(page)).to_have_count(4)
        inbox.alerts.put(message(6))
        expect(rows(page).first.locator(".name")).to_have_text("nightly-0006")
        expect(rows(page)).to_have_count(4)
        expect(page.locator("#kept")).to_contain_text(
            "The newest 4 messages are kept. 2 older ones are gone."
        )
        page.goto(f"{url}#alerts/incident-0003/1")
        expect(page.locator("#name")).to_have_text("nightly-0003")


# ---- a thousand ----------------------------------------------------------------------------------


def test_a_thousand_alerts_are_listed_a_page_at_a_time(page: Page, inbox: Inbox) -> None:
    for number in range(1, 1001):
        inbox.alerts.put(message(number))
    opened(page, inbox.url)
    expect(rows(page).first.locator(".name")).to_have_text("nightly-1000")
    expect(page.locator("#found")).to_have_text("1,000 incidents, 1,000 messages")
    for name in ("first-contentful-paint", "listed"):
        at = page.evaluate(f"performance.getEntriesByName('{name}')[0].startTime")
        print(f"1,000 alerts: {name} after {at:.0f} ms")  # noqa: T201  # a number to look at (-s)
    assert rows(page).count() <= 2 * PAGE_OF_ROWS
    before = rows(page).count()
    watch(page)
    for number in range(1001, 1021):
        inbox.alerts.put(message(number))
    expect(rows(page).first.locator(".name")).to_have_text("nightly-1020")
    assert rows(page).count() == before
    assert changes(page)["touched"] == 0
    page.locator("#more").scroll_into_view_if_needed()
    expect(rows(page)).not_to_have_count(before)
    page.get_by_label("Search").fill("nightly-0777")
    expect(rows(page)).to_have_count(1)


# ---- hostile text --------------------------------------------------------------------------------


def test_what_a_job_is_named_or_says_does_nothing(page: Page, inbox: Inbox) -> None:
    bad = "javascript:alert(1)"
    description = (
        f"{HOSTILE} **{HOSTILE}** `{HOSTILE}`\n\n[click]({bad}) [here](https://evil.example/) "
        f"[there](https://console.aws.amazon.com.evil.example/) [user](https://a@{CONSOLE[8:]}) "
        f"[plain](http://{CONSOLE[8:]}) [good]({CONSOLE}) [x](data:text/html,{HOSTILE})\n\n"
        f"```\n</pre><script>alert(1)</script>\n```\n<!channel> {RIGHT_TO_LEFT}"
    )
    inbox.alerts.put(
        message(1, name=HOSTILE, queue=HOSTILE, cause='"><script>alert(1)</script>', title=HOSTILE,
               incident=f"../../{HOSTILE}#'\"", email=f"</pre>{HOSTILE}{bad}{RIGHT_TO_LEFT}",
               sms=HOSTILE, description=description)
    )  # fmt: skip
    opened(page, inbox.url)
    rows(page).first.click()
    expect(page.locator("#name")).to_have_text(HOSTILE)
    expect(page.locator("#email")).to_contain_text(HOSTILE)
    expect(page.locator("#sms")).to_have_text(HOSTILE)
    expect(page.locator(".card a")).to_have_text(["good"])
    expect(page.locator(".card")).to_contain_text(f"click ({bad})")
    assert page.locator("img, iframe, object, script:not([src])").count() == 0
    for part in ("#name", "#email", "#subject", ".card p >> nth=0"):
        isolated = page.locator(part).evaluate("e => getComputedStyle(e).unicodeBidi")
        assert isolated == "isolate"


def test_even_a_script_of_our_own_could_not_make_markup_of_text(
    page: Page, inbox: Inbox, wrong: list[str]
) -> None:
    opened(page, inbox.url)
    refused = page.evaluate("""() => {
      try { document.body.innerHTML = "<b>x</b>"; return "made"; } catch (e) { return e.name; }
    }""")
    assert refused == "TypeError"
    assert "'TrustedHTML'" in wrong.pop()


@pytest.mark.parametrize("place", ["#alerts/%E0%A4%A/x<y", "#alerts/no-such", "#nowhere", "#a/b/c"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_an_address_of_nothing_says_so(
    place: str, size: dict[str, int], page: Page, inbox: Inbox
) -> None:
    inbox.alerts.put(message())
    page.set_viewport_size(size)  # type: ignore[arg-type]  # the two numbers it asks for
    opened(page, f"{inbox.url}{place}")
    expect(page.locator("#nothing")).to_contain_text("There is no incident at this address")
    expect(page.locator("#opened")).to_be_hidden()
    expect(page.locator("#back")).to_be_visible(visible=size is PHONE)
    page.goto(f"{inbox.url}#alerts/incident-0001")
    expect(page.locator("#name")).to_have_text("nightly-0001")


# ---- filters -------------------------------------------------------------------------------------


def test_a_filter_is_kept_in_the_address_and_the_reader_shows_what_it_leaves(
    page: Page, night: Inbox
) -> None:
    opened(page, night.url)
    row(page, "nightly-load").click()
    page.get_by_label("Severity").select_option("critical")
    expect(page.locator("#label")).to_contain_text("critical")
    expect(page.locator("#name")).not_to_have_text("nightly-load")
    page.get_by_label("Search").fill("annotate")
    expect(page.locator("#name")).to_have_text("annotate-cohort-0291")
    assert page.url.endswith("?q=annotate&severity=critical")
    row(page, "annotate-cohort-0291").click()
    assert page.url.endswith("?q=annotate&severity=critical")
    page.reload()
    expect(rows(page)).to_have_count(1)
    expect(page.get_by_label("Search")).to_have_value("annotate")
    expect(page.get_by_label("Severity")).to_have_value("critical")
    page.get_by_role("button", name="Clear the filter").click()
    expect(page.get_by_role("button", name="Clear the filter")).to_be_hidden()
    expect(rows(page)).to_have_count(len({one["thread"] for one in night.alerts.state()["rows"]}))
    expect(page.get_by_label("Severity")).to_have_value("")
    assert "?" not in page.url


def test_an_address_whose_filter_hides_its_incident_says_so(page: Page, inbox: Inbox) -> None:
    inbox.alerts.put(message(1))
    inbox.alerts.put(message(2, severity="critical"))
    opened(page, f"{inbox.url}#alerts/incident-0001?severity=critical&cause=never-seen")
    expect(page.locator("#nothing")).to_have_text("This incident does not match the filter.")
    expect(page.locator("#none")).to_have_text("Nothing matches the filter.")
    expect(page.get_by_label("Cause")).to_have_value("never-seen")
    expect(page.locator("#opened")).to_be_hidden()


def test_what_arrives_and_does_not_match_is_not_shown(page: Page, inbox: Inbox) -> None:
    opened(page, f"{inbox.url}#alerts?severity=critical")
    inbox.alerts.put(message(1))
    expect(page.locator("#found")).to_have_text("0 of 1 incident")
    expect(rows(page)).to_have_count(0)
    expect(page.locator("#opened")).to_be_hidden()


def test_an_empty_page_names_the_commands_that_fill_it(page: Page, inbox: Inbox) -> None:
    opened(page, inbox.url)
    expect(page.locator("#empty code")).to_have_text(["make demo", "batch-notifier inbox"])
    inbox.alerts.put(message())
    expect(page.locator("#empty")).to_be_hidden()


# ---- the list, the mail and the keys -------------------------------------------------------------


def test_names_that_differ_anywhere_can_be_told_apart(page: Page, inbox: Inbox) -> None:
    start, end = "feature-matrix-of-the-european-customers", "of-the-second-quarter-in-batches"
    queue = "a-queue-with-a-very-long-name-" * 3
    for number in (1, 2):
        inbox.alerts.put(message(number, name=f"{start}-{number}-{end}", queue=queue))
    for width in (390, 760, 1440):
        page.set_viewport_size({"width": width, "height": 800})
        opened(page, f"{inbox.url}#alerts")
        for part in (".name", ".queue"):
            for each in page.locator(f"#threads {part}").all():
                cut = each.evaluate(
                    "e => [e.scrollWidth - e.clientWidth, e.scrollHeight - e.clientHeight]"
                )
                assert max(cut) <= 1, (width, part)
        assert page.locator("#threads .queue").first.inner_text() == queue


def test_times_are_relative_for_a_day(page: Page, inbox: Inbox) -> None:
    page.clock.set_fixed_time(START_MS / 1000 + 310 * 60)
    for number in (1, 10, 305, 310):
        inbox.alerts.put(message(number))
    inbox.alerts.put(message(-1_200))
    opened(page, inbox.url)
    expect(page.locator("#threads time")).to_have_text(
        [re.compile(r"^\d+ Nov"), "just now", "5 min ago", "5 h ago", "5 h ago"]
    )
    expect(page.locator("#threads time").nth(1)).to_have_attribute("title", re.compile("UTC$"))


def test_a_drill_looks_like_one(page: Page, inbox: Inbox) -> None:
    inbox.alerts.put(message(1))
    inbox.alerts.put(message(2, status="DRILL FAILED", severity="critical"))
    opened(page, inbox.url)
    drill, real = rows(page).nth(0), rows(page).nth(1)
    expect(drill.locator(".badge")).to_have_text("drill")
    expect(drill.locator(".mark")).to_have_text("◇")
    expect(drill.locator(".name")).to_have_text("nightly-0002")
    expect(real.locator(".badge")).to_be_hidden()
    expect(page.locator("#drill")).to_contain_text("Nothing has failed")
    real.click()
    expect(page.locator("#drill")).to_be_hidden()


def test_the_keys_j_and_k_open_and_a_question_mark_lists_them(page: Page, night: Inbox) -> None:
    opened(page, night.url)
    names = rows(page).locator(".name").all_inner_texts()
    for key, at in (("j", 1), ("j", 2), ("k", 1)):
        page.keyboard.press(key)
        expect(page.locator("#name")).to_have_text(names[at])
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("j")
    expect(page.locator("#name")).to_have_text(names[1])
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_label("Search").press_sequentially("jk?")
    expect(page.get_by_label("Search")).to_have_value("jk?")


def test_a_mail_reflows_and_only_consoles_are_links(page: Page, night: Inbox) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # the two numbers it asks for
    opened(page, f"{night.url}#gallery/access-denied-in-log")
    email = page.locator("#email")
    [wanted] = [
        each.details()["email"]
        for _, each in night.gallery.after(0)
        if each.sample == "access-denied-in-log"
    ]
    expect(email).to_contain_text("Sent by batch-notifier")
    assert email.evaluate("e => e.textContent") == wanted
    shown = email.locator(".prose").first.inner_text()
    assert "\n" not in shown.strip()  # the lines of the mail flow, instead of breaking twice
    urls = [line for line in wanted.splitlines() if line.startswith("https://")]
    links = email.locator("a")
    assert [one.get_attribute("href") for one in links.all()] == urls
    assert all(url.split("/")[2].endswith(".console.aws.amazon.com") for url in urls)


def test_a_log_keeps_its_indentation_and_a_single_step_flows(page: Page, inbox: Inbox) -> None:
    log = "  Traceback (most recent call last):\n    File 'a.py', line 1\n      raise KeyError\n"
    inbox.alerts.put(message(email=f"It failed.\n\nDO NEXT\n  Fix it.\n\nLOG  3 lines\n{log}"))
    opened(page, inbox.url)
    quoted = page.locator("#email .quote")
    expect(quoted).to_have_count(3)
    assert "".join(f"{each.rstrip()}\n" for each in quoted.all_inner_texts()) == log
    expect(page.locator("#email .step")).to_have_count(0)


def test_other_addresses_in_a_mail_stay_text(page: Page, inbox: Inbox) -> None:
    text = (
        "See https://evil.example/x for more.\n\nLOG  2 lines\n  https://evil.example/\n"
        f"  {CONSOLE}\n\nLINKS\n  job\n{CONSOLE}\n"
        "  runbook\nhttps://wiki.example.com/x\n\n-- \nSent.\n"
    )
    inbox.alerts.put(message(email=text))
    opened(page, inbox.url)
    expect(page.locator("#email")).to_contain_text("Sent.")
    assert page.locator("#email").evaluate("e => e.textContent") == text
    hrefs = {one.get_attribute("href") for one in page.locator("#email a").all()}
    assert hrefs == {CONSOLE}


def test_a_table_that_is_too_wide_scrolls_and_shows_it(page: Page, night: Inbox) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # the two numbers it asks for
    [thread] = {
        one["thread"] for one in night.alerts.state()["rows"] if one["name"] == "align-cohort"
    }
    opened(page, f"{night.url}#alerts/{thread}")
    table = page.locator("#email .table").first
    expect(table).to_have_attribute("tabindex", "0")
    assert table.evaluate("e => e.scrollWidth > e.clientWidth")
    # A bar that is there before anybody scrolls; the tests' browser is told to draw none.
    assert table.evaluate("e => getComputedStyle(e, '::-webkit-scrollbar').height") == "8px"
    assert "gradient" in table.evaluate("e => getComputedStyle(e).backgroundImage")


# ---- for everybody -------------------------------------------------------------------------------


def test_the_keyboard_reaches_everything(page: Page, night: Inbox) -> None:
    opened(page, night.url)
    page.keyboard.press("Tab")
    expect(page.locator("#skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#reader")).to_be_focused()
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(rows(page).nth(1).locator("a")).to_be_focused()
    page.keyboard.press("Enter")
    expect(rows(page).nth(1).locator("a")).to_have_attribute("aria-current", "true")
    page.locator("#email").focus()
    page.keyboard.press("Escape")
    expect(rows(page).nth(1).locator("a")).to_be_focused()


def test_a_phone_shows_the_list_or_an_alert_and_nothing_sideways(page: Page, night: Inbox) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # the two numbers it asks for
    opened(page, night.url)
    expect(page.locator("#reader")).to_be_hidden()
    row(page, "monthly-close-report").click()
    expect(page.locator("#email")).to_be_visible()
    expect(page.locator("#threads")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    page.get_by_role("button", name="Chat").click()
    expect(page.locator(".card .sender")).to_be_in_viewport()
    page.get_by_role("link", name="All incidents").click()
    expect(page.locator("#threads")).to_be_visible()
    expect(row(page, "monthly-close-report")).to_be_in_viewport()


def test_a_chosen_theme_stays(page: Page, night: Inbox) -> None:
    page.emulate_media(color_scheme="light")
    opened(page, night.url)
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(ground)
    for _ in range(2):
        page.locator("#theme").click()
    expect(page.locator("#theme")).to_have_text("Theme: dark")
    assert page.evaluate(ground) != light
    page.reload()
    expect(page.locator("#theme")).to_have_text("Theme: dark")
    assert page.evaluate(ground) != light


def test_a_session_of_reading_says_so_when_the_inbox_is_gone(browser: Browser, page: Page) -> None:
    inbox = Inbox()
    inbox.alerts.put(message(1))
    inbox.alerts.put(message(2))
    with inbox.served() as url:
        opened(page, url)
        expect(page.locator("#name")).to_have_text("nightly-0002")
    row(page, "nightly-0001").click()
    expect(page.locator("#nothing")).to_have_text(
        "The inbox does not answer. Check that it is still running."
    )
