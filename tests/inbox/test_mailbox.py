"""What is kept, what is told of it, and which card belongs to which document."""

from __future__ import annotations

import threading

import pytest

from tests.inbox.sample_messages import message
from workbench.inbox import deliveries
from workbench.inbox.deliveries import CardMatcher
from workbench.inbox.gallery import gallery
from workbench.inbox.mailbox import Mailbox
from workbench.inbox.message import MailboxMessage, count_sms_parts
from workbench.local.samples import load_all
from workbench.local.subscriber import Delivery


def test_the_newest_are_kept_and_the_others_counted() -> None:
    mailbox = Mailbox(capacity=3)
    for number in range(1, 6):
        mailbox.put(message(number))
    state = mailbox.state()
    assert [row["number"] for row in state["rows"]] == [5, 4, 3]
    assert (state["kept"], state["dropped"], state["last"]) == (3, 2, 5)
    assert mailbox.get(2) is None
    assert [number for number, _ in mailbox.after(1)] == [3, 4, 5]
    assert mailbox.after(5) == []


def test_messages_from_several_threads_all_get_a_number() -> None:
    mailbox = Mailbox()
    woken: list[int] = []
    with mailbox.watched(lambda: woken.append(1)):
        threads = [
            threading.Thread(target=lambda: [mailbox.put(message(n)) for n in range(50)])
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    mailbox.put(message())
    assert [number for number, _ in mailbox.after(0)] == list(range(1, 202))
    assert len(woken) == 200


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("x" * 160, 1),
        ("x" * 161, 2),
        ("x" * 306, 2),
        ("x" * 307, 3),
        ("é" * 70, 1),
        ("é" * 71, 2),
        ("é" * 134, 2),
        ("é" * 135, 3),
    ],
)
def test_parts_of_a_text_message(text: str, count: int) -> None:
    assert count_sms_parts(text) == count


@pytest.mark.parametrize(
    ("severity", "texted", "says"),
    [
        ("critical", True, ""),
        ("critical", False, "the hourly limit"),
        ("warning", True, "only critical alerts"),
    ],
)
def test_it_says_why_a_phone_stays_quiet(severity: str, texted: bool, says: str) -> None:
    made = message(severity=severity)
    note = MailboxMessage(made.arrived_at, made.document, made.chat, is_texted=texted).details()[
        "sms_note"
    ]
    assert says in note
    assert bool(says) == bool(note)


@pytest.mark.parametrize("document", [{}, {"job": None, "cause": 7, "text": [], "status": None}])
def test_a_document_that_lacks_facts_is_a_message_without_them(document: dict[str, object]) -> None:
    whole = MailboxMessage(1, document).details()
    assert set(whole["row"].values()) == {1, ""}
    assert (whole["email"], whole["chat"]) == ("", None)


def test_the_gallery_shows_every_sample_that_is_a_failure() -> None:
    rows = gallery().state()["rows"]
    assert [row["sample"] for row in rows] == [sample.name for sample in load_all()]
    assert all(row["subject"] and row["title"] for row in rows)


def delivery(message_id: str, **document: str) -> Delivery:
    return Delivery(0.0, "", dict(document), {}, message_id)


def test_a_document_gets_its_own_card_in_whatever_order_they_come() -> None:
    cards = [delivery(name, card=name) for name in ("b", "a")]
    matcher = CardMatcher(lambda _: cards.pop(0) if cards else None)
    assert [matcher.match(delivery(name)).chat for name in ("a", "b")] == [
        {"card": "a"},
        {"card": "b"},
    ]


def test_a_card_that_does_not_come_holds_nothing_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "CARD_SECONDS", 0.01)
    made = CardMatcher(lambda _: None).match(delivery("a", schema="x"))
    assert (made.document, made.chat) == ({"schema": "x"}, None)


def test_cards_without_a_document_do_not_pile_up() -> None:
    cards = [delivery(f"stray-{n}", card="stray") for n in range(500)] + [delivery("a", card="a")]
    matcher = CardMatcher(lambda _: cards.pop(0) if cards else None)
    assert matcher.match(delivery("a")).chat == {"card": "a"}
    assert len(matcher._cards) <= deliveries.MAX_CARDS
