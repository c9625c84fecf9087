"""How bytes get out of S3: whole or in ranges, and always of one version."""

import contextlib
import threading
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any, BinaryIO

from integrations.core.errors import NetworkError, UnavailableError
from integrations.core.retry import Retry
from integrations.s3 import digests
from integrations.s3.calls import Answer, Calls
from integrations.s3.models import Downloaded
from integrations.s3.multipart import WORKERS
from integrations.s3.sources import PART_BYTES
from integrations.s3.transport import IntegrityError
from integrations.s3.uploading import Progress


class Fetcher:
    """Reads objects through boto3."""

    def __init__(self, calls: Calls, retry: Retry) -> None:
        """Read through ``calls``; a body that breaks off is asked for again, as ``retry`` says."""
        self._calls = calls
        self._retry = retry

    def whole(self, key: str, **params: Any) -> tuple[bytes, Answer]:
        """Return a body and the answer it came with."""
        for attempt in range(1, self._retry.attempts + 1):
            answer = self._calls.read("get_object", Key=key, **params)
            try:
                return self._calls.reading(answer["Body"].read), answer
            except (NetworkError, UnavailableError):
                # botocore repeats requests; once the headers have come, nobody repeats the body.
                if attempt == self._retry.attempts:
                    raise
                self._calls.clock.sleep(self._retry.base_s * 2.0 ** (attempt - 1))
        raise AssertionError("the loop returns or raises")  # pragma: no cover

    def stream(self, key: str, chunk_bytes: int, **params: Any) -> Iterator[bytes]:
        """Yield a body in chunks; a break in the middle is raised, since the beginning is gone."""
        return self._chunks(self._calls.read("get_object", Key=key, **params)["Body"], chunk_bytes)

    def _chunks(self, body: Any, chunk_bytes: int) -> Iterator[bytes]:
        with contextlib.closing(body):
            while chunk := self._calls.reading(lambda: body.read(chunk_bytes)):
                yield chunk

    def to_file(self, key: str, path: Path, progress: Progress | None) -> Downloaded:
        """Write an object beside its place, then move it there: nobody sees half of it."""
        beside = path.with_name(f".{path.name[:100]}.{uuid.uuid4().hex}.part")
        try:
            with beside.open("xb") as file:
                done = _Download(self._calls, self, key, file, progress).run(path)
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
        return done


class _Download:
    """One download, in one request or in several."""

    def __init__(
        self, calls: Calls, fetcher: Fetcher, key: str, file: BinaryIO, progress: Progress | None
    ) -> None:
        self._calls = calls
        self._fetcher = fetcher
        self._key = key
        self._file = file
        self._progress = progress
        self._lock = threading.Lock()

    def run(self, path: Path) -> Downloaded:
        # One request tells the size and brings a small object; a HEAD first would double the cost.
        answer = self._calls.read("get_object", Key=self._key)
        size, etag = answer["ContentLength"], answer["ETag"]
        if size <= PART_BYTES:
            crcs = [self._small(answer, etag)]
        else:
            crcs = self._parts(answer["Body"], size, etag)
        crc = 0
        for each, length in crcs:
            crc = digests.joined_crc32(crc, each, length)
        verified = self._verify(answer, sum(length for _, length in crcs), size, crc)
        return Downloaded(self._key, str(path), size, etag.strip('"'), verified)

    def _small(self, answer: Answer, etag: str) -> tuple[int, int]:
        try:
            content = self._calls.reading(answer["Body"].read)
        except (NetworkError, UnavailableError):
            content, _ = self._fetcher.whole(self._key, IfMatch=etag)
        return self._write(0, content)

    def _parts(self, body: Any, size: int, etag: str) -> list[tuple[int, int]]:
        """Read the reply that is open from its beginning, and ranges from the end, till they meet.

        Nothing is asked for twice, and no connection waits for another.
        """
        waiting = deque(range(0, size, PART_BYTES))
        done: dict[int, tuple[int, int]] = {}

        def ranged(start: int) -> bytes:
            span = f"bytes={start}-{min(start + PART_BYTES, size) - 1}"
            # Another version in the middle is refused, instead of being mixed in.
            return self._fetcher.whole(self._key, Range=span, IfMatch=etag)[0]

        def work(take: Callable[[], int], read: Callable[[int], bytes]) -> None:
            while (start := _taken(take)) is not None:
                done[start] = self._write(start, read(start))

        front = _Front(self._calls, body, size, ranged)
        # Closed last: until then a thread may be reading from it.
        with contextlib.closing(body), ThreadPoolExecutor(WORKERS, "s3-range") as pool:
            running = [pool.submit(work, waiting.popleft, front.read)]
            running += [pool.submit(work, waiting.pop, ranged) for _ in range(WORKERS - 1)]
            try:
                for each in as_completed(running):
                    each.result()
            finally:
                waiting.clear()
        return [done[start] for start in sorted(done)]

    def _write(self, start: int, content: bytes) -> tuple[int, int]:
        crc = digests.crc32(content)
        with self._lock:
            self._file.seek(start)
            self._file.write(content)
            if self._progress:
                self._progress(len(content))
        return crc, len(content)

    def _verify(self, answer: Answer, received: int, size: int, crc: int) -> bool:
        if received != size:
            raise IntegrityError(f"{received} bytes arrived of {size}", provider="s3")
        said = answer.get("ChecksumCRC32")
        # That of a composite is a checksum of checksums, and ends in the number of parts.
        if not said or "-" in said or answer.get("ChecksumType") == "COMPOSITE":
            return False
        if said != digests.encoded(crc):
            raise IntegrityError("the checksum of the whole object differs", provider="s3")
        return True


def _taken(take: Callable[[], int]) -> int | None:
    """Take a part that nobody has taken; None when there is none."""
    try:
        return take()
    except IndexError:
        return None


class _Front:
    """A reply that is read part after part; when it breaks off, parts are asked for by range."""

    def __init__(self, calls: Calls, body: Any, size: int, ranged: Callable[[int], bytes]) -> None:
        self._calls = calls
        self._body = body
        self._size = size
        self._ranged = ranged
        self._broken = False

    def read(self, start: int) -> bytes:
        length = min(PART_BYTES, self._size - start)
        content = b"" if self._broken else self._next(length)
        self._broken = self._broken or len(content) != length
        return self._ranged(start) if self._broken else content

    def _next(self, length: int) -> bytes:
        try:
            content: bytes = self._calls.reading(lambda: self._body.read(length))
        except (NetworkError, UnavailableError):
            return b""
        return content
