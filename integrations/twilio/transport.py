"""The SDK's HTTP client on a wire, and what Twilio's refusals mean: errors by meaning."""

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
from integrations.core.errors import (
    AuthenticationError,
    ConflictError,
    InvalidRequestError,
    NetworkError,
    NotFoundError,
    ProviderError,
    RateLimitedError,
    UnavailableError,
)
from integrations.core.registry import ErrorRow
from integrations.core.retry import parse_retry_after
from integrations.core.wire import ConnectFailedError, ReplyTimeoutError, Request, Wire, WireError

# Twilio's own codes, then HTTP statuses (https://www.twilio.com/docs/api/errors, read 2026-11).
# 2xxxx and 6xxxx come from the call, 3xxxx only in a status callback or on the message later.
ERRORS = (
    ErrorRow(
        "20003",
        AuthenticationError,
        "The account SID, the auth token or the API key is not accepted.",
        "never",
        "Check TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN, or the API key and its secret.",
    ),
    ErrorRow(
        "20008",
        AuthenticationError,
        "Test credentials do not cover this; Verify is not covered at all.",
        "never",
        "Use the live credentials, or the fake.",
    ),
    ErrorRow(
        "20404",
        NotFoundError,
        "No such thing: or a verification that is approved, expired, or was never started.",
        "never",
        "Compare the SID; for a verification, start a new one.",
    ),
    ErrorRow(
        "20429",
        RateLimitedError,
        "Too many requests at once. This one was not processed.",
        "always",
        "Send less at a time; send_many keeps to a rate.",
    ),
    ErrorRow(
        "21211, 21217, 21265",
        InvalidRequestError,
        "The recipient is no phone number.",
        "never",
        "Write it in E.164, such as +12025550142; lookup_phone_number tells whether it exists.",
    ),
    ErrorRow(
        "21212",
        InvalidRequestError,
        "The sender is no phone number or sender's name.",
        "never",
        "Check TWILIO_FROM.",
    ),
    ErrorRow(
        "21408",
        InvalidRequestError,
        "Sending to this country is not enabled.",
        "never",
        "Console → Messaging → Settings → Geo permissions. Enable only where your users are.",
    ),
    ErrorRow(
        "21606, 21659, 21660",
        InvalidRequestError,
        "The sender is not a number of this account that can send messages.",
        "never",
        "Check TWILIO_FROM at Console → Phone Numbers.",
    ),
    ErrorRow(
        "21608",
        InvalidRequestError,
        "A trial account may only send to verified numbers.",
        "never",
        "Verify the number at Console → Verified Caller IDs, or upgrade the account.",
    ),
    ErrorRow(
        "21610",
        InvalidRequestError,
        "The recipient has opted out (STOP). Nothing was sent.",
        "never",
        "Do not try again: only the recipient can opt in, by START.",
    ),
    ErrorRow(
        "21611",
        RateLimitedError,
        "The sender's queue is full.",
        "never",
        "Wait some minutes, or add senders to the Messaging Service.",
    ),
    ErrorRow(
        "21612",
        InvalidRequestError,
        "There is no route from this sender to this recipient.",
        "never",
        "Use another sender for this country.",
    ),
    ErrorRow(
        "21614",
        InvalidRequestError,
        "The recipient cannot get text messages: it is no mobile number.",
        "never",
        "Ask for a mobile number, or call.",
    ),
    ErrorRow(
        "21617, 21602, 21619, 21605",
        InvalidRequestError,
        "The body is empty, or longer than 1600 characters.",
        "never",
        "Shorten it; count_segments shows the length.",
    ),
    ErrorRow(
        "30003",
        UnavailableError,
        "Not delivered: the phone is off or out of reach.",
        "never",
        "Try later, or another channel.",
    ),
    ErrorRow(
        "30004, 30005, 30006",
        InvalidRequestError,
        "Not delivered: blocked, an unknown number, or a landline.",
        "never",
        "Do not send to it again; lookup_phone_number tells the line type.",
    ),
    ErrorRow(
        "30007, 30034, 30450",
        InvalidRequestError,
        "Not delivered: filtered as spam, an unregistered sender (A2P 10DLC), or pumping.",
        "never",
        "Read the filtering guide, register the sender, and limit who can trigger messages.",
    ),
    ErrorRow(
        "35114, 35118",
        InvalidRequestError,
        "A schedule too near or too far, or without a Messaging Service.",
        "never",
        "Schedule 15 minutes to 35 days ahead, from a Messaging Service.",
    ),
    ErrorRow(
        "60200",
        InvalidRequestError,
        "A parameter of Verify is wrong.",
        "never",
        "Check the number and the channel.",
    ),
    ErrorRow(
        "60202",
        RateLimitedError,
        "Too many wrong codes: the verification is over.",
        "never",
        "Let the user start again; a new code comes after the old one expires.",
    ),
    ErrorRow(
        "60203, 60212",
        RateLimitedError,
        "Too many codes sent to this number, or at once.",
        "never",
        "Let the user wait ten minutes.",
    ),
    ErrorRow(
        "60205",
        InvalidRequestError,
        "A landline gets no text messages.",
        "never",
        "Use the call channel.",
    ),
    ErrorRow(
        "60207",
        RateLimitedError,
        "A rate limit of your own Verify service.",
        "never",
        "Let the user wait.",
    ),
    ErrorRow(
        "60410, 60238, 60605",
        InvalidRequestError,
        "Verify has blocked the number, its prefix, or its country against fraud.",
        "never",
        "Fraud Guard lifts a block of a prefix after 12 hours; check the geo permissions.",
    ),
    ErrorRow(
        "63016",
        InvalidRequestError,
        "WhatsApp: free text more than 24 hours after the recipient's last message.",
        "never",
        "Send an approved template: content_sid and content_variables.",
    ),
    ErrorRow(
        "63003, 63018",
        InvalidRequestError,
        "WhatsApp: the recipient has no WhatsApp, or a limit of the channel was reached.",
        "never",
        "Send an SMS instead.",
    ),
    ErrorRow(
        "400",
        InvalidRequestError,
        "An argument is wrong.",
        "never",
        "Look the code up at https://www.twilio.com/docs/api/errors.",
    ),
    ErrorRow(
        "401, 403",
        AuthenticationError,
        "The credentials are not accepted, or lack the right.",
        "never",
        "Check TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN, or the API key and its secret.",
    ),
    ErrorRow(
        "404",
        NotFoundError,
        "No such thing in this account.",
        "never",
        "Compare the SID; those of another account do not exist here.",
    ),
    ErrorRow(
        "405, 3xx",
        InvalidRequestError,
        "The address does not take this method.",
        "never",
        "Check TWILIO_API_BASE: something else may be answering there.",
    ),
    ErrorRow(
        "30409, 409",
        ConflictError,
        "The message is not scheduled any more; or it is being changed by another call.",
        "never",
        "Read it again: get_message tells where it stands.",
    ),
    ErrorRow(
        "429",
        RateLimitedError,
        "Too many requests. This one was not processed.",
        "always",
        "Send less at a time; send_many keeps to a rate.",
    ),
    ErrorRow(
        "5xx",
        UnavailableError,
        "Twilio, or a proxy before it, failed; or a reply could not be read.",
        "reads only: there is no idempotency key",
        "Try again later.",
    ),
    ErrorRow(
        "no reply",
        NetworkError,
        "No connection, no reply in time, or the connection was dropped.",
        "connection failures always; else reads only",
        "Check the network, then try again.",
    ),
)

_ROWS = {code.strip(): row for row in ERRORS for code in row.status.split(",")}
MAYBE = "There is no idempotency key: look whether it happened before you repeat it."
MAYBE_VERIFY = "Start again: within ten minutes Verify sends the same code."


def error_row(code: object, status: int) -> ErrorRow:
    """Return the row of Twilio's code, or else of the HTTP status."""
    kind = "5xx" if status >= 500 else "400" if status >= 400 else "3xx"
    return _ROWS.get(str(code)) or _ROWS.get(str(status)) or _ROWS[kind]


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
        row = error_row(code, status)
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
        hint=_maybe(path) if unknown else _ROWS["no reply"].hint,
    )


def unreadable(*, writes: bool) -> UnavailableError:
    """Return the error of a success whose body is not what was promised."""
    return UnavailableError(
        "the reply cannot be read.",
        provider="twilio",
        outcome_unknown=writes,
        hint=MAYBE if writes else _ROWS["5xx"].hint,
    )


def _object(text: str) -> Mapping[str, Any]:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}
