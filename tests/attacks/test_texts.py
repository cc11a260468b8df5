"""What a job, its tags and its log say: no secret, link or markup leaves, and no alert stays."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from notifier.alert.alert import Alert
from notifier.joblog.excerpt import LogRead
from notifier.ports.service_error import ErrorKind, ServiceError
from notifier.text.links.defang import defang, inert, is_public_host
from tests.attacks.forged import DAY, drill, log, named_after, of_failures, real
from tests.simulation import Simulation, Told, failed

PLANTED = "Vq7mZt2Lk9" + "wQxR4tYb6N"
OWN = re.compile(r"https://[a-z0-9-]+\.console\.aws\.amazon\.com/[^\s)\"\\]*")
LIVE = (
    "https://evil.example/login",
    "HTTPS://EVIL.EXAMPLE",
    "xhttps://evil.example",
    "evil.example/login",
    "login.evil.com",
    "evil.com:8443/x?y=1",
    "user@evil.com",
    "mailto:pay@evil.com",
    "file:///etc/passwd",
    "\\\\evil\\share",
    "javascript:alert(1)",
    "data:text/html,x",
    "vscode://open/evil",
    "ms-word:ofe|u|https://evil.example",
    "tel:+123456789",
    "www.evil.example",
    "xn--pypl-9na.com",
    "p\u0430ypal.com",
    "evil\u3002com",
    "evil.com\u202e",
    "e\u200bvil.com",
    "ev\u00adil.com",
    "evil.xyz#",
    "update.sh/run",
    "evil.s3.amazonaws.com/x",
    "s3.amazonaws.com/evil/x",
    "x.execute-api.us-east-1.amazonaws.com/x",
    "https://us-east-1.console.aws.amazon.com.evil.example/x",
    "https://us-east-1.console.aws.amazon.com@evil.example/x",
)
# What clients make clickable, said again without the code that is tested.
CLICKABLE = re.compile(
    r"(?i)(https?|ftps?|file|vscode)://|\b(mailto|tel|javascript|data):\S|\bwww\.\w|\\\\\w+\\"
    r"|\b[\w-]+\.(com|example|xyz)\b|evil.{1}com\b|\.sh/|amazonaws\.com/"
)


def texts(told: Told) -> Iterator[str]:
    """Return what people see in each channel, without our own links."""
    card = told.chat["content"]
    for shown in (*told.texts.values(), card["title"], card["description"], *card["nextSteps"]):
        commands = "\n".join(told.document["commands"])
        for line in OWN.sub("", shown).splitlines():
            if line not in commands:
                yield line


def is_quiet(told: Told) -> None:
    assert [line for line in texts(told) if CLICKABLE.search(line)] == []


@pytest.mark.parametrize("link", LIVE)
def test_no_link_of_a_log_or_a_name_or_a_reason_or_a_tag_is_live(link: str) -> None:
    world = Simulation()
    line = f"ValueError: see {link} for help"
    made = real(name=f"x {link}", reason=f"failed: {link}", tags={"notify:owner": link})
    world.put(log(world, made, ["start", line]))
    world.put(log(world, drill(made, "d"), ["start", line]))
    for n in range(3):
        again = real(f"r{n}", name=f"y {link}", reason=f"failed: {link}", second=60)
        world.put(log(world, again, ["start", line]), 60)
    world.run_until(1_000)
    assert len(world.told) >= 3
    for told in world.told:
        is_quiet(told)


@pytest.mark.parametrize(
    "url",
    [
        "https://wiki.corp.com@evil.com/x",
        "https://user:" + "pass@evil.com",
        "https://xn--pypl-9na.com/login",
        "https://p\u0430ypal.com/x",
        "https://10.0.0.1/x",
        "https://localhost/x",
        "https://evil.com:8080/x",
        "https://evil.com/x)[y](https://evil.com",
        "https://evil.com/<script>",
        "https://evil.com\\@wiki.corp.com",
        "http://wiki.corp.com/x",
        "javascript://wiki.corp.com/%0aalert(1)",
        "https://wiki.corp.com/x https://evil.com",
        "https:///evil.com",
        "https://-evil.com",
        "https://wiki..com/x",
        f"https://{'a' * 70}.com",
    ],
)
def test_a_runbook_that_hides_where_it_leads_is_no_link(url: str) -> None:
    world = Simulation()
    world.put(real(tags={"notify:runbook": url}))
    world.run_until(30)
    [told] = world.told
    assert "runbook" not in told.document["links"]
    is_quiet(told)


def test_a_runbook_is_a_link_that_shows_its_host_and_in_a_drill_it_is_none() -> None:
    url = "https://wiki.corp.com/payroll#oom"
    world = Simulation()
    made = real(tags={"notify:runbook": url})
    world.put(drill(made, "d"))
    world.put(made, 20)
    world.run_until(60)
    [rehearsed, told] = world.told
    assert told.document["links"]["runbook"] == url
    assert f"\n{url}\n" in told.texts["email"]
    assert f"at wiki(.)corp(.)com]({url})" in told.chat["content"]["description"]
    assert "runbook" not in rehearsed.document["links"]
    assert url not in json.dumps(rehearsed.document["text"])


def test_only_whole_links_of_ours_stay_live() -> None:
    ours = "https://us-east-1.console.aws.amazon.com/batch/home"
    text = f"{ours} {ours}.evil.com {ours}@evil.com x{ours} ({ours}) {ours}"
    live = [word for word in re.split(r"[\s()]+", inert(text, [ours])) if word.startswith("https:")]
    assert live == [ours] * 3


def test_ordinary_text_is_not_defanged() -> None:
    for text in (
        "botocore.exceptions.ClientError: An error occurred",
        "java.io.IOException: No space left on device",
        'File "/app/main.py", line 3, in run',
        "111122223333.dkr.ecr.eu-west-1.amazonaws.com/align:3",
        "s3://bucket/prefix/key.csv",
        "ecs-tasks.amazonaws.com",
        "arn:aws:batch:eu-west-1:111122223333:job/x",
        "exit code 137 after 12:30:45.123, 1.5 GiB of 2.0",
        "C:\\data\\file.txt",
        "libcudart.so.12: cannot open shared object file",
        "ip-10-0-1-7.eu-west-1.compute.internal",
        "at java.base/java.util.zip.GZIPInputStream.read(GZIPInputStream.java:117)",
        "info day_joined logger=features.build day=23",
        '{"logger": "features.build", "msg": "x"}',
    ):
        assert defang(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "evil.build",
        "see evil.read now",
        "evil.build(now)",
        "evil.read/login(x)",
        "logger=evil.build/login",
        "logger=evil.build:8443",
        "logger=user@evil.build",
        "logger=evil.com",
        "logger=login.evil-bank.build",
        "at com.acme.evil.com(Evil.java:3)",
        "https://evil.read(Evil.java:3)",
        "module=evil.xyz",
        "blogger=evil.build",
    ],
)
def test_a_domain_that_poses_as_code_is_inert(text: str) -> None:
    assert "[.]" in defang(text)


def test_every_top_level_domain_is_known() -> None:
    """Hypothesis brings IANA's list along."""
    from importlib.resources import files

    listed = (files("hypothesis.vendor") / "tlds-alpha-by-domain.txt").read_text("ascii")
    names = [one.lower() for one in listed.split("\n") if one and not one.startswith(("#", "XN--"))]
    assert len(names) > 1_200
    assert [one for one in names if not is_public_host(f"evil.{one}")] == []
    assert [one for one in names if defang(f"evil.{one}/x") != f"evil[.]{one}/x"] == []


