"""The S3 client, on boto3: AWS, R2, MinIO, Spaces and B2 by one set of calls."""

import copy
from collections.abc import Mapping
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from integrations.core.clock import SYSTEM_CLOCK, Clock
from integrations.core.config import Mode
from integrations.core.log import redact_http_library_logs
from integrations.core.outbox import Outbox
from integrations.core.registry import find
from integrations.core.retry import Retry
from integrations.core.wire import Wire
from integrations.s3 import arguments as check
from integrations.s3.buckets import Buckets
from integrations.s3.calls import Calls
from integrations.s3.downloading import Fetcher
from integrations.s3.objects import Objects
from integrations.s3.presigning import Presigning
from integrations.s3.settings import S3Settings
from integrations.s3.transfers import Transfers
from integrations.s3.wiring import connect


class S3Client(Transfers, Objects, Presigning, Buckets):
    """Call S3. Build it once and share it: it keeps its connections, and is safe in threads.

    Everything is private: no ACL is ever sent. An upload that is repeated stores the same object,
    so requests are repeated by boto3's standard retries; conditional writes and new multipart
    uploads are not, when the first one may have taken effect.
    """

    def __init__(
        self,
        settings: S3Settings,
        *,
        wire: Wire | None = None,
        clock: Clock = SYSTEM_CLOCK,
        retry: Retry | None = None,
        outbox: Outbox | None = None,
    ) -> None:
        """Wire a client for ``settings.mode``.

        Args:
            settings: see :meth:`from_env`.
            wire: stands in for the network, and in mock mode for the fake. Debug mode ignores it.
            clock: dates signatures, and waits between retries.
            retry: how often to try, and how long to wait; three attempts when None.
            outbox: where exchanges are kept, in every mode but live.

        Raises:
            ConfigurationError: the region is none that AWS has.
        """
        # urllib3 logs each path with its query, and a listing's prefix names people's folders.
        redact_http_library_logs()
        self.fake: Any = None
        self.settings = settings
        self.mode = settings.mode
        self.clock = clock
        self.outbox = outbox if outbox is not None else Outbox()
        if wire is None and settings.mode is Mode.MOCK:
            wire = self._make_fake()
        retry = retry or Retry(base_s=0.1, clock=clock)
        self._retry = retry
        self._connection = connect(settings, wire, self.outbox, clock, retry)
        self._use(settings)

    def _use(self, settings: S3Settings) -> None:
        self.settings = settings
        self._calls = Calls(settings, self._connection, self.clock)
        self._fetcher = Fetcher(self._calls, self._retry)

    def _make_fake(self) -> Wire:
        fake: Wire = find("s3").fake_class()(clock=self.clock)
        self.fake = fake
        return fake

    @classmethod
    def from_env(
        cls,
        env: Mapping[str, str] | None = None,
        *,
        mode: str | None = None,
        wire: Wire | None = None,
        clock: Clock = SYSTEM_CLOCK,
        retry: Retry | None = None,
        outbox: Outbox | None = None,
    ) -> Self:
        """Build a client from ``env``, or from ``os.environ`` when it is None.

        Raises:
            ConfigurationError: listing everything that is missing or malformed for the mode.
        """
        settings = S3Settings.from_env(env, mode=mode)
        return cls(settings, wire=wire, clock=clock, retry=retry, outbox=outbox)

    def __repr__(self) -> str:
        """Show the mode and the bucket."""
        return f"S3Client(mode={str(self.mode)!r}, bucket={self.settings.bucket!r})"

    def __enter__(self) -> Self:
        """Use the client in a ``with`` block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the client."""
        self.close()

    def close(self) -> None:
        """Close the connections. The client cannot be used afterwards."""
        self._connection.boto3.close()

    @property
    def bucket(self) -> str:
        """The bucket that calls are about."""
        return self.settings.bucket

    @property
    def boto3(self) -> Any:
        """The vendor's client, for what this one does not do; it raises boto3's own errors."""
        return self._connection.boto3

    def in_bucket(self, bucket: str) -> Self:
        """Return this client for another bucket of the same account and region.

        It shares the connections: closing one closes both.
        """
        other = copy.copy(self)
        other._use(replace(self.settings, bucket=check.bucket(bucket)))
        return other
