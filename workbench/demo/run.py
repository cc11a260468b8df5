"""The demo itself: every sample, a storm, and what became of them.

The template, the built functions and everything from bus to subscriber are real; only AWS is local.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from workbench.demo.console import HELP, Console, heading, print_error, say
from workbench.local import sam, samples
from workbench.local.aws import LocalAws
from workbench.local.deployment import LocalDeployment, deploy_locally
from workbench.local.sample_run import Outcome, SampleRunner, timing_table
from workbench.local.samples import Sample
from workbench.local.storm import FAILED, SIZE, Storm

ALERT_SECONDS = 15.0  # an alert takes well under one second; the first also waits for a cold start
SETTLE_SECONDS = 1.5  # how long to listen for duplicates
MAX_MISSES = 3  # after so many missing alerts the rest is not sent
LOCAL_AWS = ("AWS_ENDPOINT_URL", "AWS_CA_BUNDLE")
LOGIN = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION", "NO_PROXY")
EXIT_FAILED = 1
CAPTION = "Alerts of the demo's local AWS, as they arrive."


def run(*, once: bool, port: int) -> int:
    """Show the alert of every sample; then stop with a result, or wait for more events."""
    console = Console()
    show = partial(console.show_outcome, seconds=ALERT_SECONDS)
    with (
        deploy_locally(port, say) as deployment,
        contextlib.nullcontext() if once else open_inbox(deployment) as url,
    ):
        all_samples = samples.load_all()
        say(f"Sending {len(all_samples)} sample events as drills. Their alerts, in short:")
        send_samples(deployment.runner, all_samples, show)
        say(heading("bus to subscriber"))
        say(f"{timing_table(deployment.runner.outcomes)}\n")
        storm = Storm(deployment.aws, deployment.resources, deployment.runner)
        run_storm(storm, console)
        if not once:
            say(f"{shell_settings(deployment.aws)}\n\n{HELP}\n\nAll alerts on a page: {url}")
            with contextlib.suppress(KeyboardInterrupt):
                console.converse(lambda each: show(deployment.runner.send(each, ALERT_SECONDS)))
        return report_result(deployment, storm)


@contextlib.contextmanager
def open_inbox(deployment: LocalDeployment) -> Iterator[str]:
    """Show alerts on a web page as they arrive, while the block lasts; yield its address."""
    # Imported here: the web server is slow to import, and `--once` does not need it.
    from workbench.inbox.deliveries import forward_deliveries
    from workbench.inbox.gallery import gallery
    from workbench.inbox.mailbox import Mailbox
    from workbench.inbox.server import serve_inbox

    mailbox = Mailbox()
    with (
        serve_inbox({"alerts": mailbox, "gallery": gallery()}, CAPTION) as url,
        forward_deliveries(deployment.aws, deployment.resources["AlertTopic"], mailbox),
    ):
        say(f"See them arrive, as email, text message, chat card and JSON: {url}")
        yield url


def shell_settings(aws: LocalAws) -> str:
    """Return the commands that point `batch-notifier` in another shell at this AWS."""
    settings = aws.environment()
    local_aws, login = (
        " ".join(f"{name}={settings[name]}" for name in names) for names in (LOCAL_AWS, LOGIN)
    )
    return (
        "In another shell, to check the deployment while it runs:\n"
        f"  export {local_aws}\n"
        f"  export {login}\n"
        f"  .venv/bin/batch-notifier doctor --stack-name {sam.STACK}"
    )


def send_samples(
    runner: SampleRunner, all_samples: Sequence[Sample], show: Callable[[Outcome], None]
) -> None:
    """Send samples one after another, and ``show`` what each became."""
    misses = 0
    for sample in all_samples:
        outcome = runner.send(sample, ALERT_SECONDS)
        show(outcome)
        misses += not outcome.deliveries
        if misses == MAX_MISSES:
            break
    runner.settle(SETTLE_SECONDS)


def run_storm(storm: Storm, console: Console) -> None:
    """Run a storm, and show every message of it."""
    say(heading("a storm"))
    say(
        f"An array of {SIZE:,} of which {FAILED} fail, a job that fails twice, a chain of three.\n"
        "All their events arrive at once:"
    )
    storm.fail()
    for delivery in storm.deliveries:
        console.show(delivery)
    shown = len(storm.deliveries)
    say(heading("five minutes later"))
    say("The job was retried, and succeeded.")
    storm.retry_job()
    storm.let_time_pass()
    for delivery in storm.deliveries[shown:]:
        console.show(delivery)
    say(f"\n{storm.sent} events became {len(storm.deliveries)} messages.\n")


def report_result(deployment: LocalDeployment, storm: Storm) -> int:
    """Report whether every alert arrived exactly once, and return the exit code."""
    runner = deployment.runner
    problems = [*_sample_problems(runner), *storm.problems()]
    if not problems:
        print(
            f"Each of {len(runner.outcomes)} sample events became its alert, exactly once, and a "
            f"storm of {storm.sent} became {len(storm.deliveries)} messages with exact counts."
        )
        return 0
    problems += [f"last error of the local AWS: {line}" for line in deployment.aws.errors()[-1:]]
    for problem in problems:
        print_error(problem)
    return EXIT_FAILED


def _sample_problems(runner: SampleRunner) -> Iterator[str]:
    for outcome in runner.outcomes:
        if not outcome.is_reported_once:
            count = len(outcome.deliveries)
            yield f"{outcome.name}: {f'{count} alerts' if count else 'no alert'}"
    sent = {outcome.name for outcome in runner.outcomes}
    if unsent := [each for each in samples.sample_files() if each.stem not in sent]:
        yield f"{len(unsent)} events were not sent after {MAX_MISSES} missing alerts"
    if runner.unmatched:
        yield f"{len(runner.unmatched)} alerts match no event that was sent"
