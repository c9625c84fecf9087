"""Webhooks of Loops: Standard Webhooks signatures, several secrets, a tolerance to both sides."""

import base64
import binascii
import hmac
import json
import math
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime

from standardwebhooks import Webhook

from integrations.core.clock import SYSTEM_CLOCK, Clock
from integrations.core.config import Secret
from integrations.core.errors import ConfigurationError, SignatureError
from integrations.core.webhook_store import Event, EventStore
from integrations.core.webhooks import Incoming, WebhookPipeline
from integrations.loops.events import EVENTS, order_of, parse_event
from integrations.loops.settings import LoopsSettings

# Five minutes to both sides, as the Standard Webhooks libraries have it.
TOLERANCE_S = 300


class LoopsWebhooks:
    """The scheme: who signed a body, and what it says.

    The ``standardwebhooks`` library computes the signature. Its ``verify`` is not used: it reads
    the machine's clock, and raises ``ValueError`` on headers such as ``v1,a,b`` (1.1.0, 2026-11).
    """

    provider = "loops"

    def __init__(self, secrets: Sequence[Secret], *, tolerance_s: int = TOLERANCE_S) -> None:
        """Accept a signature by any of ``secrets``; give two while you rotate.

        Raises:
            ConfigurationError: there is no secret. Verification is never skipped.
        """
        if not secrets:
            raise ConfigurationError(
                "LOOPS_SIGNING_SECRET is missing: without it no webhook can be trusted.",
                problems=["Get it at Loops → Settings → Webhooks → Signing secret."],
            )
        self._signers = tuple(Webhook(secret.reveal()) for secret in secrets)
        self._tolerance_s = tolerance_s

    @property
    def events(self) -> Collection[str]:
        """Names of the seventeen events."""
        return EVENTS.keys()

    def verify(self, incoming: Incoming) -> Event:
        """Return the event if one of the secrets signed exactly these bytes, recently.

        Raises:
            SignatureError: in every other case, whatever the input.
        """
        lower = {str(name).lower(): value for name, value in incoming.headers.items()}
        message_id, stamp, signatures = (
            _header(lower, f"webhook-{part}") for part in ("id", "timestamp", "signature")
        )
        if not re.fullmatch(r"[0-9]{1,12}", stamp):
            raise SignatureError("webhook-timestamp is not a number of seconds")
        if abs(incoming.now - int(stamp)) > self._tolerance_s:
            side = "old" if int(stamp) < incoming.now else "far in the future"
            raise SignatureError(f"webhook-timestamp is too {side}: a replay, or a wrong clock")
        try:
            text = incoming.body.decode("utf-8")
        except UnicodeDecodeError as error:
            raise SignatureError("the body is not UTF-8") from error
        if not self._signed(message_id, int(stamp), text, signatures):
            raise SignatureError("no signature matches: altered, or signed with another secret")
        return _event(message_id, incoming.body)

    def _signed(self, message_id: str, stamp: int, text: str, signatures: str) -> bool:
        when = datetime.fromtimestamp(stamp, tz=UTC)
        offered = [_decoded(each) for each in signatures.split(" ")]
        found = False
        for signer in self._signers:
            expected = _decoded(signer.sign(message_id, when, text))
            for each in offered:
                # No early exit: the time taken tells nothing about which secret matched.
                found |= bool(each) and hmac.compare_digest(each, expected)
        return found


def webhook_pipeline(
    settings: LoopsSettings, *, store: EventStore | None = None, clock: Clock = SYSTEM_CLOCK
) -> WebhookPipeline:
    """Return the pipeline that receives Loops' webhooks.

    Register handlers with ``@pipeline.on("email.hardBounced")``, and answer each request with
    ``pipeline.receive(raw_body, headers).status``.

    Raises:
        ConfigurationError: ``LOOPS_SIGNING_SECRET`` is not set.
    """
    return WebhookPipeline(LoopsWebhooks(settings.signing_secrets), store=store, clock=clock)


def _header(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name)
    if not isinstance(value, str) or not value or len(value) > 4096 or not value.isascii():
        raise SignatureError(f"the header {name} is missing, too long, or not ASCII")
    return value


def _decoded(signature: str) -> bytes:
    """Return the bytes of a ``v1,<base64>`` signature; nothing for any other."""
    version, _, encoded = signature.partition(",")
    if version != "v1":
        return b""
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _event(message_id: str, body: bytes) -> Event:
    try:
        payload = json.loads(body)
        name, created = payload["eventName"], float(payload["eventTime"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise SignatureError("signed, but no event of Loops: eventName, eventTime") from error
    if not isinstance(name, str) or not math.isfinite(created):
        raise SignatureError("signed, but its eventName is no text, or its eventTime no time")
    return Event(
        provider="loops",
        id=message_id,
        type=name,
        created=created,
        payload=payload,
        body=body,
        order=order_of(payload),
        parse=parse_event,
    )
