"""What is uploaded: bytes that come in pieces, and the proof that they did not change meanwhile."""

import os
from collections.abc import Iterator
from typing import BinaryIO

from integrations.core.errors import InvalidRequestError

PART_BYTES = 8 * 1024 * 1024
"""The size of a part, and the size from which on an upload is made of parts."""


class SourceChangedError(InvalidRequestError):
    """A file changed while it was read; nothing was stored."""


class Source:
    """An open file that is read once, from where it stands to its end."""

    def __init__(self, file: BinaryIO) -> None:
        """Look at the file; nothing is read yet."""
        self._file = file
        self._number = _descriptor(file)
        self._before = _state(self._number)
        self._start = file.tell() if file.seekable() else 0
        self.size = self._expected()
        self._read = 0

    def pieces(self, part_bytes: int) -> Iterator[bytes]:
        """Read pieces of ``part_bytes`` to the end; at least one, which may be empty.

        Raises:
            SourceChangedError: the file grew, shrank or was written to.
        """
        piece = self._piece(part_bytes)
        while True:
            following = self._piece(part_bytes) if len(piece) == part_bytes else b""
            if not following:
                self.check_unchanged()
            yield piece
            if not following:
                return
            piece = following

    def check_unchanged(self) -> None:
        """Compare what was read with what the file is now.

        Raises:
            SourceChangedError: they differ.
        """
        short = self.size is not None and self._read != self.size
        if short or _state(self._number) != self._before:
            raise SourceChangedError(
                f"file: it changed while it was read ({self._read} bytes read, {self.size} "
                "expected). Nothing was stored.",
                provider="s3",
                argument="file",
                hint="Upload it when nobody writes to it, or upload a copy.",
            )

    def _expected(self) -> int | None:
        if self._before is not None:
            return self._before[0] - self._start
        if not self._file.seekable():
            return None
        end = self._file.seek(0, os.SEEK_END)
        self._file.seek(self._start)
        return end - self._start

    def _piece(self, size: int) -> bytes:
        if self.size is not None:
            # One byte too many proves that it grows; one that grows as fast has no end.
            size = min(size, self.size - self._read + 1)
        found = self._file.read(size)
        # A pipe or a socket may give less than was asked for, long before its end.
        while len(found) < size and (more := self._file.read(size - len(found))):
            found += more
        self._read += len(found)
        return found


def _descriptor(file: BinaryIO) -> int | None:
    try:
        return file.fileno() if file.seekable() else None
    except (OSError, AttributeError):
        return None


def _state(number: int | None) -> tuple[int, int] | None:
    if number is None:
        return None
    found = os.fstat(number)
    return found.st_size, found.st_mtime_ns
