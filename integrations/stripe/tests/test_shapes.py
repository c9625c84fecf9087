"""A signed event whose object is not of the API's shape is refused, and leaves nothing behind."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any, Union, get_args, get_origin

import pytest
import stripe as stripe_sdk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.core.clock import ManualClock
from integrations.core.outbox import Outbox
from integrations.core.retry import Retry
from integrations.stripe.client import StripeClient
from integrations.stripe.events import EVENTS, related_path, thin_events
from integrations.stripe.fake import FakeStripe
from integrations.stripe.fake_objects import build, sdk_class
from integrations.stripe.handlers import default_handlers
from integrations.stripe.records import Customer, Payment, Subscription
from integrations.stripe.shapes import SHAPES, Shape
from integrations.stripe.signatures import API_VERSION
from integrations.stripe.store import MemoryStore
from integrations.stripe.tests.deliveries import (
    Shop,
    charge,
    dispute,
    event,
    intent,
    invoice,
    invoice_payment,
    pipeline,
    refund,
    session,
    signed,
    subscription,
)
from integrations.stripe.tests.fake_lab import DAY_S, Lab

Obj = dict[str, Any]
OBJECTS: dict[str, Callable[[], Obj]] = {
    "checkout.session": session,
    "subscription": subscription,
    "invoice": invoice,
    "invoice_payment": invoice_payment,
    "payment_intent": intent,
    "charge": lambda: charge(500),
    "refund": lambda: refund(500),
    "dispute": dispute,
    "customer": lambda: build("customer", id="cus_1", email="kim@example.com"),
}
BEFORE = {"status": "trialing", "items": {"data": []}, "metadata": {"a": None}}


def example(type: str) -> Obj:
    obj = OBJECTS[EVENTS[type].carries]()
    more: dict[str, Any] = {"before": BEFORE} if type == "customer.subscription.updated" else {}
    return event(type, obj, **more)


EXAMPLES = [example(type) for type in EVENTS]


def kept(store: MemoryStore) -> list[Any]:
    return [each for kind in (Payment, Subscription, Customer) for each in store.all(kind)]


def outcome(told: Obj) -> tuple[int, str]:
    """Deliver an event to an empty shop, and see that a refusal leaves nothing."""
    shop = Shop()
    (result,) = shop.receive(told)
    if result.status != 200:
        assert (list(shop.hooks.received()), kept(shop.store), shop.fulfilled) == ([], [], [])
    assert all(str(each) for each in kept(shop.store))  # they can be shown
    return result.status, result.reason


@pytest.mark.parametrize("told", EXAMPLES, ids=list(EVENTS))
def test_every_event_in_its_right_shape_is_taken(told: Obj) -> None:
    assert outcome(told) == (200, "")


def lives() -> Iterator[FakeStripe]:
    """Play what can happen to payments and subscriptions."""
    lab = Lab()
    for card in ("pm_card_visa", "pm_card_createDispute", "pm_card_chargeDeclined"):
        lab.fake.buyer.pay(lab.session(lab.book), card=card)
    for succeeds in (True, False):
        debit = lab.session(lab.book)
        lab.fake.buyer.pay(debit, card="pm_usBankAccount")
        lab.fake.buyer.settle(debit, succeeds=succeeds)
    lab.api.checkout.sessions.expire(lab.session(lab.book).id)
    lab.fake.buyer.pay(lab.session(lab.monthly, "subscription"))
    paid = lab.intent()
    lab.api.refunds.create({"payment_intent": paid.id, "amount": 500})
    lab.api.refunds.create({"payment_intent": paid.id})
    held = lab.intent(capture_method="manual")
    lab.api.payment_intents.cancel(held.id)
    yield lab.fake
    lab = Lab()
    for card in ("pm_card_visa", "pm_card_chargeCustomerFail"):
        lab.subscribe(lab.customer(card), lab.monthly, trial_period_days=7)
    bare = lab.customer("")
    end = {"end_behavior": {"missing_payment_method": "pause"}}
    asleep = lab.subscribe(bare, lab.monthly, trial_period_days=5, trial_settings=end)
    lab.clock.advance(40 * DAY_S)
    lab.use(bare, "pm_card_visa")
    lab.api.subscriptions.resume(asleep.id)
    lab.api.customers.delete(bare)
    yield lab.fake


def test_every_event_of_the_fake_is_taken() -> None:
    seen = set()
    for fake in lives():
        shop, told = Shop(), deepcopy(fake.state.events)
        assert {result.status for result in shop.receive(*told)} == {200}
        seen |= {each["type"] for each in told}
    assert len(seen & set(EVENTS)) > 20, set(EVENTS) - seen


MISSING = [
    ("customer.subscription.updated", "items.data.0.current_period_end"),
    ("customer.subscription.updated", "items.data.0.price"),
    ("customer.subscription.created", "items"),
    ("customer.subscription.deleted", "pause_collection"),
    ("customer.subscription.paused", "metadata"),
    ("checkout.session.completed", "payment_status"),
    ("checkout.session.expired", "id"),
    ("invoice.paid", "parent"),
    ("invoice.paid", "amount_paid"),
    ("invoice.payment_failed", "parent.subscription_details.subscription"),
    ("invoice_payment.paid", "payment"),
    ("payment_intent.succeeded", "amount_received"),
    ("payment_intent.canceled", "currency"),
    ("charge.refunded", "amount_captured"),
    ("refund.created", "amount"),
    ("charge.dispute.closed", "charge"),
    ("customer.updated", "email"),
]


def without(told: Obj, path: str) -> Obj:
    told = deepcopy(told)
    *way, last = path.split(".")
    held: Any = told["data"]["object"]
    for step in way:
        held = held[int(step) if step.isdigit() else step]
    del held[last]
    return told


@pytest.mark.parametrize(("type", "path"), MISSING)
def test_a_field_that_is_missing_is_named(type: str, path: str) -> None:
    status, reason = outcome(without(example(type), path))
    assert status == 400
    shown = path.replace(".0", "[0]")
    assert reason.startswith(f"signed, but data.object.{shown} of {type} is missing, not ")
    assert API_VERSION in reason


WRONG = [
    ("payment_intent.succeeded", "amount", "1999", "a text, not a whole number"),
    ("payment_intent.succeeded", "amount", 19.99, "a number, not a whole number"),
    ("payment_intent.succeeded", "amount", True, "true or false, not a whole number"),
    ("payment_intent.succeeded", "amount", 10**30, "a whole number, not a whole number of 64 bits"),
    ("payment_intent.succeeded", "currency", "USD", "a text, not a currency"),
    ("payment_intent.succeeded", "metadata", None, "null, not a map of texts"),
    ("payment_intent.succeeded", "metadata", {"a": 1}, "an object, not a map of texts"),
    ("payment_intent.succeeded", "customer", {}, "an object, not an id"),
    ("payment_intent.succeeded", "id", "", "empty, not an id"),
    ("invoice.paid", "parent", [], "a list, not an object"),
    ("customer.subscription.updated", "items", [], "a list, not a list object"),
    ("customer.subscription.updated", "items", {"data": None}, "an object, not a list object"),
    ("customer.subscription.updated", "cancel_at_period_end", "yes", "a text, not true or false"),
    ("customer.updated", "deleted", "yes", "a text, not true or false"),
]


@pytest.mark.parametrize(("type", "name", "value", "said"), WRONG)
def test_a_value_of_the_wrong_kind_is_told(type: str, name: str, value: Any, said: str) -> None:
    told = example(type)
    told["data"]["object"][name] = value
    status, reason = outcome(told)
    assert status == 400
    assert f"data.object.{name} of {type} is {said}" in reason


def test_no_value_is_told() -> None:
    told = event("customer.updated", build("customer", id="cus_1", email=["hush@example.com"]))
    assert "hush" not in outcome(told)[1]


def test_of_another_api_version_the_one_to_pin_is_told() -> None:
    told = without(example("invoice.paid"), "parent")
    assert f'api_version="{API_VERSION}"' in outcome({**told, "api_version": "2024-06-20"})[1]
    assert 'api_version="' not in outcome(told)[1]


def test_it_is_refused_as_malformed_and_taken_once_the_version_is_pinned() -> None:
    hooks, told = pipeline(), example("invoice.paid")
    result = hooks.receive(*signed({**without(told, "parent"), "api_version": "2024-06-20"}))
    assert (result.outcome, result.event) == ("malformed", None)
    assert hooks.receive(*signed(told)).status == 200


def test_a_forged_one_of_the_wrong_shape_is_forged() -> None:
    told = signed(without(example("invoice.paid"), "parent"), secret="whsec_another")
    assert pipeline().receive(*told).outcome == "forged"


def test_a_deleted_customer_needs_no_email() -> None:
    for type, gone in (("customer.deleted", {}), ("customer.updated", {"deleted": True})):
        told = event(type, {"id": "cus_1", "object": "customer", **gone})
        assert outcome(told) == (200, "")


def test_events_that_no_record_is_kept_from_may_have_any_shape() -> None:
    told = event("payout.paid", {"id": None, "amount": "much"})
    assert outcome(told) == (200, "")


def test_what_was_before_is_never_a_reason_to_refuse() -> None:
    for before in ({"items": {"data": [{"quantity": 2}]}}, {"items": None}, {"metadata": [1]}, {}):
        told = event("customer.subscription.updated", subscription(), before=before)
        assert outcome(told) == (200, "")


SDK_CLASSES: list[tuple[Any, Shape]] = [
    *((sdk_class(kind), shape) for kind, shape in SHAPES.items()),
    (stripe_sdk.SubscriptionItem, SHAPES["subscription"].fields["items"].each),  # type: ignore[attr-defined]
]
SAMPLES = {int: 7, bool: True, str: "usd"}


@pytest.mark.parametrize(("cls", "shape"), SDK_CLASSES, ids=lambda it: getattr(it, "__name__", ""))
def test_no_field_is_held_stricter_than_the_sdk_types_it(cls: Any, shape: Shape) -> None:
    for name, rule in shape.fields.items():
        hint = cls.__annotations__[name]
        kinds = get_args(hint) if get_origin(hint) is Union else (hint,)
        if type(None) in kinds:
            assert rule(None) is None, f"{name} may be null"
        for kind, sample in SAMPLES.items():
            if kind in kinds:
                assert rule(sample) is None, f"{name} may be {kind.__name__}"


def paths(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Walk over every place in a JSON value."""
    if isinstance(value, dict | list):
        for step, below in value.items() if isinstance(value, dict) else enumerate(value):
            yield (*way, step)
            yield from paths(below, (*way, step))


