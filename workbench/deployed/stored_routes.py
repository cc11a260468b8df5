"""The routes and credentials of a stack, as encrypted parameters of Systems Manager."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from destinations.configuration import parse_credentials
from destinations.errors import ConfigurationError
from destinations.routing import routes_file
from destinations.routing.routes_file import RoutesFile
from workbench.deployed import deployment
from workbench.errors import InputError

# Up to 4,096 a parameter is free; Intelligent-Tiering makes a larger one advanced.
# https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html
LARGEST = 8_192  # bytes


@dataclass(frozen=True, slots=True)
class RoutesStore:
    """The two parameters of one stack, in the Region that boto3 is set to."""

    stack_name: str

    @property
    def routes_name(self) -> str:
        """Name of the parameter with the routes."""
        return f"/batch-notifier/{self.stack_name}/routes"

    @property
    def credentials_name(self) -> str:
        """Name of the parameter with the credentials."""
        return f"/batch-notifier/{self.stack_name}/credentials"

    def read_routes(self) -> str:
        """Read the stored routes.

        Raises
        ------
        InputError
            When there are none, or AWS refuses.
        """
        found = self._read(self.routes_name)
        if found is None:
            raise InputError(f"no routes are stored in {self.routes_name}: use routes apply FILE")
        return found

    def read_credential_names(self) -> set[str]:
        """Read the names of the stored credentials; their values are not kept."""
        try:
            return set(parse_credentials(self._read(self.credentials_name) or ""))
        except ConfigurationError as error:
            raise InputError(f"{self.credentials_name}: {error}") from error

    def write(self, routes: str, credentials: str | None) -> None:
        """Store the routes; the credentials only where given."""
        if credentials is not None:
            self._write(self.credentials_name, credentials)
        self._write(self.routes_name, routes)

    def _read(self, name: str) -> str | None:
        try:
            answer = boto3.client("ssm").get_parameters(Names=[name], WithDecryption=True)
        except (BotoCoreError, ClientError) as error:
            raise deployment.aws_error(f"read {name}", error) from error
        return next((one["Value"] for one in answer["Parameters"]), None)

    def _write(self, name: str, value: str) -> None:
        if len(value.encode()) > LARGEST:
            raise InputError(f"{name} would be larger than the {LARGEST:,} bytes of a parameter")
        try:
            boto3.client("ssm").put_parameter(
                Name=name,
                Value=value,
                Type="SecureString",
                Overwrite=True,
                Tier="Intelligent-Tiering",
            )
        except (BotoCoreError, ClientError) as error:
            raise deployment.aws_error(f"store {name}", error) from error


def check_routes(source: str, where: str) -> RoutesFile:
    """Check routes; raises `InputError` with the first problem, and how many there are."""
    try:
        return routes_file.parse(source)
    except ConfigurationError as error:
        first, *more = error.problems
        others = f" (and {len(more)} more: routes check shows them)" if more else ""
        raise InputError(f"{where}: {first}{others}") from error


def missing_credentials(routes: RoutesFile, stored: set[str]) -> list[str]:
    """Return a line for each destination whose credential is not stored."""
    return [
        f"destination {one.name}: the credential {one.credential} is not stored"
        for one in routes.destinations.values()
        if one.credential and one.credential not in stored
    ]


def send_test(function_name: str, destination: str, document: str) -> dict[str, Any]:
    """Let the deployed function send a document to one destination; returns what it says.

    Raises
    ------
    InputError
        When the function cannot be invoked, or fails.
    """
    payload = json.dumps({"destination": destination, "alert": document})
    try:
        answer = boto3.client("lambda").invoke(FunctionName=function_name, Payload=payload.encode())
        said = json.loads(answer["Payload"].read())
    except (BotoCoreError, ClientError) as error:
        raise deployment.aws_error(f"invoke {function_name}", error) from error
    if answer.get("FunctionError"):
        raise InputError(f"{function_name} failed: {said.get('errorMessage', said)}")
    result: dict[str, Any] = said
    return result
