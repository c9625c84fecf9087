"""A phone of the fake's: what is on its screen, and what its owner does with it."""

import re
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING

from integrations.core.views import Displayed, moment
from integrations.twilio.fake_life import advance, settle, start
from integrations.twilio.fake_state import Callback, FakeMessage, State
from integrations.twilio.segments import count_segments

if TYPE_CHECKING:
    from integrations.core.clock import Clock

STOP = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
START = frozenset({"START", "YES", "UNSTOP"})
HELP = frozenset({"HELP", "INFO"})
_REPLIES = {
    "stop": "You have successfully been unsubscribed. You will not receive any more messages from "
    "this number. Reply START to resubscribe.",
    "start": "You have successfully been re-subscribed to messages from this number. Reply HELP "
    "for help. Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
    "help": "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
}
_NUMBER = re.compile(r"(whatsapp:)?\+[1-9][0-9]{6,14}")
_ON_SCREEN = frozenset({"delivered", "read"})


@dataclass(frozen=True)
class ShownMessage(Displayed):
    """A message on a phone's screen. ``mine`` is what the phone's owner wrote."""

    at: float
    other: str
    body: str
    mine: bool
    media: tuple[str, ...] = ()


class Phone:
    """A phone with a number, and a person who holds it."""

    def __init__(self, number: str, state: State, clock: "Clock") -> None:
        """Hold the phone of ``number``; ``whatsapp:`` in front of it opens WhatsApp."""
        if not _NUMBER.fullmatch(number):
            raise ValueError(f"number: {number!r} is not E.164, such as +12025550142")
        self.number = number
        self._state = state
        self._clock = clock

    def __repr__(self) -> str:
        """Name the phone."""
        return f"Phone({self.number!r})"

    @property
    def messages(self) -> list[ShownMessage]:
        """What is on the screen, oldest first; only what has been delivered."""
        advance(self._state, self._clock.time())
        shown = []
        for each in self._state.messages.values():
            if each.to == self.number and each.status in _ON_SCREEN:
                at = next(at for at, status in each.history if status == "delivered")
                shown.append(ShownMessage(at, each.sender or "", each.body, False, each.media))
            elif each.sender == self.number and each.direction == "inbound":
                shown.append(ShownMessage(each.created, each.to, each.body, True, each.media))
        shown += [
            ShownMessage(each.at, "Verify", each.body, False)
            for each in self._state.verify.texts
            if self.number == ("whatsapp:" if each.channel == "whatsapp" else "") + each.to
        ]
        return sorted(shown, key=lambda message: message.at)

    def send(self, body: str, *, to: str, media: tuple[str, ...] = ()) -> str:
        """Write to one of the account's numbers; returns the message's SID.

        Twilio posts it to the number's webhook. To a keyword such as STOP it also answers by
        itself, and keeps the opt-out.
        """
        state, now = self._state, self._clock.time()
        if to not in state.numbers:
            known = ", ".join(sorted(state.numbers))
            raise ValueError(f"to: {to!r} is none of the account's numbers: {known}")
        sid = state.new_sid("MM" if media else "SM")
        message = FakeMessage(
            sid, to, self.number, body, "inbound", "received", now, media,
            max(1, count_segments(body).segments), updated=now, sent=now,
        )  # fmt: skip
        message.history.append((now, "received"))
        state.messages[sid] = message
        state.last_inbound[self.number, to] = now
        if state.inbound_url:
            params = _inbound_params(state, message)
            state.callbacks.append(Callback("inbound.message", state.inbound_url, params, now))
        if not self.number.startswith("whatsapp:"):
            self._keyword(body.strip().upper(), to)
        return sid

    def read(self) -> None:
        """Look at the WhatsApp messages: what was delivered is read now."""
        self._check_whatsapp()
        now = self._clock.time()
        advance(self._state, now)
        for each in self._state.messages.values():
            if each.to == self.number and each.status == "delivered":
                settle(self._state, each, "read", now)

    def fails_with(self, code: int) -> None:
        """Let every later message to this phone end undelivered, such as 30003: it is off."""
        number = self.number.removeprefix("whatsapp:")
        self._state.lines[number] = replace(self._state.line(number), fails=code)

    def works(self) -> None:
        """Let messages come through again."""
        number = self.number.removeprefix("whatsapp:")
        self._state.lines[number] = replace(self._state.line(number), fails=None)

    def _check_whatsapp(self) -> None:
        if not self.number.startswith("whatsapp:"):
            raise ValueError("read: only WhatsApp tells what was read; SMS does not")

    def _keyword(self, word: str, number: str) -> None:
        services = [sid for sid, pool in self._state.services.items() if number in pool]
        pairs = {(self.number, sender) for sender in (number, *services)}
        if word in STOP:
            self._state.opted_out |= pairs
            self._answer(number, _REPLIES["stop"])
        elif word in START and pairs & self._state.opted_out:
            self._state.opted_out -= pairs
            self._answer(number, _REPLIES["start"])
        elif word in HELP:
            self._answer(number, _REPLIES["help"])

    def _answer(self, number: str, body: str) -> None:
        reply(self._state, number, self.number, body, self._clock.time())

    def _repr_html_(self) -> str:
        lines = "".join(map(_bubble, self.messages)) or '<div style="opacity:.8">No messages</div>'
        return (
            '<div style="max-width:21em;border:2px solid rgba(128,128,128,.6);border-radius:1.8em;'
            'padding:1em .9em 1.6em;margin:.5em 0;font-family:system-ui,sans-serif">'
            f'<div style="text-align:center;font-size:.8em;opacity:.8;margin-bottom:.8em">'
            f"{escape(self.number)}</div>{lines}</div>"
        )


