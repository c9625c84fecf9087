"""One-time codes of your own: six digits that withstand guessing, flooding and curiosity.

::

    start ──► sent ──right code──► approved      (burnt: the same code is refused from now on)
                │──wrong code────► sent          (one attempt fewer)
                │──last attempt──► spent         (even the right code is refused)
                │──too late──────► gone
                └──start again───► sent          (a new code; the old one is burnt)

What is kept is a keyed hash, under a key that is a keyed hash too: who reads the store learns
neither codes nor numbers. A code belongs to the session that asked for it, so nobody can use up
the attempts of somebody else.
"""

import enum
import hashlib
import hmac
import ipaddress
import json
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from integrations.core.clock import SYSTEM_CLOCK, Clock
from integrations.core.code_store import FREE, NOTHING, CodeStore, Quota
from integrations.core.config import Secret
from integrations.core.errors import ConfigurationError
from integrations.core.log import get_logger, log_event
from integrations.core.views import Displayed

DIGITS = 6
MIN_KEY_BYTES = 32


class Outcome(enum.StrEnum):
    """What became of a code that somebody typed. Only ``APPROVED`` lets anybody in."""

    APPROVED = "approved"
    WRONG = "wrong"
    SPENT = "spent"
    GONE = "gone"


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
class Checked(Displayed):
    """The answer to a check. It is true in a condition only when the code was right.

    Attributes:
        outcome: one word; see :class:`Outcome`.
        attempts_left: how often this session may still try this code.
    """

    outcome: Outcome
    attempts_left: int = 0

    @property
    def approved(self) -> bool:
        """Whether the code was right, in time, and used for the first time."""
        return self.outcome is Outcome.APPROVED

    def __bool__(self) -> bool:
        """Tell whether the code was approved, so that ``if check(…)`` cannot let anybody in."""
        return self.approved


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
        per_requester: sends by one requester, to any numbers.
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
        if self.per_pair[0] >= self.per_number[0]:
            raise ValueError("per_pair: must be below per_number, or one requester can lock it")


class Sender(Protocol):
    """Something that sends a code to a number, such as a function that calls ``send_sms``."""

    def __call__(self, to: str, code: str, /) -> object:
        """Send it, or raise."""
        ...


def six_digits() -> str:
    """Return a code from the system's secure source of randomness."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"


@dataclass(frozen=True)
class OneTimeCodes:
    """Make, send and check codes.

    Args of construction:
        key: the server's key, 32 bytes or more, kept apart from the store.
        store: where hashes and counts are kept.
        send: sends a code to a number.
        dispatch: runs the sending after the answer, such as ``executor.submit``. Without it a code
            is sent before :meth:`start` returns, and the sender's errors are the caller's.
        rules: the limits.
        clock: what time it is.
        new_code: makes a code.
    """

    key: Secret
    store: CodeStore = field(repr=False)
    send: Sender = field(repr=False)
    dispatch: Callable[[Callable[[], None]], object] | None = field(default=None, repr=False)
    rules: CodeRules = CodeRules()
    clock: Clock = field(default=SYSTEM_CLOCK, repr=False)
    new_code: Callable[[], str] = field(default=six_digits, repr=False)

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

    def start(self, number: str, *, session: str, requester: str, known: bool = True) -> Started:
        """Send a code to ``number``, good for this ``session`` alone.

        Args:
            number: where to, in one spelling (E.164); the caller has validated it.
            session: the asking session's own secret id, from your session store, never from a form.
            requester: who asks, for the limits: an address or an account. An IPv6 address counts
                as its /64 network.
            known: False does everything but the sending, for a log-in with a number that is not
                registered: the answer and its timing stay the same.

        Raises:
            ValueError: an argument is empty; or ``known=False`` without ``dispatch``, where the
                time of sending would tell.
        """
        _filled(number=number, session=session, requester=requester)
        if not known and self.dispatch is None:
            raise ValueError(
                "known: sending in line takes longer than not sending, which tells who is "
                "registered; give dispatch=, such as executor.submit"
            )
        now = self.clock.time()
        quotas = self._quotas(number, _network(requester))
        full, wait = self.store.admit(list(quotas.values()), now=now)
        if full != FREE:
            limit = list(quotas)[full]
            self._log("limited", limit)
            return Started(sent=False, retry_after=wait, limit=limit)
        code = self.new_code()
        place = self._hash("place", session, number)
        # An unknown number gets a hash of the same cost that no code has.
        kept = self._hash("code", place, code if known else secrets.token_hex(DIGITS))
        self.store.put(place, kept, now=now, ttl_s=self.rules.life_s, attempts=self.rules.attempts)
        self._hand_over(number, code if known else "")
        return Started(sent=True)

    def check(self, number: str, code: str, *, session: str) -> Checked:
        """Compare a typed code with the one that was sent to ``number`` for this ``session``.

        Blanks and hyphens between the digits are ignored. Whatever is no code counts as an
        attempt too.

        Raises:
            ValueError: ``number`` or ``session`` is empty.
        """
        _filled(number=number, session=session)
        now = self.clock.time()
        place = self._hash("place", session, number)
        found = self.store.attempt(place, now=now)
        kept, left = found
        # Hashed and compared in every case: the time taken does not tell which it was.
        right = hmac.compare_digest(kept, self._hash("code", place, _typed(code)))
        if found == NOTHING:
            return self._checked(Outcome.GONE)
        if not kept:
            return self._checked(Outcome.SPENT)
        if not right:
            return self._checked(Outcome.WRONG if left else Outcome.SPENT, left)
        if not self.store.burn(place, kept, now=now):
            return self._checked(Outcome.GONE)
        return self._checked(Outcome.APPROVED)

    def _quotas(self, number: str, requester: str) -> dict[str, Quota]:
        rules = self.rules
        return {
            "cooldown": (self._hash("cooldown", number, requester), 1, rules.cooldown_s),
            "pair": (self._hash("pair", number, requester), *rules.per_pair),
            "number": (self._hash("number", number), *rules.per_number),
            "requester": (self._hash("requester", requester), *rules.per_requester),
            "block": (self._hash("block", number[:-4]), *rules.per_block),
        }

    def _hand_over(self, number: str, code: str) -> None:
        if self.dispatch is None:
            self.send(number, code)
            return

        def task() -> None:
            try:
                if code:
                    self.send(number, code)
            except Exception as error:  # the answer is given; an operator has to see it
                self._log("not sent", type(error).__name__, logging.ERROR)

        self.dispatch(task)

    def _checked(self, outcome: Outcome, left: int = 0) -> Checked:
        self._log(str(outcome))
        return Checked(outcome, left)

    def _hash(self, *parts: str) -> str:
        # JSON keeps the borders: ("a", "bc") and ("ab", "c") differ.
        text = json.dumps(parts).encode()
        return hmac.new(self.key.reveal().encode(), text, hashlib.sha256).hexdigest()

    @staticmethod
    def _log(outcome: str, reason: str = "", level: int = logging.INFO) -> None:
        logger = get_logger("codes")
        log_event(logger, level, "one-time code", outcome=outcome, reason=reason or None)


def _typed(code: object) -> str:
    """Return the digits of what was typed; what is no code becomes one that never matches."""
    if not isinstance(code, str):
        return ""
    text = code.replace(" ", "").replace("-", "")
    return text if text.isascii() and text.isdigit() and len(text) == DIGITS else ""


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


def _filled(**arguments: object) -> None:
    for name, value in arguments.items():
        if not isinstance(value, str) or not value.strip():
            raise ValueError(f"{name}: must be a non-empty string. Nothing was sent.")
