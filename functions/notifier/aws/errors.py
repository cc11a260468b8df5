"""What an AWS error means: the one place that looks at error codes."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from notifier.core.trouble import ServiceError, Trouble

_Request = ParamSpec("_Request")
_Answer = TypeVar("_Answer")
_MEANINGS = {
    Trouble.DENIED: (
        "AccessDenied AccessDeniedException AuthorizationError AuthorizationErrorException "
        "KMSAccessDenied KMSAccessDeniedException KMSOptInRequired OptInRequired "
        "ExpiredToken ExpiredTokenException InvalidClientTokenId InvalidSecurity "
        "InvalidSignatureException SignatureDoesNotMatch UnrecognizedClientException"
    ),
    Trouble.GONE: (
        "NotFound NotFoundException ResourceNotFoundException KMSDisabled KMSDisabledException "
        "KMSInvalidState KMSInvalidStateException KMSNotFound KMSNotFoundException "
        "AWS.SimpleQueueService.NonExistentQueue QueueDoesNotExist"
    ),
    Trouble.REJECTED: (
        "ClientException "  # of AWS Batch: there is no such queue or job
        "InvalidOperationException InvalidParameter InvalidParameterException "
        "InvalidParameterValue ParameterValueInvalid ValidationError ValidationException"
    ),
}
_TROUBLES = {code: trouble for trouble, codes in _MEANINGS.items() for code in codes.split()}


def asked(
    call: Callable[_Request, _Answer], *words: _Request.args, **request: _Request.kwargs
) -> _Answer:
    """Make a call to AWS; raises `ServiceError` where it fails."""
    try:
        return call(*words, **request)
    except (ClientError, BotoCoreError) as error:
        raise understood(error) from error


def understood(error: ClientError | BotoCoreError) -> ServiceError:
    """Map any botocore error to `ServiceError`; what is not known is worth another try.

    Codes: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html and
    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
    """
    if not isinstance(error, ClientError):  # no connection, time-out, no credentials
        return ServiceError(Trouble.RETRYABLE, type(error).__name__)
    code = str(error.response.get("Error", {}).get("Code", "")) or "no error code"
    # The message of an error may quote what was sent, so only its code is passed on.
    return ServiceError(_TROUBLES.get(code, Trouble.RETRYABLE), code)
