"""Checkout in the fake: a session, a buyer, and what comes of it."""

from typing import Any

import pytest

from integrations.stripe.tests.fake_lab import DAY_S, RETURN, Lab, refused


@pytest.fixture
def lab() -> Lab:
    return Lab()


def test_a_buyer_pays(lab: Lab) -> None:
    session = lab.session(lab.book, metadata={"order": "42"})
    assert session.url.startswith("https://checkout.stripe.com/")
    assert (session.payment_status, session.amount_total) == ("unpaid", 2000)
    assert session.payment_intent is None
    assert lab.fake.buyer.pay(session).succeeded
    done = lab.api.checkout.sessions.retrieve(session.id, params={"expand": ["payment_intent"]})
    assert (done.status, done.payment_status) == ("complete", "paid")
    assert done.payment_intent.amount_received == 2000
    assert lab.happened()[-1] == "checkout.session.completed"
    with pytest.raises(ValueError, match="complete"):
        lab.fake.buyer.pay(session)


def test_after_a_decline_the_session_stays_open_and_the_intent_is_the_same(lab: Lab) -> None:
    session = lab.session(lab.book)
    outcome = lab.fake.buyer.pay(session, card="pm_card_chargeDeclined")
    assert (outcome.status, outcome.message) == ("open", "Your card was declined.")
    assert "checkout.session.completed" not in lab.happened()
    assert lab.fake.buyer.pay(session).succeeded
    assert len(lab.fake.state.all("payment_intent")) == 1


def test_a_buyer_who_fails_the_banks_check_does_not_pay(lab: Lab) -> None:
    session = lab.session(lab.book)
    card = "pm_card_threeDSecure2Required"
    assert not lab.fake.buyer.pay(session, card=card, authenticate=False).succeeded
    assert lab.fake.buyer.pay(session, card=card).succeeded


@pytest.mark.parametrize(("succeeds", "status"), [(True, "paid"), (False, "unpaid")])
def test_a_bank_debit_completes_unpaid_and_settles_later(
    lab: Lab, succeeds: bool, status: str
) -> None:
    session = lab.session(lab.book)
    lab.fake.buyer.pay(session, card="pm_usBankAccount")
    done = lab.api.checkout.sessions.retrieve(session.id)
    assert (done.status, done.payment_status) == ("complete", "unpaid")
    lab.fake.buyer.settle(session, succeeds=succeeds)
    assert lab.api.checkout.sessions.retrieve(session.id).payment_status == status
    word = "succeeded" if succeeds else "failed"
    assert lab.happened()[-1] == f"checkout.session.async_payment_{word}"


def test_a_subscription_exists_only_after_the_first_payment(lab: Lab) -> None:
    session = lab.session(lab.monthly, "subscription")
    lab.fake.buyer.pay(session, card="pm_card_chargeDeclined")
    assert lab.fake.state.all("subscription") == []
    lab.fake.buyer.pay(session, email="kim@example.com")
    done = lab.api.checkout.sessions.retrieve(session.id, params={"expand": ["subscription"]})
    assert (done.payment_status, done.subscription.status) == ("paid", "active")
    assert done.customer_details.email == "kim@example.com"
    assert len(lab.fake.state.all("customer")) == 1
    events = lab.happened()
    assert events.index("customer.subscription.created") < events.index("invoice.paid")


def test_a_trial_takes_no_money(lab: Lab) -> None:
    trial = {"subscription_data": {"trial_period_days": 14}}
    session = lab.session(lab.monthly, "subscription", **trial)
    lab.fake.buyer.pay(session)
    done = lab.api.checkout.sessions.retrieve(session.id, params={"expand": ["subscription"]})
    assert (done.payment_status, done.subscription.status) == ("no_payment_required", "trialing")
    assert lab.fake.state.all("charge") == []


def test_a_card_is_saved_for_later(lab: Lab) -> None:
    given = {"mode": "setup", "currency": "usd", "customer": lab.customer(card="")}
    session = lab.api.checkout.sessions.create(params={**given, "success_url": RETURN})
    lab.fake.buyer.pay(session)
    done = lab.api.checkout.sessions.retrieve(session.id, params={"expand": ["setup_intent"]})
    assert done.setup_intent.status == "succeeded"
    methods = lab.api.customers.payment_methods.list(given["customer"])
    assert [each.id for each in methods.data] == [done.setup_intent.payment_method]


def test_a_session_expires_by_itself_by_the_api_or_by_the_buyer(lab: Lab) -> None:
    by_itself, by_api, by_buyer = (lab.session(lab.book) for _ in range(3))
    lab.fake.buyer.abandon(by_buyer)
    lab.api.checkout.sessions.expire(by_api.id)
    refused(lambda: lab.api.checkout.sessions.expire(by_api.id))
    lab.clock.advance(DAY_S)
    for session in (by_itself, by_api, by_buyer):
        assert lab.api.checkout.sessions.retrieve(session.id).status == "expired"
    assert lab.happened().count("checkout.session.expired") == 3


EMBEDDED = {"ui_mode": "embedded_page"}
BAD: list[tuple[str, dict[str, Any], str]] = [
    ("payment", {"success_url": "shop.example"}, "success_url"),
    ("payment", {"return_url": RETURN}, "return_url"),
    ("payment", EMBEDDED, "success_url"),
    ("payment", {"line_items": [{"price": "price_none"}]}, "line_items[0][price]"),
    ("payment", {"line_items": [{"quantity": 1}]}, "line_items[0][price]"),
    ("payment", {"expires_at": 1}, "expires_at"),
    ("payment", {"subscription_data": {"trial_period_days": 1}}, "subscription_data"),
    ("subscription", {}, "mode"),
    ("setup", {"currency": "usd"}, "line_items"),
]


@pytest.mark.parametrize(("mode", "extra", "param"), BAD, ids=[each[2] + each[0] for each in BAD])
def test_a_session_that_makes_no_sense_is_refused(
    lab: Lab, mode: str, extra: dict[str, Any], param: str
) -> None:
    refused(lambda: lab.session(lab.book, mode, **extra), param=param)
    assert lab.fake.state.all("checkout.session") == []


def test_a_customer_and_an_email_do_not_go_together(lab: Lab) -> None:
    customer = lab.customer()
    refused(
        lambda: lab.session(lab.book, customer=customer, customer_email="a@b.example"),
        param="customer_email",
    )


def test_a_recurring_price_needs_subscription_mode(lab: Lab) -> None:
    refused(lambda: lab.session(lab.monthly), param="mode")


def test_an_embedded_session_has_a_secret_and_no_url(lab: Lab) -> None:
    line = {"line_items": [{"price": lab.book, "quantity": 1}]}
    given = {"mode": "payment", "return_url": RETURN, **EMBEDDED, **line}
    session = lab.api.checkout.sessions.create(params=given)
    assert session.url is None
    assert session.client_secret
    lab.fake.buyer.pay(session)


def test_a_page_has_a_hundred_lines_at_most(lab: Lab) -> None:
    line = {"price": lab.book, "quantity": 1}
    refused(lambda: lab.session(lab.book, line_items=[line] * 101), param="line_items")
    assert lab.session(lab.book, line_items=[line] * 100).amount_total == 200_000
