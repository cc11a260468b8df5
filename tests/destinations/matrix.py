"""A real Matrix homeserver on loopback: Synapse, in an environment of its own (`make matrix`)."""

from __future__ import annotations

import base64
import hmac
import json
import os
import secrets
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.destinations.servers import free_port

PYTHON = Path(__file__).parents[2] / ".venv" / "matrix" / "bin" / "python"
START_S = 60.0
NAME, ALIAS = "localhost", "alerts"
REGISTRATION = "testing"  # the secret by which users are registered
USER, PASSPHRASE = "notifier", secrets.token_urlsafe()


@dataclass(frozen=True, slots=True)
class Homeserver:
    """A server with one user, who is in one room."""

    address: str
    token: str
    room: str

    def apprise_url(self, password: str = PASSPHRASE) -> str:
        return f"matrix://{USER}:{password}@{self.address}/%23{ALIAS}"

    def messages(self) -> list[dict[str, Any]]:
        """Give the content of each message in the room, the newest first."""
        path = f"/_matrix/client/v3/rooms/{quote(self.room)}/messages?dir=b&limit=500"
        events = call(self.address, "GET", path, token=self.token)["chunk"]
        return [one["content"] for one in events if one["type"] == "m.room.message"]


@contextmanager
def homeserver(folder: Path) -> Iterator[Homeserver]:
    """Run a server whose files are in a folder, and give it once it answers."""
    if not PYTHON.exists():
        raise FileNotFoundError(f"{PYTHON} is missing: run make matrix")
    port = free_port()
    (folder / "signing.key").write_text(f"ed25519 a_1 {_key()}\n")
    (folder / "homeserver.yaml").write_text(json.dumps(_settings(folder, port)))
    command = [str(PYTHON), "-m", "synapse.app.homeserver", "-c", "homeserver.yaml"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        address = f"127.0.0.1:{port}"
        _wait(address, process, folder / "log")
        token = _register(address)
        new_room = {"room_alias_name": ALIAS}
        room = call(address, "POST", "/_matrix/client/v3/createRoom", new_room, token)["room_id"]
        yield Homeserver(address, token, room)
    finally:
        process.terminate()
        process.wait()


def call(
    address: str, method: str, path: str, body: object = None, token: str = ""
) -> dict[str, Any]:
    """Call the server's API; raises what an error of HTTP is."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(
        f"http://{address}{path}", data=data, headers=headers, method=method
    )
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(request, timeout=10) as answer:
        found: dict[str, Any] = json.loads(answer.read() or b"{}")
        return found


def _settings(folder: Path, port: int) -> dict[str, Any]:
    """Give a server alone: no federation, no mail, no limit of logins."""
    listener = {
        "port": port,
        "type": "http",
        "bind_addresses": ["127.0.0.1"],
        "resources": [{"names": ["client"]}],
    }
    unlimited = {"per_second": 1_000, "burst_count": 1_000}
    return {
        "server_name": NAME,
        "listeners": [listener],
        "database": {"name": "sqlite3", "args": {"database": str(folder / "database")}},
        "signing_key_path": str(folder / "signing.key"),
        "media_store_path": str(folder / "media"),
        "pid_file": str(folder / "pid"),
        "registration_shared_secret": REGISTRATION,
        "macaroon_secret_key": REGISTRATION,
        "form_secret": REGISTRATION,
        "trusted_key_servers": [],
        "report_stats": False,
        "presence": {"enabled": False},
        "rc_login": dict.fromkeys(("address", "account", "failed_attempts"), unlimited),
    }


def _key() -> str:
    return base64.b64encode(os.urandom(32)).decode().rstrip("=")


def _wait(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            call(address, "GET", "/_matrix/client/versions")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"Synapse did not start: {log.read_text(errors='replace')[-2_000:]}")


def _register(address: str) -> str:
    """Register the user and give its token.

    https://element-hq.github.io/synapse/latest/admin_api/register_api.html
    """
    path = "/_synapse/admin/v1/register"
    nonce = call(address, "GET", path)["nonce"]
    signed = "\0".join((nonce, USER, PASSPHRASE, "notadmin")).encode()
    body = {
        "nonce": nonce,
        "username": USER,
        "password": PASSPHRASE,
        "admin": False,
        "mac": hmac.new(REGISTRATION.encode(), signed, "sha1").hexdigest(),
    }
    token: str = call(address, "POST", path, body)["access_token"]
    return token
