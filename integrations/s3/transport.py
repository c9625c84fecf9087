"""What S3's and boto3's failures mean: errors by meaning."""

from typing import Any

from boto3.exceptions import Boto3Error
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    FlexibleChecksumError,
    HTTPClientError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
)

from integrations.core.clock import Clock
from integrations.core.errors import (
    AuthenticationError,
    ConflictError,
    InvalidRequestError,
    NetworkError,
    NotFoundError,
    ProviderError,
    RateLimitedError,
    UnavailableError,
)
from integrations.core.registry import ErrorRow
from integrations.core.retry import parse_retry_after
from integrations.s3.pacing import NOT_SENT
from integrations.s3.wiring import TruncatedReplyError


class IntegrityError(UnavailableError):
    """What arrived is not what was sent: a checksum or a size differs."""


# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html, read 2026-11. A HEAD has no
# body, so boto3 gives the status as the code.
ERRORS = (
    ErrorRow(
        "400",
        InvalidRequestError,
        "A header, a name or the body is refused; ACLs on a bucket without ACLs, too.",
        "never",
        "Read the message and the code: they name what is refused.",
    ),
    ErrorRow(
        "400 BadDigest",
        IntegrityError,
        "What arrived is not what was sent: the checksum differs.",
        "never; nothing was stored",
        "Send it again; if it repeats, something on the way changes bodies.",
    ),
    ErrorRow(
        "401, 403",
        AuthenticationError,
        "The key, the signature or the right is missing. Without s3:ListBucket, a missing key "
        "is answered like this as well.",
        "never",
        "Check the keys, the machine's clock, and that the policy allows this action.",
    ),
    ErrorRow(
        "404",
        NotFoundError,
        "No such key, bucket or upload.",
        "never",
        "Compare the key and the bucket; keys are case-sensitive.",
    ),
    ErrorRow(
        "409, 412",
        ConflictError,
        "It exists already, changed meanwhile, or somebody else is writing it.",
        "never",
        "Read the object as it is now, then decide.",
    ),
    ErrorRow(
        "416, other 3xx and 4xx",
        InvalidRequestError,
        "The range lies outside of the object, the bucket is in another region, or the method "
        "is not allowed.",
        "never",
        "Check the range, AWS_DEFAULT_REGION and AWS_ENDPOINT_URL_S3.",
    ),
    ErrorRow(
        "429, 503 SlowDown",
        RateLimitedError,
        "Too many requests on one prefix.",
        "always",
        "Use fewer workers, or spread keys over prefixes.",
    ),
    ErrorRow(
        "5xx",
        UnavailableError,
        "S3 failed, or a reply could not be read.",
        "always, but for conditional writes and new multipart uploads",
        "Try again later.",
    ),
    ErrorRow(
        "no reply",
        NetworkError,
        "No connection, no reply in time, or the connection was dropped.",
        "always, but for conditional writes and new multipart uploads after a lost reply",
        "Check the network and AWS_ENDPOINT_URL_S3, then try again.",
    ),
    ErrorRow(
        "no credentials",
        AuthenticationError,
        "boto3 found no key, role, profile or SSO session, or only half a key.",
        "never",
        "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the machine a role.",
    ),
)
_ROWS = {row.status: row for row in ERRORS}
_BY_STATUS = {
    400: "400",
    401: "401, 403",
    403: "401, 403",
    404: "404",
    409: "409, 412",
    412: "409, 412",
    429: "429, 503 SlowDown",
}
_BY_CODE = {
    "BadDigest": "400 BadDigest",
    "XAmzContentSHA256Mismatch": "400 BadDigest",
    "XAmzContentChecksumMismatch": "400 BadDigest",
    "InvalidDigest": "400",
    "ExpiredToken": "401, 403",
    "InvalidToken": "401, 403",
    "SlowDown": "429, 503 SlowDown",
    "TooManyRequests": "429, 503 SlowDown",
    "RequestLimitExceeded": "429, 503 SlowDown",
}


LOOK = "Look whether it did before you repeat it."
"""What to do after a change whose end is not known; of a conditional write a repeat is refused."""


def translated(error: Exception, *, change: bool, clock: Clock) -> ProviderError:
    """Return the error of the package that means what boto3's ``error`` means."""
    inner = error.__cause__ or error.__context__
    if isinstance(error, Boto3Error) and isinstance(inner, (ClientError, BotoCoreError)):
        # boto3's transfer manager wraps what went wrong, as S3UploadFailedError does.
        return translated(inner, change=change, clock=clock)
    if isinstance(error, ClientError):
        return _answered(error, change=change, clock=clock)
    return _unanswered(error, change=change)


def _answered(error: ClientError, *, change: bool, clock: Clock) -> ProviderError:
    told: dict[str, Any] = dict(error.response.get("Error", {}))
    about: dict[str, Any] = dict(error.response.get("ResponseMetadata", {}))
    status = int(about.get("HTTPStatusCode") or 0)
    code = str(told.get("Code") or status)
    row = _row(status, code)
    unknown = change and row.status == "5xx"
    return row.error(
        _sentence(told, code, status),
        provider="s3",
        status=status or None,
        code=code,
        request_id=about.get("RequestId"),
        argument=told.get("ArgumentName") or told.get("Condition"),
        retry_after=parse_retry_after(
            about.get("HTTPHeaders", {}).get("retry-after"), clock.time()
        ),
        outcome_unknown=unknown,
        hint=LOOK if unknown else row.hint,
    )


def _row(status: int, code: str) -> ErrorRow:
    known = _BY_CODE.get(code) or _BY_STATUS.get(status)
    if known:
        return _ROWS[known]
    # A multipart completion may answer 200 with an error inside.
    if status >= 500 or status < 300:
        return _ROWS["5xx"]
    return _ROWS["416, other 3xx and 4xx"]


def _sentence(told: dict[str, Any], code: str, status: int) -> str:
    message = str(told.get("Message") or "").strip() or "no message"
    details = [f"{name} {told[name]!r}" for name in ("ArgumentName", "Condition") if told.get(name)]
    end = f" ({', '.join(details)})" if details else ""
    return message + end if code == str(status) else f"{code}: {message}{end}"


def _unanswered(error: Exception, *, change: bool) -> ProviderError:
    if isinstance(error, ParamValidationError):
        text = f"boto3 refuses an argument: {str(error).splitlines()[-1]}. Nothing was sent."
        return InvalidRequestError(text, provider="s3", hint="Correct the argument.")
    kind: type[ProviderError] = UnavailableError
    row, unknown = _ROWS["5xx"], change
    if isinstance(error, (NoCredentialsError, PartialCredentialsError)):
        kind, row, unknown = AuthenticationError, _ROWS["no credentials"], False
    elif isinstance(error, FlexibleChecksumError):
        kind = IntegrityError
    elif isinstance(error, NOT_SENT):
        kind, row, unknown = NetworkError, _ROWS["no reply"], False
    elif isinstance(error, HTTPClientError) and not isinstance(error, TruncatedReplyError):
        kind, row = NetworkError, _ROWS["no reply"]
    said = f"{_WORDS.get(kind, 'boto3 failed')} ({type(error).__name__})"
    return kind(said, provider="s3", outcome_unknown=unknown, hint=LOOK if unknown else row.hint)


_WORDS: dict[type[ProviderError], str] = {
    AuthenticationError: "there are no usable credentials",
    IntegrityError: "what arrived does not match its checksum",
    NetworkError: "no reply",
    UnavailableError: "the reply could not be read",
}
