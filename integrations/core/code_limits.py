"""Who may cause how many codes to be sent.

One requester cannot use up a number's sends. Many together can, for the time of the window: that is
the price of a phone that is not flooded. A code that was sent before stays good all the same.
"""

import hashlib
import hmac
import ipaddress
import json
import logging
from dataclasses import dataclass, field

from integrations.core.clock import SYSTEM_CLOCK, Clock
from integrations.core.code_store import FREE, CodeStore, Quota
from integrations.core.config import Secret
from integrations.core.errors import ConfigurationError
from integrations.core.log import get_logger, log_event
from integrations.core.views import Displayed

MIN_KEY_BYTES = 32


@dataclass(frozen=True)
class Started(Displayed):
    """The answer to a start: the same for every number, known or not.

    Attributes:
        sent: whether a code is on its way; when False, a limit was in the way.
        retry_after: seconds to wait before the next start; 0 when ``sent``.
        limit: for your logs, which limit it was; never for the page.
    """

    sent: bool
    retry_after: float = 0.0
    limit: str = ""


@dataclass(frozen=True)
class CodeRules:
    """Limits of one-time codes. Each ``(most, seconds)`` admits so many in any such time.

    Attributes:
        life_s: for how long a code is good.
        attempts: how often one code may be tried.
        cooldown_s: between two sends to one number by one requester.
        per_pair: sends to one number by one requester; below ``per_number``, so that no single
            requester can use up a number's sends.
        per_number: sends to one number: nobody's phone is flooded.
        per_requester: sends by one requester, to any numbers; below ``per_block``.
        per_block: sends to a block of ten thousand neighbouring numbers, which is what a pumping
            fraud walks through.
    """

    life_s: float = 600.0
    attempts: int = 5
    cooldown_s: float = 30.0
    per_pair: tuple[int, float] = (3, 3600.0)
    per_number: tuple[int, float] = (6, 3600.0)
    per_requester: tuple[int, float] = (10, 3600.0)
    per_block: tuple[int, float] = (20, 3600.0)

    def __post_init__(self) -> None:
        """Refuse rules that would not limit anything."""
        if not 0 < self.life_s <= 3600 or not 1 <= self.attempts <= 10 or self.cooldown_s <= 0:
            raise ValueError(
                "CodeRules: life_s is at most 3600, attempts 1 to 10, cooldown_s above 0"
            )
        for name in ("per_pair", "per_number", "per_requester", "per_block"):
            most, window_s = getattr(self, name)
            if most < 1 or window_s <= 0:
                raise ValueError(f"{name}: give a positive number and positive seconds")
        for one, all_ in (("per_pair", "per_number"), ("per_requester", "per_block")):
            (most, window_s), (shared, shared_s) = getattr(self, one), getattr(self, all_)
            if most >= shared or window_s < shared_s:
                raise ValueError(
                    f"{one}: must be below {all_}, in as long a time, or one requester can lock it"
                )


@dataclass(frozen=True)
class SendLimits:
    """Admit sends, and count them under hashed keys.

    Attributes:
        key: the server's key, 32 bytes or more, kept apart from the store.
        store: where the counts are kept.
        rules: the limits.
        clock: what time it is.
    """

    key: Secret
    store: CodeStore = field(repr=False)
    rules: CodeRules = CodeRules()
    clock: Clock = field(default=SYSTEM_CLOCK, repr=False)

    def __post_init__(self) -> None:
        """Refuse a key that could be guessed.

        Raises:
            ConfigurationError: the key is missing or short.
        """
        if len(self.key.reveal().encode()) < MIN_KEY_BYTES:
            raise ConfigurationError(
                f"the key of one-time codes needs {MIN_KEY_BYTES} bytes or more",
                problems=["Make one: python -c 'import secrets; print(secrets.token_hex(32))'"],
            )

    def admit(self, number: str, requester: str) -> Started:
        """Count one send of ``requester`` to ``number``, unless a limit is full."""
        quotas = self._quotas(number, _network(requester))
        full, wait = self.store.admit(list(quotas.values()), now=self.clock.time())
        if full == FREE:
            return Started(sent=True)
        limit = list(quotas)[full]
        log_event(
            get_logger("codes"), logging.WARNING, "one-time code", outcome="limited", reason=limit
        )
        return Started(sent=False, retry_after=wait, limit=limit)

    def hash(self, *parts: str) -> str:
        """Return the keyed hash of some texts: what stands in a store in their place."""
        # JSON keeps the borders: ("a", "bc") and ("ab", "c") differ.
        text = json.dumps(parts).encode()
        return hmac.new(self.key.reveal().encode(), text, hashlib.sha256).hexdigest()

    def hash_requester(self, requester: str) -> str:
        """Return the keyed hash of a requester; of an IPv6 address, that of its /64 network."""
        return self.hash("who", _network(requester))

    def _quotas(self, number: str, requester: str) -> dict[str, Quota]:
        rules = self.rules
        return {
            "cooldown": (self.hash("cooldown", number, requester), 1, rules.cooldown_s),
            "pair": (self.hash("pair", number, requester), *rules.per_pair),
            "number": (self.hash("number", number), *rules.per_number),
            "requester": (self.hash("requester", requester), *rules.per_requester),
            "block": (self.hash("block", number[:-4]), *rules.per_block),
        }


def check_filled(**arguments: object) -> None:
    """Refuse what is no text, or empty.

    Raises:
        ValueError: naming the argument.
    """
    for name, value in arguments.items():
        if not isinstance(value, str) or not value.strip():
            raise ValueError(f"{name}: must be a non-empty string. Nothing was sent.")


def _network(requester: str) -> str:
    """Return an IPv6 address's /64, since one subscriber has all of it; all else unchanged."""
    try:
        address = ipaddress.ip_address(requester)
    except ValueError:
        return requester
    if isinstance(address, ipaddress.IPv4Address):
        return requester
    mapped = address.ipv4_mapped
    return str(mapped or ipaddress.ip_network((address.packed, 64), strict=False))
