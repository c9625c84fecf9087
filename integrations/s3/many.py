"""Many small files: the time goes into waiting, so many wait at a time."""

import contextlib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from integrations.core.errors import IntegrationError
from integrations.core.views import Displayed
from integrations.s3 import arguments as check
from integrations.s3.client import S3Client
from integrations.s3.models import Downloaded, StoredObject
from integrations.s3.wiring import CONNECTIONS

DEFAULT_WORKERS = 32
"""Transfers at a time. Where an answer takes 50 ms or more, so many times as fast as one by one.

More hardly help, since boto3 then waits for Python, not for the network.
"""

Done = TypeVar("Done", StoredObject, Downloaded)


@dataclass(frozen=True)
class Transfer(Displayed):
    """The end of one of many.

    Attributes:
        path: the file.
        key: the key.
        ok: whether it went through.
        result: what the single call would have returned.
        error: what it would have raised.
    """

    path: str
    key: str
    ok: bool
    result: StoredObject | Downloaded | None = None
    error: IntegrationError | None = None


def upload_many(
    files: Iterable[tuple[str | Path, str]],
    *,
    client: S3Client,
    workers: int = DEFAULT_WORKERS,
    if_none_match: bool = False,
) -> list[Transfer]:
    """Upload pairs of path and key, and return an end for each, in their order.

    One that fails does not stop the others. Every key is checked before the first request.

    Args:
        files: pairs of path and key.
        client: a client; it is shared by the threads.
        workers: transfers at a time, 1 to 64.
        if_none_match: leave what is there already alone, so that the call can be run again: such a
            file ends with ``ConflictError``.
    """
    pairs = [(str(path), check.key(key)) for path, key in files]
    return _all(
        pairs,
        lambda path, key: client.upload_file(path, key, if_none_match=if_none_match),
        workers,
    )


def download_many(
    files: Iterable[tuple[str, str | Path]],
    *,
    client: S3Client,
    workers: int = DEFAULT_WORKERS,
) -> list[Transfer]:
    """Download pairs of key and path, and return an end for each, in their order.

    Folders are made. One that fails does not stop the others, nor does a place that cannot be
    written.
    """
    pairs = [(str(path), check.key(key)) for key, path in files]
    for folder in {Path(path).parent for path, _ in pairs}:
        # One that cannot be made fails the files that want to lie there, each by itself.
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
    return _all(pairs, lambda path, key: client.download_file(key, path), workers)


def _all(
    pairs: list[tuple[str, str]], step: Callable[[str, str], Done], workers: int
) -> list[Transfer]:
    def one(pair: tuple[str, str]) -> Transfer:
        path, key = pair
        try:
            return Transfer(path, key, True, step(path, key))
        except IntegrationError as error:
            return Transfer(path, key, False, error=error)

    check.whole("workers", workers, 1, CONNECTIONS)
    with ThreadPoolExecutor(workers, thread_name_prefix="s3-file") as pool:
        return list(pool.map(one, pairs))
