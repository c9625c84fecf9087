"""The fake refuses what Twilio refuses, also where our client would have refused it before."""

import json
import string
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.core.clock import ManualClock
from integrations.core.wire import Request
from integrations.twilio.client import TwilioClient
from integrations.twilio.fake import MOCK_TEMPLATE, FakeTwilio
from integrations.twilio.fake_messages import _CREATE
from integrations.twilio.tests.conftest import ALEX, NUMBER

SERVICE = "MG00000000000000000000000000000003"
LATER = "2026-01-01T02:00:00Z"
REFUSED = [
    ({"ValidityPeriod": "0"}, 21624),
    ({"ValidityPeriod": "36001"}, 21624),
    ({"ValidityPeriod": "-5"}, 21624),
    ({"ValidityPeriod": "1.5"}, 21624),
    ({"ValidityPeriod": "\u0661"}, 21624),
    ({"MediaUrl": [f"https://a.example/{n}.png" for n in range(11)]}, 21623),
    ({"MediaUrl": ["ftp://a.example/1.png"]}, 21620),
    ({"MediaUrl": ["https://"]}, 21620),
    ({"MediaUrl": [""]}, 21620),
    ({"Body": "x" * 1601}, 21617),
    ({"Body": None}, 21602),
    ({"ContentVariables": "{}"}, 21654),
    ({"Body": None, "ContentSid": "HX1"}, 21655),
    ({"Body": None, "ContentSid": MOCK_TEMPLATE, "ContentVariables": "no"}, 21656),
    ({"Body": None, "ContentSid": MOCK_TEMPLATE, "ContentVariables": '{"1": ""}'}, 21656),
    ({"Body": None, "ContentSid": MOCK_TEMPLATE, "ContentVariables": '{"1": null}'}, 21656),
    ({"StatusCallback": "https://a_b.example"}, 21609),
    ({"From": None, "MessagingServiceSid": "MG1"}, 21701),
    ({"FallbackFrom": NUMBER}, 20001),
    ({"ShortenUrls": "true"}, 20001),
    ({"ContentRetention": "forget"}, 20001),
    ({"AddressRetention": "hide"}, 20001),
    ({"TrafficType": "paid"}, 20001),
    ({"RiskCheck": "yes"}, 20001),
    ({"SmartEncoded": "1"}, 20001),
    ({"SendAsMms": ""}, 20001),
    ({"ProvideFeedback": "maybe"}, 20001),
    ({"ApplicationSid": "AP1"}, 20001),
    ({"Attempt": "0"}, 20001),
    ({"ScheduleType": "fixed", "SendAt": LATER}, 35118),
    ({"ScheduleType": "loose", "SendAt": LATER, "MessagingServiceSid": SERVICE}, 35111),
    ({"ScheduleType": "fixed", "MessagingServiceSid": SERVICE}, 35111),
    ({"SendAt": LATER, "MessagingServiceSid": SERVICE}, 35111),
]


@pytest.fixture
def fake() -> FakeTwilio:
    return FakeTwilio(clock=ManualClock())


def post(fake: FakeTwilio, form: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    client = TwilioClient.from_env({}, mode="mock", wire=fake, clock=ManualClock())
    client.send_message(ALEX, body="to learn the headers")
    learned = fake.requests[-1]
    given = {"To": ALEX, "From": NUMBER, "Body": "Hello"} | form
    sent = {name: value for name, value in given.items() if value is not None}
    body = urlencode(sent, doseq=True).encode()
    answer = fake(Request("POST", learned.url, learned.headers, body))
    return answer.status, json.loads(answer.body)


@pytest.mark.parametrize(("form", "code"), REFUSED)
def test_what_twilio_refuses_is_refused_with_its_code(
    fake: FakeTwilio, form: dict[str, Any], code: int
) -> None:
    status, told = post(fake, form)
    assert (status >= 400, told["code"]) == (True, code)
    assert len(fake.messages) == 1


@pytest.mark.parametrize(
    "form",
    [
        {"ValidityPeriod": "1"},
        {"ValidityPeriod": "36000"},
        {"MediaUrl": [f"https://a.example/{n}.png" for n in range(10)]},
        {"SmartEncoded": "true", "SendAsMms": "False", "ShortenUrls": "false"},
        {"ShortenUrls": "true", "MessagingServiceSid": SERVICE, "From": None},
        {"ContentRetention": "discard", "AddressRetention": "obfuscate", "RiskCheck": "disable"},
        {"Attempt": "2", "ProvideFeedback": "true", "MaxPrice": "0.1", "TrafficType": "free"},
        {"Body": None, "ContentSid": MOCK_TEMPLATE, "ContentVariables": '{"1": "Alex"}'},
    ],
)
def test_what_twilio_takes_is_taken(fake: FakeTwilio, form: dict[str, Any]) -> None:
    status, told = post(fake, form)
    assert (status, told.get("error_code")) == (201, None)


@given(
    st.dictionaries(
        st.sampled_from(sorted(_CREATE)), st.text(string.printable, max_size=12), max_size=6
    )
)
def test_whatever_is_given_there_is_an_answer(form: dict[str, str]) -> None:
    status, told = post(FakeTwilio(clock=ManualClock()), form)
    assert status in (201, 400, 404)
    assert "sid" in told or told["code"] >= 20001
