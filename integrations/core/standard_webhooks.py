"""Standard Webhooks signatures: several secrets, and a tolerance to both sides.

Source: https://github.com/standard-webhooks/standard-webhooks, specification 1.0.0.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime

from standardwebhooks import Webhook

from integrations.core.config import Secret
from integrations.core.errors import ConfigurationError, SignatureError
from integrations.core.webhook_store import Event
from integrations.core.webhooks import Incoming

# Five minutes to both sides, as the Standard Webhooks libraries have it.
TOLERANCE_S = 300


class StandardWebhooks:
    """The scheme: who signed a body.

    The ``standardwebhooks`` library computes the signature. Its ``verify`` is not used: it reads
    the machine's clock, and raises ``ValueError`` on headers such as ``v1,a,b`` (1.1.0, 2026-11).
    """

    def __init__(
        self,
        provider: str,
        secrets: Sequence[Secret],
        *,
        events: Collection[str],
        read: Callable[[str, bytes], Event],
        missing: ConfigurationError,
        tolerance_s: int = TOLERANCE_S,
    ) -> None:
        """Accept a signature by any of ``secrets``; give two while you rotate.

        Args:
            provider: the integration's name.
            secrets: ``whsec_`` and base64.
            events: names of the events that the vendor sends.
            read: makes an event of the message's id and the verified body, or raises
                SignatureError.
            missing: raised when there is no secret. Verification is never skipped.
            tolerance_s: how old, or how far in the future, a timestamp may be.

        Raises:
            ConfigurationError: there is no secret.
        """
        if not secrets:
            raise missing
        self.provider = provider
        self.events = events
        self._read = read
        self._signers = tuple(Webhook(secret.reveal()) for secret in secrets)
        self._tolerance_s = tolerance_s

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
        return self._read(message_id, incoming.body)

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
