"""What S3 and R2 refuse whoever asks: unknown parameters, odd conditions, missing digests."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from integrations.core.wire import Request
from integrations.s3.fake_address import Address, Profile
from integrations.s3.fake_state import ACCOUNT
from integrations.s3.fake_vendor import refuse

_SIGNING = "Algorithm Credential Date Expires SignedHeaders Signature Security-Token"
_QUERY = """
AWSAccessKeyId Signature Expires acl attributes cors delete encryption lifecycle location
object-lock policy ownershipControls policyStatus publicAccessBlock tagging versioning
versions uploads uploadId partNumber versionId list-type prefix delimiter marker max-keys
continuation-token start-after encoding-type fetch-owner key-marker version-id-marker
upload-id-marker max-uploads max-parts part-number-marker x-id response-content-type
response-content-disposition response-cache-control response-content-encoding response-
content-language response-expires max-buckets bucket-region
"""
_PARAMETERS = {*_QUERY.split(), *(f"X-Amz-{name}" for name in _SIGNING.split())}
_HEADERS = re.compile(
    r"x-amz-(acl|bucket-object-lock-enabled|checksum-[a-z0-9-]+|content-sha256|copy-source.*|date"
    r"|decoded-content-length|expected-bucket-owner|grant-[a-z-]+|meta-.+|metadata-directive"
    r"|mp-object-size|object-attributes|object-ownership|request-payer|sdk-checksum-algorithm"
    r"|security-token|server-side-encryption.*|source-expected-bucket-owner|storage-class|tagging"
    r"|tagging-directive|te|trailer|user-agent|version-id|website-redirect-location)"
)
# https://developers.cloudflare.com/r2/api/s3/api/, read 2026-11.
_R2_LACKS = """
acl attributes object-lock ownershipControls policy policyStatus publicAccessBlock tagging
versioning versions versionId
"""
_NOT_ON_R2 = frozenset(_R2_LACKS.split())
_HEADERS_NOT_ON_R2 = re.compile(
    r"x-amz-(acl|grant-.*|tagging.*|expected-bucket-owner|source-expected-bucket-owner"
    r"|server-side-encryption(-aws-kms.*|-context)?|website-redirect-location|object-.*"
    r"|bucket-object-lock-enabled|request-payer)$"
)
MAX_METADATA_BYTES = 2048


def check_known(request: Request, address: Address, profile: Profile) -> None:
    """Refuse parameters and headers that this service does not have.

    S3 itself ignores some of them; a fake that did so would hide a typing error.
    """
    for name, _ in address.query:
        if name not in _PARAMETERS:
            refuse("InvalidArgument", f"Unknown query parameter: {name}", ArgumentName=name)
        if profile == "r2" and name in _NOT_ON_R2:
            _not_implemented(f"A query parameter you provided ({name})", Parameter=name)
    for name, value in request.headers.items():
        if not name.startswith("x-amz-"):
            continue
        if profile == "r2" and (
            _HEADERS_NOT_ON_R2.match(name) or (name, value) in _VALUES_NOT_ON_R2
        ):
            _not_implemented(f"Header '{name}' with value '{value}'", Header=name)
        if not _HEADERS.fullmatch(name):
            _not_implemented(f"A header you provided ({name})", Header=name)


_VALUES_NOT_ON_R2 = {
    # Many compatibles refuse boto3's default since 1.36; the preset of R2 turns it off.
    ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
}


def _not_implemented(what: str, **details: str) -> None:
    refuse("NotImplemented", f"{what} implies functionality that is not implemented.", **details)


def check_form_allowed(profile: Profile) -> None:
    """Refuse browser forms where the service has none."""
    if profile == "r2":
        refuse("NotImplemented", "PostObject is not implemented.")


def check_metadata(request: Request) -> None:
    """Refuse user metadata beyond 2 KB."""
    prefix = "x-amz-meta-"
    mine = {n.removeprefix(prefix): v for n, v in request.headers.items() if n.startswith(prefix)}
    size = sum(len(name) + len(value.encode()) for name, value in mine.items())
    if size > MAX_METADATA_BYTES:
        refuse(
            "MetadataTooLarge",
            "Your metadata headers exceed the maximum allowed metadata size",
            Size=str(size),
            MaxSizeAllowed=str(MAX_METADATA_BYTES),
        )


def check_owner(request: Request) -> None:
    """Compare ``x-amz-expected-bucket-owner`` with the bucket's account."""
    if request.headers.get("x-amz-expected-bucket-owner", ACCOUNT) != ACCOUNT:
        refuse("AccessDenied", "Access Denied")


