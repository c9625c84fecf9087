"""How bytes get out of S3: whole or in ranges, and always of one version."""

import contextlib
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

from integrations.core.errors import NetworkError, UnavailableError
from integrations.core.retry import Retry
from integrations.s3 import digests
from integrations.s3.beside import Beside
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

    def to_file(self, key: str, path: str, progress: Progress | None) -> Downloaded:
        """Write an object beside its place, then move it there: nobody sees half of it."""
        with Beside(path) as file:
            # One request tells the size and brings a small object; a HEAD first would double the
            # cost.
            answer = self._calls.read("get_object", Key=key)
            size, etag = answer["ContentLength"], answer["ETag"]
            if size <= PART_BYTES:
                content = self._small(key, answer)
                verified = _verify(answer, size, [(digests.crc32(content), len(content))])
                file.write(content)
                if progress:
                    progress(size)
            else:
                parts = _Parts(self, key, etag, size, file, progress).read(answer["Body"])
                verified = _verify(answer, size, parts)
        return Downloaded(key, path, size, etag.strip('"'), verified)

    def _small(self, key: str, answer: Answer) -> bytes:
        try:
            return self.body(answer["Body"])
        except (NetworkError, UnavailableError):
            return self.whole(key, IfMatch=answer["ETag"])[0]

    def body(self, body: Any, size: int | None = None) -> bytes:
        """Return what is left of a body, or the next ``size`` bytes."""
        content: bytes = self._calls.reading(lambda: body.read(size))
        return content


def _verify(answer: Answer, size: int, parts: list[tuple[int, int]]) -> bool:
    """Compare size and checksum with what S3 said; tell whether it said a checksum.

    Raises:
        IntegrityError: they differ.
    """
    crc, received = 0, 0
    for each, length in parts:
        crc, received = digests.joined_crc32(crc, each, length), received + length
    if received != size:
        raise IntegrityError(f"{received} bytes arrived of {size}", provider="s3")
    said = answer.get("ChecksumCRC32")
    # That of a composite is a checksum of checksums, and ends in the number of parts.
    if not said or "-" in said or answer.get("ChecksumType") == "COMPOSITE":
        return False
    if said != digests.encoded(crc):
        raise IntegrityError("the checksum of the whole object differs", provider="s3")
    return True


class _Parts:
    """A large object: the reply that is open gives the first part, ranges give the others.

    Nothing is asked for twice, and there are as many requests as parts.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        key: str,
        etag: str,
        size: int,
        file: Beside,
        progress: Progress | None,
    ) -> None:
        self._fetcher = fetcher
        self._key = key
        self._etag = etag
        self._size = size
        self._file = file
        self._progress = progress
        self._lock = threading.Lock()
        self._waiting = deque(range(PART_BYTES, size, PART_BYTES))
        self._done: dict[int, tuple[int, int]] = {}

    def read(self, body: Any) -> list[tuple[int, int]]:
        """Write all parts; return the checksum and the length of each, in their order."""
        with ThreadPoolExecutor(WORKERS, "s3-range") as pool:
            running = [pool.submit(self._first, body)]
            running += [pool.submit(self._others) for _ in range(WORKERS - 1)]
            try:
                for each in as_completed(running):
                    each.result()
            finally:
                self._waiting.clear()
        return [self._done[start] for start in sorted(self._done)]

    def _first(self, body: Any) -> None:
        with contextlib.closing(body):
            try:
                content = self._fetcher.body(body, PART_BYTES)
            except (NetworkError, UnavailableError):
                content = self._ranged(0)
        self._keep(0, content)
        self._others()

    def _others(self) -> None:
        while True:
            try:
                start = self._waiting.popleft()
            except IndexError:
                return
            self._keep(start, self._ranged(start))

    def _keep(self, start: int, content: bytes) -> None:
        self._done[start] = digests.crc32(content), len(content)
        with self._lock:
            self._file.write(content, start)
            if self._progress:
                self._progress(len(content))

    def _ranged(self, start: int) -> bytes:
        span = f"bytes={start}-{min(start + PART_BYTES, self._size) - 1}"
        # Another version in the middle is refused, instead of being mixed in.
        return self._fetcher.whole(self._key, Range=span, IfMatch=self._etag)[0]
