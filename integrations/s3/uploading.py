"""How bytes get into S3: in one request, or in parts of which nothing stays behind on failure."""

import threading
from collections.abc import Callable, Iterator

from integrations.s3 import digests
from integrations.s3.arguments import MAX_PARTS
from integrations.s3.calls import Calls
from integrations.s3.models import StoredObject
from integrations.s3.multipart import Multipart, Part, Target, stored
from integrations.s3.sources import PART_BYTES, Source

Progress = Callable[[int], object]
"""Called with the number of bytes that have arrived since the last call, from several threads."""


def upload(
    calls: Calls, source: Source, target: Target, progress: Progress | None = None
) -> StoredObject:
    """Store a source: in one request when it fits into one part, otherwise in parts.

    Raises:
        SourceChangedError: it changed while it was read; nothing is stored.
        ConflictError: ``create_only``, and there is an object.
    """
    part_bytes = _part_bytes(source.size)
    pieces = source.pieces(part_bytes)
    first = next(pieces)
    second = next(pieces, None)
    if second is None:
        return put(calls, first, target, progress)
    send = _Sender(calls, target, progress)
    return Multipart(calls, target, send, checksums=calls.settings.preset.checksums).run(
        _chained(first, second, pieces)
    )


def put(
    calls: Calls, content: bytes, target: Target, progress: Progress | None = None
) -> StoredObject:
    """Store bytes in one request."""
    sent = _digest(calls, content)
    answer = calls.change(
        "put_object", Key=target.key, Body=content, **target.headers, **target.condition, **sent
    )
    if progress:
        progress(len(content))
    return stored(calls, target, len(content), answer, sent.get("ChecksumCRC32", ""))


def _part_bytes(size: int | None) -> int:
    """Return a size of parts of which ten thousand are enough."""
    # Without a known size, parts of 64 MB reach 640 GB.
    if size is None:
        return 8 * PART_BYTES
    return max(PART_BYTES, -(-size // MAX_PARTS))


def _chained(first: bytes, second: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield second
    yield from rest


def _digest(calls: Calls, content: bytes) -> dict[str, str]:
    """Return the checksum that the service verifies before it stores anything."""
    if calls.settings.preset.checksums:
        # Given here, it is a header; left to boto3, it would be a trailer in a chunked body.
        return {"ChecksumCRC32": digests.encoded(digests.crc32(content))}
    return {"ContentMD5": digests.content_md5(content)}


class _Sender:
    """Sends one part of an upload."""

    def __init__(self, calls: Calls, target: Target, progress: Progress | None) -> None:
        self._calls = calls
        self._target = target
        self._progress = progress
        self._lock = threading.Lock()

    def __call__(self, upload_id: str, number: int, piece: bytes) -> Part:
        sent = _digest(self._calls, piece)
        answer = self._calls.change(
            "upload_part",
            Key=self._target.key,
            UploadId=upload_id,
            PartNumber=number,
            Body=piece,
            **sent,
        )
        if self._progress:
            with self._lock:
                self._progress(len(piece))
        return Part(number, len(piece), answer["ETag"], sent.get("ChecksumCRC32", ""))