def reply(state: State, sender: str, to: str, body: str, now: float) -> FakeMessage:
    """Send a message from inside Twilio: a keyword's answer, or one by TwiML."""
    message = FakeMessage(
        state.new_sid("SM"), to, sender, body, "outbound-reply", "queued", now,
        segments=max(1, count_segments(body).segments), updated=now,
    )  # fmt: skip
    message.steps = [(now, "sending", None), (now, "sent", None), (now, "delivered", None)]
    message.history.append((now, "queued"))
    start(state, message)
    return message


def _inbound_params(state: State, message: FakeMessage) -> dict[str, str]:
    """Return the form of an inbound message.

    Source: https://www.twilio.com/docs/messaging/guides/webhook-request
    """
    files = {
        f"Media{kind}{index}": value
        for index, url in enumerate(message.media)
        for kind, value in (("Url", url), ("ContentType", "image/jpeg"))
    }
    return {
        "AccountSid": state.account_sid,
        "ApiVersion": "2010-04-01",
        "Body": message.body,
        "From": message.sender or "",
        "MessageSid": message.sid,
        "NumMedia": str(len(message.media)),
        "NumSegments": str(message.segments),
        "SmsMessageSid": message.sid,
        "SmsSid": message.sid,
        "SmsStatus": "received",
        "To": message.to,
        **files,
    }


def _bubble(message: ShownMessage) -> str:
    side = "margin-left:3em" if message.mine else "margin-right:3em"
    colour = "rgba(64,128,255,.25)" if message.mine else "rgba(128,128,128,.2)"
    who = "you" if message.mine else message.other.removeprefix("whatsapp:")
    files = "".join(f'<div style="opacity:.8">🖼 {escape(url)}</div>' for url in message.media)
    text = escape(message.body).replace("\n", "<br>")
    return (
        f'<div style="{side};background:{colour};border-radius:1em;padding:.5em .8em;'
        f'margin-bottom:.6em;overflow-wrap:anywhere">{text}{files}'
        f'<div style="font-size:.75em;opacity:.8">{escape(who)} · {moment(message.at)[11:16]}</div>'
        "</div>"
    )
