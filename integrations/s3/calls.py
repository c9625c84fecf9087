"""Every call to boto3 goes through here: modes, errors, one log line each."""

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError

from integrations.core.clock import Clock
from integrations.core.config import Mode
from integrations.core.errors import ConfigurationError, NotSentError, ProviderError
from integrations.core.log import get_logger, log_event
from integrations.s3.settings import S3Settings
from integrations.s3.transport import translated
from integrations.s3.wiring import Connection

T = TypeVar("T")
Answer = dict[str, Any]
_LOG = get_logger("s3")


class Calls:
    """Call boto3's client, and say what its failures mean. Safe in threads."""

    def __init__(self, settings: S3Settings, connection: Connection, clock: Clock) -> None:
        """Call through ``connection``."""
        self.settings = settings
        self.connection = connection
        self.clock = clock
        self.dry = settings.mode is Mode.DEBUG

    @property
    def bucket(self) -> str:
        """The bucket, which debug mode may lack.

        Raises:
            ConfigurationError: it is not set.
        """
        if not self.settings.bucket:
            raise ConfigurationError("S3_BUCKET is missing: set it, or use client.in_bucket(name).")
        return self.settings.bucket

    def read(self, operation: str, **params: Any) -> Answer:
        """Ask S3, and return its answer.

        Raises:
            NotSentError: debug mode, which has recorded the question.
        """
        answer = self._call(operation, params, change=False)
        if self.dry:
            raise NotSentError(
                f"s3: {operation} was recorded and not sent: debug mode has no answers."
            )
        return answer

    def change(self, operation: str, **params: Any) -> Answer:
        """Change something; in debug mode, record it and return an empty answer."""
        return self._call(operation, params, change=True)

    def reading(self, step: Callable[[], T]) -> T:
        """Run a step of boto3's that is no call of its own, such as reading a body."""
        return self._translated("read", step, change=False)

    def _call(self, operation: str, params: dict[str, Any], *, change: bool) -> Answer:
        method = getattr(self.connection.boto3, operation)
        given = {"Bucket": self.bucket, **params}
        return self._translated(operation, lambda: method(**given), change=change)

    def _translated(self, name: str, step: Callable[[], T], *, change: bool) -> T:
        try:
            result = step()
        except (ClientError, BotoCoreError, Boto3Error) as error:
            failure = translated(error, change=change, clock=self.clock)
            _log(name, failure)
            raise failure from error
        if isinstance(result, dict):
            about = result.get("ResponseMetadata", {})
            log_event(
                _LOG,
                logging.INFO,
                "s3.call",
                provider="s3",
                method=name,
                status=about.get("HTTPStatusCode"),
                request_id=about.get("RequestId"),
                attempts=about.get("RetryAttempts", 0) + 1,
            )
        return result


def _log(name: str, failure: ProviderError) -> None:
    log_event(
        _LOG,
        logging.WARNING,
        "s3.failed",
        provider="s3",
        method=name,
        status=failure.status,
        error=type(failure).__name__,
        request_id=failure.request_id,
    )
