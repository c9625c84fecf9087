"""The shortcuts: your user in, the right requests out, nothing twice."""

from dataclasses import dataclass

import pytest

from integrations.core.errors import ConfigurationError, InvalidRequestError
from integrations.core.workbook import Mock
from integrations.stripe import shortcuts
from integrations.stripe.checkout import Line
from integrations.stripe.client import StripeClient
from integrations.stripe.errors import CardDeclinedError
from integrations.stripe.money import Money
from integrations.stripe.tests.client_lab import SITE, client_on, form, team_price

EUR = Money(500, "eur")


@dataclass
class User:
    id: int = 7
    email: str = "alex@example.com"
    name: str = "Alex"


def _page(
    stripe: StripeClient, price: str, success: str = f"{SITE}/ok", cancel: str = f"{SITE}/cart"
) -> str:
    page = shortcuts.create_checkout_session(
        User(),
        [Line(price)],
        success_url=success,
        cancel_url=cancel,
        reference="order-42",
        client=stripe,
    )
    return page.id


@pytest.mark.parametrize("nobody", [None, "", " ", True])
def test_a_user_without_an_id_is_not_everybody_s_customer(lab: Mock, nobody: object) -> None:
    user = User(id=nobody)  # type: ignore[arg-type]  # a Django model has None until it is saved
    with pytest.raises(InvalidRequestError) as refused:
        shortcuts.create_customer_from_user(user, client=lab.client)
    assert refused.value.argument == "user_id"
    assert lab.fake.requests == []


def test_a_checkout_is_the_user_s_and_one_for_each_order(lab: Mock, stripe: StripeClient) -> None:
    price = team_price(stripe)
    assert _page(stripe, price) == _page(stripe, price)
    sent = form(lab.fake.requests[-1])
    (customer,) = lab.fake.state.all("customer")
    assert customer["metadata"] == {"user_id": "7"}
    assert (sent["customer"], sent["client_reference_id"]) == (customer["id"], "order-42")
    assert "customer_email" not in sent
    assert not [name for name in sent if "amount" in name]


@pytest.mark.parametrize("argument", ["success", "cancel"])
def test_a_checkout_s_links_stay_on_the_site(stripe: StripeClient, argument: str) -> None:
    with pytest.raises(InvalidRequestError, match="leaves the site") as raised:
        _page(stripe, team_price(stripe), **{argument: "https://evil.test"})
    assert raised.value.argument == f"{argument}_url"


def test_a_subscription_is_changed_and_canceled(lab: Mock, stripe: StripeClient) -> None:
    plan, dear = team_price(stripe, "month"), team_price(stripe, "month", 2900)
    page = shortcuts.create_subscription_checkout(
        User(),
        plan,
        success_url=f"{SITE}/ok",
        cancel_url=f"{SITE}/",
        reference="team-1",
        trial_days=7,
        client=stripe,
    )
    assert page.mode == "subscription"
    customer = shortcuts.create_customer_from_user(User(), client=stripe)
    stripe.customers.attach_payment_method(customer.id, "pm_card_visa")
    (card,) = stripe.customers.payment_methods(customer.id)
    begun = stripe.subscriptions.create(customer.id, plan, payment_method=card.id)
    changed = shortcuts.change_plan(begun, dear, bill_now=True, client=stripe)
    assert changed.price == dear
    assert form(lab.fake.requests[-1])["proration_behavior"] == "always_invoice"
    assert shortcuts.cancel_user_subscription(begun, client=stripe).cancel_at_period_end
    ended = shortcuts.cancel_user_subscription(begun.id, at_period_end=False, client=stripe)
    assert ended.status == "canceled"


def test_a_change_of_plan_costs_what_its_preview_showed(lab: Mock, stripe: StripeClient) -> None:
    plan, dear = team_price(stripe, "month"), team_price(stripe, "month", 2900)
    payer = stripe.customers.create(payment_method="pm_card_visa")
    begun = stripe.subscriptions.create(payer.id, plan)
    at = int(lab.clock.time())
    shown = stripe.invoices.preview(
        begun.id, price_id=dear, proration="always_invoice", proration_date=at
    )
    lab.clock.advance(3 * 86_400)
    changed = shortcuts.change_plan(begun, dear, bill_now=True, proration_date=at, client=stripe)
    assert form(lab.fake.requests[-1])["proration_date"] == str(at)
    paid = stripe.invoices.get(str(changed.latest_invoice)).total
    assert paid == shown.total
    assert paid.amount > 0


