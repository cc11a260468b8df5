"""How AWS is called: clients made by botocore alone, and what its errors mean.

boto3 adds its resources and a file transfer to botocore, 25 ms of a start, and nothing that is used
here. Credentials, endpoints, retries and the clients themselves are botocore's in both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from notifier.ports.service_error import ErrorKind, ServiceError

if TYPE_CHECKING:
    from botocore.session import Session


@dataclass(frozen=True, slots=True)
class Timeouts:
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


def client(service: str, timeouts: Timeouts, region: str = "") -> Any:
    """Make the client of a service, in the Region of the environment if no other is said."""
    from botocore.config import Config

    config = Config(
        connect_timeout=timeouts.connect_s,
        read_timeout=timeouts.read_s,
        retries={
            "mode": "adaptive" if timeouts.adaptive else "standard",
            "total_max_attempts": timeouts.tries,
        },
        # A tenth of the work of a storm, for what mypy and the contract tests have checked.
        parameter_validation=False,
    )
    return session().create_client(service, region_name=region or None, config=config)


_Request = ParamSpec("_Request")
_Answer = TypeVar("_Answer")
_MEANINGS = {
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
_TROUBLES = {code: kind for kind, codes in _MEANINGS.items() for code in codes.split()}


def call(
    call: Callable[_Request, _Answer], *words: _Request.args, **request: _Request.kwargs
) -> _Answer:
    """Make a call to AWS; raises `ServiceError` where it fails."""
    try:
        return call(*words, **request)
    except (ClientError, BotoCoreError) as error:
        raise service_error(error) from error


def service_error(error: ClientError | BotoCoreError) -> ServiceError:
    """Map any botocore error to `ServiceError`; what is not known is worth another try.

    Codes: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html and
    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
    """
    if not isinstance(error, ClientError):  # no connection, time-out, no credentials
        return ServiceError(ErrorKind.RETRYABLE, type(error).__name__)
    code = str(error.response.get("Error", {}).get("Code", "")) or "no error code"
    # The message of an error may quote what was sent, so only its code is passed on.
    return ServiceError(_TROUBLES.get(code, ErrorKind.RETRYABLE), code)
