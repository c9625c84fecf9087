"""Messages that come in: STOP, START and HELP kept to, and replies in TwiML."""

import re
from collections.abc import Callable, Mapping

from twilio.twiml.messaging_response import MessagingResponse

from integrations.core.webhook_store import Event
from integrations.core.webhooks import Result
from integrations.twilio.events import InboundMessage
from integrations.twilio.optout import OptOuts
from integrations.twilio.phone import bare, refuse

CONTENT_TYPE = "text/xml"
MAX_REPLY = 1600

# What XML 1.0 cannot carry; the SDK writes it all the same, and Twilio cannot read it (9.13).
_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def answer_messages(
    reply: Callable[[InboundMessage], object] | None = None,
    *,
    opt_outs: OptOuts,
    keyword_replies: Mapping[str, str] | None = None,
) -> Callable[[Event], object]:
    """Return a handler for inbound messages: register it with ``pipeline.on("*")``.

    STOP is kept in ``opt_outs`` and START lifts it. Neither reaches ``reply``: Twilio answers its
    keywords by itself, and a text to somebody who said STOP is refused (21610).

    Args:
        reply: returns the text to answer with, or a ``MessagingResponse``, or None for no answer.
            The message's body is a stranger's: put it into no command, query or page unescaped.
        opt_outs: who has said STOP.
        keyword_replies: your own answers to ``start`` and ``help``, where you have turned Twilio's
            off.

    Raises:
        ValueError: a keyword reply for something else.
    """
    own = dict(keyword_replies or {})
    if set(own) - {"start", "help"}:
        raise ValueError("keyword_replies: only 'start' and 'help'; nothing can be sent after STOP")

    def handler(event: Event) -> object:
        message = event.typed
        if not isinstance(message, InboundMessage):
            return None
        if message.keyword == "stop":
            opt_outs.add(bare(message.sender))
            return None
        if message.keyword == "start":
            opt_outs.remove(bare(message.sender))
        if message.keyword:
            return own.get(message.keyword)
        return reply(message) if reply else None

    return handler


def twiml(result: Result) -> str:
    """Return the body that answers an inbound message, to be sent as ``text/xml``.

    Every handler's answer becomes a message of its own. Without any it is an empty response, which
    sends nothing; so is the answer to a request that was refused.

    Raises:
        InvalidRequestError: a reply is empty, longer than 1600 characters, or holds what XML
            cannot carry.
    """
    response = MessagingResponse()
    for answer in result.answers:
        if isinstance(answer, MessagingResponse):
            for verb in answer.verbs:
                response.append(verb)
        elif isinstance(answer, str):
            response.message(_reply(answer))
    return str(response.to_xml())


def _reply(text: str) -> str:
    if not text.strip() or len(text) > MAX_REPLY:
        refuse("reply", f"has {len(text)} characters; Twilio sends 1 to {MAX_REPLY}")
    if _NOT_XML.search(text):
        refuse("reply", "holds a control character, which TwiML cannot carry")
    return text
