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
import hmac
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from integrations.core.code_limits import SendLimits, Started, check_filled
from integrations.core.code_store import NOTHING
from integrations.core.log import get_logger, log_event
from integrations.core.views import Displayed

DIGITS = 6


class Outcome(enum.StrEnum):
    """What became of a code that somebody typed. Only ``APPROVED`` lets anybody in."""

    APPROVED = "approved"
    WRONG = "wrong"
    SPENT = "spent"
    GONE = "gone"


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


class Sender(Protocol):
    """Something that sends a code to a number, such as a function that calls ``send_sms``."""

    def __call__(self, to: str, code: str, /) -> object:
        """Send it, or raise."""
        ...


Dispatch = Callable[[Callable[[], None]], object]
"""Runs a task later, such as ``executor.submit``."""


def check_dispatch(dispatch: Dispatch | None, *, known: bool) -> None:
    """Refuse to leave out a sending that happens before the answer: its time would tell.

    Raises:
        ValueError: ``known`` is False and there is no ``dispatch``.
    """
    if not known and dispatch is None:
        raise ValueError(
            "known: sending in line takes longer than not sending, which tells who is "
            "registered; give dispatch=, such as executor.submit"
        )


def six_digits() -> str:
    """Return a code from the system's secure source of randomness."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"


@dataclass(frozen=True)
class OneTimeCodes:
    """Make, send and check codes.

    Attributes:
        limits: who may cause how many sends; with the key and the store.
        send: sends a code to a number.
        dispatch: runs the sending after the answer, such as ``executor.submit``. Without it a code
            is sent before :meth:`start` returns, and the sender's errors are the caller's.
        new_code: makes a code.
    """

    limits: SendLimits
    send: Sender = field(repr=False)
    dispatch: Dispatch | None = field(default=None, repr=False)
    new_code: Callable[[], str] = field(default_factory=lambda: six_digits, repr=False)

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
        check_filled(number=number, session=session, requester=requester)
        check_dispatch(self.dispatch, known=known)
        started = self.limits.admit(number, requester)
        if not started.sent:
            return started
        code = self.new_code()
        place = self.limits.hash("place", session, number)
        # An unknown number gets a hash of the same cost that no code has.
        kept = self.limits.hash("code", place, code if known else secrets.token_hex(DIGITS))
        rules, now = self.limits.rules, self.limits.clock.time()
        self.limits.store.put(place, kept, now=now, ttl_s=rules.life_s, attempts=rules.attempts)
        self._hand_over(number, code if known else "")
        return started

    def check(self, number: str, code: str, *, session: str) -> Checked:
        """Compare a typed code with the one that was sent to ``number`` for this ``session``.

        Blanks and hyphens between the digits are ignored. Whatever is no code counts as an
        attempt too.

        Raises:
            ValueError: ``number`` or ``session`` is empty.
        """
        check_filled(number=number, session=session)
        now = self.limits.clock.time()
        place = self.limits.hash("place", session, number)
        found = self.limits.store.attempt(place, now=now)
        kept, left = found
        # Hashed and compared in every case: the time taken does not tell which it was.
        right = hmac.compare_digest(kept, self.limits.hash("code", place, typed(code)))
        if found == NOTHING:
            return self._checked(Outcome.GONE)
        if not kept:
            return self._checked(Outcome.SPENT)
        if not right:
            return self._checked(Outcome.WRONG if left else Outcome.SPENT, left)
        if not self.limits.store.burn(place, kept, now=now):
            return self._checked(Outcome.GONE)
        return self._checked(Outcome.APPROVED)

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

    @staticmethod
    def _log(outcome: str, reason: str = "", level: int = logging.INFO) -> None:
        logger = get_logger("codes")
        log_event(logger, level, "one-time code", outcome=outcome, reason=reason or None)


def typed(code: object, *, least: int = DIGITS, most: int = DIGITS) -> str:
    """Return the digits of a typed code, without blanks and hyphens; nothing if it is no code."""
    if not isinstance(code, str):
        return ""
    text = code.replace(" ", "").replace("-", "")
    return text if text.isascii() and text.isdigit() and least <= len(text) <= most else ""
