"""How bytes get into S3: in one request, or in parts of which nothing stays behind on failure."""

import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

from integrations.core.errors import NetworkError, NotFoundError, ProviderError, UnavailableError
from integrations.core.log import get_logger, log_event
from integrations.s3 import digests
from integrations.s3.arguments import MAX_PARTS
from integrations.s3.calls import Answer, Calls
from integrations.s3.models import StoredObject
from integrations.s3.sources import PART_BYTES, Source

Progress = Callable[[int], object]
"""Called with the number of bytes that have arrived since the last call, from several threads."""

WORKERS = 10
"""Parts that travel at a time."""


@dataclass(frozen=True)
class Target:
    """Where to, and with which headers.

    Attributes:
        key: the key.
        headers: boto3's parameters for ``put_object`` and ``create_multipart_upload``.
        create_only: refuse to replace an object.
    """

    key: str
    headers: dict[str, Any]
    create_only: bool = False

    @property
    def condition(self) -> dict[str, str]:
        """The parameter that refuses a replacement."""
        return {"IfNoneMatch": "*"} if self.create_only else {}


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
    return _Multipart(calls, target, progress).run(_chained(first, second, pieces))


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
    return _stored(calls, target, len(content), answer, sent.get("ChecksumCRC32", ""))


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


def _stored(
    calls: Calls, target: Target, size: int, answer: Answer, crc: str, parts: int = 1
) -> StoredObject:
    return StoredObject(
        key=target.key,
        size=size,
        content_type=target.headers.get("ContentType", ""),
        etag=str(answer.get("ETag", "")).strip('"'),
        crc32=crc,
        version_id=version_of(answer),
        parts=parts,
        stored=not calls.dry,
        raw=answer,
    )


def version_of(answer: Answer) -> str | None:
    """Return the version's id; None in a bucket that keeps no versions."""
    version = answer.get("VersionId")
    return None if version in (None, "null") else str(version)


@dataclass(frozen=True)
class _Part:
    number: int
    size: int
    crc: int
    etag: str

    def named(self, *, checksums: bool) -> dict[str, Any]:
        crc = {"ChecksumCRC32": digests.encoded(self.crc)} if checksums else {}
        return {"PartNumber": self.number, "ETag": f'"{self.etag}"', **crc}


class _Multipart:
    """One multipart upload, which is completed or aborted before ``run`` returns."""

    def __init__(self, calls: Calls, target: Target, progress: Progress | None) -> None:
        self._calls = calls
        self._target = target
        self._progress = progress
        self._checksums = calls.settings.preset.checksums
        self._lock = threading.Lock()
        self._id = ""

    def run(self, pieces: Iterator[bytes]) -> StoredObject:
        # FULL_OBJECT: one checksum over everything, which a later download can be compared with.
        kind = {"ChecksumAlgorithm": "CRC32", "ChecksumType": "FULL_OBJECT"}
        extra = kind if self._checksums else {}
        target = self._target
        begun = self._calls.change(
            "create_multipart_upload", Key=target.key, **target.headers, **extra
        )
        if self._calls.dry:
            return _stored(self._calls, target, sum(map(len, pieces)), {}, "")
        self._id = begun["UploadId"]
        try:
            return self._complete(self._send(pieces))
        except BaseException as error:
            self._abort(error)
            raise

    def _send(self, pieces: Iterator[bytes]) -> list[_Part]:
        done: list[Future[_Part]] = []
        running: set[Future[_Part]] = set()
        pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="s3-part")
        try:
            for number, piece in enumerate(pieces, start=1):
                # No more pieces in memory than workers, and one that is being read.
                if len(running) >= WORKERS:
                    ended, running = wait(running, return_when=FIRST_COMPLETED)
                    for each in ended:
                        each.result()
                future = pool.submit(self._send_part, number, piece)
                running.add(future)
                done.append(future)
            return [each.result() for each in done]
        finally:
            # A part that arrives after the abort would stay behind.
            pool.shutdown(wait=True, cancel_futures=True)

    def _send_part(self, number: int, piece: bytes) -> _Part:
        sent = _digest(self._calls, piece)
        crc = digests.decoded(sent.get("ChecksumCRC32", ""))
        answer = self._calls.change(
            "upload_part",
            Key=self._target.key,
            UploadId=self._id,
            PartNumber=number,
            Body=piece,
            **sent,
        )
        if self._progress:
            with self._lock:
                self._progress(len(piece))
        return _Part(number, len(piece), crc, str(answer["ETag"]).strip('"'))

    def _complete(self, parts: list[_Part]) -> StoredObject:
        size, crc = _whole(parts)
        whole: dict[str, Any] = {"MpuObjectSize": size} if self._checksums else {}
        if self._checksums:
            whole |= {"ChecksumType": "FULL_OBJECT", "ChecksumCRC32": digests.encoded(crc)}
        named = [part.named(checksums=self._checksums) for part in parts]
        target = self._target
        try:
            answer = self._calls.change(
                "complete_multipart_upload",
                Key=target.key,
                UploadId=self._id,
                MultipartUpload={"Parts": named},
                **target.condition,
                **whole,
            )
        except (NotFoundError, NetworkError, UnavailableError) as error:
            answer = self._completed_before(parts, size, error)
        said = digests.encoded(crc) if self._checksums else ""
        return _stored(self._calls, target, size, answer, said, len(parts))

    def _completed_before(self, parts: list[_Part], size: int, error: ProviderError) -> Answer:
        """Return what is stored, if it is ours: the first reply may have been lost."""
        expected = digests.multipart_etag([part.etag for part in parts])
        try:
            found = self._calls.read("head_object", Key=self._target.key)
        except ProviderError:
            raise error from error.__cause__
        if not expected or (found.get("ETag"), found.get("ContentLength")) != (
            f'"{expected}"',
            size,
        ):
            raise error from error.__cause__
        return found

    def _abort(self, error: BaseException) -> None:
        try:
            self._calls.change("abort_multipart_upload", Key=self._target.key, UploadId=self._id)
        except NotFoundError:
            return
        except ProviderError as failed:
            error.add_note(
                "The parts could not be removed. Call client.sweep_multiparts() later: they cost "
                "money until then."
            )
            log_event(
                get_logger("s3"),
                logging.ERROR,
                "s3.parts_left_behind",
                provider="s3",
                error=type(failed).__name__,
            )


def _whole(parts: list[_Part]) -> tuple[int, int]:
    size, crc = 0, 0
    for part in parts:
        crc = digests.joined_crc32(crc, part.crc, part.size)
        size += part.size
    return size, crc
