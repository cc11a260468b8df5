"""microburst between the functions and the services: faults in AWS's own wire format, by rule."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self

from workbench.local.aws import PYTHON
from workbench.local.loopback import HOST

Rule = dict[str, Any]
START_SECONDS = 30.0
# Its command takes no seed, and its faults are to be the same ones in every run. And it gives calls
# the upstream's name as Host, which the caller has signed: what was signed has to arrive.
_COMMAND = """
import random, sys
from microburst import cli, forward
random.seed({seed})
headers = forward.Upstream._outbound_headers
forward.Upstream._outbound_headers = lambda upstream, request: (
    headers(upstream, request) | {{"host": request.headers["Host"]}}
)
sys.exit(cli.main())
"""


class Proxy:
    """Run the proxy while a `with` block lasts; it lets everything through until it has rules.

    Parameters
    ----------
    port, upstream
        Where it listens, in plain HTTP (it knows no TLS there), and the URL that it passes calls
        on to, over TLS: the template's policies deny whoever comes without.
    certificate
        What to trust there.
    scratch
        A folder for its log.
    seed
        For faults that come at a rate.
    """

    def __init__(
        self, port: int, upstream: str, certificate: Path, scratch: Path, seed: int
    ) -> None:
        self._port, self._upstream, self._certificate = port, upstream, certificate
        self._log, self._seed = scratch / "proxy.log", seed
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start it and wait until it answers."""
        command = [str(PYTHON), "-c", _COMMAND.format(seed=self._seed), "--no-resign"]
        command += ["--upstream", self._upstream, "--host", HOST, "--port", str(self._port)]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command,
                env={
                    "PATH": os.environ.get("PATH", os.defpath),
                    "SSL_CERT_FILE": str(self._certificate),
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                self._call("GET", "health")
            except OSError:
                time.sleep(0.05)
            else:
                return self
        self._stop()
        raise TimeoutError(f"the proxy did not start: {self._log.read_text(errors='replace')}")

    def __exit__(self, *error: object) -> None:
        """Stop it."""
        self._stop()

    def break_with(self, rules: Sequence[Rule]) -> None:
        """Inject what `rules` say, and nothing else; with none it is healed."""
        self._call("POST", "rules", list(rules))

    def faults(self) -> int:
        """Count the faults that were injected so far."""
        return int(self._call("GET", "stats")["requests"]["faulted"])

    def calls(self) -> dict[str, int]:
        """Count the calls that came so far, by service."""
        stats = self._call("GET", "stats")
        return {one["service"]: one["requests"] for one in stats["by_service"]}

    def fired(self) -> Iterator[tuple[str, str]]:
        """Give service and operation of every fault, just before it is injected; without end."""
        connection = self._connect(None)
        connection.request("GET", "/_microburst/fired/stream")
        answer = connection.getresponse()
        try:
            while line := answer.readline():
                if line.startswith(b"data: "):
                    event = json.loads(line[6:])
                    yield event["service"], event["operation"]
        finally:
            connection.close()

    def _call(self, method: str, what: str, body: object = None) -> Any:
        connection = self._connect(START_SECONDS)
        try:
            connection.request(method, f"/_microburst/{what}", json.dumps(body))
            answer = connection.getresponse()
            said = answer.read().decode()
            if answer.status != http.HTTPStatus.OK:
                raise ValueError(f"the proxy does not take this: {said}")
            return json.loads(said)
        finally:
            connection.close()

    def _connect(self, timeout: float | None) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(HOST, self._port, timeout=timeout)

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGKILL)
            process.wait()
