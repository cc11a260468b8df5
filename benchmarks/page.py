"""The texts of RESULTS.md, and the page with one of its parts written again."""

from __future__ import annotations

PAGE = """\
# Speed

`make bench` writes this page, and `make bench-start`, `make bench-destinations`, `make bench-storm`
and `make bench-way` write one part of it each. None of them writes on a machine that has other
work.

The usual function ([baselines/usual_lambda.py](baselines/usual_lambda.py)) reads the last 50 log
lines of each job and publishes a message. In the tutorial a rule sends each event to a topic. The
floor ([baselines/floor.py](baselines/floor.py)) has a queue and a function that publishes each
event unchanged. [baselines/template.yaml](baselines/template.yaml) deploys all three.

"""
START = """\
## Cold start

{machine}

{ratios}

Milliseconds of CPU under Lambda's runtime interface, medians of {rounds} starts in turn. *INIT*
ends when the function asks for its first invocation; *first* is one failure, with services that
answer at once. Ours imports botocore and creates its clients in the first invocation, so compare
*both* as well. The runtime's packages have bytecode, as in Lambda, and so have the functions that
`make build` builds; `sam build` alone leaves it out.

{starts}

### One failure, warm

Milliseconds of CPU, without AWS.

{warm}
"""
DESTINATIONS = """\
## Cold start with destinations

{machine}

{ratios}

As above, and *first* is one alert, which every destination takes at once. Each library is loaded
when the first alert goes to a destination that needs it: `slack_sdk` for Slack, Jinja for HTML
mail, Apprise with all its plugins for an Apprise URL. Teams, PagerDuty, Opsgenie, incident.io and
webhooks need none.

{starts}
"""
STORM = """\
## Storms

{machine}

{ratios}

A hundred failures a second, and an hour of follow-ups. *arrays*: children of arrays of at most
10,000, of two causes, and their parents. *jobs*: of one definition and one cause, so always one
incident. A cell with two numbers is *ours / usual*. CPU is that of the handlers without that
of moto, which simulates AWS in the same process, plus {latency:.0f} ms for each call; concurrent
calls count as one. Ours gets batches of {batch}, which a hundred failures a second fill before the
batching window ends; the usual function gets one event a call, as from a rule. Each storm ran in a
process of its own, two at a time; rounds: {plan}.

{arrays}

{jobs}

Growth is fitted from 100 failures on.

Peak memory of the handlers' process, without the local AWS: {memory}.

AWS calls of ours, in storms of arrays:

{made}
"""
WAY = """\
## From the bus to the subscriber

{machine}

{ratios}

Milliseconds on the local AWS at a steady rate of failures, {seconds} s each. The local AWS delivers
queued messages at once; Lambda's batching window of 2 s is not included.
Ours reports the array once, and each second one other job fails and is measured; the others send a
message for each event. A message that takes longer than {patience:,.0f} s counts as
{patience:,.0f} s.

{ways}
"""


HEADINGS = {
    "start": "Cold start",
    "destinations": "Cold start with destinations",
    "storm": "Storms",
    "way": "From the bus to the subscriber",
}


def replace_part(page: str, name: str, text: str) -> str:
    """Return the page with one part written again, and the others as they were."""
    known = {}
    for section in page.split("\n## ")[1:]:
        known[section.partition("\n")[0]] = f"## {section.strip()}\n"
    known[HEADINGS[name]] = text
    return PAGE + "\n".join(known[one] for one in HEADINGS.values() if one in known)
