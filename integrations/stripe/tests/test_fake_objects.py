"""Every object of the fake has every field that the SDK's typed classes call non-null."""

import json
import os
from pathlib import Path
from typing import Any, ClassVar, get_args, get_origin

import pytest
import stripe as stripe_sdk

from integrations.stripe.fake_objects import ABSENT, sdk_class
from integrations.stripe.fake_state import Obj
from integrations.stripe.tests.fake_lab import DAY_S, Lab

FIXTURES = os.environ.get("STRIPE_FIXTURES", "")


def busy_lab() -> Lab:
    """Return a fake in which one of everything has happened."""
    lab = Lab()
    customer = lab.customer()
    subscription = lab.subscribe(customer, lab.monthly, trial_period_days=10)
    other = lab.subscribe(lab.customer(), lab.monthly)
    item = other["items"].data[0].id
    change = {"items": [{"id": item, "price": lab.better}], "proration_behavior": "always_invoice"}
    lab.api.subscriptions.update(other.id, params=change)
    paid = lab.intent(customer=customer)
    lab.api.refunds.create(params={"payment_intent": paid.id, "amount": 500})
    lab.intent("pm_card_createDispute")
    lab.fake.buyer.pay(lab.session(lab.book))
    lab.fake.buyer.pay(lab.session(lab.monthly, "subscription"))
    session = lab.session(lab.book)
    lab.fake.buyer.pay(session, card="pm_usBankAccount")
    lab.fake.buyer.abandon(lab.session(lab.book))
    lab.api.setup_intents.create(params={"customer": customer})
    lab.api.billing_portal.sessions.create(params={"customer": customer})
    lab.api.test_helpers.test_clocks.create(params={"frozen_time": 1})
    lab.clock.advance(40 * DAY_S)
    lab.api.subscriptions.retrieve(subscription.id)
    return lab


LAB = busy_lab()
KINDS = sorted(kind for kind in LAB.fake.state.objects if kind != "event")


def lacking(cls: Any, obj: Obj, where: str) -> list[str]:
    """Name the fields that are null, empty or absent although their class says otherwise."""
    found = []
    for name, hint in cls.__annotations__.items():
        if get_origin(hint) is ClassVar or name.startswith("_") or name in ABSENT:
            continue
        if type(None) in get_args(hint):
            continue
        value = obj.get(name)
        inner = isinstance(hint, type) and issubclass(hint, stripe_sdk.StripeObject)
        if value is None or value == "":
            found.append(f"{where}.{name}")
        elif inner and isinstance(value, dict) and "Untyped" not in hint.__name__:
            found += lacking(hint, value, f"{where}.{name}")
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_no_field_that_is_never_null_is_missing(kind: str) -> None:
    wrong: list[str] = []
    for obj in LAB.fake.state.all(kind):
        if not obj.get("deleted"):
            wrong += lacking(sdk_class(kind), obj, kind)
    assert sorted(set(wrong)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_no_field_is_unknown_to_the_sdk(kind: str) -> None:
    known = set(sdk_class(kind).__annotations__)
    for obj in LAB.fake.state.all(kind):
        assert set(obj) - known == set()


def test_what_was_made_is_of_many_kinds() -> None:
    assert len(KINDS) == 17


def test_lines_and_items_are_complete_too() -> None:
    for invoice in LAB.fake.state.all("invoice"):
        for line in invoice["lines"]["data"]:
            assert lacking(sdk_class("line_item"), line, "line") == []
    for subscription in LAB.fake.state.all("subscription"):
        for item in subscription["items"]["data"]:
            assert lacking(sdk_class("subscription_item"), item, "item") == []


def test_every_event_has_a_name_that_stripe_uses() -> None:
    names = Path(stripe_sdk.__file__).with_name("_event.py").read_text(encoding="utf-8")
    for event in LAB.fake.state.events:
        assert f'"{event["type"]}"' in names, event["type"]
        assert lacking(stripe_sdk.Event, event, "event") == []


def test_no_object_has_a_period_end_where_it_was_before_2025() -> None:
    for subscription in LAB.fake.state.all("subscription"):
        assert "current_period_end" not in subscription
        assert subscription["items"]["data"][0]["current_period_end"]
    for invoice in LAB.fake.state.all("invoice"):
        assert not {"payment_intent", "charge", "paid", "subscription", "tax"} & set(invoice)


@pytest.mark.skipif(not FIXTURES, reason="STRIPE_FIXTURES names no copy of Stripe's fixtures")
@pytest.mark.parametrize("kind", KINDS)
def test_fields_are_those_of_stripes_own_fixtures(kind: str) -> None:
    known = json.loads(Path(FIXTURES).read_text(encoding="utf-8"))["resources"]
    sample = known.get(kind)
    if sample is None:
        pytest.skip(f"Stripe's fixtures have no {kind}")
    declared = set(sdk_class(kind).__annotations__) - ABSENT
    wanted = {key for key, value in sample.items() if value is not None and key in declared}
    made = LAB.fake.state.all(kind)[0]
    optional = {
        key for key in wanted if type(None) in get_args(sdk_class(kind).__annotations__[key])
    }
    assert (wanted - set(made)) - optional == set()