# ---- Secrets -------------------------------------------------------------------------------------


def with_secret(event: dict[str, Any]) -> dict[str, Any]:
    environment = [{"name": "DB_PASSWORD", "value": PLANTED}]
    event["detail"]["container"]["environment"] = environment
    return event


def story(world: Simulation) -> None:
    for n in range(3):
        made = with_secret(failed(f"j{n}", second=n * 30))
        line = f"ValueError: cannot log in to orders with {PLANTED}"
        world.put(log(world, made, ["start", line]), n * 30)
    world.run_until(DAY)


def test_a_digest_masks_what_the_first_alert_masked() -> None:
    world = Simulation()
    story(world)
    assert [one.outcome for one in world.told] == ["first", "grew"]
    assert "cannot log in to orders with [redacted]" in world.told[1].texts["email"]
    for told in world.told:
        assert PLANTED not in json.dumps([told.document, told.chat, told.attributes])


@pytest.mark.parametrize("trouble", ["forgotten", "throttled"])
def test_a_log_whose_secrets_are_unknown_is_not_shown_and_the_digest_says_why(trouble: str) -> None:
    world = Simulation()
    if trouble == "forgotten":
        world.jobs.secrets = lambda _: {}  # type: ignore[method-assign]
    else:

        def refuse(_: object) -> dict[str, tuple[str, ...]]:
            raise ServiceError(ErrorKind.RETRYABLE, "TooManyRequestsException")

        world.jobs.secrets = refuse  # type: ignore[assignment, method-assign]
    story(world)
    digest = world.told[1]
    assert "its secrets could not be masked: AWS Batch" in " ".join(digest.texts["email"].split())
    assert PLANTED not in json.dumps([digest.document, digest.chat])


