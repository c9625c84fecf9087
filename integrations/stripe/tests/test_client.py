"""The client on the fake: what each call sends, and what comes back."""

import threading

import pytest

from integrations.core.errors import (
    GuardError,
    InvalidRequestError,
    NotFoundError,
    NotSentError,
)
from integrations.core.faults import FaultInjector
from integrations.core.wire import Request, Response, Wire
from integrations.core.workbook import Mock
from integrations.stripe.checkout import Line
from integrations.stripe.client import StripeClient
from integrations.stripe.errors import CardDeclinedError
from integrations.stripe.fake import FakeStripe
from integrations.stripe.models import Customer
from integrations.stripe.models_billing import Subscription
from integrations.stripe.money import Money
from integrations.stripe.tests.client_lab import SITE, Script, client_on, form, ok

EUR = Money(500, "eur")
DAY = 86_400


def _plans(stripe: StripeClient) -> tuple[str, str]:
    product = stripe.products.create("Team").id
    return tuple(
        stripe.prices.create(product, Money(cents, "eur"), interval="month").id
        for cents in (1000, 3000)
    )  # type: ignore[return-value]


# Customers -------------------------------------------------------------------------------------


def test_a_user_has_one_customer_however_often_it_is_asked_for(lab: Mock) -> None:
    found = {lab.client.customers.find_or_create("user-7").id for _ in range(3)}
    lab.clock.advance(3600)
    found |= {lab.client.customers.find_or_create("user-7", email="x@example.com").id}
    lab.clock.advance(48 * 3600)
    found |= {lab.client.customers.find_or_create("user-7", email="y@example.com").id}
    assert len(found) == 1
    assert len(lab.fake.state.all("customer")) == 1


def test_twenty_threads_with_twenty_addresses_make_one_customer(lab: Mock) -> None:
    found: list[str] = []

    def ask(number: int) -> None:
        email = f"user{number}@example.com"
        found.append(lab.client.customers.find_or_create("user-7", email=email).id)

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(20)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(found) == 20
    assert len(set(found)) == 1
    assert len(lab.fake.state.all("customer")) == 1


def test_two_users_with_one_address_are_two_customers(stripe: StripeClient) -> None:
    two = [stripe.customers.find_or_create(user, email="a@example.com").id for user in "ab"]
    assert len(set(two)) == 2


def test_a_customer_deleted_within_the_day_is_not_brought_back(stripe: StripeClient) -> None:
    first = stripe.customers.find_or_create("user-7", email="a@example.com")
    stripe.customers.delete(first.id)
    second = stripe.customers.find_or_create("user-7", email="a@example.com")
    assert second.id != first.id
    assert (second.email, second.deleted) == ("a@example.com", False)
    assert stripe.customers.get(first.id).deleted


def test_a_customer_deleted_again_and_again_is_made_anew(stripe: StripeClient) -> None:
    made = []
    for _ in range(4):
        found = stripe.customers.find_or_create("user-7", email="a@example.com")
        assert (found.email, found.deleted) == ("a@example.com", False)
        assert stripe.customers.find_or_create("user-7").id == found.id
        made.append(found.id)
        stripe.customers.delete(found.id)
    assert len(set(made)) == 4


def test_a_known_customer_keeps_its_address(lab: Mock) -> None:
    lab.client.customers.find_or_create("user-7", email="a@example.com")
    lab.clock.advance(120)
    found = lab.client.customers.find_or_create("user-7", email="thief@example.com")
    assert found.email == "a@example.com"


def _passes(request: Request, wire: Wire) -> Response:
    return wire(request)


def _dies(request: Request, wire: Wire) -> Response:
    raise SystemExit  # the process, between its two writes


@pytest.mark.parametrize("wait_s", [0, 3600, 48 * 3600])
def test_an_address_that_was_never_written_is_written_by_the_next_call(
    lab: Mock, wait_s: int
) -> None:
    faulty = FaultInjector(lab.fake)
    client = StripeClient.from_env({}, mode="mock", wire=faulty, clock=lab.clock)
    faulty.inject(_passes, _passes, _dies)  # after the search and the first write
    with pytest.raises(SystemExit):
        client.customers.find_or_create("user-7", email="a@example.com", name="Alex")
    (made,) = lab.fake.state.all("customer")
    assert (made["email"], made["name"]) == (None, None)
    lab.clock.advance(wait_s)
    for _ in range(2):
        found = client.customers.find_or_create("user-7", email="a@example.com", name="Alex")
        assert (found.id, found.email, found.name) == (made["id"], "a@example.com", "Alex")
    assert len(lab.fake.state.all("customer")) == 1


