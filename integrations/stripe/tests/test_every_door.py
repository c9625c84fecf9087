"""Whatever nonsense comes, through whatever door: refused by name, and nothing is sent."""

import string
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.core.errors import InvalidRequestError
from integrations.stripe import shortcuts
from integrations.stripe.checkout import Line
from integrations.stripe.money import CURRENCIES, MAX_AMOUNT, Money
from integrations.stripe.tests.client_lab import Script, client_on, ok
from integrations.stripe.tests.doors import Door, User, doors

HUGE = 10**400
UNWRITABLE = 10**5000  # Python refuses to make text of it
IDS = {
    "clock_id": "clock_",
    "configuration_id": "bpc_",
    "customer_id": "cus_",
    "default_payment_method": "pm_",
    "invoice_id": "in_",
    "payment": "pi_",
    "payment_intent_id": "pi_",
    "payment_method": "pm_",
    "price_id": "price_",
    "session_id": "cs_",
    "setup_intent_id": "seti_",
    "subscription": "sub_",
    "subscription_id": "sub_",
    "test_clock": "clock_",
}
WORD = set(string.ascii_letters + string.digits + "_")
OTHER = st.sampled_from([0, 1.5, True, b"x", [], {}, object(), HUGE, float("nan"), Decimal(1)])
NO_TEXT = OTHER | st.sampled_from(["", "  ", "\ud800", "x" * 6000])
NO_WHOLE = OTHER.filter(lambda v: v != 1) | st.sampled_from(["1", -1, HUGE, -HUGE, 10**18])
NO_FLAG = st.sampled_from(["no", "", 0, 1, [], HUGE])
NO_WORD = OTHER | st.text(max_size=8).map(lambda text: f"?{text}")
NO_LINK = OTHER | st.sampled_from(
    ["", "//evil.test", "https://evil.test", "javascript:alert(1)", "https://app.example.com@x.y"]
)
NO_EMAIL = OTHER | st.sampled_from(["", "nobody", "a@b", "a b@c.example", "a@b.example\n"])
NO_METADATA = st.sampled_from([5, "x", [("k", "v")], {"k": 5}, {5: "v"}, {"k[": "v"}, {"k": HUGE}])
NO_KEY = OTHER | st.sampled_from(["", "two words", "é", "x" * 256, "line\nend"])


def no_id(prefix: str) -> st.SearchStrategy[Any]:
    others = st.sampled_from(sorted({*IDS.values()} - {prefix})).map(lambda other: f"{other}1")
    odd = st.text(min_size=1, max_size=9).filter(lambda text: not set(text) <= WORD)
    cut = st.sampled_from([prefix, prefix[:-1], prefix.upper() + "1", f"{prefix}{'x' * 255}"])
    placeholders = st.sampled_from([f"{prefix}1\n", "__customer__", "<id>", f"{prefix}1/../x"])
    return NO_TEXT | others | odd.map(lambda text: prefix + text) | cut | placeholders


def _amount_is_bad(money: Money) -> bool:
    return not 1 <= money.amount <= MAX_AMOUNT or money.currency not in CURRENCIES


AMOUNTS = st.integers(-(2**62), 2**62) | st.sampled_from([0, -1, MAX_AMOUNT + 1])
NO_CHARGE = st.builds(
    Money, AMOUNTS, st.sampled_from([*sorted(CURRENCIES), "zzz", "aaa", "xxx"])
).filter(_amount_is_bad)
NO_MONEY = OTHER | NO_CHARGE | st.sampled_from([Money(505, "isk"), Money(1001, "kwd"), "5", 500])
NO_LINES = st.sampled_from(
    [[], (), "price_1", 5, Line("price_1"), ["price_1"], [None], iter([Line("price_1")])]
)

BAD: dict[str, st.SearchStrategy[Any]] = {
    **{argument: no_id(prefix) for argument, prefix in IDS.items()},
    "amount": NO_MONEY,
    "at_period_end": NO_FLAG,
    "credit_unused": NO_FLAG,
    "bill_now": NO_FLAG,
    "cancel_url": NO_LINK,
    "capture_later": NO_FLAG,
    "client_reference_id": NO_TEXT,
    "confirm": NO_FLAG,
    "currency": NO_WORD | st.sampled_from(["", "zzz", "euro", "e€r"]),
    "customer_email": NO_EMAIL,
    "description": NO_TEXT,
    "email": NO_EMAIL,
    "frozen_time": NO_WHOLE,
    "idempotency_key": NO_KEY,
    "interval": NO_WORD,
    "interval_count": NO_WHOLE,
    "invoices": NO_WORD,
    "limit": NO_WHOLE,
    "lines": NO_LINES,
    "lookup_key": NO_TEXT,
    "lookup_keys": st.sampled_from(
        ["plan", 5, [5], [""], ["x" * 201], [str(n) for n in range(11)]]
    ),
    "metadata": NO_METADATA,
    "mode": NO_WORD,
    "name": NO_TEXT,
    "off_session": NO_FLAG,
    "product_id": NO_TEXT | st.sampled_from(["a b", "a/b", "<id>", "x" * 256]),
    "proration": NO_WORD,
    "proration_date": NO_WHOLE,
    "quantity": NO_WHOLE,
    "reason": NO_WORD,
    "receipt_email": NO_EMAIL,
    "reference": NO_KEY,
    "resumes_at": NO_WHOLE,
    "return_url": NO_LINK,
    "save_card": NO_FLAG,
    "status": NO_WORD,
    "success_url": NO_LINK,
    "trial_days": NO_WHOLE,
    "unit_amount": NO_MONEY.filter(lambda v: not isinstance(v, Money) or v.amount != 0),
    "user_id": NO_KEY | st.sampled_from(['7" OR email:"x', "7'", "x" * 201]),
    "wait_for_payment": NO_FLAG,
    "wait_s": st.sampled_from([-1, "1", True, float("nan"), float("inf"), HUGE, []]),
}
# A user of your own: see the tests at the end.
YOURS = ("user",)
WIRE = Script(ok())
CLIENT = client_on(WIRE)
DOORS = [door for door in doors(CLIENT) if door.argument not in YOURS]


