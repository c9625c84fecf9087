import xml.etree.ElementTree as ET  # reads what we have just written

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.twiml.messaging_response import MessagingResponse

from integrations.core.errors import InvalidRequestError
from integrations.core.webhooks import Result
from integrations.twilio.events import KEYWORDS, InboundMessage
from integrations.twilio.inbound import answer_messages, twiml
from integrations.twilio.optout import MemoryOptOuts
from integrations.twilio.tests.posting import TARGET, inbound_form, post_form
from integrations.twilio.tests.test_callbacks import new_pipeline

SENDER = "+15558675310"


class Desk:
    """A pipeline that answers, and what reached the answering function."""

    def __init__(self, **options: object) -> None:
        self.opt_outs = MemoryOptOuts()
        self.read: list[InboundMessage] = []
        self.pipeline = new_pipeline()
        handler = answer_messages(self.reply, opt_outs=self.opt_outs, **options)  # type: ignore[arg-type]
        self.pipeline.on("*")(handler)
        self.count = 0

    def reply(self, message: InboundMessage) -> object:
        self.read.append(message)
        return f"You said: {message.body}"

    def post(self, body: str, **extra: str) -> Result:
        self.count += 1
        form = inbound_form(body, sid=f"SM{self.count:032d}", **extra)
        return self.pipeline.receive(*post_form(form), target=TARGET)


def bodies(result: Result) -> list[str | None]:
    return [each.text for each in ET.fromstring(twiml(result)).iter("Message")]  # noqa: S314


def test_a_message_is_answered_in_twiml() -> None:
    desk = Desk()
    result = desk.post("Is <it> open & free?")
    assert twiml(result) == (
        '<?xml version="1.0" encoding="UTF-8"?><Response><Message>'
        "You said: Is &lt;it&gt; open &amp; free?</Message></Response>"
    )
    assert desk.read[0].sender == SENDER


@pytest.mark.parametrize("word", KEYWORDS["stop"])
@pytest.mark.parametrize("spelt", [str.upper, str.lower, " {}\n".format])
def test_stop_is_kept_and_not_answered(word: str, spelt) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    desk = Desk()
    assert bodies(desk.post(spelt(word))) == []
    assert SENDER in desk.opt_outs
    assert desk.read == []


@pytest.mark.parametrize("word", KEYWORDS["start"])
def test_start_lifts_it(word: str) -> None:
    desk = Desk()
    desk.post("STOP")
    desk.post(word)
    assert SENDER not in desk.opt_outs


@pytest.mark.parametrize("text", ["please stop", "STOP IT", "stopping", "", "end."])
def test_a_message_that_only_holds_the_word_is_no_keyword(text: str) -> None:
    desk = Desk()
    desk.post(text)
    assert SENDER not in desk.opt_outs
    assert [each.body for each in desk.read] == [text]


def test_advanced_opt_out_tells_its_own_keywords() -> None:
    desk = Desk()
    desk.post("BASTA", OptOutType="STOP")
    assert SENDER in desk.opt_outs
    desk.post("STOP", OptOutType="START")
    assert SENDER not in desk.opt_outs


def test_whatsapp_and_sms_are_one_person() -> None:
    desk = Desk()
    desk.post("stop", From=f"whatsapp:{SENDER}")
    assert SENDER in desk.opt_outs


def test_help_is_answered_only_where_twilio_does_not() -> None:
    assert bodies(Desk().post("help")) == []
    own = Desk(keyword_replies={"help": "Call us."})
    assert bodies(own.post("INFO")) == ["Call us."]
    with pytest.raises(ValueError, match="after STOP"):
        answer_messages(opt_outs=MemoryOptOuts(), keyword_replies={"stop": "Sorry to see you go"})


def test_a_forged_stop_changes_nothing() -> None:
    desk = Desk()
    body, headers = post_form(inbound_form("STOP"), token="f" * 32)
    result = desk.pipeline.receive(body, headers, target=TARGET)
    assert (result.status, len(desk.opt_outs)) == (400, 0)
    assert bodies(result) == []


def test_the_same_message_twice_is_answered_once() -> None:
    desk = Desk()
    posted = post_form(inbound_form("Hello"))
    results = [desk.pipeline.receive(*posted, target=TARGET) for _ in range(2)]
    assert [bodies(each) for each in results] == [["You said: Hello"], []]


def test_a_reply_may_be_twiml_of_your_own() -> None:
    response = MessagingResponse()
    response.message("Look").media("https://app.example.com/cat.jpg")
    assert "<Media>" in twiml(Result(200, "handled", answers=(response, "and this", None, 7)))
    assert twiml(Result(200, "handled")) == ('<?xml version="1.0" encoding="UTF-8"?><Response />')


@pytest.mark.parametrize("text", ["", " ", "x" * 1601, "a\x00", "\ud800", "\x1b[0m", "\uffff"])
def test_a_reply_that_cannot_be_sent_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequestError, match="reply"):
        twiml(Result(200, "handled", answers=(text,)))


@given(st.text(min_size=1, max_size=50).filter(str.strip))
def test_every_reply_is_refused_or_arrives_as_it_was(text: str) -> None:
    result = Result(200, "handled", answers=(text,))
    try:
        written = bodies(result)
    except InvalidRequestError:
        return
    # XML reads a carriage return as a new line.
    assert written == [text.replace("\r\n", "\n").replace("\r", "\n")]


def test_media_are_named_with_their_type() -> None:
    desk = Desk()
    desk.post("", NumMedia="1", MediaUrl0="https://api.twilio.com/m", MediaContentType0="image/png")
    assert [(each.url, each.content_type) for each in desk.read[0].media] == [
        ("https://api.twilio.com/m", "image/png")
    ]


@pytest.mark.parametrize("count", ["2", "x", "-1", "11", "9" * 5000, "²"])
def test_media_that_are_not_there_are_an_error_of_the_message(count: str) -> None:
    desk = Desk()
    result = desk.post("Hi", NumMedia=count)
    assert (result.status, result.reason) == (500, "ValueError")
