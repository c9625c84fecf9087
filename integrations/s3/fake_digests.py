"""Check that a body is the one that was sent: lengths, hashes, checksums."""

import base64
import hashlib
import zlib
from collections.abc import Callable, Mapping
from functools import cache

from integrations.s3.fake_vendor import refuse


@cache
def _table(polynomial: int) -> tuple[int, ...]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (polynomial if value & 1 else 0)  # noqa: PLW2901
        table.append(value)
    return tuple(table)


def _crc(polynomial: int, width: int, data: bytes) -> bytes:
    # botocore leaves these two to the CRT, which is not installed everywhere.
    table, mask = _table(polynomial), (1 << width) - 1
    value = mask
    for byte in data:
        value = table[(value ^ byte) & 0xFF] ^ (value >> 8)
    return (value ^ mask).to_bytes(width // 8, "big")


ALGORITHMS: dict[str, Callable[[bytes], bytes]] = {
    "crc32": lambda data: zlib.crc32(data).to_bytes(4, "big"),
    # Castagnoli, and NVM Express; both reflected.
    "crc32c": lambda data: _crc(0x82F63B78, 32, data),
    "crc64nvme": lambda data: _crc(0x9A6C9329AC4BC9B5, 64, data),
    "sha1": lambda data: hashlib.sha1(data, usedforsecurity=False).digest(),
    "sha256": lambda data: hashlib.sha256(data).digest(),
}
"""S3's additional checksums, by the end of their header's name."""

_PREFIX = "x-amz-checksum-"
# Headers that start alike and hold no checksum.
_OTHERS = {"x-amz-checksum-algorithm", "x-amz-checksum-mode", "x-amz-checksum-type"}


def digest(algorithm: str, data: bytes) -> str:
    """Return a checksum as its header holds it."""
    return base64.b64encode(ALGORITHMS[algorithm](data)).decode()


def check_sha256(claimed: str, body: bytes) -> None:
    """Compare ``x-amz-content-sha256`` with the body."""
    computed = hashlib.sha256(body).hexdigest()
    if claimed != computed:
        refuse(
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
            ClientComputedContentSHA256=claimed,
            S3ComputedContentSHA256=computed,
        )


def check_length(headers: Mapping[str, str], body: bytes) -> None:
    """Compare ``Content-Length`` with the body."""
    declared = headers.get("content-length")
    if declared is not None and declared != str(len(body)):
        refuse(
            "IncompleteBody",
            "You did not provide the number of bytes specified by the Content-Length HTTP header",
        )
    known = declared is not None or "x-amz-decoded-content-length" in headers
    if "transfer-encoding" in headers and not known:
        refuse("MissingContentLength", "You must provide the Content-Length HTTP header.")


def check_digests(headers: Mapping[str, str], body: bytes) -> None:
    """Compare ``Content-MD5`` and every ``x-amz-checksum-*`` with the body."""
    if (claimed := headers.get("content-md5")) is not None:
        _check_md5(claimed, body)
    found = [name for name in headers if name.startswith(_PREFIX) and name not in _OTHERS]
    for name in found:
        check_checksum(name.removeprefix(_PREFIX), headers[name], body)
    if headers.get("x-amz-sdk-checksum-algorithm") and not found and "x-amz-trailer" not in headers:
        refuse(
            "InvalidRequest",
            "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or "
            "x-amz-trailer headers were found.",
        )


def _check_md5(claimed: str, body: bytes) -> None:
    if len(_decoded(claimed)) != 16:
        refuse("InvalidDigest", "The Content-MD5 you specified was invalid.")
    if _decoded(claimed) != hashlib.md5(body, usedforsecurity=False).digest():
        refuse("BadDigest", "The Content-MD5 you specified did not match what we received.")


def check_checksum(algorithm: str, claimed: str, body: bytes) -> None:
    """Compare one checksum with the body."""
    if algorithm not in ALGORITHMS:
        refuse("InvalidRequest", f"The algorithm {algorithm!r} is none that S3 knows.")
    computed = ALGORITHMS[algorithm](body)
    if len(_decoded(claimed)) != len(computed):
        refuse("InvalidRequest", f"Value for {_PREFIX}{algorithm} header is invalid.")
    if _decoded(claimed) != computed:
        refuse(
            "BadDigest",
            f"The {algorithm.upper()} you specified did not match the calculated checksum.",
        )


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""