def _named(argument: str, found: str | None) -> bool:
    """Tell whether the error names the argument, or the item in it that is wrong."""
    inner = {"lines": ("price_id", "quantity"), "payment": ("payment_intent_id",)}
    inner |= {"subscription": ("subscription_id",)}
    return found is not None and (
        found == argument
        or found in inner.get(argument, ())
        or (argument == "metadata" and found.startswith("metadata["))
    )


@pytest.mark.parametrize("door", DOORS, ids=str)
@given(data=st.data())
@settings(max_examples=25)
def test_nonsense_is_refused_by_the_argument_s_name(door: Door, data: st.DataObject) -> None:
    WIRE.requests.clear()
    value = data.draw(BAD[door.argument])
    with pytest.raises(InvalidRequestError) as refused:
        door.put(CLIENT, value)
    assert _named(door.argument, refused.value.argument), (refused.value.argument, str(value)[:99])
    assert refused.value.status is None
    assert str(refused.value).endswith((".", "!", "?"))
    assert len(str(refused.value)) < 600
    assert WIRE.requests == []


def test_a_number_that_python_cannot_write_is_refused_as_well() -> None:
    for door in DOORS:
        with pytest.raises(InvalidRequestError) as refused:
            door.put(CLIENT, UNWRITABLE)
        assert _named(door.argument, refused.value.argument), str(door)
    with pytest.raises(InvalidRequestError, match="amount"):
        Money(UNWRITABLE, "eur")
    assert WIRE.requests == []


def test_the_doors_are_all_there() -> None:
    assert len(DOORS) > 120
    assert {str(each) for each in DOORS} >= {
        "refunds.create(amount)",
        "shortcuts.charge_saved_card(amount)",
        "subscriptions.change_plan(idempotency_key)",
    }


@given(st.floats() | st.booleans() | st.none() | st.text(max_size=5) | st.sampled_from([HUGE]))
def test_no_float_text_or_huge_number_is_an_amount(amount: Any) -> None:
    with pytest.raises(InvalidRequestError, match=r"^stripe: amount: .*Money\(1250, 'eur'\)") as no:
        Money(amount, "eur")
    assert no.value.argument == "amount"


@given(
    st.text(max_size=5).filter(lambda text: not (len(text) == 3 and text.isascii())),
)
@pytest.mark.parametrize("also", ["EUR", "Eur", "eu1", "eur\n", "", 978, None, b"eur", HUGE])
def test_a_currency_is_three_lower_case_letters(also: Any, text: str) -> None:
    for currency in (also, text):
        with pytest.raises(InvalidRequestError, match=r"^stripe: currency: ") as refused:
            Money(500, currency)
        assert refused.value.argument == "currency"


@given(NO_TEXT | st.sampled_from(["1.2.3", "12,50", "9" * 5000, "1" + "0" * 400, "-", "1e3", "٣"]))
def test_a_text_that_is_no_amount_is_refused_by_name(text: Any) -> None:
    with pytest.raises(InvalidRequestError, match=r"^stripe: text: ") as refused:
        Money.parse(text, "eur")
    assert refused.value.argument == "text"


@pytest.mark.parametrize("currency", [None, 5, "", "euro", "e1r", b"eur", HUGE])
def test_an_amount_of_no_currency_is_refused_by_name(currency: Any) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        Money.parse("12.50", currency)
    assert refused.value.argument == "currency"


USERS = [
    ("user_id", User(id=None)),
    ("user_id", User(id="a b")),
    ("email", User(email="nobody")),
    ("email", User(email=5)),  # type: ignore[arg-type]
    ("name", User(name="x" * 300)),
]
FOR_USERS = {
    str(each): each for each in doors(CLIENT) if each.argument in YOURS
}  # every shortcut that takes one


@pytest.mark.parametrize(("argument", "user"), USERS, ids=range(len(USERS)))
@pytest.mark.parametrize("door", FOR_USERS.values(), ids=FOR_USERS)
def test_a_user_who_cannot_be_one_is_refused(door: Door, argument: str, user: User) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        door.put(CLIENT, user)
    assert refused.value.argument == argument
    assert WIRE.requests == []


def test_an_error_says_what_to_write_instead() -> None:
    with pytest.raises(InvalidRequestError, match=r"write 'eur'"):
        Money(5, "EUR")
    with pytest.raises(InvalidRequestError, match=r"Money\(1250, 'eur'\) is 12[.]50 EUR"):
        Money(12.5, "eur")  # type: ignore[arg-type]
    with pytest.raises(InvalidRequestError, match=r"Money\(minor_units, currency\)"):
        shortcuts.charge_saved_card(User(), 12.5, reference="x", client=CLIENT)  # type: ignore[arg-type]
