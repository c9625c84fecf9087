"""What Stripe plays and the fake does not is refused, not passed over."""

from typing import Any

import pytest

from integrations.stripe.fake_schema import fields, params_class
from integrations.stripe.fake_unplayed import UNPLAYED
from integrations.stripe.tests.fake_lab import Lab, refused


@pytest.fixture
def lab() -> Lab:
    return Lab()


@pytest.mark.parametrize("operation", UNPLAYED)
def test_what_is_not_played_are_parameters_of_stripe_s(operation: str) -> None:
    names = {path.partition(".")[0] for path in UNPLAYED[operation]}
    assert names <= set(fields(params_class(operation)))


SESSION: list[tuple[dict[str, Any], str]] = [
    ({"automatic_tax": {"enabled": True}}, "automatic_tax"),
    ({"adaptive_pricing": {"enabled": True}}, "adaptive_pricing"),
    ({"phone_number_collection": {"enabled": True}}, "phone_number_collection"),
    (
        {"payment_intent_data": {"application_fee_amount": 10}},
        "payment_intent_data[application_fee_amount]",
    ),
    ({"excluded_payment_method_types": ["card"]}, "excluded_payment_method_types"),
    ({"allowed_payment_method_types": ["klarna"]}, "allowed_payment_method_types"),
]


@pytest.mark.parametrize(("extra", "param"), SESSION, ids=[each[1] for each in SESSION])
def test_a_session_is_not_made_with_it(lab: Lab, extra: dict[str, Any], param: str) -> None:
    refused(lambda: lab.session(lab.book, **extra), param=param)
    assert not list(lab.fake.state.all("checkout.session"))


def test_a_tax_rate_of_a_line_is_named_with_its_place(lab: Lab) -> None:
    line = {"price": lab.book, "quantity": 1, "tax_rates": ["txr_1"]}
    refused(lambda: lab.session(lab.book, line_items=[line]), param="line_items[0][tax_rates]")


SUBSCRIPTION: list[tuple[dict[str, Any], str]] = [
    ({"automatic_tax": {"enabled": True}}, "automatic_tax"),
    ({"billing_mode": {"type": "classic"}}, "billing_mode[type]"),
    ({"collection_method": "send_invoice", "days_until_due": 30}, "collection_method"),
    ({"default_tax_rates": ["txr_1"]}, "default_tax_rates"),
]


@pytest.mark.parametrize(("extra", "param"), SUBSCRIPTION, ids=[each[1] for each in SUBSCRIPTION])
def test_a_subscription_is_not_made_with_it(lab: Lab, extra: dict[str, Any], param: str) -> None:
    customer = lab.customer()
    refused(lambda: lab.subscribe(customer, lab.monthly, **extra), param=param)
    assert not list(lab.fake.state.all("subscription"))


def test_a_tier_is_no_unit_price(lab: Lab) -> None:
    refused(lambda: lab.price(100, billing_scheme="tiered"), param="billing_scheme")
    assert lab.price(100, billing_scheme="per_unit")


def test_what_is_so_anyway_may_be_said(lab: Lab) -> None:
    session = lab.session(
        lab.book,
        automatic_tax={"enabled": False},
        allow_promotion_codes=True,
        submit_type="book",
        excluded_payment_method_types=["klarna"],
    )
    assert (session.allow_promotion_codes, session.submit_type) == (True, "book")
    plan = lab.subscribe(
        lab.customer(),
        lab.monthly,
        billing_mode={"type": "flexible"},
        collection_method="charge_automatically",
    )
    assert plan.status == "active"


def test_an_intent_shows_what_it_was_given(lab: Lab) -> None:
    intent = lab.intent(transfer_group="g1", statement_descriptor_suffix="BOOKS")
    assert (intent.transfer_group, intent.statement_descriptor_suffix) == ("g1", "BOOKS")