ODD: list[Any] = [None, True, 0, -1, 7, 1.5, 10**30, float("inf"), "", "x", "\ud800", [], {}, [{}]]
ODD += [{"data": [None]}, {"id": None}, {"id": "x"}, {"a": {"b": []}}]
# What the records are read from, to be hit often.
FIELDS = {name for shape in SHAPES.values() for name in shape.fields}


@st.composite
def spoilt(draw: Callable[..., Any], examples: list[Obj]) -> Obj:
    """Return an event in which any fields are gone, null, of another type, or another's."""
    told: Obj = deepcopy(draw(st.sampled_from(examples)))
    every = list(paths(told))
    read = [way for way in every if FIELDS & set(way)]
    for way in draw(st.lists(st.sampled_from(every) | st.sampled_from(read), max_size=4)):
        held = told
        try:
            for step in way[:-1]:
                held = held[step]
            if draw(st.booleans()):
                del held[way[-1]]
            else:
                held[way[-1]] = deepcopy(draw(st.sampled_from(ODD)))
        except (LookupError, TypeError):
            continue  # an earlier change took the place away
    return told


@given(spoilt(EXAMPLES))
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_spoilt_event_is_handled_or_leaves_nothing(told: Obj) -> None:
    assert outcome(told)[0] in (200, 400)