def test_no_secret_is_stored() -> None:
    world = Simulation()
    story(world)
    assert PLANTED not in repr([world.ledger.incidents, world.ledger.counted, world.ledger.places])


# ---- The log is optional -------------------------------------------------------------------------

HOSTILE_LINES = {
    "nested": '{"level":"error","err":' + "[" * 800 + "]" * 800 + "}",
    "deeper": "[" * 200_000,
    "objects": '{"a":' * 5_000,
    "alert": "FAILED payroll: all is well. DO NEXT 1. Click https://evil.example",
    "footer": "-- \nSent by batch-notifier. Severity info, incident 0000.",
    "mime": "\r\n\r\nContent-Type: text/html\r\n\r\n<img src=x onerror=alert(1)>",
    "mention": "<!channel> <@U123> @here **bold** [x](https://evil.example) `code` ```",
    "html": "<script>alert(1)</script><a href='https://evil.example'>x</a>",
    "terminal": "\x1b]8;;https://evil.example\x1b\\x\x1b]8;;\x1b\\ \x1b[2J\x07",
    "bidi": "\u202eelbisivni\u202c \u2066x\u2069 \u061c",
    "zero": "\u200b\u200c\u200d\ufeff\u2060" * 100,
    "surrogates": "\ud800\udfff lone",
    "scripts": "ошибка エラー خطأ שגיאה त्रुटि ข้อผิดพลาด 오류 " * 20,
    "zalgo": "e" + "\u0301" * 2_000,
    "long": "x" * 1_000_000,
    "escaped": r'{"level":"error","msg":"\u001b]0;\u0007\u202e p\u0061ssword\u003dhunter2hunter2"}',
    "regex": "a" * 5_000 + "!" + "=" * 5_000 + "(" * 2_000,
    "json bomb": '{"level":"error","msg":"' + r"\u0041" * 30_000 + '"}',
    "numbers": '{"level":"error","n":' + "9" * 5_000 + "}",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE_LINES)
def test_no_log_keeps_an_alert_or_its_digest_back(name: str) -> None:
    world = Simulation()
    for n in range(3):
        made = real(f"r{n}", second=n * 30)
        world.put(log(world, made, ["start", HOSTILE_LINES[name], "end"]), n * 30)
    world.run_until(1_000)
    assert named_after(world, "payroll", 0) <= 30
    assert len(of_failures(world)) == 2
    for told in world.told:
        assert told.subject.startswith("FAILED payroll")
        shown = json.dumps([told.document["text"], told.chat["content"]], ensure_ascii=False)
        for bad in ("\x1b", "\u202e", "\u200b", "hunter2hunter2", "https://evil"):
            assert bad not in shown
        for mark in ("<!channel>", "<@", "<script", "<img"):
            assert mark not in json.dumps(told.chat)


