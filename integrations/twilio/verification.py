r"""Prove that somebody holds a phone: one interface, two backends.

::

    start ──► sent ──right code──► approved      (used up: the same code is refused from now on)
                │──wrong code────► sent          (one attempt fewer)
                │──last attempt──► spent         (even the right code is refused)
                │──too late──────► gone
                └──start again───► sent          (Verify: the same code; own codes: a new one)

=========================  ==================================  ================================
\                          :class:`TwilioVerify`               :class:`OwnCodes`
=========================  ==================================  ================================
makes and keeps the code   Twilio                              you, as a keyed hash
fraud                      Fraud Guard, geo permissions, and   the limits here
                           the limits here
attempts are counted       per number, by Twilio: three are    per session: nobody touches the
                           kept for the session that asked     attempts of somebody else
                           first, two for all that join
channels                   SMS, call, WhatsApp                 whatever your sender can do
price                      per approved verification           per message
=========================  ==================================  ================================

Both check a code for the session alone that asked for it, answer the same for a number that is
registered and one that is not, and let in only on
:attr:`Checked.approved <integrations.core.codes.Checked.approved>`.
"""

import logging
import math
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from integrations.core.code_limits import SendLimits, Started, check_filled
from integrations.core.code_store import NOTHING
from integrations.core.codes import (
    Checked,
    Dispatch,
    OneTimeCodes,
    Outcome,
    check_dispatch,
    typed,
)
from integrations.core.errors import NotFoundError, RateLimitedError
from integrations.core.log import get_logger, log_event
from integrations.twilio.client import TwilioClient
from integrations.twilio.phone import e164
from integrations.twilio.shares import OWN_CHECKS, Shares

# https://www.twilio.com/docs/verify/api/rate-limits-and-timeouts, read 2026-11: a code and the
# counts of its sends and checks live ten minutes.
LIFE_S = 600.0
SENDS = 5


class PhoneVerification(Protocol):
    """What both backends do."""

    def start(self, number: str, *, session: str, requester: str, known: bool = True) -> Started:
        """Send a code to ``number``, good for this ``session`` alone.

        Args:
            number: E.164, or national where ``TWILIO_DEFAULT_COUNTRY`` is set.
            session: the asking session's own secret id, from your session store, never from a form.
            requester: who asks, for the limits: an address or an account.
            known: False sends nothing and answers the same, for a log-in with a number that is not
                registered.

        Raises:
            InvalidRequestError: it is no phone number, or Twilio refuses to send to it.
        """
        ...

    def check(self, number: str, code: str, *, session: str) -> Checked:
        """Tell whether ``code`` is the one that was sent to ``number`` for this ``session``.

        Raises:
            InvalidRequestError: it is no phone number.
        """
        ...


@dataclass(frozen=True)
class OwnCodes:
    """Codes of your own, over any sender.

    Attributes:
        codes: makes, sends and checks them.
        country: two letters, for numbers written without ``+``.
    """

    codes: OneTimeCodes
    country: str = ""

    def start(self, number: str, *, session: str, requester: str, known: bool = True) -> Started:
        """Send a code; see :class:`PhoneVerification`."""
        to = e164("number", number, self.country)
        return self.codes.start(to, session=session, requester=requester, known=known)

    def check(self, number: str, code: str, *, session: str) -> Checked:
        """Check a code; see :class:`PhoneVerification`."""
        return self.codes.check(e164("number", number, self.country), code, session=session)


def sms_sender(
    client: TwilioClient, *, text: str = "Your code is {code}. Tell it to nobody."
) -> Callable[[str, str], object]:
    """Return a sender for :class:`~integrations.core.codes.OneTimeCodes` that sends an SMS.

    Raises:
        ValueError: ``text`` has no ``{code}``.
    """
    if "{code}" not in text:
        raise ValueError("text: has no {code}")
    return lambda to, code: client.send_message(to, body=text.replace("{code}", code))


