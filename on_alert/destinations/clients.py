"""Clients of AWS services, made from one session: it reads the models that all of them share once.

Of botocore alone: boto3 would add resources and file transfers that nothing here uses.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import Any

from botocore.config import Config
from botocore.session import Session, get_session

_CONFIG = Config(
    connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3}
)
_lock = threading.Lock()  # threads may share a client, but must not make two in one session


def client(service: str, config: Config = _CONFIG) -> Any:
    """Make the client of a service, in the Region of the environment."""
    with _lock:
        return _session().create_client(service, config=config)


@cache
def _session() -> Session:
    return get_session()
