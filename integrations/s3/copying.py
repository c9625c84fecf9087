"""Copies inside S3 of objects that are too large for one request, with all that goes with them."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from integrations.s3.arguments import MAX_PARTS
from integrations.s3.calls import Answer, Calls
from integrations.s3.models import StoredObject
from integrations.s3.multipart import Multipart, Part, Target

MAX_COPY_BYTES = 5 * 1024**3
"""What CopyObject takes at most.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
"""
COPY_PART_BYTES = 256 * 1024**2
"""The size of a part; none of its bytes travels through here."""
_KEPT = ("ContentType", "Metadata", "CacheControl", "ContentDisposition", "ContentEncoding")
_KEPT_TOO = ("ContentLanguage", "Expires", "WebsiteRedirectLocation")


def too_large(source: Answer) -> bool:
    """Tell whether one request can copy an object, from its HEAD."""
    return bool(source.get("ContentLength", 0) > MAX_COPY_BYTES)


def copy_in_parts(
    calls: Calls, place: Mapping[str, str], source: Answer, key: str, *, create_only: bool
) -> StoredObject:
    """Copy an object of any size, as CopyObject would: with its type, metadata and tags.

    Args:
        calls: for the bucket that is copied to.
        place: ``Bucket`` and ``Key`` of the source.
        source: its HEAD. A newer version is refused, instead of being mixed in.
        key: the key of the copy.
        create_only: refuse to replace an object.

    Raises:
        ConflictError: the source changed meanwhile, or ``create_only`` and there is an object.
    """
    size = source["ContentLength"]
    # A checksum of the whole is handed on: S3 compares it with what it has put together.
    crc = source.get("ChecksumCRC32", "") if source.get("ChecksumType") == "FULL_OBJECT" else ""
    target = Target(key, _headers(calls, place, source), create_only=create_only, crc32=crc)

    def send(upload_id: str, number: int, piece: range) -> Part:
        answer = calls.change(
            "upload_part_copy",
            Key=key,
            UploadId=upload_id,
            PartNumber=number,
            CopySource=dict(place),
            CopySourceRange=f"bytes={piece.start}-{piece.stop - 1}",
            CopySourceIfMatch=source["ETag"],
        )
        made = answer["CopyPartResult"]
        return Part(number, len(piece), made["ETag"], made.get("ChecksumCRC32", "") if crc else "")

    step = max(COPY_PART_BYTES, -(-size // MAX_PARTS))
    pieces = (range(start, min(start + step, size)) for start in range(0, size, step))
    return Multipart(calls, target, send, checksums=bool(crc)).run(pieces)


def _headers(calls: Calls, place: Mapping[str, str], source: Answer) -> dict[str, Any]:
    headers = {name: source[name] for name in (*_KEPT, *_KEPT_TOO) if source.get(name)}
    if calls.settings.preset.tags:
        tags = calls.read("get_object_tagging", **place)["TagSet"]
        if tags:
            headers["Tagging"] = urlencode({each["Key"]: each["Value"] for each in tags})
    return headers
