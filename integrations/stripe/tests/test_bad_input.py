"""Bad input is refused by the argument's name, before any request."""

from collections.abc import Callable
from typing import Any

import pytest

from integrations.core.errors import ConfigurationError, InvalidRequestError
from integrations.stripe.checkout import Line
from integrations.stripe.client import StripeClient
from integrations.stripe.money import Money
from integrations.stripe.tests.client_lab import SITE, Script, client_on, ok

EUR = Money(500, "eur")
LINES = [Line("price_1")]
OK = f"{SITE}/ok"
Call = Callable[[StripeClient], Any]

BAD: list[tuple[str, Call]] = [
    ("email", lambda s: s.customers.create(email="nobody")),
    ("metadata", lambda s: s.customers.create(metadata={str(n): "x" for n in range(51)})),
    ("metadata['k[']", lambda s: s.customers.create(metadata={"k[": "x"})),
    ("metadata['k']", lambda s: s.customers.create(metadata={"k": "x" * 501})),
    ("payment_method", lambda s: s.customers.create(payment_method="4242424242424242")),
    ("user_id", lambda s: s.customers.find_or_create('7" OR email:"x')),
    ("user_id", lambda s: s.customers.find_or_create("")),
    ("customer_id", lambda s: s.customers.get("pi_1")),
    ("customer_id", lambda s: s.customers.get("cus_1/../charges")),
    ("customer_id", lambda s: s.customers.get("")),
    ("customer_id", lambda s: s.customers.delete("__customer__")),
    ("limit", lambda s: s.customers.list(limit=0)),
    ("idempotency_key", lambda s: s.customers.create(idempotency_key="a b")),
    ("idempotency_key", lambda s: s.customers.create(idempotency_key="x" * 256)),
    ("amount", lambda s: s.payment_intents.create(Money(-1, "eur"))),
    ("amount", lambda s: s.payment_intents.create(5.0)),  # type: ignore[arg-type]
    ("amount", lambda s: s.payment_intents.create(Money(100_000_000, "eur"))),
    ("amount", lambda s: s.payment_intents.create(Money(500, "zzz"))),
    ("payment_method", lambda s: s.payment_intents.create(EUR, confirm=True)),
    ("off_session", lambda s: s.payment_intents.create(EUR, off_session=True)),
    ("return_url", lambda s: s.payment_intents.create(EUR, return_url="https://evil.test")),
    ("return_url", lambda s: s.payment_intents.confirm("pi_1", return_url="https://evil.test")),
    ("reason", lambda s: s.payment_intents.cancel("pi_1", reason="because")),
    ("amount", lambda s: s.refunds.create("pi_1", amount=Money(0, "eur"))),
    ("payment_intent_id", lambda s: s.refunds.create("ch_1")),
    ("mode", lambda s: s.checkout.create("gift", LINES, success_url=OK)),
    ("lines", lambda s: s.checkout.create("payment", success_url=OK)),
    ("lines", lambda s: s.checkout.create("payment", ["price_1"], success_url=OK)),  # type: ignore[list-item]
    ("lines", lambda s: s.checkout.create("payment", Line("price_1"), success_url=OK)),  # type: ignore[arg-type]
    ("lines", lambda s: s.checkout.create("payment", 5, success_url=OK)),  # type: ignore[arg-type]
    ("lines", lambda s: s.checkout.create("payment", iter(LINES), success_url=OK)),  # type: ignore[arg-type]
    ("price_id", lambda s: s.checkout.create("payment", [Line("prod_1")], success_url=OK)),
    ("quantity", lambda s: s.checkout.create("payment", [Line("price_1", 0)], success_url=OK)),
    ("success_url", lambda s: s.checkout.create("payment", LINES)),
    ("success_url", lambda s: s.checkout.create("payment", LINES, success_url="https://evil.test")),
    (
        "cancel_url",
        lambda s: s.checkout.create("payment", LINES, success_url=OK, cancel_url="//evil.test"),
    ),
    (
        "customer_email",
        lambda s: s.checkout.create(
            "payment", LINES, success_url=OK, customer_id="cus_1", customer_email="a@b.example"
        ),
    ),
    ("trial_days", lambda s: s.checkout.create("payment", LINES, success_url=OK, trial_days=3)),
    ("currency", lambda s: s.checkout.create("setup", success_url=OK)),
    ("return_url", lambda s: s.portal.create("cus_1", "https://evil.test")),
    ("quantity", lambda s: s.subscriptions.create("cus_1", "price_1", quantity=0)),
    ("quantity", lambda s: s.subscriptions.change_quantity("sub_1", True)),
    ("proration", lambda s: s.subscriptions.change_plan("sub_1", "price_1", proration="all")),
    ("price_id", lambda s: s.subscriptions.change_plan("sub_1", "")),
    (
        "proration_date",
        lambda s: s.subscriptions.change_plan("sub_1", "price_1", proration_date=1.5),  # type: ignore[arg-type]
    ),
    (
        "proration_date",
        lambda s: s.invoices.preview("sub_1", quantity=2, proration="none", proration_date=9),
    ),
    (
        "idempotency_key",
        lambda s: s.subscriptions.cancel("sub_1", at_period_end=False, idempotency_key="k"),
    ),
    # An empty id would filter nothing, and show everybody's.
    ("customer_id", lambda s: s.subscriptions.list(customer_id="")),
    ("customer_id", lambda s: s.invoices.list(customer_id="")),
    ("subscription_id", lambda s: s.invoices.list(subscription_id="")),
    ("status", lambda s: s.invoices.list(status="")),
    ("customer_id", lambda s: s.payment_intents.list(customer_id="")),
    ("customer_id", lambda s: s.checkout.list(customer_id="")),
    ("payment_intent_id", lambda s: s.refunds.list(payment_intent_id="")),
    ("price_id", lambda s: s.invoices.preview("sub_1", price_id="")),
    ("quantity", lambda s: s.invoices.preview("sub_1", quantity=0)),
    ("proration", lambda s: s.invoices.preview("sub_1", quantity=2, proration="all")),
    ("at_period_end", lambda s: s.subscriptions.cancel("sub_1", at_period_end="no")),  # type: ignore[arg-type]
    ("resumes_at", lambda s: s.subscriptions.pause("sub_1", resumes_at=-1)),
    ("unit_amount", lambda s: s.prices.create("prod_1", 900)),  # type: ignore[arg-type]
    ("interval", lambda s: s.prices.create("prod_1", EUR, interval="fortnight")),
    ("frozen_time", lambda s: s.clocks.create(1.5)),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("argument", "call"), BAD, ids=range(len(BAD)))
