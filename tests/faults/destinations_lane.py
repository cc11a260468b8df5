"""`python -m tests.faults.destinations_lane`: every fault of destinations, a line of JSON each."""

from __future__ import annotations

import json
import os
from contextlib import redirect_stdout
from dataclasses import asdict
from io import StringIO

# No AWS settings of who runs this; the entry point reads them when it is imported.
SETTINGS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "POWERTOOLS_METRICS_NAMESPACE": "BatchNotifier",
    "POWERTOOLS_SERVICE_NAME": "batch-notifier",
    "POWERTOOLS_LOG_LEVEL": "CRITICAL",
}


def main() -> None:
    """Print the rows, and nothing that the function itself prints."""
    os.environ |= SETTINGS
    from tests.faults import destinations

    for fault in destinations.FAULTS:
        with redirect_stdout(StringIO()):
            row = destinations.run(fault)
        print(json.dumps(asdict(row)), flush=True)


if __name__ == "__main__":
    main()
