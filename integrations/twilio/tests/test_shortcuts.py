from dataclasses import dataclass
from urllib.parse import parse_qs

import pytest

from integrations.core.errors import ConfigurationError, InvalidRequestError
from integrations.core.workbook import Mock
from integrations.twilio import shortcuts
from integrations.twilio.client import TwilioClient
from integrations.twilio.fake import MOCK_TEMPLATE
from integrations.twilio.fake_state import Line
from integrations.twilio.optout import MemoryOptOuts
from integrations.twilio.tests.conftest import ALEX, KIM, NUMBER


@dataclass
class Order:
    number: str = "A-1001"
    phone_number: str = ALEX
    status: str = "shipped"


def form(lab: Mock) -> dict[str, list[str]]:
    return parse_qs(lab.fake.requests[-1].body.decode())


def test_an_sms_asks_for_callbacks_where_the_site_is_known(lab: Mock) -> None:
    sent = shortcuts.send_sms(ALEX, "Hello", client=lab.client)
    assert form(lab)["StatusCallback"] == ["https://app.example.com/twilio/status"]
    lab.clock.advance(5)
    assert shortcuts.get_sms_status(str(sent.sid), client=lab.client).status == "delivered"
    bare = TwilioClient.from_env({"TWILIO_FROM": NUMBER}, mode="debug")
    shortcuts.send_sms(ALEX, "Hello", client=bare)
    assert b"StatusCallback" not in bare.outbox.last.request.body


def test_somebody_who_said_stop_is_not_even_asked_about(lab: Mock) -> None:
    lab.client.opt_outs.add(ALEX)
    with pytest.raises(InvalidRequestError) as raised:
        shortcuts.send_sms("+1 202 555 0142", "Hello", client=lab.client)
    assert (raised.value.code, raised.value.status) == ("21610", None)
    assert "START" in str(raised.value)
    # STOP is said to the sender, not to a channel.
    with pytest.raises(InvalidRequestError, match="opted out"):
        shortcuts.send_whatsapp(ALEX, "Hello", client=lab.client)
    assert lab.fake.requests == []
    lab.client.opt_outs.remove(ALEX)
    assert shortcuts.send_sms(ALEX, "Hello", client=lab.client).sent


def test_whatsapp_by_text_and_by_template(lab: Mock) -> None:
    shortcuts.send_whatsapp(ALEX, "Hello", client=lab.client)
    assert form(lab)["Body"] == ["Hello"]
    shortcuts.send_whatsapp(
        ALEX, content_sid=MOCK_TEMPLATE, content_variables={"1": "Alex"}, client=lab.client
    )
    assert form(lab)["ContentSid"] == [MOCK_TEMPLATE]
    with pytest.raises(InvalidRequestError, match="body"):
        shortcuts.send_whatsapp(ALEX, client=lab.client)


@pytest.mark.parametrize("status", sorted(shortcuts.ORDER_TEXTS))
def test_an_order_update_is_one_segment(lab: Mock, status: str) -> None:
    sent = shortcuts.send_order_update(Order(status=status, number="9" * 40), client=lab.client)
    assert (sent.segments, sent.encoding) == (1, "GSM-7")
    assert "9" * 40 in form(lab)["Body"][0]


@pytest.mark.parametrize(
    "order",
    [
        Order(status="lost"),
        Order(number=""),
        Order(number="9" * 41),
        Order(number="Ж" * 40, status="cancelled"),  # two segments
        Order(phone_number="nobody"),
    ],
)
def test_an_order_that_cannot_be_told_about_is_refused(lab: Mock, order: Order) -> None:
    with pytest.raises(InvalidRequestError):
        shortcuts.send_order_update(order, client=lab.client)
    assert lab.fake.requests == []


def test_a_number_is_looked_up_with_its_line(lab: Mock) -> None:
    lab.fake.set_line(KIM, Line("landline"))
    assert shortcuts.verify_phone_number(KIM, client=lab.client).line_type == "landline"
    assert not shortcuts.verify_phone_number("+15558675310", client=lab.client).valid


def test_the_default_client_is_that_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    shortcuts.default_client.cache_clear()
    monkeypatch.setenv("TWILIO_MODE", "mock")
    assert shortcuts.send_sms(ALEX, "Hello").sent
    assert shortcuts.default_client() is shortcuts.default_client()
    shortcuts.default_client.cache_clear()
    monkeypatch.setenv("TWILIO_MODE", "staging")
    with pytest.raises(ConfigurationError):
        shortcuts.send_sms(ALEX, "Hello")
    shortcuts.default_client.cache_clear()


def test_opt_outs_know_a_number_by_whatever_channel() -> None:
    store = MemoryOptOuts()
    assert not len(store)
    assert store
    store.add(f"whatsapp:{KIM}")
    store.add(ALEX)
    assert list(store) == [ALEX, KIM]
    assert KIM in store
    assert None not in store
    store.remove(KIM)
    store.remove(KIM)
    assert len(store) == 1
