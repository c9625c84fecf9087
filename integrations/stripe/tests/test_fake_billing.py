"""A subscription's life in the fake, by a test clock and by the real one."""

from fractions import Fraction
from typing import Any

import pytest
import stripe as stripe_sdk

from integrations.stripe.fake_periods import boundary, share
from integrations.stripe.tests.fake_lab import DAY_S, Lab, refused

MONTH = {"interval": "month", "interval_count": 1}


@pytest.fixture
def lab() -> Lab:
    return Lab()


def period(subscription: Any) -> tuple[int, int]:
    item = subscription["items"].data[0]
    return item.current_period_start, item.current_period_end


def edit(subscription: Any, **change: Any) -> dict[str, Any]:
    return {"items": [{"id": subscription["items"].data[0].id, **change}]}


def test_the_first_payment_makes_it_active(lab: Lab) -> None:
    subscription = lab.subscribe(lab.customer(), lab.monthly, expand=["latest_invoice.payments"])
    invoice = subscription.latest_invoice
    assert subscription.status == "active"
    assert (invoice.status, invoice.amount_paid) == ("paid", 1500)
    assert invoice.payments.data[0].status == "paid"
    assert lab.api.subscriptions.retrieve(subscription.id).status == "active"
    start, end = period(subscription)
    assert end == boundary(start, MONTH, 1)


def test_without_a_payment_method_there_is_no_subscription(lab: Lab) -> None:
    customer = lab.customer(card="")
    refused(lambda: lab.subscribe(customer, lab.monthly), code="resource_missing")
    assert lab.fake.state.all("subscription") == []


def test_an_incomplete_one_waits_for_the_buyer_and_expires(lab: Lab) -> None:
    wait = {"payment_behavior": "default_incomplete"}
    secret = {"expand": ["latest_invoice.confirmation_secret"]}
    paid, left = (lab.subscribe(lab.customer(""), lab.monthly, **wait, **secret) for _ in range(2))
    assert paid.status == left.status == "incomplete"
    intent = paid.latest_invoice.confirmation_secret.client_secret.partition("_secret")[0]
    lab.fake.buyer.confirm(intent, card="pm_card_chargeDeclined")
    assert lab.api.subscriptions.retrieve(paid.id).status == "incomplete"
    lab.fake.buyer.confirm(intent)
    lab.clock.advance(23 * 3600)
    assert lab.api.subscriptions.retrieve(paid.id).status == "active"
    assert lab.api.subscriptions.retrieve(left.id).status == "incomplete_expired"
    assert lab.api.invoices.retrieve(left.latest_invoice.id).status == "void"


@pytest.mark.parametrize(
    ("card", "behavior", "status"),
    [
        ("pm_card_chargeCustomerFail", "allow_incomplete", "incomplete"),
        ("pm_card_authenticationRequired", "allow_incomplete", "incomplete"),
        ("pm_card_chargeCustomerFail", "error_if_incomplete", None),
    ],
)
def test_a_first_payment_that_fails(lab: Lab, card: str, behavior: str, status: str | None) -> None:
    customer = lab.customer(card)
    if status:
        assert lab.subscribe(customer, lab.monthly, payment_behavior=behavior).status == status
        return
    with pytest.raises(stripe_sdk.CardError):
        lab.subscribe(customer, lab.monthly, payment_behavior=behavior)
    assert lab.fake.state.all("subscription") == []
    assert "customer.subscription.created" not in lab.happened()


def test_a_trial_warns_three_days_before_it_ends_and_then_is_paid(lab: Lab) -> None:
    subscription = lab.subscribe(lab.customer(), lab.monthly, trial_period_days=14)
    lab.clock.advance(11 * DAY_S - 1)
    lab.fake.deliveries()
    assert "customer.subscription.trial_will_end" not in lab.happened()
    lab.clock.advance(1)
    lab.fake.deliveries()
    assert lab.happened()[-1] == "customer.subscription.trial_will_end"
    lab.clock.advance(3 * DAY_S + 3600)
    after = lab.api.subscriptions.retrieve(subscription.id)
    assert after.status == "active"
    assert lab.happened().count("customer.subscription.trial_will_end") == 1
    assert lab.fake.state.all("invoice")[0]["amount_paid"] == 1500


