"""The faults that are tried: what AWS answers when it is in trouble, by service."""

from __future__ import annotations

from dataclasses import dataclass

from tests.faults.proxy import Rule
from tests.faults.world import World
from workbench.local import job_events

SERVICES = ("sns", "dynamodb", "logs", "sqs", "batch")
RATES = (10, 30, 100)  # percent of the calls to a service
MINUTE = 60
FAULT_SECONDS = 10 * MINUTE  # on the clock: two deliveries of each failure, and a follow-up
OUTAGE_SECONDS = 45 * MINUTE  # longer than the half an hour in which a failure is tried
WAVE_SECONDS = 100
# Four incidents: as many as the rate limit lets out in a minute beside critical ones.
INCIDENTS = 4
MOST_REPEATS = 5

_CODES = {
    "throttled": {
        "sns": ("Throttled", 429),
        "dynamodb": ("ProvisionedThroughputExceededException", 400),
        "logs": ("ThrottlingException", 400),
        "sqs": ("RequestThrottled", 403),
        "batch": ("TooManyRequestsException", 429),
    },
    "5xx": {
        "sns": ("InternalError", 500),
        "dynamodb": ("InternalServerError", 500),
        "logs": ("ServiceUnavailableException", 503),
        "sqs": ("ServiceUnavailable", 503),
        "batch": ("ServerException", 500),
    },
    "denied": {
        "sns": ("AuthorizationError", 403),
        "dynamodb": ("AccessDeniedException", 400),
        "logs": ("AccessDeniedException", 400),
        "sqs": ("AccessDenied", 403),
        "batch": ("AccessDeniedException", 403),
    },
    "expired": {
        "sns": ("ExpiredToken", 403),
        "dynamodb": ("ExpiredTokenException", 400),
        "logs": ("ExpiredTokenException", 400),
        "sqs": ("ExpiredToken", 403),
        "batch": ("ExpiredTokenException", 403),
    },
}
# A second longer than the read time-outs of the adapters in functions/notifier/aws.
_SLOW_MS = {"sns": 6_000, "dynamodb": 3_000, "logs": 4_000, "sqs": 4_000, "batch": 5_000}
FAULTS = ("throttled", "5xx", "slow", "reset", "denied", "expired")


@dataclass(frozen=True, slots=True)
class Case:
    """One fault of one service, for so many calls in a hundred, for a while."""

    fault: str
    service: str
    rate: int
    seconds: int = FAULT_SECONDS

    @property
    def name(self) -> str:
        """What it is called."""
        return f"{self.fault} {self.service} {self.rate} % {self.seconds // MINUTE} min"

    @property
    def rule(self) -> Rule:
        """The rule of the proxy."""
        found: Rule = {"service": self.service, "probability": self.rate / 100}
        if self.fault == "slow":
            found["latency"] = _SLOW_MS[self.service]
        elif self.fault == "reset":
            found["reset"] = True
        else:
            code, status = _CODES[self.fault][self.service]
            found["error"] = {"code": code, "status": status}
        return found

    @property
    def waves(self) -> list[int]:
        """Seconds at which failures come: fewer where every call costs our own time."""
        if self.fault == "slow":
            return [0, FAULT_SECONDS // 2]
        return list(range(0, FAULT_SECONDS, WAVE_SECONDS))


ROUNDS = tuple(
    Case(fault, service, rate) for fault in FAULTS for service in SERVICES for rate in RATES
)
OUTAGES = tuple(Case("5xx", service, 100, OUTAGE_SECONDS) for service in ("sns", "dynamodb", "sqs"))


@dataclass(frozen=True, slots=True)
class Row:
    """What came of one case; seconds are those of the clock, from the healing on."""

    case: str
    failures: int
    faults: int
    announced: int
    dead: int
    lost: int
    duplicates: int
    messages: int
    seconds: int
    wrong: tuple[str, ...] = ()


def run(world: World, case: Case) -> Row:
    """Try a case, again where so low a rate has hit none of so few calls."""
    row = _run(world, case)
    for _ in range(MOST_REPEATS):
        if row.faults:
            break
        row = _run(world, case)
    return row


def _run(world: World, case: Case) -> Row:
    """Let jobs fail while a fault lasts, heal it, and say what became of them."""
    world.begin()
    before = world.proxy.faults()
    world.proxy.break_with([case.rule])
    passed = 0
    for number, second in enumerate(case.waves):
        world.pass_time(second - passed)
        passed = second
        now = round(world.clock.now * 1000)
        world.fail([_failure(number, incident, now) for incident in range(INCIDENTS)])
    world.pass_time(case.seconds - passed)
    faults = world.proxy.faults() - before
    world.proxy.break_with([])
    return settled(world, case.name, faults)


def settled(world: World, case: str, faults: int) -> Row:
    """Wait until all is announced or dead, and draw up what came of a case."""
    found, seconds = world.settle()
    return Row(
        case,
        found.failures,
        faults,
        len(found.announced),
        len(found.dead - found.announced),
        found.lost,
        found.duplicates,
        found.messages,
        round(seconds),
        tuple(found.wrong),
    )


def _failure(wave: int, incident: int, now: int) -> job_events.Event:
    job = f"step-{incident}-run-{wave:03}"
    return job_events.failed(job, now, name=job, definition=f"step-{incident}:1")
