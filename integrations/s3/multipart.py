"""An upload in parts, which is completed or aborted before anybody goes on."""

import logging
from collections.abc import Callable, Iterator, Sized
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from integrations.core.errors import NetworkError, NotFoundError, ProviderError, UnavailableError
from integrations.core.log import get_logger, log_event
from integrations.s3 import digests
from integrations.s3.calls import Answer, Calls
from integrations.s3.models import StoredObject

WORKERS = 10
"""Parts that travel at a time."""

Piece = TypeVar("Piece", bound=Sized)


@dataclass(frozen=True)
class Target:
    """Where to, and with which headers.

    Attributes:
        key: the key.
        headers: boto3's parameters for ``put_object`` and ``create_multipart_upload``.
        create_only: refuse to replace an object.
        crc32: the checksum of the whole where it is known before; otherwise that of the parts.
    """

    key: str
    headers: dict[str, Any]
    create_only: bool = False
    crc32: str = ""

    @property
    def condition(self) -> dict[str, str]:
        """The parameter that refuses a replacement."""
        return {"IfNoneMatch": "*"} if self.create_only else {}


def stored(
    calls: Calls, target: Target, size: int, answer: Answer, crc: str, parts: int = 1
) -> StoredObject:
    """Return the end of an upload, from S3's answer to it."""
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


@dataclass(frozen=True)
class Part:
    """A part that has arrived, with the quoted ETag and the CRC32 that S3 knows it by."""

    number: int
    size: int
    etag: str
    crc32: str = ""

    @property
    def named(self) -> dict[str, Any]:
        """What the completion says of it."""
        crc = {"ChecksumCRC32": self.crc32} if self.crc32 else {}
        return {"PartNumber": self.number, "ETag": self.etag, **crc}


class Multipart(Generic[Piece]):
    """One multipart upload."""

    def __init__(
        self,
        calls: Calls,
        target: Target,
        send: Callable[[str, int, Piece], Part],
        *,
        checksums: bool,
    ) -> None:
        """Prepare it; ``send`` is called from several threads, with the upload's id and a number.

        Args:
            calls: where it goes.
            target: where to.
            send: makes a part of a piece.
            checksums: whether S3 is to keep and compare a CRC32 of the whole.
        """
        self._calls = calls
        self._target = target
        self._send_part = send
        self._checksums = checksums
        self._id = ""

    def run(self, pieces: Iterator[Piece]) -> StoredObject:
        """Send every piece and complete the upload; nothing stays behind when that fails."""
        # FULL_OBJECT: one checksum over everything, which a later download can be compared with.
        kind = {"ChecksumAlgorithm": "CRC32", "ChecksumType": "FULL_OBJECT"}
        extra = kind if self._checksums else {}
        target = self._target
        begun = self._calls.change(
            "create_multipart_upload", Key=target.key, **target.headers, **extra
        )
        if self._calls.dry:
            return stored(self._calls, target, sum(map(len, pieces)), {}, "")
        self._id = begun["UploadId"]
        try:
            return self._complete(self._send(pieces))
        except BaseException as error:
            self._abort(error)
            raise

    def _send(self, pieces: Iterator[Piece]) -> list[Part]:
        done: list[Future[Part]] = []
        running: set[Future[Part]] = set()
        pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="s3-part")
        try:
            for number, piece in enumerate(pieces, start=1):
                # No more pieces in memory than workers, and one that is being read.
                if len(running) >= WORKERS:
                    ended, running = wait(running, return_when=FIRST_COMPLETED)
                    for each in ended:
                        each.result()
                future = pool.submit(self._send_part, self._id, number, piece)
                running.add(future)
                done.append(future)
            return [each.result() for each in done]
        finally:
            # A part that arrives after the abort would stay behind.
            pool.shutdown(wait=True, cancel_futures=True)

    def _complete(self, parts: list[Part]) -> StoredObject:
        target = self._target
        size = sum(part.size for part in parts)
        crc = (target.crc32 or _joined(parts)) if self._checksums else ""
        whole: dict[str, Any] = {"ChecksumType": "FULL_OBJECT", "ChecksumCRC32": crc} if crc else {}
        if self._calls.settings.preset.checksums:
            whole["MpuObjectSize"] = size
        try:
            answer = self._calls.change(
                "complete_multipart_upload",
                Key=target.key,
                UploadId=self._id,
                MultipartUpload={"Parts": [part.named for part in parts]},
                **target.condition,
                **whole,
            )
        except (NotFoundError, NetworkError, UnavailableError) as error:
            answer = self._completed_before(parts, size, error)
        return stored(self._calls, target, size, answer, crc, len(parts))

    def _completed_before(self, parts: list[Part], size: int, error: ProviderError) -> Answer:
        """Return what is stored, if it is ours: the first reply may have been lost."""
        expected = digests.multipart_etag([part.etag.strip('"') for part in parts])
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


def _joined(parts: list[Part]) -> str:
    crc = 0
    for part in parts:
        crc = digests.joined_crc32(crc, digests.decoded(part.crc32), part.size)
    return digests.encoded(crc)


def version_of(answer: Answer) -> str | None:
    """Return the version's id; None in a bucket that keeps no versions."""
    version = answer.get("VersionId")
    return None if version in (None, "null") else str(version)
