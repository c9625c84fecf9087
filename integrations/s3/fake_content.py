"""Take a request's content out of its wrapping for moto, and give moto's answer the looks of S3."""

import re
from dataclasses import replace
from email.utils import formatdate

from integrations.core.wire import Request, Response
from integrations.s3.fake_claims import UNSIGNED_PAYLOAD, Claim
from integrations.s3.fake_digests import check_digests, check_length, check_sha256
from integrations.s3.fake_state import User
from integrations.s3.fake_streaming import STREAMS, decode

_RANDOM_ID = re.compile(rb"<(RequestId|HostId)>[^<]*</\1>")
# moto sends these, S3 does not.
_NOT_S3 = ("x-amzn-requestid", "x-amz-sdk-checksum-algorithm")


def with_content(request: Request, signed: tuple[User, Claim] | None, *, is_part: bool) -> Request:
    """Return the request with its plain body, once every digest of it has been checked.

    The checksum of a completion is not that of its own body, but of the whole object.
    """
    check_length(request.headers, request.body)
    headers, body = dict(request.headers), request.body
    payload = signed[1].payload if signed else UNSIGNED_PAYLOAD
    if signed and payload in STREAMS:
        body, trailers = decode(body, headers, *signed)
        headers |= trailers
    elif payload != UNSIGNED_PAYLOAD:
        check_sha256(payload, body)
    if is_part:
        check_digests(headers, body)
    return replace(request, headers=_for_moto(headers, body), body=body)


_STREAM_HEADERS = ("x-amz-content-sha256", "x-amz-trailer", "x-amz-decoded-content-length")


def _for_moto(headers: dict[str, str], body: bytes) -> dict[str, str]:
    kept = {name: value for name, value in headers.items() if name not in _STREAM_HEADERS}
    codings = [each.strip() for each in kept.pop("content-encoding", "").split(",")]
    if plain := ",".join(each for each in codings if each and each != "aws-chunked"):
        kept["content-encoding"] = plain
    for name in headers:
        ending = name.removeprefix("x-amz-checksum-")
        if ending != name and ending not in ("algorithm", "mode", "type"):
            # moto looks for a checksum only where its algorithm is named.
            kept["x-amz-sdk-checksum-algorithm"] = ending.upper()
    return {**kept, "content-length": str(len(body))}


def as_s3(request: Request, response: Response, now: float) -> Response:
    """Return moto's answer with the headers of S3, and without moto's own."""
    kept = {name: value for name, value in response.headers.items() if name not in _NOT_S3}
    headers = {**kept, "server": "AmazonS3", "date": formatdate(now, usegmt=True)}
    if request.method == "HEAD":
        return Response(response.status, headers, b"")
    body = response.body
    if response.status >= 300:
        body = _RANDOM_ID.sub(b"", body)
    headers["content-length"] = str(len(body))
    return Response(response.status, headers, body)
