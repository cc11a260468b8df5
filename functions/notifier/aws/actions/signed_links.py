"""Links that are signed with a key from AWS Secrets Manager."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from notifier.alert.commands import action_links
from notifier.alert.facts import Pairs
from notifier.aws import calls
from notifier.aws.calls import Timeouts, call_aws

# 2 tries of at most 1 s + 2 s: an alert does not wait long for its links.
_TIMEOUTS = Timeouts(connect_s=1, read_s=2, tries=2)
KEPT_S = 600  # a new key counts within ten minutes


class SigningKey:
    """The key, read at most every ten minutes."""

    def __init__(self, arn: str, now_s: Callable[[], float] = time.monotonic) -> None:
        self._arn, self._now_s = arn, now_s
        self._client: Any = calls.client("secretsmanager", _TIMEOUTS)
        self._kept, self._until = b"", 0.0

    def read(self) -> bytes:
        """Return the key; raises `ServiceError`."""
        if not self._kept or self._now_s() >= self._until:
            answer = call_aws(self._client.get_secret_value, SecretId=self._arn)
            self._kept = str(answer["SecretString"]).encode()
            self._until = self._now_s() + KEPT_S
        return self._kept


class SignedLinks:
    """Makes the links of an incident; see `ports.ActionLinks`."""

    def __init__(self, url: str, key_arn: str, *, allow_rerun: bool = False) -> None:
        self._url, self._key, self._allow_rerun = url, SigningKey(key_arn), allow_rerun

    def sign(self, incident: str, now: int, job: str) -> Pairs:
        """Return label and URL of each."""
        job = job if self._allow_rerun else ""
        return action_links.list_actions(self._url, self._key.read(), incident, now, job)
