"""Money is a whole number of minor units, written with its currency's own decimals."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.core.errors import InvalidRequestError
from integrations.core.views import table
from integrations.stripe import arguments as check
from integrations.stripe.fake_money import THREE_DECIMAL, ZERO_DECIMAL
from integrations.stripe.money import CURRENCIES, Money, decimals

currencies = st.sampled_from(sorted(CURRENCIES))
# Without Money's own help: what ISO 4217 and Stripe's page say of some.
EXAMPLES = {
    (1250, "eur"): "12.50 EUR",
    (5, "usd"): "0.05 USD",
    (500, "jpy"): "500 JPY",
    (0, "krw"): "0 KRW",
    (1230, "kwd"): "1.230 KWD",
    (-990, "gbp"): "-9.90 GBP",
    (500, "isk"): "5.00 ISK",
    (500, "ugx"): "500 UGX",
    (99_999_999, "huf"): "999999.99 HUF",
}


@pytest.mark.parametrize(("given_", "written"), EXAMPLES.items())
def test_it_is_written_with_the_currency_s_decimals(given_: tuple[int, str], written: str) -> None:
    assert str(Money(*given_)) == written


@given(st.integers(-(10**12), 10**12), currencies)
def test_what_is_written_can_be_read_back(amount: int, currency: str) -> None:
    money = Money(amount, currency)
    assert Money.parse(money.decimal(), currency) == money
    assert Decimal(money.decimal()) == Decimal(amount).scaleb(-decimals(currency))


@given(st.text(alphabet="0123456789.,-+e ٣", max_size=8), currencies)
def test_no_text_is_read_as_an_amount_it_does_not_say(text: str, currency: str) -> None:
    try:
        money = Money.parse(text, currency)
    except ValueError:
        return
    assert Decimal(text) == Decimal(money.decimal())


@pytest.mark.parametrize("text", ["12.345", "1,5", "", ".5", "5.", "1e3", "٣", " 1", "0x1", "nan"])
def test_an_odd_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="text"):
        Money.parse(text, "eur")


@pytest.mark.parametrize("amount", [12.5, "12", True, None, Decimal(1)])
def test_only_a_whole_number_is_an_amount(amount: Any) -> None:
    with pytest.raises(InvalidRequestError, match="amount"):
        Money(amount, "eur")


def test_two_currencies_are_not_added() -> None:
    assert Money(1, "eur") + Money(2, "eur") == Money(3, "eur")
    with pytest.raises(ValueError, match="one currency"):
        Money(1, "eur") + Money(2, "usd")


@pytest.mark.parametrize(
    ("money", "why"),
    [
        (Money(0, "eur"), "minor units"),
        (Money(-5, "eur"), "minor units"),
        (Money(100_000_000, "eur"), "minor units"),
        (Money(500, "xyz"), "no currency"),
        (Money(1234, "kwd"), "last digit"),
        (Money(550, "isk"), "no decimals"),
        (500, "Money"),
        (5.0, "Money"),
    ],
)
def test_what_cannot_be_charged_is_refused(money: Any, why: str) -> None:
    with pytest.raises(InvalidRequestError, match=why) as raised:
        check.money("amount", money)
    assert raised.value.argument == "amount"


def test_a_table_shows_it_as_it_is_written() -> None:
    assert "500 JPY" in table(["total"], [[Money(500, "jpy")]])


def test_the_fake_counts_in_the_same_decimals() -> None:
    assert {c for c in CURRENCIES if decimals(c) == 0} == ZERO_DECIMAL
    assert {c for c in CURRENCIES if decimals(c) == 3} == THREE_DECIMAL