def check_conditions(request: Request, address: Address, found: Any) -> None:
    """Apply ``If-None-Match`` and ``If-Match`` to a write."""
    completes = request.method == "POST" and address.parameter("uploadId") is not None
    plain = request.method == "PUT" and address.parameter("partNumber") is None
    if not address.key or not (completes or plain):
        return
    absent, same = request.headers.get("if-none-match"), request.headers.get("if-match")
    if absent is not None and absent != "*":
        _not_implemented("A header you provided", Header="If-None-Match")
    if absent == "*" and found is not None:
        _failed("If-None-Match")
    if same is not None and found is None:
        refuse("NoSuchKey", "The specified key does not exist.", Key=address.key)
    if same is not None and same.strip('"') != found.etag.strip('"'):
        _failed("If-Match")


def _failed(condition: str) -> None:
    refuse(
        "PreconditionFailed",
        "At least one of the pre-conditions you specified did not hold",
        Condition=condition,
    )


_SPAN = re.compile(r"bytes=([0-9]+)-([0-9]+)")


def check_copy_source(request: Request, source: Any, max_bytes: int) -> None:
    """Apply the conditions that a copy makes of its source, and the limit of its size."""
    if source is None:
        return
    _check_copy_size(request.headers.get("x-amz-copy-source-range"), source.size, max_bytes)
    headers, prefix = request.headers, "x-amz-copy-source-if-"
    tag = source.etag.strip('"')
    if (wanted := headers.get(f"{prefix}match")) is not None and wanted.strip('"') != tag:
        _failed("x-amz-copy-source-If-Match")
    if (other := headers.get(f"{prefix}none-match")) is not None and other.strip('"') == tag:
        _failed("x-amz-copy-source-If-None-Match")
    changed = source.last_modified.replace(tzinfo=UTC, microsecond=0)
    if (since := _moment(headers.get(f"{prefix}modified-since"))) and changed <= since:
        _failed("x-amz-copy-source-If-Modified-Since")
    if (until := _moment(headers.get(f"{prefix}unmodified-since"))) and changed > until:
        _failed("x-amz-copy-source-If-Unmodified-Since")


def _check_copy_size(span: str | None, size: int, max_bytes: int) -> None:
    found = _SPAN.fullmatch(span) if span is not None else None
    if span is not None and found is None:
        refuse("InvalidArgument", "The x-amz-copy-source-range value must be of the form bytes=0-9")
    first, last = (int(found[1]), int(found[2])) if found else (0, size - 1)
    if found and not first <= last < size:
        refuse("InvalidArgument", f"Range specified is not valid for source object of size: {size}")
    if last - first + 1 > max_bytes:
        refuse(
            "InvalidRequest",
            "The specified copy source is larger than the maximum allowable size for a copy "
            f"source: {max_bytes}",
        )


def _moment(text: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(text) if text else None
    except ValueError:
        refuse("InvalidArgument", "A date in a header is none.")
    return found if found is None or found.tzinfo else found.replace(tzinfo=UTC)


def check_batch_delete(request: Request, address: Address) -> None:
    """Refuse a batch delete that carries no digest of its list."""
    if request.method != "POST" or address.parameter("delete") is None:
        return
    names = request.headers
    if "content-md5" not in names and not any(n.startswith("x-amz-checksum-") for n in names):
        refuse("InvalidRequest", "Missing required header for this request: Content-MD5")
