"""Clients for AWS, and the meaning of its errors.

The clients come from botocore: boto3 would add 25 ms to a cold start and nothing that is used here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from notifier.ports.service_error import ErrorKind, ServiceError

if TYPE_CHECKING:
    from botocore.session import Session

_Result = TypeVar("_Result")
AT_ONCE = 4  # calls; the hundred failures of a full delivery are written in the time of one


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to connect and to read for each try of a call.

    An `adaptive` client slows down once it is throttled.
    """

    connect_s: float
    read_s: float
    tries: int
    adaptive: bool = False


@cache
def session() -> Session:
    """Return the session that all clients share, with its credentials and service models."""
    from botocore.session import get_session

    from notifier.aws.loading.models import ModelLoader

    made = get_session()
    made.register_component("data_loader", ModelLoader())
    return made


@cache
def pool() -> ThreadPoolExecutor:
    """Return the threads in which calls are made side by side, the same for each invocation.

    What runs in them must not wait for others of them.
    """
    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="aws")


def at_once(tasks: Sequence[Callable[[], _Result]]) -> list[_Result]:
    """Run tasks side by side, and return their results in order; raises what the first raised."""
    if len(tasks) == 1:  # without the cost of a thread
        return [tasks[0]()]
    started = [pool().submit(task) for task in tasks]
    wait(started)
    return [each.result() for each in started]


def client(service: str, timeouts: Timeouts, region: str = "") -> Any:
    """Create the client of a service, in the Region of the environment by default."""
    from botocore.config import Config

    config = Config(
        connect_timeout=timeouts.connect_s,
        read_timeout=timeouts.read_s,
        retries={
            "mode": "adaptive" if timeouts.adaptive else "standard",
            "total_max_attempts": timeouts.tries,
        },
        # It takes a tenth of the time in a storm; mypy and the contract tests check the same.
        parameter_validation=False,
    )
    return session().create_client(service, region_name=region or None, config=config)


_Request = ParamSpec("_Request")
_Answer = TypeVar("_Answer")
_CODES = {
    ErrorKind.DENIED: (
        "AccessDenied AccessDeniedException AuthorizationError AuthorizationErrorException "
        "KMSAccessDenied KMSAccessDeniedException KMSOptInRequired OptInRequired "
        "ExpiredToken ExpiredTokenException InvalidClientTokenId InvalidSecurity "
        "InvalidSignatureException SignatureDoesNotMatch UnrecognizedClientException"
    ),
    ErrorKind.GONE: (
        "NotFound NotFoundException ResourceNotFoundException KMSDisabled KMSDisabledException "
        "KMSInvalidState KMSInvalidStateException KMSNotFound KMSNotFoundException "
        "AWS.SimpleQueueService.NonExistentQueue QueueDoesNotExist"
    ),
    ErrorKind.REJECTED: (
        "ClientException "  # of AWS Batch: there is no such queue or job
        "InvalidOperationException InvalidParameter InvalidParameterException "
        "InvalidParameterValue ParameterValueInvalid ValidationError ValidationException"
    ),
}
_KINDS = {code: kind for kind, codes in _CODES.items() for code in codes.split()}


def call_aws(
    operation: Callable[_Request, _Answer], *args: _Request.args, **request: _Request.kwargs
) -> _Answer:
    """Call an operation of AWS; raises `ServiceError` if it fails."""
    try:
        return operation(*args, **request)
    except (ClientError, BotoCoreError) as error:
        raise service_error(error) from error


def service_error(error: ClientError | BotoCoreError) -> ServiceError:
    """Map an error of botocore to `ServiceError`; an unknown code counts as retryable.

    Codes: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html and
    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
    """
    if not isinstance(error, ClientError):  # no connection, timeout, no credentials
        return ServiceError(ErrorKind.RETRYABLE, type(error).__name__)
    code = str(error.response.get("Error", {}).get("Code", "")) or "no error code"
    # The message may quote what was sent, so only the code is passed on.
    return ServiceError(_KINDS.get(code, ErrorKind.RETRYABLE), code)
