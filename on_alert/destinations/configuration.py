"""Routes and credentials, stored apart as encrypted parameters of Systems Manager."""

from __future__ import annotations

import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from destinations.errors import ConfigurationError
from destinations.routing import routes_file
from destinations.routing.routes_file import RoutesFile

KEPT_S = 60  # a change of the routes counts within a minute


@dataclass(frozen=True, slots=True)
class Configuration:
    """The routes, and the credentials by name."""

    routes: RoutesFile
    credentials: dict[str, str]


class ConfigurationStore:
    """Reads both parameters at most once a minute.

    Parameters
    ----------
    client
        Of Systems Manager.
    routes_name, credentials_name
        Names of the parameters.
    """

    def __init__(
        self,
        client: Any,
        routes_name: str,
        credentials_name: str,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client, self._now_s = client, now_s
        self._names = (routes_name, credentials_name)
        self._kept: Configuration | None = None
        self._until = 0.0

    def load(self) -> Configuration:
        """Give the configuration.

        Raises
        ------
        ConfigurationError
            If a parameter is missing or wrong.
        botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError
            If Systems Manager does not answer.
        """
        if self._kept is None or self._now_s() >= self._until:
            self._kept = self._read()
            self._until = self._now_s() + KEPT_S
        return self._kept

    def _read(self) -> Configuration:
        routes_name, credentials_name = self._names
        routes = self._value(routes_name)
        if not routes:
            raise ConfigurationError(
                f"there are no routes in {routes_name}: run batch-notifier routes apply FILE"
            )
        credentials = parse_credentials(self._value(credentials_name))
        return Configuration(routes_file.parse(routes), credentials)

    def _value(self, name: str) -> str:
        """Give the value of a parameter; empty where it does not exist."""
        try:
            answer = self._client.get_parameter(Name=name, WithDecryption=True)
        except self._client.exceptions.ParameterNotFound:
            return ""
        value: str = answer["Parameter"]["Value"]
        return value


def parse_credentials(source: str) -> dict[str, str]:
    """Read `name = "value"` lines.

    Raises
    ------
    ConfigurationError
        Without a word of the text, which is secret.
    """
    try:
        found = tomllib.loads(source)
    except tomllib.TOMLDecodeError:
        raise ConfigurationError('credentials: write one name = "value" on each line') from None
    wrong = [name for name, value in found.items() if not isinstance(value, str) or not value]
    if wrong:
        raise ConfigurationError(f"credentials: {', '.join(wrong)} must be a text in quotes")
    return found
