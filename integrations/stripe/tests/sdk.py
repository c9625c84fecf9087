"""The real SDK on a fake, by a transport of a dozen lines."""

from typing import Any

import stripe as stripe_sdk

from integrations.core.wire import Request, Wire


class OnWire(stripe_sdk.HTTPClient):
    """Carries the SDK's requests over a wire."""

    name = "wire"

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self._wire = wire

    def request(
        self,
        method: str,
        url: str,
        headers: Any,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Any]:
        body = post_data if isinstance(post_data, bytes) else (post_data or "").encode()
        answer = self._wire(Request(method.upper(), url, dict(headers), body))
        return answer.body.decode(), answer.status, dict(answer.headers)


def sdk(wire: Wire, key: str) -> stripe_sdk.StripeClient:
    """Return the SDK's client on ``wire``, which tries once."""
    return stripe_sdk.StripeClient(key, http_client=OnWire(wire), max_network_retries=0)
