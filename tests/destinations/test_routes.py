"""Routes: what they choose, what a file may not say, and which routes nothing reaches."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from destinations.configuration import parse_credentials
from destinations.errors import ConfigurationError
from destinations.routing import hours, routes_file
from destinations.routing.routes import choose

HEAD = """default = ["team"]
[destinations.team]
type = "slack"
channel = "C1"
credential = "slack"
[destinations.oncall]
type = "pagerduty"
credential = "pager"
[destinations.mail]
type = "mail"
from = "a@example.com"
to = ["b@example.com"]
"""  # the routes begin at line 14
MONDAY_NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
JOB = {"queue": "gpu-large", "definition": "train:7", "job": "train-1", "owner": "vision",
       "run": "r1", "cause": "app-exit-code", "class": "application", "severity": "warning",
       "account": "111122223333", "region": "eu-west-1", "status": "FAILED"}  # fmt: skip


def chosen(routes: str, now: datetime = MONDAY_NOON, **job: str) -> list[str]:
    found = routes_file.parse(f"{HEAD}\n{routes}")
    return list(choose(found.routes, found.default, JOB | job, now).destinations)


def one(*lines: str, to: str = '["oncall"]') -> str:
    return "\n".join(["[[routes]]", *lines, f"destinations = {to}"])


@pytest.mark.parametrize(
    ("condition", "job", "takes"),
    [
        ('queue = "gpu-*"', {}, True),
        ('queue = "GPU-LARGE"', {}, True),
        ('queue = "gpu"', {}, False),
        ('queue = ["cpu-*", "gpu-*"]', {}, True),
        ('queue = ["gpu-*", "!gpu-large"]', {}, False),
        ('queue = "!cpu-*"', {}, True),
        ('job = "train-[0-9]"', {}, True),
        ('owner = "?*"', {"owner": ""}, False),
        ('owner = ""', {}, None),
        ('severity = ">=warning"', {}, True),
        ('severity = ">= critical"', {}, False),
        ('severity = ">=info"', {"severity": "info"}, True),
        ('severity = ["critical", "warning"]', {}, True),
        ('severity = "!warning"', {}, False),
        ('class = "memory"', {}, False),
        ('cause = "app-*"\nregion = "eu-*"\naccount = "1111*"', {}, True),
        ('run = "r1"\ndefinition = "train:*"\nstatus = "FAILED"', {}, True),
        ('status = "DRILL*"', {"status": "DRILL FAILED"}, True),
        ('hours = "Mon-Fri 09:00-17:00 Europe/Berlin"', {}, True),
        ('hours = "Mon-Fri 09:00-12:30 Europe/Berlin"', {}, False),
        ('hours = "Sat-Sun 00:00-24:00 UTC"', {}, False),
    ],
)
def test_a_condition(condition: str, job: dict[str, str], takes: bool | None) -> None:
    if takes is None:
        with pytest.raises(ConfigurationError, match="line 15: owner must be a text"):
            chosen(one(condition))
    else:
        assert chosen(one(condition), **job) == (["oncall"] if takes else ["team"])


def test_the_first_route_that_takes_an_alert_ends_the_search_unless_it_continues() -> None:
    assert chosen(one() + "\n" + one(to='["mail"]')) == ["oncall"]
    assert chosen(one("continue = true") + "\n" + one(to='["mail", "oncall"]')) == [
        "oncall",
        "mail",
    ]


def test_a_route_below_is_narrower_and_inherits() -> None:
    tree = one('queue = "gpu-*"') + '\n[[routes.routes]]\nowner = "vision"\ndestinations = "mail"'
    assert chosen(tree) == ["mail"]
    assert chosen(tree, owner="x") == ["oncall"]
    assert chosen(tree, queue="cpu") == ["team"]
    inherits = one('queue = "gpu-*"') + '\n[[routes.routes]]\nowner = "vision"'
    assert chosen(inherits) == ["oncall"]


def test_drop_ends_an_alert() -> None:
    assert chosen('[[routes]]\nqueue = "gpu-*"\ndrop = true\n' + one()) == []


def test_the_reasons_name_the_routes() -> None:
    found = routes_file.parse(f'{HEAD}\n[[routes]]\nlabel = "gpus"\nqueue = "gpu-*"\ndrop = true')
    assert choose(found.routes, found.default, JOB, MONDAY_NOON).reasons == ("gpus: dropped",)
    other = choose(found.routes, found.default, JOB | {"queue": "x"}, MONDAY_NOON)
    assert other.reasons == ("no route takes it: default",)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("x = = 1", "not TOML: .*line 14"),
        ("[[routes]]\nqueu = 1", "line 15: unknown key queu; known: queue, "),
        ("[[routes]]", "line 14: a route needs destinations, routes or drop = true"),
        (one(to='["nobody"]'), "line 15: unknown destination nobody"),
        (one(to="3"), "line 15: destinations must be a list of names"),
        (one('severity = "high"'), "line 15: severity must be of info, warning, critical"),
        (one('severity = [">=info", "warning"]'), "line 15: severity must be of"),
        (one('queue = ">=a"'), "line 15: only severity can be compared"),
        (one("queue = 3"), "line 15: queue must be a text or a list of texts"),
        (one("queue = []"), "line 15: queue must be a text or a list of texts"),
        (one('continue = "yes"'), "line 15: continue must be true or false"),
        (one("drop = true"), "line 15: a route with drop = true has no destinations"),
        (one('hours = "9 to 5"'), "line 15: hours '9 to 5': write them as"),
        (one('hours = "Mon-Fry 09:00-17:00 UTC"'), "line 15: .*: days are Mon"),
        (one('hours = "Mon 09:00-25:00 UTC"'), "line 15: .*: 25:00 is no time of day"),
        (one('hours = "Mon 09:00-17:00 Mars/Base"'), "line 15: .*: unknown time zone Mars/Base"),
        ("[routes]\nx = 3", "line 14: routes must be"),
        ('[destinations.x]\ntype = "fax"', "line 15: destination x: type must be one of slack"),
        ('[destinations.x]\ntype = "slack"', "line 14: destination x: channel is missing"),
        ('[destinations.x]\ntype = "teams"\nurl = "https://a"', "line 16: .*: unknown key url"),
        ('[destinations.x]\ntype = "teams"\ncredential = "https://a"', "line 16: .*not the"),
        ('[destinations.x]\ntype = "webhook"\ncredential = "c"\nurl = "http://a"', "17: .*http"),
        ('[destinations.x]\ntype = "mail"\nfrom = "a"\nto = [1]', "line 17: .*to must hold texts"),
        ('[destinations.x]\ntype = "mail"\nfrom = "a"\nto = "b@c.de"', "line 16: .*from must be a"),
        ('[destinations.x]\ntype = "pagerduty"\ncredential = "c"\nservice_region = "de"',
         "line 17: .*service_region must be one of us, eu"),
        ("[other]\nx = 1", "line 14: unknown key other; known: destinations"),
        (one() + '\n[[routes.routes]]\nowner = "a"\nquue = "b"', "line 18: unknown key quue"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line(text: str, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem) as raised:
        routes_file.parse(f"{HEAD}\n{text}")
    assert all("\n" not in line for line in raised.value.problems)


def test_every_problem_is_said_at_once_and_an_empty_file_as_well() -> None:
    with pytest.raises(ConfigurationError) as raised:
        routes_file.parse('[[routes]]\nqueu = 1\nhours = "x"\n')
    assert len(raised.value.problems) == 5
    with pytest.raises(ConfigurationError, match=r"no \[destinations.NAME\] table"):
        routes_file.parse("")


VALUES = ("3", '"x"', "true", "[]", "{}", "[3]", '["x"]', "[{}]", "{ a = 1 }", "inf",
          "2026-11-25", "[[]]")  # fmt: skip


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize(
    "place",
    [
        "default = {}", "destinations = {}", 'default = ["x"]\ndestinations = {}', "routes = {}",
        'routes = [{{ destinations = "x", routes = {} }}]', "[destinations]\nx = {}",
        *(f"[destinations.x]\n{key} = {{}}" for key in ("type", "credential", "to", "other")),
        *(f'[destinations.x]\ntype = "mail"\n{key} = {{}}' for key in ("from", "to")),
        *(f"[[routes]]\n{key} = {{}}" for key in (
            "queue", "severity", "hours", "continue", "drop", "label", "destinations", "routes")),
    ],
)  # fmt: skip
def test_no_value_anywhere_breaks_the_check(place: str, value: str) -> None:
    with pytest.raises(ConfigurationError):
        routes_file.parse(place.format(value))


@pytest.mark.parametrize(
    ("routes", "warns"),
    [
        (one() + "\n" + one('queue = "a"'), True),
        (one('queue = "*"') + "\n" + one('job = "a"'), True),
        (one('severity = ">=warning"') + "\n" + one('severity = "critical"\nqueue = "x"'), True),
        (one('severity = ">=critical"') + "\n" + one('severity = ">=warning"'), False),
        (one('queue = ["a", "b"]') + "\n" + one('queue = "a"'), True),
        (one('queue = "a"') + "\n" + one('queue = ["a", "b"]'), False),
        (one('queue = ["a*", "!ab"]') + "\n" + one('queue = "a*"'), False),
        (one("continue = true") + "\n" + one('queue = "a"'), False),
        (one('hours = "Mon-Fri 09:00-17:00 UTC"') + "\n" + one('queue = "a"'), False),
        (one('queue = "prod-*"') + "\n" + one('queue = "prod-eu-*"'), True),
        (one('queue = "prod-*"') + "\n" + one('queue = "Prod-eu"'), True),
        (one('queue = ["a*", "*-b"]') + "\n" + one('queue = ["a-?", "c-*-b"]'), True),
        (one('queue = "prod-*"') + "\n" + one('queue = ["prod-eu-*", "!prod-eu-1"]'), True),
        (one('queue = "prod-*"') + "\n" + one('queue = "prod*"'), False),
        (one('queue = "*-b"') + "\n" + one('queue = "a-*"'), False),
        (one('queue = "a?"') + "\n" + one('queue = "a*"'), False),
        (one('queue = "*a*"') + "\n" + one('queue = "[ab]"'), False),
        (one('queue = ["prod-*", "!prod-eu"]') + "\n" + one('queue = "prod-eu"'), False),
        (one('queue = "prod-*"') + "\n" + one('queue = "!prod-eu"'), False),
    ],
)
def test_a_route_that_nothing_reaches_is_a_warning(routes: str, warns: bool) -> None:
    warnings = [one for one in routes_file.parse(f"{HEAD}\n{routes}").warnings if "reaches" in one]
    assert bool(warnings) is warns
    assert all(one.startswith("line ") for one in warnings)


@pytest.mark.parametrize(
    ("text", "moment", "holds"),
    [
        ("Mon-Fri 18:00-08:00 UTC", datetime(2026, 11, 27, 23, 0, tzinfo=UTC), True),
        ("Mon-Fri 18:00-08:00 UTC", datetime(2026, 11, 28, 7, 59, tzinfo=UTC), True),  # Saturday
        ("Mon-Fri 18:00-08:00 UTC", datetime(2026, 11, 28, 19, 0, tzinfo=UTC), False),
        ("Mon-Fri 18:00-08:00 UTC", datetime(2026, 11, 23, 7, 0, tzinfo=UTC), False),  # Monday
        ("Fri-Mon 10:00-11:00 UTC", datetime(2026, 11, 29, 10, 30, tzinfo=UTC), True),  # Sunday
        ("Sun 00:00-24:00 UTC", datetime(2026, 11, 29, 23, 59, tzinfo=UTC), True),
        ("Mon 09:00-10:00 Asia/Tokyo", datetime(2026, 11, 23, 0, 30, tzinfo=UTC), True),
        # The clock in Berlin went back on 25 October: 08:30 UTC was 10:30 before and is 09:30.
        ("Mon 09:00-10:00 Europe/Berlin", datetime(2026, 10, 26, 8, 30, tzinfo=UTC), True),
        ("Mon 09:00-10:00 Europe/Berlin", datetime(2026, 10, 19, 8, 30, tzinfo=UTC), False),
    ],
)
def test_hours(text: str, moment: datetime, holds: bool) -> None:
    assert hours.parse(text).contain(moment) is holds


def test_credentials_are_texts_and_never_shown() -> None:
    assert parse_credentials('a = "x"\nb = "y"') == {"a": "x", "b": "y"}
    for wrong in ("a = xoxb-1", "a = 1", 'a = ""'):
        with pytest.raises(ConfigurationError) as raised:
            parse_credentials(wrong)
        assert "xoxb" not in str(raised.value)
