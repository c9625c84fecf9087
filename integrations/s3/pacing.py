"""The one layer of retries: botocore's standard mode decides, the injected clock waits.

botocore does not wait for ``Retry-After``, nor repeat a 429, which R2 sends; and it repeats a
conditional write whose reply was lost, which then fails because of itself. These are mended here.
"""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import (
    ConnectTimeoutError,
    EndpointConnectionError,
    ProxyConnectionError,
    SSLError,
)
from botocore.retries import standard

from integrations.core.clock import Clock
from integrations.core.retry import Retry, parse_retry_after

NOT_SENT = (EndpointConnectionError, ConnectTimeoutError, ProxyConnectionError, SSLError)
"""What botocore raises before the request was written. It cannot have taken effect."""

# A second "create" makes a second upload; a second conditional write fails because of the first.
_ONCE = ("CreateMultipartUpload",)
_CONDITIONS = ("If-None-Match", "If-Match")


class Pace:
    """Decides whether a request is sent again, and waits before it is."""

    def __init__(self, client: Any, retry: Retry, clock: Clock) -> None:
        """Take the place of botocore's own handler on ``client``."""
        events = client.meta.events
        events.unregister("needs-retry.s3", unique_id="retry-config-s3")
        self._decide = standard.register_retry_handler(client, retry.attempts).needs_retry
        events.unregister("needs-retry.s3", unique_id="retry-config-s3")
        events.register("needs-retry.s3", self.needs_retry, unique_id="integrations-pace")
        self._retry = retry
        self._clock = clock

    def needs_retry(self, **given: Any) -> float | None:
        """Wait and return 0, so that botocore does not sleep itself; None to give up."""
        answer, attempt = given["response"], given["attempts"]
        again = self._decide(**given) is not None
        status = answer[0].status_code if answer else None
        if status == 429:
            again = attempt < self._retry.attempts
        if not again or (_may_have_happened(given) and _only_once(given)):
            return None
        headers = answer[0].headers if answer else {}
        asked = parse_retry_after(headers.get("Retry-After"), self._clock.time())
        if asked is not None and asked > self._retry.cap_s:
            return None
        self._clock.sleep(self._wait(attempt, asked))
        return 0.0

    def _wait(self, attempt: int, asked: float | None) -> float:
        policy = self._retry
        if asked is not None:
            return min(policy.cap_s, asked + policy.random() * min(policy.base_s, asked / 10))
        backoff = min(policy.cap_s, policy.base_s * 2.0 ** min(attempt - 1, 64))
        return backoff * (0.5 + policy.random() / 2)


def _may_have_happened(given: Mapping[str, Any]) -> bool:
    if given["caught_exception"] is not None:
        return not isinstance(given["caught_exception"], NOT_SENT)
    http, parsed = given["response"]
    slowed = parsed.get("Error", {}).get("Code") == "SlowDown"
    return bool(http.status_code >= 500 and not slowed)


def _only_once(given: Mapping[str, Any]) -> bool:
    headers = given["request_dict"]["headers"]
    method = given["operation"].http["method"]
    conditional = method != "GET" and any(name in headers for name in _CONDITIONS)
    return conditional or given["operation"].name in _ONCE