@pytest.mark.parametrize("where", ["read", "recent", "history"])
def test_whatever_breaks_in_a_log_the_alert_goes_out_and_says_so(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = Simulation()

    def broken(*_: object) -> Any:
        raise RecursionError

    match where:
        case "read":
            world.logs.read = broken  # type: ignore[method-assign]
        case "recent":
            monkeypatch.setattr(LogRead, "recent", lambda log, _: log.lines and broken())
        case "history":
            world.history.look_up = broken  # type: ignore[method-assign]
    for n in range(3):
        world.put(log(world, real(f"r{n}", second=n * 30), ["E: x"]), n * 30)
    world.run_until(1_000)
    assert named_after(world, "payroll", 0) <= 30
    assert len(of_failures(world)) == 2
    assert "WrittenWithoutLog" in world.journal.counts()
    assert "could not read it (RecursionError)" in " ".join(world.told[0].texts["email"].split())
    assert world.dead == []


def test_an_alert_that_cannot_be_written_at_all_does_not_hold_back_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from notifier.workflows import delivery

    compose = delivery.compose

    def broken(failure: Any, *rest: Any) -> Alert:
        if failure.job_name == "poison":
            raise RecursionError
        return compose(failure, *rest)

    monkeypatch.setattr(delivery, "compose", broken)
    world = Simulation()
    world.put(failed("bad", name="poison", definition="bad:1"))
    world.put(real())
    world.run_until(30)
    assert named_after(world, "payroll", 0) <= 30


# ---- Names and tags ------------------------------------------------------------------------------

NAMES = {
    "right to left": "\u202egnp.exe",
    "hebrew": "שכר",
    "homoglyph": "p\u0430yroll",
    "fullwidth": "\uff50\uff41\uff59",
    "controls": "a\x00b\x1bc\nd\re",
    "zero width": "pay\u200broll",
    "emoji": "\N{GRINNING FACE}" * 64,
    "markdown": "*_~`[x](y)`~_*",
    "subject": "x\nSubject: FAILED nothing",
    "format": "{0} %s %(x)s {failure.secrets} ${jndi:ldap://x}",
    "formula": "=HYPERLINK(1)",
    "long": "n" * 10_000,
    "glob": "*",
    "blank": " ",
    "quotes": "'\"\\;$(id)`id`",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_any_script_is_reported_and_forges_nothing(name: str) -> None:
    world = Simulation()
    world.put(real(name=NAMES[name], tags={"notify:severity": "critical"}))
    world.put(real("other", name="second", definition="s:1", tags={}))
    world.run_until(30)
    assert named_after(world, "second", 0) <= 30
    assert len(of_failures(world)) == 2
    for told in world.told:
        assert re.fullmatch(r"FAILED [ -~]{1,92}", told.subject)
        assert re.fullmatch(r"[ -~]{1,160}", told.texts["sms"])
        assert told.texts["email"].count("\n-- \n") == 1
        assert not re.search(r"[\x00-\x09\x0b-\x1f\u200b\u202e]", told.texts["email"])


@pytest.mark.parametrize(
    "key", ["severity", "owner", "runbook", "mute-until", "after", "unheard-of"]
)
@pytest.mark.parametrize(
    "value",
    ["", "\x00\x1b[31m", "x" * 10_000, "critical\ninfo", "CRITICAL ", "-1", "1e9", "NaN", "0",
     "0000-00-00", "9999-99-99", "\u0661\u0662", "2026-13-45T99:99", ["a"], {"a": 1}, None, 7],
    ids=lambda value: repr(value)[:14],
)  # fmt: skip
def test_a_tag_of_any_form_neither_hides_its_job_nor_another(key: str, value: object) -> None:
    world = Simulation()
    world.put(real(tags={f"notify:{key}": value}))
    world.put(real("other", name="second", definition="s:1"))
    world.run_until(30)
    assert named_after(world, "second", 0) <= 30
    assert named_after(world, "payroll", 0) <= 30


def test_a_log_stream_with_a_hostile_name_is_only_a_name() -> None:
    world = Simulation()
    made = real()
    stream = "a/b\n--profile evil; $(id) https://evil.example \u202e"
    made["detail"]["container"]["logStreamName"] = stream
    world.put(made)
    world.run_until(30)
    [told] = world.told
    is_quiet(told)
    assert all("evil" not in one for one in told.document["commands"])
