"""Checksums as S3 writes them, and the arithmetic that joins those of parts."""

import base64
import hashlib
import struct
import zlib
from functools import lru_cache

_POLYNOMIAL = 0xEDB88320


def crc32(content: bytes) -> int:
    """Return the CRC32 of some bytes."""
    return zlib.crc32(content)


def encoded(crc: int) -> str:
    """Return a CRC32 as its header has it: four bytes, base64."""
    return base64.b64encode(struct.pack(">I", crc)).decode()


def decoded(value: str) -> int:
    """Return the CRC32 that a header holds; 0 for an empty one."""
    return int.from_bytes(base64.b64decode(value), "big")


def content_md5(content: bytes) -> str:
    """Return the value of ``Content-MD5``, which compatibles check where they know no CRC32."""
    return base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()


def joined_crc32(first: int, second: int, second_size: int) -> int:
    """Return the CRC32 of two pieces from theirs, without reading a byte again.

    The method of zlib's ``crc32_combine``: append ``second_size`` zeros to the first
    (https://github.com/madler/zlib/blob/v1.3.1/crc32.c).
    """
    return _times(_appending(second_size), first) ^ second if first else second


# Parts are alike, so the work is done once for each size.
@lru_cache(maxsize=64)
def _appending(size: int) -> tuple[int, ...]:
    """Return the operator "append ``size`` zero bytes", by squaring "append one zero bit"."""
    operator = (_POLYNOMIAL, *(1 << bit for bit in range(31)))
    total = tuple(1 << bit for bit in range(32))
    bits = size * 8
    while bits:
        if bits & 1:
            total = tuple(_times(operator, row) for row in total)
        operator = tuple(_times(operator, row) for row in operator)
        bits >>= 1
    return total


def _times(matrix: tuple[int, ...], vector: int) -> int:
    total = 0
    for row in matrix:
        if not vector:
            break
        if vector & 1:
            total ^= row
        vector >>= 1
    return total


def multipart_etag(etags: list[str]) -> str:
    """Return the ETag that S3 gives to parts with these ETags; empty where they are no MD5."""
    try:
        digests = b"".join(bytes.fromhex(etag) for etag in etags)
    except ValueError:
        return ""
    whole = hashlib.md5(digests, usedforsecurity=False).hexdigest()
    return f"{whole}-{len(etags)}"
