"""Who signed a callback of Twilio.

The SDK's ``RequestValidator`` computes and compares. What it does not do is done here: refuse odd
input instead of raising a TypeError, insist on ``bodySHA256`` for JSON, and keep a header from
choosing the algorithm (9.13.0, 2026-11).
Source: https://www.twilio.com/docs/usage/webhooks/webhooks-security.
"""

import hashlib
import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from twilio.request_validator import (
    HMAC_SHA1,
    HMAC_SHA256,
    SIGNATURE_HEADER,
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
)

from integrations.core.config import Secret
from integrations.core.errors import ConfigurationError, SignatureError
from integrations.core.webhook_store import Event
from integrations.core.webhooks import Incoming
from integrations.twilio.events import EVENTS, id_of, parse_event, type_of

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
_TARGET = re.compile(r"/[!-\"$-~]*")
_SETTINGS = re.compile(r"key=([\w.-]+), ?algorithm=([\w-]+)", re.ASCII)

Signed = dict[str, str] | str


class _Form(dict[str, str]):
    """A form in the shape that the validator reads repeated names from."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        super().__init__(pairs)
        self._pairs = pairs

    def getlist(self, name: str) -> list[str]:
        return [value for key, value in self._pairs if key == name]


class TwilioSignatures:
    """The scheme: the URL and the form, or the URL with the hash of a JSON body, are signed.

    Nothing signed says when: an old request stays valid for ever. What keeps it from being handled
    twice is its id, the message's SID and status.
    """

    provider = "twilio"
    events: Collection[str] = EVENTS

    def __init__(
        self,
        tokens: Sequence[Secret],
        *,
        public_base_url: str,
        shared_keys: Mapping[str, Secret] | None = None,
    ) -> None:
        """Accept a signature by any of ``tokens``; give two while you rotate.

        Args:
            tokens: auth tokens: the primary, and the secondary that will be promoted.
            public_base_url: your site as Twilio sees it. Behind a proxy the request's own host
                and scheme are the proxy's inner ones, and forwarded headers are anybody's to set.
            shared_keys: shared keys by their id; they sign with HMAC-SHA256.

        Raises:
            ConfigurationError: there is no token, or no URL. Verification is never skipped.
        """
        keys = dict(shared_keys or {})
        missing = []
        if not any(tokens) and not keys:
            missing.append("TWILIO_AUTH_TOKEN is missing: Twilio Console → Account Info.")
        if not public_base_url:
            missing.append("TWILIO_PUBLIC_BASE_URL is missing, such as https://app.example.com.")
        if missing:
            raise ConfigurationError("twilio: no callback can be trusted:", problems=missing)
        self._tokens = [RequestValidator(token.reveal()) for token in tokens if token]
        self._keys = {name: RequestValidator(key.reveal()) for name, key in keys.items() if key}
        self._base = public_base_url.rstrip("/")

    def verify(self, incoming: Incoming) -> Event:
        """Return the event if one of the secrets signed this URL and this body.

        Raises:
            SignatureError: in every other case, whatever the input.
        """
        headers = {str(name).lower(): value for name, value in incoming.headers.items()}
        signature = _header(headers, SIGNATURE_HEADER)
        # A web framework may hand over whatever it has; str() keeps a None from raising TypeError.
        if not _TARGET.fullmatch(str(incoming.target)):
            raise SignatureError("target is no path with a query; pass the request's own, unparsed")
        validators, algorithm = self._validators(headers)
        signed = _signed(incoming, _media_type(headers))
        url = self._base + incoming.target
        # No early exit: the time taken tells nothing about which secret matched.
        found = [_valid(each, url, signed, signature, algorithm) for each in validators]
        if not any(found):
            raise SignatureError(
                "no signature matches: altered, signed with another token, or not posted to "
                "TWILIO_PUBLIC_BASE_URL"
            )
        return _event(incoming, signed)

    def _validators(self, headers: Mapping[str, str]) -> tuple[list[RequestValidator], str]:
        if SIGNATURE_SETTINGS_HEADER.lower() not in headers:
            return self._tokens, HMAC_SHA1
        match = _SETTINGS.fullmatch(_header(headers, SIGNATURE_SETTINGS_HEADER))
        if not match:
            raise SignatureError(f"{SIGNATURE_SETTINGS_HEADER} is not key=…,algorithm=…")
        # The header is not signed: it may name a key, and not weaken how that key is used.
        if match[2] != HMAC_SHA256:
            raise SignatureError(f"shared keys sign with {HMAC_SHA256}, and with nothing else")
        if match[1] not in self._keys:
            raise SignatureError("signed with a shared key that is not configured")
        return [self._keys[match[1]]], HMAC_SHA256


def _header(headers: Mapping[str, Any], name: str) -> str:
    value = headers.get(name.lower())
    if not isinstance(value, str) or not value or len(value) > 1024 or not value.isascii():
        raise SignatureError(f"the header {name} is missing, too long, or not ASCII")
    return value


def _media_type(headers: Mapping[str, str]) -> str:
    return _header(headers, "Content-Type").partition(";")[0].strip().lower()


def _signed(incoming: Incoming, media_type: str) -> Signed:
    """Return what the validator has to be given: the form, or a JSON body as its exact text."""
    try:
        text = incoming.body.decode("utf-8")
        hashes = parse_qs(urlsplit(incoming.target).query).get("bodySHA256", [])
        if media_type == FORM and not hashes:
            pairs = parse_qsl(
                text, keep_blank_values=True, strict_parsing=True, errors="strict",
                max_num_fields=1000,
            )  # fmt: skip
            return _Form(pairs)
    except ValueError as error:  # UnicodeDecodeError is one
        raise SignatureError("the body is no form in UTF-8, or the URL is malformed") from error
    if media_type != JSON:
        raise SignatureError(f"the body is neither {FORM} nor {JSON}, or is hashed and a form")
    # Without the hash, the SDK compares the URL alone, and any body would do.
    if len(hashes) != 1:
        raise SignatureError("a JSON body needs bodySHA256 in the URL, once")
    return text


def _valid(
    validator: RequestValidator, url: str, signed: Signed, signature: str, algorithm: str
) -> bool:
    try:
        return bool(validator.validate(url, signed, signature, algorithm))
    except (TypeError, ValueError, IndexError, AttributeError) as error:
        raise SignatureError("the signature cannot be checked: malformed") from error


def _event(incoming: Incoming, signed: Signed) -> Event:
    payload = dict(signed) if isinstance(signed, dict) else _object(signed)
    # The header I-Twilio-Idempotency-Token is not signed: a replay could bring a new one. The
    # hash of what is signed cannot be chosen.
    digest = hashlib.sha256(f"{incoming.target}\n".encode() + incoming.body).hexdigest()
    return Event(
        provider="twilio",
        id=id_of(payload) or f"sha256:{digest}",
        type=type_of(payload),
        created=incoming.now,
        payload=payload,
        body=incoming.body,
        parse=parse_event,
    )


def _object(text: str) -> dict[str, Any]:
    try:
        payload = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SignatureError("signed, but no JSON") from error
    if not isinstance(payload, dict):
        raise SignatureError("signed, but no JSON object")
    return payload
