"""One effect for each reference: at a double click, and long after Stripe forgot the key."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from integrations.core.errors import DuplicateRequestError, InvalidRequestError
from integrations.core.workbook import Mock
from integrations.stripe import shortcuts
from integrations.stripe.checkout import Line
from integrations.stripe.client import StripeClient
from integrations.stripe.errors import CardDeclinedError
from integrations.stripe.models import CheckoutSession
from integrations.stripe.money import Money
from integrations.stripe.tests.client_lab import SITE, client_on, form, team_price
from integrations.stripe.tests.doors import User

EUR = Money(500, "eur")
LATER_S = 25 * 3600
LINKS = {"success_url": f"{SITE}/ok", "cancel_url": f"{SITE}/"}
Open = Callable[..., CheckoutSession]


def _payment_page(stripe: StripeClient) -> Open:
    price = team_price(stripe, None)

    def opened(user: User | None = None, reference: str = "order-42", **more: Any) -> Any:
        given: dict[str, Any] = {"lines": [Line(price)], "reference": reference, **LINKS, **more}
        return shortcuts.create_checkout_session(user or User(), client=stripe, **given)

    return opened


def _subscription_page(stripe: StripeClient) -> Open:
    price = team_price(stripe, "month")

    def opened(user: User | None = None, reference: str = "order-42", **more: Any) -> Any:
        given: dict[str, Any] = {"price_id": price, "reference": reference, **LINKS, **more}
        return shortcuts.create_subscription_checkout(user or User(), client=stripe, **given)

    return opened


@pytest.fixture(params=[_payment_page, _subscription_page])
def opened(request: pytest.FixtureRequest, stripe: StripeClient) -> Open:
    found: Open = request.param(stripe)
    return found


# Pages -----------------------------------------------------------------------------------------


def test_a_double_click_opens_one_page(lab: Mock, opened: Open) -> None:
    first, again = opened(), opened()
    assert (first.id, first.url) == (again.id, again.url)
    assert len(lab.fake.state.all("checkout.session")) == 1
    posts = [each for each in lab.fake.requests if each.path == "/v1/checkout/sessions"]
    keys = {each.headers["idempotency-key"] for each in posts if each.method == "POST"}
    assert keys == {f"checkout.create:{first.customer}:order-42"}
    assert form(posts[-1])["client_reference_id"] == "order-42"


def test_twenty_clicks_at_once_open_one_page(lab: Mock, opened: Open) -> None:
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(opened().id)) for _ in range(20)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(found) == 20
    assert len(set(found)) == 1
    assert len(lab.fake.state.all("checkout.session")) == 1


@pytest.mark.parametrize("wait_s", [0, LATER_S, 90 * 86_400])
def test_a_page_that_was_paid_is_not_opened_again(lab: Mock, opened: Open, wait_s: int) -> None:
    lab.fake.buyer.pay(opened())
    lab.clock.advance(wait_s)
    again = opened()
    assert (again.status, again.payment_status, again.url) == ("complete", "paid", None)
    assert len(lab.fake.state.all("checkout.session")) == 1


def test_after_a_page_has_expired_there_is_one_new_one(
    lab: Mock, stripe: StripeClient, opened: Open
) -> None:
    dead = opened()
    stripe.checkout.expire(dead.id)  # within the 24 hours in which the key replays it
    second = opened()
    assert second.id != dead.id
    assert second.id == opened().id
    lab.clock.advance(LATER_S)
    third = opened()
    assert third.id == opened().id
    assert [each.status for each in stripe.checkout.list()] == ["open", "expired", "expired"]
    lab.fake.buyer.pay(third)
    assert opened().id == third.id


def test_a_cart_that_changed_is_not_sold_at_the_old_price(stripe: StripeClient) -> None:
    page, dear = _payment_page(stripe), team_price(stripe, None, 9900)
    page()
    with pytest.raises(DuplicateRequestError):
        page(lines=[Line(dear)])


def test_a_subscription_for_more_is_not_sold_at_the_old_price(stripe: StripeClient) -> None:
    page = _subscription_page(stripe)
    page()
    with pytest.raises(DuplicateRequestError):
        page(quantity=5)


def test_somebody_else_s_reference_and_another_one_are_other_pages(lab: Mock, opened: Open) -> None:
    lab.fake.buyer.pay(opened())
    assert opened(reference="order-43").status == "open"
    assert opened(User(id=8)).status == "open"


def test_a_subscription_s_page_names_the_order_and_the_user(
    lab: Mock, stripe: StripeClient
) -> None:
    _subscription_page(stripe)(User(id="u7"))
    sent = form(lab.fake.requests[-1])
    assert sent["client_reference_id"] == "order-42"
    assert sent["metadata[user_id]"] == sent["subscription_data[metadata][user_id]"] == "u7"


def test_the_longest_reference_fits_into_a_key(stripe: StripeClient, opened: Open) -> None:
    stripe.checkout.expire(opened(reference="x" * 200).id)
    assert opened(reference="x" * 200).status == "open"
    with pytest.raises(InvalidRequestError, match="reference"):
        opened(reference="x" * 201)


# Charges ---------------------------------------------------------------------------------------


def _charge(stripe: StripeClient, amount: Money = EUR, reference: str = "march") -> Any:
    return shortcuts.charge_saved_card(User(), amount, reference=reference, client=stripe)


def _keep(stripe: StripeClient, card: str = "pm_card_visa") -> str:
    customer = shortcuts.create_customer_from_user(User(), client=stripe)
    kept = stripe.customers.attach_payment_method(customer.id, card)
    stripe.customers.update(customer.id, default_payment_method=kept.id)
    return customer.id


@pytest.mark.parametrize("wait_s", [0, LATER_S, 400 * 86_400])
def test_a_card_is_charged_once_however_late_it_is_repeated(
    lab: Mock, stripe: StripeClient, wait_s: int
) -> None:
    _keep(stripe)
    first = _charge(stripe)
    lab.clock.advance(wait_s)
    assert _charge(stripe).id == first.id
    assert len(lab.fake.state.all("charge")) == 1


def test_a_charge_is_found_behind_a_hundred_others(lab: Mock, stripe: StripeClient) -> None:
    customer = _keep(stripe)
    first = _charge(stripe)
    for _ in range(101):
        stripe.payment_intents.create(EUR, customer_id=customer)
    lab.clock.advance(LATER_S)
    assert _charge(stripe).id == first.id


def test_a_refunded_charge_is_not_made_again(lab: Mock, stripe: StripeClient) -> None:
    _keep(stripe)
    shortcuts.refund_payment(_charge(stripe), client=stripe)
    lab.clock.advance(LATER_S)
    assert _charge(stripe).status == "succeeded"
    assert len(lab.fake.state.all("charge")) == 1


@pytest.mark.parametrize("wait_s", [0, LATER_S])
def test_another_amount_under_one_reference_is_refused(
    lab: Mock, stripe: StripeClient, wait_s: int
) -> None:
    _keep(stripe)
    _charge(stripe)
    lab.clock.advance(wait_s)
    with pytest.raises(DuplicateRequestError, match=r"5[.]00 EUR") as refused:
        _charge(stripe, Money(700, "eur"))
    assert refused.value.argument == "reference"
    assert len(lab.fake.state.all("charge")) == 1


def test_a_decline_is_repeated_for_a_day_and_tried_anew_after_it(
    lab: Mock, stripe: StripeClient
) -> None:
    _keep(stripe, "pm_card_chargeCustomerFail")
    for _ in range(2):
        with pytest.raises(CardDeclinedError):
            _charge(stripe)
    assert len(lab.fake.state.all("payment_intent")) == 1
    _keep(stripe)
    lab.clock.advance(LATER_S)
    assert _charge(stripe).status == "succeeded"


def test_a_charge_after_another_card_was_given_is_the_first_one(stripe: StripeClient) -> None:
    _keep(stripe)
    first = _charge(stripe)
    _keep(stripe, "pm_card_mastercard")
    assert _charge(stripe).id == first.id


def test_twenty_jobs_at_once_charge_once(lab: Mock, stripe: StripeClient) -> None:
    _keep(stripe)
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(_charge(stripe).id)) for _ in range(20)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(found) == 20
    assert len(set(found)) == len(lab.fake.state.all("charge")) == 1


# Refunds ---------------------------------------------------------------------------------------


def _refund(stripe: StripeClient, payment: Any, cents: int | None = 100) -> Any:
    part = None if cents is None else Money(cents, "eur")
    return shortcuts.refund_payment(payment, part, reference="complaint-7", client=stripe)


@pytest.fixture
def paid(stripe: StripeClient) -> Any:
    return stripe.payment_intents.create(EUR, payment_method="pm_card_visa", confirm=True)


@pytest.mark.parametrize("wait_s", [0, LATER_S])
@pytest.mark.parametrize("cents", [100, None])
def test_a_refund_is_given_once_however_late_it_is_repeated(
    lab: Mock, stripe: StripeClient, paid: Any, wait_s: int, cents: int | None
) -> None:
    first = _refund(stripe, paid, cents)
    lab.clock.advance(wait_s)
    assert _refund(stripe, paid, cents).id == first.id
    assert len(lab.fake.state.all("refund")) == 1


def test_another_refund_under_one_reference_is_refused(
    lab: Mock, stripe: StripeClient, paid: Any
) -> None:
    _refund(stripe, paid)
    lab.clock.advance(LATER_S)
    with pytest.raises(DuplicateRequestError, match=r"1[.]00 EUR"):
        _refund(stripe, paid, 200)
    assert len(lab.fake.state.all("refund")) == 1


def test_a_refund_that_the_bank_sent_back_is_made_again(
    lab: Mock, stripe: StripeClient, paid: Any
) -> None:
    failed = _refund(stripe, paid)
    lab.fake.buyer.refuse_refund(failed)
    again = _refund(stripe, paid)
    assert again.id != failed.id
    assert _refund(stripe, paid).id == again.id


def test_without_a_reference_each_call_is_a_refund(stripe: StripeClient, paid: Any) -> None:
    part = Money(100, "eur")
    two = {shortcuts.refund_payment(paid, part, client=stripe).id for _ in range(2)}
    assert len(two) == 2


# Debug mode ------------------------------------------------------------------------------------


def test_debug_mode_looks_nothing_up_and_shows_what_would_leave() -> None:
    client = client_on(None, mode="debug", INTEGRATIONS_ALLOWED_HOSTS="app.example.com")
    shortcuts.create_subscription_checkout(
        User(),
        "price_1",
        success_url=f"{SITE}/ok",
        cancel_url=f"{SITE}/",
        reference="order-42",
        client=client,
    )
    shortcuts.charge_saved_card(
        User(), EUR, reference="march", payment_method="pm_card_visa", client=client
    )
    shortcuts.refund_payment("pi_1", reference="complaint-7", client=client)
    assert {each.request.method for each in client.outbox} == {"POST"}
    assert {each.outcome for each in client.outbox} == {"not sent"}
