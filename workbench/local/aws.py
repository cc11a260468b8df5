"""A local AWS in a process of its own, on loopback, that lives as long as a ``with`` block.

It evaluates IAM policies and uses TLS: a role that lacks a permission in ``template.yaml`` is
denied as in an account, and so is every request that a policy denies. The user's own AWS settings
reach neither it nor its clients.
"""

import contextlib
import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import boto3
from botocore.config import Config

from workbench.errors import SetupError
from workbench.files import ROOT as ROOT
from workbench.local.loopback import HOST

PYTHON = ROOT / ".venv" / "local-aws" / "bin" / "python"
REGION = "us-east-1"
ACCOUNT = "111122223333"  # the account that AWS documentation uses in examples
SECRET = "local"  # opens nothing: the local AWS takes any

START_SECONDS = 30.0  # it answers in under one second on an idle machine
POLL_SECONDS = 0.05


class LocalAws:
    """Starts the local AWS on entry; stops it and its child processes on exit.

    Parameters
    ----------
    port
        The loopback port to listen on; 0 takes a free one.
    settings
        Environment variables for it and its functions, in addition to its own.
    """

    def __init__(self, port: int = 0, settings: Mapping[str, str] | None = None) -> None:
        self.port = port
        self._settings = dict(settings or {})
        self.scratch = Path()
        self._process: subprocess.Popen[bytes] | None = None
        self._clients: dict[tuple[str, str], Any] = {}

    def __enter__(self) -> Self:
        """Start the process and wait until it answers."""
        self.port = _find_port(self.port)
        self.scratch = Path(tempfile.mkdtemp(prefix="batch-notifier-"))
        try:
            # The package has no cryptography: the inbox imports this module and starts no AWS.
            from workbench.local.certificate import write_certificate

            write_certificate(HOST, self.certificate, self._key)
            self._process = self._start()
            self._wait_until_ready()
        except BaseException:  # including Ctrl-C: leave nothing behind
            self.stop()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        """Stop it."""
        self.stop()

    @property
    def url(self) -> str:
        """The one endpoint of every service."""
        return f"https://{HOST}:{self.port}"

    @property
    def certificate(self) -> Path:
        """The certificate to trust."""
        return self.scratch / "certificate.pem"

    @property
    def _key(self) -> Path:
        return self.scratch / "key.pem"

    @property
    def log(self) -> str:
        """Its log so far; deliveries by email and SMS appear only there."""
        return (self.scratch / "local-aws.log").read_text(errors="replace")

    @property
    def group(self) -> int:
        """The process group of all its processes."""
        assert self._process is not None
        return self._process.pid

    def errors(self) -> list[str]:
        """Return the log lines of failed functions and rejected deliveries."""
        marks = (" ERROR ", " WARNING [lambda]", " WARNING [sns]")
        return [line for line in self.log.splitlines() if any(mark in line for mark in marks)]

    def client(self, service: str, region: str = REGION) -> Any:
        """Return a boto3 client that can reach only this process."""
        if (service, region) not in self._clients:
            self._clients[service, region] = self._connect(service, region)
        return self._clients[service, region]

    def _connect(self, service: str, region: str) -> Any:
        session = boto3.Session(
            aws_access_key_id=ACCOUNT, aws_secret_access_key=SECRET, region_name=region
        )
        config = Config(proxies={}, retries={"total_max_attempts": 2}, read_timeout=20)
        connect: Any = session.client  # its overloads require the service as a literal
        return connect(service, endpoint_url=self.url, config=config, verify=str(self.certificate))

    def environment(self) -> dict[str, str]:
        """Return the environment for a tool (sam, boto3) that uses only this AWS."""
        return (
            without_aws(os.environ) | self._client_settings() | {"NO_PROXY": HOST, "no_proxy": HOST}
        )

    def _client_settings(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_CA_BUNDLE": str(self.certificate),
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_DEFAULT_REGION": REGION,
        }

    def server_tls(self) -> ssl.SSLContext:
        """Return the TLS settings of a server that this AWS trusts."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self._key)
        return context

    def stop(self) -> None:
        """End the process and its children (Lambda workers), and remove their files."""
        process, self._process = self._process, None
        if process is not None:
            # SIGKILL: it has nothing to save, and SIGTERM would wait for open connections.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if self.scratch != Path():
            shutil.rmtree(self.scratch, ignore_errors=True)

    def _start(self) -> subprocess.Popen[bytes]:
        if not PYTHON.exists():
            raise SetupError("the local AWS is not installed; run make setup")
        # Without workers, so that this process is the one that serves.
        command = [str(PYTHON), "-m", "hypercorn", "ministack.app:app", "--workers", "0"]
        command += ["--bind", f"{HOST}:{self.port}"]
        command += ["--certfile", str(self.certificate), "--keyfile", str(self._key)]
        with (self.scratch / "local-aws.log").open("wb") as log:
            return subprocess.Popen(
                command,
                cwd=self.scratch,
                env=self._own_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # its own process group: Ctrl-C reaches only us
            )

    def _own_environment(self) -> dict[str, str]:
        """Inherits only PATH: Lambda workers have this environment too."""
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.scratch),
            "TMPDIR": str(self.scratch),
            "S3_DATA_DIR": str(self.scratch / "s3"),
            "STATE_DIR": str(self.scratch / "state"),
            "MINISTACK_HOST": HOST,
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "SSL_CERT_FILE": str(self.certificate),  # for deliveries to https subscribers
            "AUTH": "true",  # evaluate IAM policies
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "LOG_LEVEL": "INFO",
            **self._client_settings(),
            **self._settings,
        }

    def _wait_until_ready(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise SetupError(f"the local AWS stopped during startup: {_last_line(self.log)}")
            if self._is_ready():
                return
            time.sleep(POLL_SECONDS)
        raise SetupError(f"the local AWS did not answer within {START_SECONDS:.0f} s")

    def _is_ready(self) -> bool:
        trust = ssl.create_default_context(cafile=str(self.certificate))
        direct = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trust)
        )
        try:
            with direct.open(f"{self.url}/_ministack/ready", timeout=1):
                return True
        except (urllib.error.URLError, OSError):
            return False


def without_aws(environment: os._Environ[str] | dict[str, str]) -> dict[str, str]:
    """Return ``environment`` without the user's own AWS settings, profiles and credentials.

    Examples
    --------
    >>> kept = without_aws({"AWS_PROFILE": "production", "LANG": "C"})
    >>> kept["LANG"], "AWS_PROFILE" in kept
    ('C', False)
    """
    kept = {key: value for key, value in environment.items() if not key.startswith("AWS_")}
    return kept | {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _find_port(port: int) -> int:
    """Return ``port`` if it is free, or any free port for 0."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise SetupError(f"cannot listen on {HOST}:{port} ({error.strerror})") from error
        return int(probe.getsockname()[1])


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no output"
