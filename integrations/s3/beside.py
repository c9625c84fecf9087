"""A file that nobody sees before it is complete."""

# A pathlib object costs more than the call that is made with it, a thousand times over.
# ruff: noqa: PTH105, PTH112, PTH118

import contextlib
import os
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self

from integrations.core.errors import InvalidRequestError

# On Windows, what is not said to be binary is translated.
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


class Beside:
    """A file written beside its place: it moves there when the block ends well, or is gone.

    It is opened before anything is asked for, so a place that cannot be written costs no request.
    Many small downloads wait for Python, not for the network: hence no buffer, and few calls.
    """

    def __init__(self, path: str) -> None:
        """Write to ``path``, in the end."""
        self._path = path
        folder, name = os.path.split(path)
        # A name has 255 bytes at most, and a character up to four.
        self._beside = os.path.join(folder, f".{name[:50]}.{os.urandom(8).hex()}.part")
        self._at = 0

    def __enter__(self) -> Self:
        """Open it.

        Raises:
            InvalidRequestError: there is no folder, or it lets nobody write.
        """
        if not self._path or os.path.isdir(self._path):
            self._refuse("is a folder; name a file")
        try:
            self._file = os.open(self._beside, _FLAGS, 0o666)
        except (OSError, ValueError) as error:
            self._refuse("must be a file in a folder that is there and can be written", error)
        return self

    def write(self, content: bytes, start: int = 0) -> None:
        """Write some bytes at a place.

        Raises:
            InvalidRequestError: the disk is full, or fails.
        """
        try:
            if start != self._at:
                os.lseek(self._file, start, os.SEEK_SET)
            left = memoryview(content)
            while left:
                left = left[os.write(self._file, left) :]
        except OSError as error:
            self._refuse("cannot be written", error)
        self._at = start + len(content)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Move it to its place, or remove it."""
        try:
            os.close(self._file)
            if kind is None:
                os.replace(self._beside, self._path)
        except OSError as failure:
            self._remove()
            self._refuse("cannot be written", failure)
        except BaseException:
            self._remove()
            raise
        if kind is not None:
            self._remove()

    def _remove(self) -> None:
        with contextlib.suppress(OSError):
            Path(self._beside).unlink()

    def _refuse(self, why: str, error: Exception | None = None) -> NoReturn:
        reason = getattr(error, "strerror", None) or error
        told = f"path: {Path(self._path).name!r} {why}" + (f": {reason}" if reason else "")
        text = f"{told}. Nothing was kept."
        raise InvalidRequestError(text, provider="s3", argument="path") from error