def test_only_what_is_missing_is_written(lab: Mock) -> None:
    lab.client.customers.find_or_create("user-7", email="a@example.com")
    lab.clock.advance(120)
    found = lab.client.customers.find_or_create("user-7", email="b@example.com", name="Alex")
    assert (found.email, found.name) == ("a@example.com", "Alex")
    assert form(lab.fake.requests[-1]) == {"name": "Alex"}


def test_a_search_that_is_behind_overwrites_no_address() -> None:
    stale = {"id": "cus_1", "object": "customer", "email": None}
    answers = [
        Response.of_json(200, {"object": "search_result", "data": [stale], "has_more": False}),
        Response.of_json(200, {**stale, "email": "new@example.com"}),
    ]
    wire = Script(*answers)
    found = client_on(wire).customers.find_or_create("user-7", email="old@example.com")
    assert found.email == "new@example.com"
    assert [each.method for each in wire.requests] == ["GET", "GET"]


def test_a_customer_who_lacks_nothing_costs_one_question(lab: Mock) -> None:
    lab.client.customers.find_or_create("user-7", email="a@example.com", name="Alex")
    lab.clock.advance(120)
    before = len(lab.fake.requests)
    lab.client.customers.find_or_create("user-7", email="a@example.com", name="Alex")
    assert len(lab.fake.requests) == before + 1


# Checkout --------------------------------------------------------------------------------------


def test_a_hosted_and_an_embedded_page_differ_on_the_wire() -> None:
    wire = Script(ok(object="checkout.session", url="https://checkout.test/x"))
    client = client_on(wire)
    lines = [Line("price_1", 2)]
    client.checkout.create(
        "payment", lines, success_url=f"{SITE}/ok?id={{CHECKOUT_SESSION_ID}}", metadata={"o": "42"}
    )
    client.checkout.create("subscription", lines, return_url=f"{SITE}/back", trial_days=14)
    hosted, embedded = map(form, wire.requests)
    assert hosted == {
        "mode": "payment",
        "ui_mode": "hosted_page",
        "success_url": f"{SITE}/ok?id={{CHECKOUT_SESSION_ID}}",
        "line_items[0][price]": "price_1",
        "line_items[0][quantity]": "2",
        "metadata[o]": "42",
        "payment_intent_data[metadata][o]": "42",
    }
    assert embedded["ui_mode"] == "embedded_page"
    assert embedded["subscription_data[trial_period_days]"] == "14"
    assert "success_url" not in embedded


def test_every_kind_of_page_is_taken_by_the_fake(stripe: StripeClient, payer: Customer) -> None:
    plan = _plans(stripe)[0]
    product = stripe.products.create("Mug").id
    mug = stripe.prices.create(product, Money(1500, "jpy")).id
    back = f"{SITE}/ok"
    made = [
        stripe.checkout.create("payment", [Line(mug, 2)], success_url=back, cancel_url=back),
        stripe.checkout.create("payment", [Line(mug)], return_url=back),
        stripe.checkout.create("subscription", [Line(plan)], success_url=back),
        stripe.checkout.create("setup", success_url=back, customer_id=payer.id, currency="eur"),
    ]
    assert [each.status for each in made] == ["open"] * 4
    assert str(made[0].amount_total) == "3000 JPY"
    assert made[0].url
    assert made[1].client_secret
    assert stripe.checkout.expire(made[0].id).status == "expired"
    assert stripe.checkout.get(made[0].id).status == "expired"


def test_a_link_that_is_a_secret_is_not_in_the_repr(stripe: StripeClient, payer: Customer) -> None:
    page = stripe.portal.create(payer.id, f"{SITE}/account")
    assert page.url.startswith("https://")
    assert page.url not in repr(page) + page._repr_html_()


# Payments --------------------------------------------------------------------------------------


def test_a_payment_is_reserved_captured_and_refunded(stripe: StripeClient, payer: Customer) -> None:
    payment = stripe.payment_intents.create(
        EUR, customer_id=payer.id, payment_method="pm_card_visa", confirm=True, capture_later=True
    )
    assert payment.status == "requires_capture"
    taken = stripe.payment_intents.capture(payment.id, amount=Money(300, "eur"))
    assert (taken.status, str(taken.amount_received)) == ("succeeded", "3.00 EUR")
    part = stripe.refunds.create(payment.id, amount=Money(100, "eur"))
    rest = stripe.refunds.create(payment.id)
    assert [part.amount.amount, rest.amount.amount] == [100, 200]
    with pytest.raises(InvalidRequestError):
        stripe.refunds.create(payment.id)