@pytest.mark.parametrize("behavior", ["pause", "cancel"])
def test_a_trial_without_a_card_pauses_or_ends(lab: Lab, behavior: str) -> None:
    settings = {"trial_settings": {"end_behavior": {"missing_payment_method": behavior}}}
    customer = lab.customer(card="")
    subscription = lab.subscribe(customer, lab.monthly, trial_period_days=3, **settings)
    lab.clock.advance(4 * DAY_S)
    after = lab.api.subscriptions.retrieve(subscription.id)
    assert after.status == {"pause": "paused", "cancel": "canceled"}[behavior]
    if behavior == "pause":
        refused(lambda: lab.api.subscriptions.resume(subscription.id), code="resource_missing")
        lab.use(customer, "pm_card_visa")
        success = {"payment_behavior": "resume_on_payment_success"}
        assert lab.api.subscriptions.resume(subscription.id, params=success).status == "active"
        assert lab.happened()[-1] == "customer.subscription.resumed"


def test_an_upgrade_is_prorated_to_the_second(lab: Lab) -> None:
    subscription = lab.subscribe(lab.customer(), lab.monthly)
    start, end = period(subscription)
    lab.clock.advance(10 * DAY_S + 7)
    left = Fraction(end - start - 10 * DAY_S - 7, end - start)
    half = Fraction(1, 2)
    due = int(4500 * left + half) - int(1500 * left + half)
    change = {**edit(subscription, price=lab.better), "proration_behavior": "always_invoice"}
    preview = lab.api.invoices.create_preview(
        params={"subscription": subscription.id, "subscription_details": change}
    )
    assert preview.amount_due == due
    assert lab.api.subscriptions.retrieve(subscription.id)["items"].data[0].price.id == lab.monthly
    changed = lab.api.subscriptions.update(
        subscription.id, params={**change, "expand": ["latest_invoice"]}
    )
    assert (changed.latest_invoice.amount_paid, changed.latest_invoice.status) == (due, "paid")
    assert period(changed) == (start, end)


def test_prorations_wait_for_the_next_invoice(lab: Lab) -> None:
    subscription = lab.subscribe(lab.customer(), lab.monthly)
    lab.clock.advance(10 * DAY_S)
    lab.api.subscriptions.update(subscription.id, params=edit(subscription, quantity=3))
    preview = lab.api.invoices.create_preview(params={"subscription": subscription.id})
    assert len(lab.fake.state.all("invoice")) == 1
    lab.clock.advance(30 * DAY_S)
    lab.api.subscriptions.retrieve(subscription.id)
    renewal = lab.fake.state.all("invoice")[0]
    assert renewal["amount_paid"] == preview.amount_due
    assert preview.amount_due > 4500


def test_no_proration_where_none_is_wanted(lab: Lab) -> None:
    subscription = lab.subscribe(lab.customer(), lab.monthly)
    none = {**edit(subscription, price=lab.better), "proration_behavior": "none"}
    lab.api.subscriptions.update(subscription.id, params=none)
    preview = lab.api.invoices.create_preview(params={"subscription": subscription.id})
    assert preview.amount_due == 4500


def test_a_downgrade_leaves_a_credit_that_pays_the_next_invoice(lab: Lab) -> None:
    customer = lab.customer()
    subscription = lab.subscribe(customer, lab.better)
    now = {**edit(subscription, price=lab.monthly), "proration_behavior": "always_invoice"}
    lab.api.subscriptions.update(subscription.id, params=now)
    assert lab.api.customers.retrieve(customer).balance == -3000
    lab.clock.advance(32 * DAY_S)
    lab.fake.deliveries()
    assert lab.fake.state.all("invoice")[0]["amount_due"] == 0
    assert lab.api.customers.retrieve(customer).balance == -1500


