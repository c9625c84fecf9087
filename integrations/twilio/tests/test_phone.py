import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.core.errors import InvalidRequestError
from integrations.twilio.phone import bare, e164, masked, whatsapp


@pytest.mark.parametrize(
    ("given_number", "country", "expected"),
    [
        ("+12025550142", "", "+12025550142"),
        (" +1 (202) 555-0142 ", "", "+12025550142"),
        ("+49 151 12345678", "", "+4915112345678"),
        ("0151 12345678", "DE", "+4915112345678"),
        ("(202) 555-0142", "US", "+12025550142"),
        ("+44 7700 900123", "US", "+447700900123"),
        ("+15005550006", "", "+15005550006"),
    ],
)
def test_numbers_come_out_in_e164(given_number: str, country: str, expected: str) -> None:
    assert e164("to", given_number, country) == expected


BAD = [
    "",
    " ",
    "alex",
    "202-555-0142",
    "+",
    "+1",
    "+1202555",
    "+15550142",  # a number without its area code
    "+49110",
    "+120255501420",
    "+999123456789",
    "+1202555014a",
    "+1-800-FLOWERS",
    "+12025550142;ext=5",
    "tel:+12025550142",
    "whatsapp:+12025550142",
    "+12025550142\n+12025550143",
    "+1202\u0665550142",
    "+" + "1" * 500,
    None,
    12025550142,
    b"+12025550142",
]


@pytest.mark.parametrize("value", BAD)
def test_what_is_no_number_is_refused_by_name(value: object) -> None:
    with pytest.raises(InvalidRequestError) as raised:
        e164("to", value)
    assert raised.value.argument == "to"
    assert raised.value.status is None


@pytest.mark.parametrize(("value", "country"), [("555-0142", "US"), ("110", "DE")])
def test_a_local_number_cannot_be_reached_from_elsewhere(value: str, country: str) -> None:
    with pytest.raises(InvalidRequestError, match="area code"):
        e164("to", value, country)


@given(st.one_of(st.text(), st.binary(), st.integers(), st.none()))
def test_whatever_comes_in_it_is_a_number_or_a_typed_error(value: object) -> None:
    try:
        found = e164("to", value)
    except InvalidRequestError:
        return
    assert found.startswith("+")
    assert found[1:].isdigit()
    assert e164("to", found) == found


def test_whatsapp_addresses_keep_their_channel() -> None:
    assert whatsapp("to", "+1 202 555 0142") == "whatsapp:+12025550142"
    assert whatsapp("to", "whatsapp:+12025550142") == "whatsapp:+12025550142"
    assert bare("whatsapp:+12025550142") == bare("+12025550142") == "+12025550142"
    with pytest.raises(InvalidRequestError):
        whatsapp("to", "whatsapp:whatsapp:+12025550142")


def test_a_masked_number_shows_the_country_and_two_digits() -> None:
    assert masked("+12025550142") == "+1••••••••42"
    assert masked("whatsapp:+4915112345678") == "whatsapp:+49•••••••••78"
    assert masked("secret") == "••••••"


@given(st.text(max_size=40))
def test_masking_takes_anything(value: str) -> None:
    assert isinstance(masked(value), str)