@dataclass(frozen=True)
class TwilioVerify:
    """Twilio Verify, with a session's claim on its code and our own limits before Twilio's.

    Twilio has one code for a number while it is alive, and counts five checks of it, whoever asks.
    So that no stranger who starts a verification of somebody's number uses them up, three are kept
    for the session that asked first, whatever all others do, and of the other two each requester
    has one. Two requesters together, of whom one asked first, can still use up all five, for the
    ten minutes of the code: with :class:`OwnCodes` nobody can.

    Source: https://www.twilio.com/docs/verify/api

    Attributes:
        client: sends and checks.
        limits: who may cause how many sends; its store also keeps whose code is whose.
        channel: ``sms``, ``call`` or ``whatsapp``.
        rate_limit: unique name of a rate limit of the service that counts the requester; none when
            empty.
        dispatch: runs the sending after the answer, such as ``executor.submit``. Without it the
            errors of sending are the caller's.
    """

    client: TwilioClient = field(repr=False)
    limits: SendLimits
    channel: str = "sms"
    rate_limit: str = ""
    dispatch: Dispatch | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Refuse rules by which one requester could use up Twilio's five sends to a number.

        Raises:
            ValueError: ``per_pair`` lets five or more through in ten minutes.
        """
        most, window_s = self.limits.rules.per_pair
        if most * math.ceil(LIFE_S / window_s) >= SENDS:
            raise ValueError(
                "per_pair: must let fewer than five through in ten minutes, or one requester can "
                "use up Twilio's five sends to a number"
            )

    def start(self, number: str, *, session: str, requester: str, known: bool = True) -> Started:
        """Send a code; see :class:`PhoneVerification`.

        After a lost reply it may be called again: within ten minutes Verify sends the same code.

        Raises:
            InvalidRequestError: it is no phone number, or code ``60410``: it is blocked.
            NetworkError: no reply.
        """
        check_filled(session=session, requester=requester)
        check_dispatch(self.dispatch, known=known)
        to = e164("number", number, self.client.settings.default_country)
        started = self.limits.admit(to, requester)
        if not started.sent:
            return started
        place = self.limits.hash("place", session, to)
        who = self.limits.hash_requester(requester)
        if self.dispatch is None:

            def keep(sid: str, tries: int) -> None:
                self._keep(place, f"{sid} {who}", tries)

            return self._send(to, place, requester, keep)
        # Until the sending is done, and when it fails, a known number is what an unknown one
        # stays: a made-up SID. Else a check would tell them apart.
        stand_in = f"VE{secrets.token_hex(16)}"
        self._keep(place, f"{stand_in} {who}", OWN_CHECKS)

        def task() -> None:
            try:
                if known:
                    behind = self.limits.hash("behind", stand_in)
                    self._send(to, place, requester, partial(self._keep, behind))
            except Exception as error:  # the answer is given; an operator has to see it
                _log("not sent", type(error).__name__, logging.ERROR)

        self.dispatch(task)
        return started

    def check(self, number: str, code: str, *, session: str) -> Checked:
        """Check a code; see :class:`PhoneVerification`.

        Raises:
            NetworkError: no reply. Whether the code was right is not known, and it may be used up:
                start again.
        """
        check_filled(session=session)
        to = e164("number", number, self.client.settings.default_country)
        place, now = self.limits.hash("place", session, to), self.limits.clock.time()
        found = self.limits.store.attempt(place, now=now)
        kept, left = found
        if not kept:
            return _checked(Outcome.GONE if found == NOTHING else Outcome.SPENT)
        # A service's codes have four to ten digits; six unless set otherwise.
        digits = typed(code, least=4, most=10)
        outcome = self._ask(place, kept, digits) if digits else Outcome.WRONG
        if outcome is Outcome.APPROVED and not self.limits.store.burn(place, kept, now=now):
            outcome = Outcome.GONE
        if outcome is Outcome.WRONG:
            return _checked(Outcome.WRONG if left else Outcome.SPENT, left)
        return _checked(outcome)

    def _ask(self, place: str, kept: str, code: str) -> Outcome:
        """Let Twilio compare, with an unknown number's made-up SID as well: it takes as long."""
        # An unknown number has no code that could be gone or spent at Twilio's: where there may
        # be unknown ones, only the session's own count is told.
        told = self.dispatch is None
        stand_in, _, who = kept.partition(" ")
        now = self.limits.clock.time()
        real, _ = self.limits.store.attempt(self.limits.hash("behind", stand_in), now=now)
        sid = real or stand_in
        if not Shares(self.limits, LIFE_S).take(sid, session=place, requester=who):
            if told:
                return Outcome.SPENT
            sid = stand_in
        try:
            answer = self.client.check_verification(code, verification_sid=sid)
        except NotFoundError:
            return Outcome.GONE if told else Outcome.WRONG
        except RateLimitedError as error:
            if error.code != "60202":
                raise
            return Outcome.SPENT if told else Outcome.WRONG
        # A wrong code is answered with 200 and "pending".
        return Outcome.APPROVED if answer.approved else Outcome.WRONG

    def _send(
        self, to: str, place: str, requester: str, keep: Callable[[str, int], object]
    ) -> Started:
        named = {self.rate_limit: requester} if self.rate_limit else None
        try:
            made = self.client.start_verification(to, channel=self.channel, rate_limits=named)
        except RateLimitedError as error:
            _log("limited", str(error.code), logging.WARNING)
            wait = error.retry_after if error.retry_after is not None else LIFE_S
            return Started(sent=False, retry_after=wait, limit=f"twilio:{error.code}")
        if made.sid is None:  # debug mode: recorded, not sent
            return Started(sent=False, limit=made.status)
        keep(made.sid, Shares(self.limits, LIFE_S).claim(made.sid, session=place))
        return Started(sent=True)

    def _keep(self, place: str, value: str, tries: int) -> None:
        attempts, now = min(self.limits.rules.attempts, tries), self.limits.clock.time()
        self.limits.store.put(place, value, now=now, ttl_s=LIFE_S, attempts=attempts)


def _checked(outcome: Outcome, left: int = 0) -> Checked:
    _log(str(outcome))
    return Checked(outcome, left)


def _log(outcome: str, reason: str = "", level: int = logging.INFO) -> None:
    log_event(get_logger("twilio"), level, "verification", outcome=outcome, reason=reason or None)
