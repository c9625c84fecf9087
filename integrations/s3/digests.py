"""Checksums as S3 writes them, and the arithmetic that joins those of parts."""

import base64
import hashlib
import struct
import zlib

_POLYNOMIAL = 0xEDB88320


def crc32(content: bytes) -> int:
    """Return the CRC32 of some bytes."""
    return zlib.crc32(content)


def encoded(crc: int) -> str:
    """Return a CRC32 as its header has it: four bytes, base64."""
    return base64.b64encode(struct.pack(">I", crc)).decode()


def content_md5(content: bytes) -> str:
    """Return the value of ``Content-MD5``, which compatibles check where they know no CRC32."""
    return base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()


def joined_crc32(first: int, second: int, second_size: int) -> int:
    """Return the CRC32 of two pieces from theirs, without reading a byte again.

    The method of zlib's ``crc32_combine``: append ``second_size`` zeros to the first by squaring
    the operator "append one zero bit" (https://github.com/madler/zlib/blob/v1.3.1/crc32.c).
    """
    operator = [_POLYNOMIAL, *(1 << bit for bit in range(31))]
    bits = second_size * 8
    while bits:
        if bits & 1:
            first = _times(operator, first)
        operator = [_times(operator, row) for row in operator]
        bits >>= 1
    return first ^ second


def _times(matrix: list[int], vector: int) -> int:
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