def test_a_declined_card_can_be_followed_by_another(stripe: StripeClient) -> None:
    payment = stripe.payment_intents.create(EUR)
    declined = "pm_card_chargeDeclinedInsufficientFunds"
    with pytest.raises(CardDeclinedError) as raised:
        stripe.payment_intents.confirm(payment.id, payment_method=declined)
    assert raised.value.decline_code == "insufficient_funds"
    assert raised.value.payment_intent_id == payment.id
    paid = stripe.payment_intents.confirm(payment.id, payment_method="pm_card_visa")
    assert paid.status == "succeeded"


def test_one_intent_pays_once_and_another_amount_is_refused(stripe: StripeClient) -> None:
    first, again = (
        stripe.payment_intents.create(EUR, idempotency_key="order-42").id for _ in range(2)
    )
    assert first == again
    with pytest.raises(Exception, match="same parameters") as raised:
        stripe.payment_intents.create(Money(600, "eur"), idempotency_key="order-42")
    assert type(raised.value).__name__ == "DuplicateRequestError"


def test_a_payment_is_canceled_with_its_reason(stripe: StripeClient) -> None:
    payment = stripe.payment_intents.create(EUR)
    assert stripe.payment_intents.cancel(payment.id, reason="abandoned").status == "canceled"


def test_a_card_is_kept(stripe: StripeClient, payer: Customer) -> None:
    kept = stripe.setup_intents.create(payer.id, payment_method="pm_card_visa", confirm=True)
    assert kept.status == "succeeded"
    assert "4242" in {each.last4 for each in stripe.customers.payment_methods(payer.id)}


# Subscriptions ---------------------------------------------------------------------------------


@pytest.fixture
def subscription(stripe: StripeClient, payer: Customer) -> Subscription:
    return stripe.subscriptions.create(payer.id, _plans(stripe)[0])


def _dear(stripe: StripeClient) -> str:
    return next(p.id for p in stripe.prices.list() if p.unit_amount.amount == 3000)


def test_the_period_is_read_from_the_items(subscription: Subscription) -> None:
    assert "current_period_end" not in subscription.raw
    assert subscription.current_period_end == subscription.items[0].current_period_end
    assert subscription.gives_access


def test_a_preview_tells_what_the_change_then_costs(
    stripe: StripeClient, subscription: Subscription
) -> None:
    dear = _dear(stripe)
    preview = stripe.invoices.preview(subscription.id, price_id=dear, proration="always_invoice")
    changed = stripe.subscriptions.change_plan(subscription.id, dear, proration="always_invoice")
    (invoice,) = stripe.invoices.list(customer_id=subscription.customer, limit=1)
    assert invoice.total == preview.total
    assert changed.price == dear
    assert len(changed.items) == 1


def test_a_change_at_the_preview_s_date_costs_what_was_shown(
    stripe: StripeClient, subscription: Subscription
) -> None:
    dear, at = _dear(stripe), int(stripe.clock.time())

    def preview(date: int | None) -> Money:
        kind = "always_invoice"
        return stripe.invoices.preview(
            subscription.id, price_id=dear, proration=kind, proration_date=date
        ).total

    shown = preview(at)
    stripe.clock.sleep(2 * DAY)
    assert preview(None).amount < shown.amount
    changed = stripe.subscriptions.change_plan(
        subscription.id, dear, proration="always_invoice", proration_date=at
    )
    assert stripe.invoices.get(str(changed.latest_invoice)).total == shown


def test_a_subscription_without_items_cannot_be_changed_or_previewed() -> None:
    empty = {"id": "sub_1", "object": "subscription", "items": {"data": []}}
    client = client_on(Script(Response.of_json(200, empty)))
    with pytest.raises(InvalidRequestError, match="has no item"):
        client.subscriptions.change_plan("sub_1", "price_1")
    with pytest.raises(InvalidRequestError, match="has no item"):
        client.invoices.preview("sub_1", price_id="price_1")


def test_a_change_of_plan_keeps_the_quantity(
    stripe: StripeClient, subscription: Subscription
) -> None:
    stripe.subscriptions.change_quantity(subscription.id, 4)
    assert stripe.subscriptions.change_plan(subscription.id, _dear(stripe)).quantity == 4


