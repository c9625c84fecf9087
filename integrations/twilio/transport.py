"""The SDK's HTTP client on a wire, and what becomes of a refusal or a lost reply."""

import base64
import json
import logging
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from twilio.base.version import Version
from twilio.http import HttpClient
from twilio.http.response import Response as SdkResponse

from integrations.core.clock import Clock
from integrations.core.errors import NetworkError, ProviderError, UnavailableError
from integrations.core.retry import parse_retry_after
from integrations.core.wire import ConnectFailedError, ReplyTimeoutError, Request, Wire, WireError
from integrations.twilio.errors import MAYBE, MAYBE_CHECKED, MAYBE_VERIFY, error_row


class DryRunError(Exception):
    """Debug mode recorded a request; there is no answer to read."""


class WireHttpClient(HttpClient):  # type: ignore[misc]  # the SDK is not typed
    """The SDK's extension point, on a wire.

    Refusals are raised from here, where the headers still are, as our own errors, with the SDK's
    as the cause.
    """

    def __init__(
        self,
        wire: Wire,
        *,
        api_base: str,
        clock: Clock,
        dry: bool = False,
        on_close: Callable[[], None] | None = None,
    ) -> None:
        """Carry every request over ``wire``; with ``dry``, nothing answers."""
        super().__init__(logging.getLogger("integrations.twilio.sdk"), False)
        self._wire = wire
        self._api_base = api_base
        self._clock = clock
        self._dry = dry
        self._on_close = on_close

    def close(self) -> None:
        """Close what the wire ends in."""
        if self._on_close:
            self._on_close()

    def request(
        self,
        method: str,
        uri: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ARG002  # the wire's own always applies
        allow_redirects: bool = False,  # noqa: ARG002  # never: it would carry credentials along
    ) -> SdkResponse:
        """Make a request the way the SDK asks for it."""
        sent = _request(method.upper(), self._url(uri, params), data, dict(headers or {}), auth)
        writes = sent.method not in ("GET", "HEAD")
        try:
            answer = self._wire(sent)
        except WireError as error:
            raise _network(error, sent.path, writes=writes) from error
        if self._dry:
            raise DryRunError
        text = answer.body.decode("utf-8", "replace")
        response = SdkResponse(answer.status, text, answer.headers)
        if not 200 <= answer.status < 300:
            cause = Version.exception(sent.method, sent.path, response, "refused")
            raise self._refused(response, sent.path, writes=writes) from cause
        return response

    def _url(self, uri: str, params: Mapping[str, object] | None) -> str:
        if self._api_base:
            parts = urlsplit(uri)
            query = f"?{parts.query}" if parts.query else ""
            uri = f"{self._api_base}{parts.path}{query}"
        given = {name: value for name, value in (params or {}).items() if value is not None}
        return f"{uri}{'&' if '?' in uri else '?'}{urlencode(given, doseq=True)}" if given else uri

    def _refused(self, response: SdkResponse, path: str, *, writes: bool) -> ProviderError:
        status = response.status_code
        body = _object(response.text)
        code = body.get("code")
        # A code is a number. A text such as "5xx" would find the row of a status that it is not.
        row = error_row(code if str(code).isdecimal() else None, status)
        told = body.get("message") or body.get("detail") or body.get("title")
        unknown = writes and status >= 500
        proxied = "A proxy answered in HTML. " if status == 502 and not body else ""
        asked = (response.headers or {}).get("retry-after")
        error = row.error(
            str(told) if told else f"HTTP {status} without a message.",
            provider="twilio",
            status=status,
            code=str(code) if code is not None else None,
            request_id=(response.headers or {}).get("twilio-request-id"),
            retry_after=parse_retry_after(asked, self._clock.time()),
            outcome_unknown=unknown,
            hint=proxied + (_maybe(path) if unknown else row.hint),
        )
        error.retryable = error.retryable and row.retried != "never"
        return error


def _request(
    method: str,
    url: str,
    data: Mapping[str, object] | None,
    headers: dict[str, str],
    auth: tuple[str, str] | None,
) -> Request:
    if auth:
        user, password = auth
        token = base64.b64encode(f"{user}:{password}".encode()).decode()
        headers["Authorization"] = f"Basic {token}"
    body = b""
    if data:
        kind = headers.get("Content-Type", "")
        json_body = kind.startswith("application/json")
        body = (json.dumps(data) if json_body else urlencode(data, doseq=True)).encode()
    return Request(method, url, headers, body)


def _maybe(path: str) -> str:
    """Tell what to do after a change whose outcome is not known."""
    if path.endswith("/VerificationCheck"):
        return MAYBE_CHECKED
    return MAYBE_VERIFY if "/Verification" in path else MAYBE


def _network(error: WireError, path: str, *, writes: bool) -> NetworkError:
    never_sent = isinstance(error, ConnectFailedError)
    late = isinstance(error, ReplyTimeoutError)
    what = "no connection" if never_sent else "no reply in time" if late else "the reply was lost"
    unknown = writes and not never_sent
    return NetworkError(
        f"{what} ({type(error).__name__.removesuffix('Error')}).",
        provider="twilio",
        outcome_unknown=unknown,
        hint=_maybe(path) if unknown else error_row("no reply", 0).hint,
    )


def unreadable(*, writes: bool) -> UnavailableError:
    """Return the error of a success whose body is not what was promised."""
    return UnavailableError(
        "the reply cannot be read.",
        provider="twilio",
        outcome_unknown=writes,
        hint=MAYBE if writes else error_row("5xx", 500).hint,
    )


def _object(text: str) -> Mapping[str, Any]:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}
