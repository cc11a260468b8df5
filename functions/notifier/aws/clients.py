"""Clients of AWS services, by botocore alone, which is imported when the first one is made.

boto3 adds its resources and a file transfer to botocore, 25 ms of a start, and nothing that is used
here. Credentials, endpoints, retries and the clients themselves are botocore's in both.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.session import Session


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a call may take: seconds to connect and to read, each time that it is tried.

    Who is `adaptive` slows down when throttled, before AWS has to say so again.
    """

    connect_s: float
    read_s: float
    tries: int
    adaptive: bool = False


@cache
def session() -> Session:
    """Give the session that all clients share, with its credentials and what it read of AWS."""
    from botocore.session import get_session

    return get_session()


def client(service: str, patience: Patience, region: str = "") -> Any:
    """Make the client of a service, in the Region of the environment if no other is said."""
    from botocore.config import Config

    config = Config(
        connect_timeout=patience.connect_s,
        read_timeout=patience.read_s,
        retries={
            "mode": "adaptive" if patience.adaptive else "standard",
            "total_max_attempts": patience.tries,
        },
        # A tenth of the work of a storm, for what mypy and the contract tests have checked.
        parameter_validation=False,
    )
    return session().create_client(service, region_name=region or None, config=config)