def test_the_portal_is_the_user_s_and_leads_back(lab: Mock, stripe: StripeClient) -> None:
    assert shortcuts.billing_portal_url(User(), f"{SITE}/me", client=stripe).startswith("https://")
    assert form(lab.fake.requests[-1])["return_url"] == f"{SITE}/me"
    with pytest.raises(InvalidRequestError, match="return_url"):
        shortcuts.billing_portal_url(User(), "https://evil.test", client=stripe)


def _with_card(stripe: StripeClient, card: str) -> None:
    customer = shortcuts.create_customer_from_user(User(), client=stripe)
    stripe.customers.attach_payment_method(customer.id, card)


def test_a_saved_card_is_charged_once_for_each_reference(lab: Mock, stripe: StripeClient) -> None:
    _with_card(stripe, "pm_card_visa")
    paid = [
        shortcuts.charge_saved_card(User(), EUR, reference="march", client=stripe) for _ in range(3)
    ]
    assert {each.id for each in paid} == {paid[0].id}
    assert paid[0].status == "succeeded"
    assert len(lab.fake.state.all("charge")) == 1


def test_a_saved_card_that_needs_its_owner_says_so(stripe: StripeClient) -> None:
    _with_card(stripe, "pm_card_threeDSecure2Required")
    with pytest.raises(CardDeclinedError) as raised:
        shortcuts.charge_saved_card(User(), EUR, reference="march", client=stripe)
    assert raised.value.needs_authentication


def test_without_a_card_nothing_is_charged(lab: Mock, stripe: StripeClient) -> None:
    with pytest.raises(InvalidRequestError, match="payment_method"):
        shortcuts.charge_saved_card(User(), EUR, reference="march", client=stripe)
    assert lab.fake.state.all("payment_intent") == []


def test_a_refund_is_checked_against_the_payment(lab: Mock, stripe: StripeClient) -> None:
    paid = stripe.payment_intents.create(EUR, payment_method="pm_card_visa", confirm=True)
    for wrong in (Money(501, "eur"), Money(100, "usd")):
        with pytest.raises(InvalidRequestError, match="amount"):
            shortcuts.refund_payment(paid, wrong, client=stripe)
    assert lab.fake.state.all("refund") == []
    part = Money(100, "eur")
    twice = [
        shortcuts.refund_payment(paid, part, reference="r1", client=stripe).id for _ in range(2)
    ]
    assert len(set(twice)) == 1
    assert shortcuts.refund_payment(paid.id, client=stripe).amount == Money(400, "eur")


def test_a_webhook_is_verified_handled_once_and_recorded(lab: Mock, stripe: StripeClient) -> None:
    seen: list[str] = []
    shortcuts.default_pipeline(client=stripe).on("*")(lambda event: seen.append(event.id))
    lab.fake.send_test_event()
    delivery = lab.fake.deliveries()[0]
    signature = delivery.headers["stripe-signature"]
    outcomes = [
        shortcuts.handle_webhook_event(delivery.body, given, client=stripe).status
        for given in (signature, signature, signature[:-1] + "x", "", "t=1,v1=00")
    ]
    assert outcomes == [200, 200, 400, 400, 400]
    assert len(seen) == 1
    assert shortcuts.default_records(client=stripe) is shortcuts.default_records(client=stripe)


def test_without_a_secret_no_webhook_is_taken() -> None:
    client = client_on(None, mode="debug")
    with pytest.raises(ConfigurationError, match="STRIPE_WEBHOOK_SECRET"):
        shortcuts.handle_webhook_event(b"{}", "t=1,v1=00", client=client)


def test_debug_mode_shows_every_request_and_sends_none() -> None:
    client = client_on(None, mode="debug", INTEGRATIONS_ALLOWED_HOSTS="app.example.com")
    assert shortcuts.billing_portal_url(User(), f"{SITE}/me", client=client) == ""
    page = shortcuts.create_checkout_session(
        User(),
        [Line("price_1")],
        success_url=f"{SITE}/ok",
        cancel_url=f"{SITE}/",
        reference="order-42",
        client=client,
    )
    assert not page.sent
    assert {each.outcome for each in client.outbox} == {"not sent"}


def test_the_client_of_the_environment_is_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_MODE", "mock")
    shortcuts.default_client.cache_clear()
    assert shortcuts.default_client() is shortcuts.default_client()
    assert shortcuts.create_customer_from_user(User()).email == "alex@example.com"
    shortcuts.default_client.cache_clear()