def test_a_card_of_its_own_comes_before_the_customer_s_default(
    stripe: StripeClient, payer: Customer, subscription: Subscription
) -> None:
    good = stripe.customers.attach_payment_method(payer.id, "pm_card_mastercard")
    stripe.subscriptions.change_card(subscription.id, good.id)
    bad = stripe.customers.attach_payment_method(payer.id, "pm_card_chargeCustomerFail")
    stripe.customers.update(payer.id, default_payment_method=bad.id)
    kind = "always_invoice"
    assert stripe.subscriptions.change_quantity(subscription.id, 3, proration=kind).gives_access
    assert stripe.subscriptions.get(subscription.id).status == "active"
    stripe.subscriptions.change_card(subscription.id, bad.id)
    changed = stripe.subscriptions.change_quantity(subscription.id, 9, proration=kind)
    assert changed.status == "past_due"
    with pytest.raises(InvalidRequestError, match="No such PaymentMethod"):
        stripe.subscriptions.change_card(subscription.id, "pm_1Other")


def test_it_is_paused_and_resumed(stripe: StripeClient, subscription: Subscription) -> None:
    paused = stripe.subscriptions.pause(subscription.id)
    assert (paused.paused_collection, paused.status) == (True, "active")
    assert not stripe.subscriptions.resume(subscription.id).paused_collection


def test_it_ends_at_the_period_s_end_unless_it_is_kept(
    stripe: StripeClient, subscription: Subscription
) -> None:
    assert stripe.subscriptions.cancel(subscription.id).cancel_at_period_end
    assert not stripe.subscriptions.keep(subscription.id).cancel_at_period_end
    ended = stripe.subscriptions.cancel(subscription.id, at_period_end=False)
    assert ended.status == "canceled"
    assert not ended.gives_access
    with pytest.raises(NotFoundError):
        stripe.subscriptions.cancel(subscription.id, at_period_end=False)


def test_a_test_clock_renews_it(lab: Mock, stripe: StripeClient) -> None:
    start = int(lab.clock.time())
    clock = stripe.clocks.create(start, name="a month")
    payer = stripe.customers.create(
        email="a@example.com", payment_method="pm_card_visa", test_clock=clock.id
    )
    plan = stripe.subscriptions.create(payer.id, _plans(stripe)[0])
    moved = stripe.clocks.advance(clock.id, start + 40 * DAY)
    assert (moved.status, moved.frozen_time) == ("ready", start + 40 * DAY)
    invoices = list(stripe.invoices.list(subscription_id=plan.id))
    assert [str(each.total) for each in invoices] == ["10.00 EUR"] * 2
    stripe.clocks.delete(clock.id)
    with pytest.raises(NotFoundError):
        stripe.clocks.get(clock.id)


# Modes -----------------------------------------------------------------------------------------


def test_debug_mode_builds_everything_and_claims_nothing() -> None:
    client = client_on(None, mode="debug")
    made = [
        client.customers.create(email="a@example.com"),
        client.customers.find_or_create("user-7"),
        client.checkout.create("payment", [Line("price_1")], success_url="http://localhost/ok")
        if client.settings.allowed_hosts
        else client.payment_intents.create(EUR),
        client.subscriptions.cancel("sub_1"),
        client.clocks.create(1_767_603_600),
    ]
    assert [each.sent for each in made] == [False] * 5
    with pytest.raises(NotSentError):
        client.subscriptions.change_plan("sub_1", "price_1")
    with pytest.raises(NotSentError):
        next(client.customers.list())


@pytest.mark.parametrize(
    ("name", "send"),
    [
        ("email", lambda c: c.customers.create(email="kim@stranger.example")),
        ("receipt", lambda c: c.payment_intents.create(EUR, receipt_email="kim@stranger.example")),
        (
            "checkout",
            lambda c: c.checkout.create(
                "payment",
                [Line("price_1")],
                success_url=f"{SITE}/ok",
                customer_email="kim@stranger.example",
            ),
        ),
    ],
)
def test_sandbox_mode_names_no_stranger(name: str, send: object) -> None:
    fake = FakeStripe(api_key="sk_test_abcdefgh1")
    client = client_on(
        fake,
        mode="sandbox",
        STRIPE_API_KEY="sk_test_abcdefgh1",
        INTEGRATIONS_ALLOWED_HOSTS="app.example.com",
    )
    with pytest.raises(GuardError, match="STRIPE_SANDBOX_RECIPIENTS"):
        send(client)  # type: ignore[operator]
    assert fake.requests == []
