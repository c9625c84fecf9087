"""Whatever is sent to the fake, it answers, and in the shape of Twilio's errors when it refuses."""

from base64 import b64encode
from urllib.parse import quote, urlencode

from hypothesis import given
from hypothesis import strategies as st

from integrations.core.clock import ManualClock
from integrations.core.wire import Request, Response
from integrations.twilio.fake import MOCK_ACCOUNT_SID, MOCK_AUTH_TOKEN, MOCK_SERVICE, FakeTwilio

ACCOUNT = f"https://api.twilio.com/2010-04-01/Accounts/{MOCK_ACCOUNT_SID}"
AUTH = "Basic " + b64encode(f"{MOCK_ACCOUNT_SID}:{MOCK_AUTH_TOKEN}".encode()).decode()
FORM = {"authorization": AUTH, "content-type": "application/x-www-form-urlencoded"}

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
value = st.one_of(
    text,
    st.sampled_from(
        [
            "+12025550142",
            "whatsapp:+12025550142",
            "+15017122661",
            "whatsapp:+14155238886",
            MOCK_SERVICE,
            "HX00000000000000000000000000000005",
            "https://app.example.com/x",
            "https://[::1",
            "http://a:b@c:99999/",
            "fixed",
            "canceled",
            "2026-01-06T09:00:00Z",
            "0001-01-01",
            "9999-12-31T23:59:59+14:00",
            "{}",
            "[]",
            "9" * 30,
            "",
        ]
    ),
)
forms = st.dictionaries(
    st.sampled_from(
        [
            "To",
            "From",
            "Body",
            "MediaUrl",
            "MessagingServiceSid",
            "ContentSid",
            "ContentVariables",
            "StatusCallback",
            "ScheduleType",
            "SendAt",
            "Status",
            "PageSize",
            "Page",
            "DateSent",
            "DateSent>",
            "Fields",
        ]
    ),
    value,
)


def _answered(answer: Response) -> None:
    body = answer.json()
    assert 200 <= answer.status < 500
    if answer.status >= 400:
        assert set(body) == {"code", "message", "more_info", "status"}
        assert body["status"] == answer.status


@given(st.lists(forms, max_size=4))
def test_whatever_the_form(sent: list[dict[str, str]]) -> None:
    clock = ManualClock()
    fake = FakeTwilio(clock=clock)
    for form in sent:
        body = urlencode(form).encode()
        _answered(fake(Request("POST", f"{ACCOUNT}/Messages.json", FORM, body)))
        clock.advance(2)
    for sid in [each.sid for each in fake.messages]:
        _answered(fake(Request("POST", f"{ACCOUNT}/Messages/{sid}.json", FORM, body)))
    for each in fake.deliveries():
        assert each.headers["x-twilio-signature"]
    clock.advance(4_000_000)
    assert all(not each.steps for each in fake.messages)


@given(forms)
def test_whatever_the_query(form: dict[str, str]) -> None:
    url = f"{ACCOUNT}/Messages.json?{urlencode(form)}"
    _answered(FakeTwilio(clock=ManualClock())(Request("GET", url, FORM)))


@given(text)
def test_whatever_the_number_looked_up(number: str) -> None:
    url = f"https://lookups.twilio.com/v2/PhoneNumbers/{quote(number, safe='')}"
    _answered(FakeTwilio(clock=ManualClock())(Request("GET", url, FORM)))


@given(st.sampled_from(["GET", "POST", "DELETE", "PUT"]), text, st.binary(max_size=60))
def test_whatever_the_path(method: str, path: str, body: bytes) -> None:
    url = f"https://api.twilio.com/{quote(path)}"
    _answered(FakeTwilio(clock=ManualClock())(Request(method, url, FORM, body)))
