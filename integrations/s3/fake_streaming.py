"""Take a body apart that came in signed or unsigned chunks, with a checksum behind it.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html, read 2026-11.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

from integrations.s3.fake_claims import Claim
from integrations.s3.fake_digests import check_checksum
from integrations.s3.fake_signatures import same, signature_of
from integrations.s3.fake_state import User
from integrations.s3.fake_vendor import refuse

UNSIGNED = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
STREAMS = (UNSIGNED, SIGNED, SIGNED_TRAILER)

_HEAD = re.compile(rb"([0-9a-fA-F]{1,8})(?:;chunk-signature=([0-9a-f]{64}))?\r\n")
_EMPTY = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True)
class _Chunk:
    data: bytes
    signature: str


def decode(
    body: bytes, headers: Mapping[str, str], user: User, claim: Claim
) -> tuple[bytes, dict[str, str]]:
    """Return the content and the trailing headers, with every signature and checksum checked.

    Raises:
        S3RefusedError: a chunk is cut, wrongly signed, or the whole does not match its checksum.
    """
    chunks, rest = _split(body)
    content = b"".join(chunk.data for chunk in chunks)
    declared = headers.get("x-amz-decoded-content-length")
    if declared is None:
        refuse("MissingContentLength", "You must provide x-amz-decoded-content-length.")
    if declared != str(len(content)):
        _incomplete()
    trailers = _trailers(rest)
    if claim.payload != UNSIGNED:
        last = _check_chunks(chunks, user, claim)
        if claim.payload == SIGNED_TRAILER:
            _check_trailer_signature(trailers, last, user, claim)
    trailers.pop("x-amz-trailer-signature", None)
    if set(trailers) != _announced(headers):
        refuse("InvalidRequest", "The trailing headers are not those of x-amz-trailer.")
    for name, value in trailers.items():
        check_checksum(name.removeprefix("x-amz-checksum-"), value, content)
    return content, trailers


def _announced(headers: Mapping[str, str]) -> set[str]:
    names = headers.get("x-amz-trailer", "").lower().split(",")
    return {name.strip() for name in names if name.strip()}


def _incomplete() -> NoReturn:
    refuse("IncompleteBody", "The request body terminated unexpectedly")


def _split(body: bytes) -> tuple[list[_Chunk], bytes]:
    chunks, at = [], 0
    while True:
        head = _HEAD.match(body, at)
        if head is None:
            _incomplete()
        size, start = int(head[1], 16), head.end()
        chunk = _Chunk(body[start : start + size], (head[2] or b"").decode())
        chunks.append(chunk)
        if size == 0:
            return chunks, body[start:]
        at = start + size + 2
        if len(chunk.data) != size or body[start + size : at] != b"\r\n":
            _incomplete()


def _trailers(rest: bytes) -> dict[str, str]:
    lines = [line for line in rest.decode("latin-1").replace("\r\n", "\n").split("\n") if line]
    found = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            _incomplete()
        found[name.strip().lower()] = value.strip()
    return found


def _check_chunks(chunks: list[_Chunk], user: User, claim: Claim) -> str:
    """Check the chain of signatures; return its last link."""
    before = claim.signature
    for chunk in chunks:
        hashed = hashlib.sha256(chunk.data).hexdigest()
        head = ("AWS4-HMAC-SHA256-PAYLOAD", claim.timestamp, str(claim.scope))
        expected = signature_of("\n".join((*head, before, _EMPTY, hashed)), user, claim.scope)
        _compare(expected, chunk.signature, user)
        before = expected
    return before


def _check_trailer_signature(
    trailers: Mapping[str, str], before: str, user: User, claim: Claim
) -> None:
    given = trailers.get("x-amz-trailer-signature", "")
    lines = "".join(f"{k}:{v}\n" for k, v in trailers.items() if k != "x-amz-trailer-signature")
    hashed = hashlib.sha256(lines.encode()).hexdigest()
    head = ("AWS4-HMAC-SHA256-TRAILER", claim.timestamp, str(claim.scope))
    _compare(signature_of("\n".join((*head, before, hashed)), user, claim.scope), given, user)


def _compare(expected: str, given: str, user: User) -> None:
    if not same(expected, given):
        refuse(
            "SignatureDoesNotMatch",
            "The chunk signature we calculated does not match the signature you provided.",
            AWSAccessKeyId=user.access_key,
        )