@given(st.sampled_from(EXAMPLES), st.sampled_from(list(EVENTS)))
@settings(max_examples=200, deadline=None)
def test_an_event_of_another_name_is_handled_or_leaves_nothing(told: Obj, name: str) -> None:
    same = EVENTS[name].carries == EVENTS[told["type"]].carries
    assert outcome({**told, "type": name})[0] == (200 if same else 400)


class ThinShop:
    """A fake with one of everything, and thin events about it."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.fake = FakeStripe(clock=self.clock, webhook_secret="whsec_contractsecret0001")
        self.client = StripeClient.from_env(
            {},
            mode="mock",
            wire=self.fake,
            clock=self.clock,
            outbox=Outbox(),
            retry=Retry(clock=self.clock),
        )
        product = self.client.products.create("Pro")
        sdk: Any = self.client._calls.v1
        price = sdk.prices.create({"product": product.id, "currency": "usd", "unit_amount": 900})
        line = {"price": price.id, "quantity": 1}
        session = sdk.checkout.sessions.create(
            {"mode": "payment", "line_items": [line], "success_url": "https://shop.example/"}
        )
        self.fake.buyer.pay(session)
        paid = sdk.payment_intents.list().data[0]
        sdk.refunds.create({"payment_intent": paid.id})
        self.client.customers.create(email="kim@example.com")
        told = [json.loads(each.body) for each in self.fake.deliveries(thin=True)]
        self.events = [each for each in told if each["type"] in thin_events()]

    def outcome(self, told: Obj) -> tuple[int, str]:
        hooks, store = pipeline(), MemoryStore()
        default_handlers(hooks, store, client=self.client, clock=self.clock)
        result = hooks.receive(*signed(told, at=self.clock.time()))
        if result.status == 400:
            assert (list(hooks.received()), kept(store)) == ([], [])
        return result.status, result.reason


THIN = ThinShop()


def test_the_paths_of_what_thin_events_are_about_are_the_sdks() -> None:
    for name in thin_events():
        carried = sdk_class(EVENTS[name.removeprefix("v1.")].carries)
        assert related_path(name) == carried.class_url()
    assert related_path("v1.billing.meter.error_report_triggered") is None
    assert related_path("customer.created") is None


def test_every_thin_event_of_the_fake_is_taken() -> None:
    assert len(THIN.events) > 4
    assert {THIN.outcome(told) for told in THIN.events} == {(200, "")}


@pytest.mark.parametrize(
    "change",
    [
        {"related_object": None},
        {"related_object": {"id": "pi_1", "type": "payment_intent"}},
        {"related_object": {"id": "pi_1", "type": "payment_intent", "url": "https://evil.example"}},
        {"related_object": {"id": "pi_1", "type": "payment_intent", "url": "/v1/a?b=c"}},
        {"related_object": {"id": "ch_1", "type": "charge", "url": "/v1/charges/ch_1"}},
        {"context": 7},
        {"context": "a\r\nX-Evil: 1"},
    ],
)
def test_a_thin_event_that_cannot_be_fetched_is_refused(change: Obj) -> None:
    sent = len(THIN.fake.requests)
    status, reason = THIN.outcome({**THIN.events[0], **change})
    assert (status, len(THIN.fake.requests)) == (400, sent)
    assert next(iter(change)) in reason


@given(st.sampled_from(THIN.events), st.sampled_from(thin_events()))
@settings(max_examples=100, deadline=None)
def test_a_thin_event_of_another_name_is_handled_or_leaves_nothing(told: Obj, name: str) -> None:
    same = related_path(name) == related_path(told["type"])
    assert THIN.outcome({**told, "type": name})[0] == (200 if same else 400)


@given(spoilt(THIN.events))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_spoilt_thin_event_is_handled_or_leaves_nothing(told: Obj) -> None:
    assert THIN.outcome(told)[0] in (200, 400)
