"""Read what a request says of its signature, in its header or in its query.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html and
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html, read 2026-11.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from integrations.core.wire import Request
from integrations.s3.fake_address import Address
from integrations.s3.fake_vendor import refuse

MAX_EXPIRES_S = 7 * 24 * 3600
ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"

_HEADER = re.compile(
    r"^AWS4-HMAC-SHA256\s+Credential=(?P<credential>[^,\s]+)\s*,\s*"
    r"SignedHeaders=(?P<signed>[^,\s]+)\s*,\s*Signature=(?P<signature>[0-9a-f]{64})$"
)


@dataclass(frozen=True)
class Scope:
    """The credential scope of a signature."""

    access_key: str
    date: str
    region: str
    service: str

    def __str__(self) -> str:
        """Write what stands between the time and the hash in a string to sign."""
        return f"{self.date}/{self.region}/{self.service}/aws4_request"


@dataclass(frozen=True)
class Claim:
    """What a request says about its signature.

    Attributes:
        scope: whose key it is, of which day, for which region.
        timestamp: ``YYYYMMDDTHHMMSSZ``.
        signed: the names of the headers that are signed, in lower case.
        signature: 64 hexadecimal digits.
        payload: the payload's hash, or one of the words that stand for it.
        presigned: the signature is in the query.
    """

    scope: Scope
    timestamp: str
    signed: tuple[str, ...]
    signature: str
    payload: str
    presigned: bool


def read_claim(request: Request, address: Address) -> Claim | None:
    """Read the signature of a header or of a query; None when there is none.

    Raises:
        S3RefusedError: it is malformed, of an old version, or given twice.
    """
    header = request.headers.get("authorization")
    names = {name for name, _ in address.query}
    in_query = bool(names & {"X-Amz-Algorithm", "X-Amz-Signature", "Signature"})
    if header is not None and in_query:
        refuse(
            "InvalidArgument",
            "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature "
            "query string parameter or the Authorization header should be specified",
            ArgumentName="Authorization",
        )
    if "Signature" in names or "AWSAccessKeyId" in names or (header or "").startswith("AWS "):
        refuse_old_signature()
    if header is not None:
        return _header_claim(request, header)
    return _query_claim(address) if in_query else None


def refuse_old_signature() -> None:
    """Refuse signature version 2."""
    refuse(
        "InvalidRequest",
        "The authorization mechanism you have provided is not supported. "
        "Please use AWS4-HMAC-SHA256.",
    )


def _header_claim(request: Request, header: str) -> Claim:
    found = _HEADER.match(header)
    if not header.startswith(ALGORITHM):
        refuse("InvalidArgument", "Unsupported Authorization Type", ArgumentName="Authorization")
    if found is None:
        refuse("AuthorizationHeaderMalformed", "The authorization header is malformed.")
    payload = request.headers.get("x-amz-content-sha256")
    if payload is None:
        refuse("InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
    timestamp = request.headers.get("x-amz-date", "")
    if not _is_timestamp(timestamp):
        refuse("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header")
    malformed = "AuthorizationHeaderMalformed"
    scope = read_scope(found["credential"], lambda text: refuse(malformed, text))
    signed = tuple(found["signed"].split(";"))
    return Claim(scope, timestamp, signed, found["signature"], payload, presigned=False)


_NEEDED = ("Credential", "Date", "Expires", "SignedHeaders", "Signature")


def _query_claim(address: Address) -> Claim:
    def bad(text: str) -> None:
        refuse("AuthorizationQueryParametersError", text)

    values = {name: address.parameter(f"X-Amz-{name}") or "" for name in _NEEDED}
    names = [name for name, _ in address.query if name.startswith("X-Amz-")]
    if not all(values.values()) or len(set(names)) != len(names):
        bad(
            "Query-string authentication version 4 requires the X-Amz-Algorithm, "
            "X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and "
            "X-Amz-Expires parameters."
        )
    if address.parameter("X-Amz-Algorithm") != ALGORITHM:
        bad('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"')
    if not _is_timestamp(values["Date"]):
        bad("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
    _check_expires(values["Expires"], bad)
    scope = read_scope(values["Credential"], bad)
    signed = tuple(values["SignedHeaders"].split(";"))
    return Claim(
        scope, values["Date"], signed, values["Signature"], UNSIGNED_PAYLOAD, presigned=True
    )


def _check_expires(text: str, bad: Callable[[str], object]) -> None:
    if not re.fullmatch(r"-?[0-9]{1,12}", text):
        bad("X-Amz-Expires should be a number")
    if int(text) < 0:
        bad("X-Amz-Expires must be non-negative")
    if int(text) > MAX_EXPIRES_S:
        bad(f"X-Amz-Expires must be less than a week (in seconds) that is {MAX_EXPIRES_S}")


def read_scope(credential: str, bad: Callable[[str], object]) -> Scope:
    """Read ``key/date/region/s3/aws4_request``; tell ``bad`` what is wrong with it."""
    parts = credential.rsplit("/", 4)
    if len(parts) != 5 or parts[4] != "aws4_request" or not re.fullmatch("[0-9]{8}", parts[1]):
        bad(
            "Error parsing the credential; it should be "
            '"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'
        )
    if parts[3] != "s3":
        bad(f'Error parsing the credential; incorrect service "{parts[3]}". Expecting "s3".')
    return Scope(*parts[:4])


def _is_timestamp(text: str) -> bool:
    return unix_time(text) is not None


def unix_time(timestamp: str) -> float | None:
    """Read ``YYYYMMDDTHHMMSSZ``; None when it is nothing of the kind."""
    if not re.fullmatch(r"[0-9]{8}T[0-9]{6}Z", timestamp, re.ASCII):
        return None
    try:
        return datetime.strptime(timestamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None
