"""AWS Lambda's runtime interface without Docker: the emulator of the SAM CLI, the client of AWS.

The interpreter starts with `-S`, so that it sees the artifact and what the Lambda runtime brings,
and nothing of the environment that runs the tests.
"""

import contextlib
import importlib.metadata
import json
import os
import platform
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import samcli

HANDLER = "notifier.on_failure.handler"
EMULATOR = Path(samcli.__file__).parent / "local" / "rapid" / "aws-lambda-rie-x86_64"
RUNS_HERE = platform.system() == "Linux" and platform.machine() == "x86_64"

# boto3 and the interface client, with what they need: the site-packages of the python3.13 runtime
BOTO3 = ("boto3", "botocore", "s3transfer", "jmespath", "python-dateutil", "six", "urllib3")
INTERFACE_CLIENT = ("awslambdaric", "simplejson", "snapshot-restore-py")

SETTINGS = {
    "ALERT_TOPIC_ARN": "arn:aws:sns:us-east-1:111122223333:alerts",
    "TABLE_NAME": "incidents",
    "FAILURE_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/111122223333/failures",
    "FOLLOW_UP_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/111122223333/follow-ups",
    "DRY_RUN": "true",
    "LOG_LINES": "25",
    "LOG_LEVEL": "INFO",
    "MINIMUM_SEVERITY": "info",
    "POWERTOOLS_SERVICE_NAME": "batch-notifier",
    "POWERTOOLS_METRICS_NAMESPACE": "BatchNotifier",
}
START_SECONDS = 15.0
INVOKE_SECONDS = 60.0


def packages_of_the_runtime(into: Path) -> Path:
    """Link the runtime's own packages into one folder."""
    for name in (*BOTO3, *INTERFACE_CLIENT):
        files = importlib.metadata.files(name) or []
        tops = {Path(str(file)).parts[0] for file in files}
        for top in tops - {"..", "__pycache__"}:
            link = into / top
            link.symlink_to(importlib.metadata.distribution(name).locate_file(top))
    return into


def python(artifact: Path, packages: Path) -> tuple[list[str], dict[str, str]]:
    """Return the command and environment of an interpreter that sees only these two folders."""
    environment = {
        "PATH": os.defpath,
        "PYTHONPATH": os.pathsep.join([str(artifact), str(packages)]),
        "LAMBDA_TASK_ROOT": str(artifact),
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_LAMBDA_FUNCTION_NAME": "on-failure",
        "PYTHONDONTWRITEBYTECODE": "1",  # the code of a function is read-only
        "AWS_LAMBDA_FUNCTION_TIMEOUT": "60",  # seconds, as in the template
        # Nothing listens there: whatever would call AWS is refused at once.
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}",
    }
    return [sys.executable, "-S"], environment


class Function:
    """A function that runs under the runtime interface."""

    def __init__(self, url: str, log: Path) -> None:
        self._url = url
        self._log = log

    def invoke(self, event: object) -> Any:
        """Invoke it and return what it answered: its result, or the error document."""
        request = urllib.request.Request(
            f"{self._url}/2015-03-31/functions/function/invocations",
            data=json.dumps(event).encode(),
        )
        with _direct().open(request, timeout=INVOKE_SECONDS) as answer:
            return json.loads(answer.read())

    @property
    def log(self) -> str:
        """What the function and the platform wrote."""
        return self._log.read_text(errors="replace")


@contextlib.contextmanager
def running(
    artifact: Path, packages: Path, log: Path, settings: Mapping[str, str]
) -> Iterator[Function]:
    """Run the artifact's handler under the emulator for a while."""
    interpreter, environment = python(artifact, packages)
    listen, runtime_api = free_port(), free_port()
    command = [str(EMULATOR), "--runtime-interface-emulator-address", f"127.0.0.1:{listen}"]
    command += ["--runtime-api-address", f"127.0.0.1:{runtime_api}"]
    command += [*interpreter, "-m", "awslambdaric", HANDLER]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=artifact,
            env=environment | settings,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # its own group: the interpreter ends with the emulator
        )
    try:
        _wait_for(listen, process)
        yield Function(f"http://127.0.0.1:{listen}", log)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def free_port() -> int:
    """Return a loopback port on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError("the runtime interface emulator did not start")


def _direct() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))