def test_it_is_refused_by_name_and_nothing_is_sent(argument: str, call: Call) -> None:
    wire = Script(ok())
    with pytest.raises(InvalidRequestError) as raised:
        call(client_on(wire))
    assert raised.value.argument == argument
    assert raised.value.status is None
    assert wire.requests == []


WRONG_PLACES = [
    ("sk_live_abcdefgh1", "begins with sk_"),
    ("whsec_abcdefghijkl", "begins with whsec_"),
    ("4242424242424242", "no card number belongs on a server"),
    ("4242 4242 4242 4242", "no card number belongs on a server"),
    ("pi_1_secret_abcdef", "client secret"),
]


@pytest.mark.parametrize(("value", "why"), WRONG_PLACES)
def test_a_secret_in_an_id_s_place_is_not_told_on(value: str, why: str) -> None:
    wire = Script(ok())
    with pytest.raises(InvalidRequestError, match=why) as refused:
        client_on(wire).payment_intents.get(value)
    assert value not in str(refused.value)
    assert wire.requests == []


KEYS = {
    "pk_test_publishable": "publishable",
    "whsec_something1": "webhook secret",
    "sk_test_": "must start",
    "sk_proj_abcdefgh": "must start",
}


@pytest.mark.parametrize(("key", "why"), KEYS.items())
def test_a_wrong_kind_of_key_is_named_without_its_value(key: str, why: str) -> None:
    with pytest.raises(ConfigurationError, match=why) as raised:
        client_on(None, STRIPE_API_KEY=key)
    assert key not in str(raised.value).replace("sk_test_,", "")


@pytest.mark.parametrize("key", ["sk_live_abcdefgh1", "rk_live_abcdefgh1"])
def test_sandbox_mode_takes_no_live_key(key: str) -> None:
    with pytest.raises(ConfigurationError, match="live key") as raised:
        client_on(None, mode="sandbox", STRIPE_API_KEY=key)
    assert key not in str(raised.value)


@pytest.mark.parametrize("key", ["sk_test_abcdefgh1", "rk_test_abcdefgh1"])
def test_live_mode_takes_no_test_key(key: str) -> None:
    with pytest.raises(ConfigurationError, match="test key"):
        client_on(None, mode="live", STRIPE_API_KEY=key)


def test_restricted_keys_work() -> None:
    wire = Script(ok(livemode=True, data=[], has_more=False))
    client = client_on(wire, mode="live", STRIPE_API_KEY="rk_live_abcdefgh1")
    assert client.test_api_key().kind == "restricted live key"
    assert wire.requests[0].headers["authorization"] == "Bearer rk_live_abcdefgh1"


@pytest.mark.parametrize("name", ["STRIPE_WEBHOOK_SECRET", "STRIPE_API_BASE", "STRIPE_TIMEOUT"])
def test_a_malformed_setting_is_named(name: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        client_on(None, **{name: "wrong"})


@pytest.mark.parametrize(
    "base",
    [
        "http://localhost.evil.test",
        "http://127.0.0.1.evil.test",
        "http://localhost@evil.test",
        "http://api.stripe.com",
        "https://user:word@api.stripe.com",
        "https://",
        "https://api.stripe.com?x",
        "https://api stripe.com",
    ],
)
def test_the_key_goes_to_no_odd_address(base: str) -> None:
    with pytest.raises(ConfigurationError, match="STRIPE_API_BASE"):
        client_on(None, STRIPE_API_BASE=base)


@pytest.mark.parametrize("base", ["http://localhost:12111", "http://127.0.0.1/v1", "https://a-b.c"])
def test_a_stand_in_may_have_any_plain_address(base: str) -> None:
    found = client_on(None, STRIPE_API_BASE=base).settings.api_base
    assert found == base.removesuffix("/v1")