def test_another_interval_starts_a_new_period_at_once(lab: Lab) -> None:
    subscription = lab.subscribe(lab.customer(), lab.monthly)
    lab.clock.advance(10 * DAY_S)
    changed = lab.api.subscriptions.update(
        subscription.id,
        params={**edit(subscription, price=lab.yearly), "expand": ["latest_invoice"]},
    )
    assert period(changed)[0] == int(lab.clock.time())
    lines = [line.amount for line in changed.latest_invoice.lines.data]
    credit, price = lines
    assert (credit < 0, price) == (True, 12000)
    assert changed.latest_invoice.status == "paid"


def test_renewals_keep_the_day_of_the_month() -> None:
    january = 1_769_857_200  # 2026-01-31 11:00 UTC
    ends = [boundary(january, MONTH, n) for n in (1, 2, 3)]
    assert [(each - january) // DAY_S for each in ends] == [28, 59, 89]


def test_dunning_ends_in_cancellation(lab: Lab) -> None:
    customer = lab.customer()
    subscription = lab.subscribe(customer, lab.monthly)
    lab.use(customer, "pm_card_chargeCustomerFail")
    lab.clock.advance(32 * DAY_S)
    assert lab.api.subscriptions.retrieve(subscription.id).status == "past_due"
    invoice = lab.fake.state.all("invoice")[0]
    assert (invoice["status"], invoice["attempt_count"]) == ("open", 1)
    assert invoice["next_payment_attempt"] > lab.clock.time()
    lab.clock.advance(16 * DAY_S)
    after = lab.api.subscriptions.retrieve(subscription.id)
    assert (after.status, after.cancellation_details.reason) == ("canceled", "payment_failed")
    assert invoice["attempt_count"] == 4
    assert lab.happened().count("invoice.payment_failed") == 4
    assert lab.happened()[-1] == "customer.subscription.deleted"


def test_dunning_may_end_unpaid_and_is_over_when_paid(lab: Lab) -> None:
    lab.fake.state.dunning_ends_in = "unpaid"
    customer = lab.customer()
    subscription = lab.subscribe(customer, lab.monthly)
    lab.use(customer, "pm_card_chargeCustomerFail")
    lab.clock.advance(50 * DAY_S)
    assert lab.api.subscriptions.retrieve(subscription.id).status == "unpaid"
    lab.use(customer, "pm_card_visa")
    open_one = lab.api.invoices.list(params={"customer": customer, "status": "open"}).data[0]
    assert lab.api.invoices.pay(open_one.id).status == "paid"
    assert lab.api.subscriptions.retrieve(subscription.id).status == "active"


def test_a_new_card_ends_dunning_at_the_next_try(lab: Lab) -> None:
    customer = lab.customer()
    subscription = lab.subscribe(customer, lab.monthly)
    lab.use(customer, "pm_card_chargeCustomerFail")
    lab.clock.advance(32 * DAY_S)
    lab.fake.deliveries()
    lab.use(customer, "pm_card_visa")
    lab.clock.advance(4 * DAY_S)
    assert lab.api.subscriptions.retrieve(subscription.id).status == "active"


def test_a_bank_that_asks_at_renewal_needs_the_buyer(lab: Lab) -> None:
    customer = lab.customer()
    subscription = lab.subscribe(customer, lab.monthly)
    lab.use(customer, "pm_card_authenticationRequired")
    lab.clock.advance(32 * DAY_S)
    lab.fake.deliveries()
    assert "invoice.payment_action_required" in lab.happened()
    intent = lab.fake.state.all("payment_intent")[0]
    lab.fake.buyer.authenticate(intent)
    assert lab.api.subscriptions.retrieve(subscription.id).status == "active"


def test_cancel_at_the_end_of_the_period_and_change_of_mind(lab: Lab) -> None:
    goes, stays = (lab.subscribe(lab.customer(), lab.monthly) for _ in range(2))
    for each in (goes, stays):
        at_end = {"cancel_at_period_end": True}
        changed = lab.api.subscriptions.update(each.id, params=at_end)
        assert (changed.status, changed.cancel_at) == ("active", period(each)[1])
    lab.api.subscriptions.update(stays.id, params={"cancel_at_period_end": False})
    lab.clock.advance(32 * DAY_S)
    assert lab.api.subscriptions.retrieve(goes.id).status == "canceled"
    assert lab.api.subscriptions.retrieve(stays.id).status == "active"
    assert len([i for i in lab.fake.state.all("invoice") if i["amount_paid"]]) == 3


@pytest.mark.parametrize(("at_end", "invoices"), [(True, 2), (False, 1)])
def test_prorations_are_asked_for_at_the_period_s_end_and_dropped_by_an_end_at_once(
    lab: Lab, at_end: bool, invoices: int
) -> None:
    subscription = lab.subscribe(lab.customer(), lab.monthly)
    start, end = period(subscription)
    lab.clock.advance((end - start) / 2)
    lab.api.subscriptions.update(subscription.id, params=edit(subscription, price=lab.better))
    if at_end:
        lab.api.subscriptions.update(subscription.id, params={"cancel_at_period_end": True})
        lab.clock.advance((end - start) / 2 + 3600)
    else:
        lab.api.subscriptions.cancel(subscription.id)
    assert lab.api.subscriptions.retrieve(subscription.id).status == "canceled"
    made = lab.fake.state.all("invoice")
    assert len(made) == invoices
    if at_end:
        assert (made[0]["amount_paid"], made[0]["status"]) == (1500, "paid")


def test_cancel_now_with_a_credit(lab: Lab) -> None:
    customer = lab.customer()
    subscription = lab.subscribe(customer, lab.monthly)
    gone = lab.api.subscriptions.cancel(
        subscription.id, params={"prorate": True, "invoice_now": True}
    )
    assert gone.status == "canceled"
    assert lab.api.customers.retrieve(customer).balance == -1500
    refused(lambda: lab.api.subscriptions.cancel(subscription.id), status=404)
    update, stay = lab.api.subscriptions.update, {"cancel_at_period_end": False}
    refused(
        lambda: update(subscription.id, params=stay), code="invalid_canceled_subscription_fields"
    )
    why = {"metadata": {"to": "x"}, "cancellation_details": {"comment": "moved"}}
    noted = update(subscription.id, params=why)
    assert (noted.status, noted.metadata["to"]) == ("canceled", "x")
    assert noted.cancellation_details.comment == "moved"


@pytest.mark.parametrize(
    ("behavior", "status"),
    [("void", "void"), ("mark_uncollectible", "uncollectible"), ("keep_as_draft", "draft")],
)
def test_paused_collection_takes_no_money_and_keeps_the_status(
    lab: Lab, behavior: str, status: str
) -> None:
    subscription = lab.subscribe(lab.customer(), lab.monthly)
    pause = {"pause_collection": {"behavior": behavior}}
    assert lab.api.subscriptions.update(subscription.id, params=pause).status == "active"
    lab.clock.advance(32 * DAY_S)
    assert lab.api.subscriptions.retrieve(subscription.id).status == "active"
    assert lab.fake.state.all("invoice")[0]["status"] == status
    lab.api.subscriptions.update(subscription.id, params={"pause_collection": ""})
    lab.clock.advance(31 * DAY_S)
    lab.fake.deliveries()
    assert lab.fake.state.all("invoice")[0]["status"] == "paid"


def test_a_test_clock_moves_only_its_own_customers(lab: Lab) -> None:
    at = int(lab.clock.time())
    clock = lab.api.test_helpers.test_clocks.create(params={"frozen_time": at})
    mine = lab.subscribe(lab.customer(test_clock=clock.id), lab.monthly)
    other = lab.subscribe(lab.customer(), lab.monthly)
    advance = lab.api.test_helpers.test_clocks.advance
    moved = advance(clock.id, params={"frozen_time": at + 35 * DAY_S})
    assert moved.status == "advancing"
    assert period(lab.api.subscriptions.retrieve(mine.id)) == period(mine)
    refused(lambda: advance(clock.id, params={"frozen_time": at + 36 * DAY_S}), status=429)
    lab.clock.sleep(2)
    assert lab.api.test_helpers.test_clocks.retrieve(clock.id).status == "ready"
    assert period(lab.api.subscriptions.retrieve(mine.id))[0] == period(mine)[1]
    assert period(lab.api.subscriptions.retrieve(other.id)) == period(other)
    paid = lab.fake.state.all("invoice")[0]
    assert paid["status_transitions"]["paid_at"] == period(mine)[1] + 3600


def test_a_test_clock_moves_two_intervals_at_most(lab: Lab) -> None:
    at = int(lab.clock.time())
    clock = lab.api.test_helpers.test_clocks.create(params={"frozen_time": at})
    lab.subscribe(lab.customer(test_clock=clock.id), lab.monthly)
    advance = lab.api.test_helpers.test_clocks.advance
    two = boundary(at, MONTH, 2)
    refused(lambda: advance(clock.id, params={"frozen_time": two + 1}), param="frozen_time")
    refused(lambda: advance(clock.id, params={"frozen_time": at}), param="frozen_time")
    advance(clock.id, params={"frozen_time": two})


def test_a_test_clock_has_three_customers_at_most(lab: Lab) -> None:
    clock = lab.api.test_helpers.test_clocks.create(params={"frozen_time": 1_767_603_600})
    for _ in range(3):
        lab.customer(test_clock=clock.id)
    refused(lambda: lab.customer(test_clock=clock.id), param="test_clock")
    lab.api.test_helpers.test_clocks.delete(clock.id)
    assert lab.fake.state.all("customer") == []


def test_a_share_of_nothing_left_is_nothing() -> None:
    assert share(1500, 100, 200, 200) == 0
    assert share(1500, 100, 200, 100) == 1500
    assert share(1501, 100, 200, 150) == 751


def test_what_the_fake_does_not_play_is_refused(lab: Lab) -> None:
    customer = lab.customer()
    discount: dict[str, Any] = {"discounts": [{"coupon": "half"}]}
    refused(lambda: lab.subscribe(customer, lab.monthly, **discount), param="discounts")
    refused(lambda: lab.session(lab.book, **discount), param="discounts")
    refused(lambda: lab.intent(application_fee_amount=5), param="application_fee_amount")
    refused(lambda: lab.subscribe(customer, lab.book), param="items[0][price]")
    refused(lambda: lab.api.subscriptions.create(params={"customer": customer}), param="items")


def test_a_pause_stops_periods_and_invoices_until_it_is_resumed(lab: Lab) -> None:
    subscription = lab.subscribe(lab.customer(), lab.monthly)
    paused = lab.api.subscriptions.pause(subscription.id, params={"type": "subscription"})
    assert paused.status == "paused"
    assert paused.status_details.paused.subscription.type == "pause_requested"
    refused(lambda: lab.api.subscriptions.pause(subscription.id))
    lab.clock.advance(90 * DAY_S)
    lab.fake.deliveries()
    assert len(lab.fake.state.all("invoice")) == 1
    success = {"payment_behavior": "resume_on_payment_success"}
    resumed = lab.api.subscriptions.resume(subscription.id, params=success)
    assert (resumed.status, period(resumed)[0]) == ("active", int(lab.clock.time()))
    assert len(lab.fake.state.all("invoice")) == 2
