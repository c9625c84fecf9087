"""The fake takes what the SDK's typed params know, and refuses the rest as Stripe does."""

from typing import Any

import pytest

from integrations.stripe.fake_routes import ROUTES
from integrations.stripe.fake_schema import fields, params_class
from integrations.stripe.tests.fake_lab import RETURN, Lab, refused


@pytest.fixture
def lab() -> Lab:
    return Lab()


@pytest.mark.parametrize("operation", sorted({operation for operation, _ in ROUTES.values()}))
def test_the_params_of_every_route_can_be_read(operation: str) -> None:
    assert ("expand" in fields(params_class(operation))) != operation.endswith(
        ("_delete", "core.event_retrieve")
    )


PAYMENT = {"amount": 2000, "currency": "usd"}
BAD: list[tuple[dict[str, Any], str, str | None]] = [
    ({"unheard_of": 1}, "unheard_of", "parameter_unknown"),
    ({"shipping": {"name": "K", "address": {"zip": "1"}}}, "shipping[address][zip]", None),
    ({"amount": "10.5"}, "amount", "parameter_invalid_integer"),
    ({"amount": -1}, "amount", "parameter_invalid_integer"),
    ({"amount": 49}, "amount", "amount_too_small"),
    ({"amount": 100_000_000}, "amount", "amount_too_large"),
    ({"currency": "USD"}, "currency", None),
    ({"currency": "xxx"}, "currency", None),
    ({"currency": "bhd", "amount": 1005}, "amount", "parameter_invalid_integer"),
    ({"confirm": "yes"}, "confirm", None),
    ({"capture_method": "later"}, "capture_method", None),
    ({"metadata": "text"}, "metadata", None),
    ({"customer": "cus_none"}, "customer", "resource_missing"),
    ({"description": {"a": "b"}}, "description", None),
    ({"expand": "customer"}, "expand", None),
    ({"off_session": True}, "off_session", None),
]


@pytest.mark.parametrize(("extra", "param", "code"), BAD, ids=[str(each[0]) for each in BAD])
def test_a_bad_parameter_is_named(
    lab: Lab, extra: dict[str, Any], param: str, code: str | None
) -> None:
    before = lab.mark()
    refused(
        lambda: lab.api.payment_intents.create(params={**PAYMENT, **extra}), param=param, code=code
    )
    assert lab.mark() == before


@pytest.mark.parametrize("missing", ["amount", "currency"])
def test_a_missing_parameter_is_named(lab: Lab, missing: str) -> None:
    given = {key: value for key, value in PAYMENT.items() if key != missing}
    refused(
        lambda: lab.api.payment_intents.create(params=given),
        param=missing,
        code="parameter_missing",
    )


def test_payment_method_types_is_retired(lab: Lab) -> None:
    types = {"payment_method_types": ["card"]}
    line = {"line_items": [{"price": lab.book, "quantity": 1}]}
    calls: tuple[tuple[Any, dict[str, Any]], ...] = (
        (lab.api.payment_intents, PAYMENT),
        (lab.api.setup_intents, {}),
        (lab.api.checkout.sessions, {"mode": "payment", "success_url": RETURN, **line}),
    )
    for service, given in calls:
        refused(
            lambda service=service, given=given: service.create(params={**given, **types}),
            param="payment_method_types",
            code="payment_method_types_no_longer_supported",
        )
        service.create(params=given)


def test_a_parameter_of_older_versions_is_unknown(lab: Lab) -> None:
    customer = lab.customer()
    refused(
        lambda: lab.subscribe(customer, lab.monthly, coupon="half"),
        param="coupon",
        code="parameter_unknown",
    )
    refused(lambda: lab.session(lab.book, ui_mode="hosted"), param="ui_mode")


def test_an_open_enumeration_with_numbers_beside_it(lab: Lab) -> None:
    subscription = lab.subscribe(lab.customer(), lab.monthly, trial_period_days=3)
    refused(
        lambda: lab.api.subscriptions.update(subscription.id, params={"trial_end": "soon"}),
        param="trial_end",
    )
    lab.api.subscriptions.update(subscription.id, params={"trial_end": "now"})


LONG: list[tuple[dict[str, str], str]] = [
    ({"k" * 41: "v"}, f"metadata[{'k' * 41}]"),
    ({"k": "v" * 501}, "metadata[k]"),
    ({f"k{number}": "v" for number in range(51)}, "metadata"),
]


@pytest.mark.parametrize(("metadata", "param"), LONG, ids=["key", "value", "keys"])
def test_more_metadata_than_stripe_keeps_is_refused(
    lab: Lab, metadata: dict[str, str], param: str
) -> None:
    refused(lambda: lab.api.customers.create(params={"metadata": metadata}), param=param)
    assert not list(lab.fake.state.all("customer"))


def test_metadata_is_counted_together_with_what_was_there(lab: Lab) -> None:
    first = {f"a{number}": "v" * 500 for number in range(50)}
    customer = lab.api.customers.create(params={"metadata": first}).id
    one = {"metadata": {"b": "v"}}
    refused(lambda: lab.api.customers.update(customer, params=one), param="metadata")
    swap = {"metadata": {"a0": "", "b": "v"}}
    assert len(lab.api.customers.update(customer, params=swap).metadata.to_dict()) == 50
