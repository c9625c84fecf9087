"""How a paused subscription is resumed: by a payment, or by the attempt at one."""

from typing import Any

import pytest

from integrations.stripe.tests.fake_lab import DAY_S, Lab, refused

SUCCESS = {"payment_behavior": "resume_on_payment_success"}
RESUMED = "customer.subscription.resumed"


@pytest.fixture
def lab() -> Lab:
    return Lab()


def paused(lab: Lab) -> tuple[str, str]:
    """Return a customer, and a subscription of theirs that is paused for more than its period."""
    customer = lab.customer()
    id = lab.subscribe(customer, lab.monthly).id
    lab.clock.advance(10 * DAY_S)
    lab.api.subscriptions.pause(id, params={"type": "subscription"})
    lab.clock.advance(40 * DAY_S)
    return customer, id


def now(lab: Lab, id: str) -> tuple[str, int]:
    """Return the status, and when the period began."""
    held = lab.api.subscriptions.retrieve(id)
    return held.status, held["items"].data[0].current_period_start


def asked(lab: Lab, id: str) -> Any:
    return lab.api.invoices.retrieve(lab.api.subscriptions.retrieve(id).latest_invoice)


def test_by_default_nothing_is_paid_in_the_request_itself(lab: Lab) -> None:
    _, id = paused(lab)
    before = now(lab, id)
    assert lab.api.subscriptions.resume(id).status == "paused"
    invoice, at = asked(lab, id), int(lab.clock.time())
    assert (invoice.status, invoice.attempted, now(lab, id)) == ("open", False, before)
    assert RESUMED not in lab.happened()
    lab.api.invoices.pay(invoice.id)
    assert now(lab, id) == ("active", at)
    assert lab.happened()[-1] == RESUMED


def test_by_default_a_failed_attempt_resumes_it_and_is_not_repeated(lab: Lab) -> None:
    customer, id = paused(lab)
    lab.use(customer, "pm_card_chargeCustomerFail")
    lab.api.subscriptions.resume(id)
    refused(lambda: lab.api.invoices.pay(asked(lab, id).id), code="card_declined", status=402)
    assert now(lab, id)[0] == "past_due"
    assert asked(lab, id).next_payment_attempt is None
    assert lab.happened().count(RESUMED) == 1


def test_one_that_nobody_pays_within_23_hours_stays_paused(lab: Lab) -> None:
    _, id = paused(lab)
    lab.api.subscriptions.resume(id)
    lab.clock.advance(23 * 3600 - 1)
    assert asked(lab, id).status == "open"
    lab.clock.advance(1)
    assert (asked(lab, id).status, now(lab, id)[0]) == ("void", "paused")
    assert lab.api.subscriptions.resume(id, params=SUCCESS).status == "active"


def test_on_success_it_stays_paused_until_a_retry_is_paid(lab: Lab) -> None:
    customer, id = paused(lab)
    lab.use(customer, "pm_card_chargeCustomerFail")
    assert lab.api.subscriptions.resume(id, params=SUCCESS).status == "paused"
    assert asked(lab, id).status == "open"
    lab.clock.advance(DAY_S)
    assert now(lab, id)[0] == "paused"
    lab.use(customer, "pm_card_visa")
    lab.clock.advance(3 * DAY_S)
    assert now(lab, id)[0] == "active"
    assert lab.happened()[-1] == RESUMED


def test_on_success_retries_that_run_out_leave_it_paused(lab: Lab) -> None:
    customer, id = paused(lab)
    lab.use(customer, "pm_card_chargeCustomerFail")
    lab.api.subscriptions.resume(id, params=SUCCESS)
    lab.clock.advance(60 * DAY_S)
    assert now(lab, id)[0] == "paused"
    assert RESUMED not in lab.happened()


def test_voiding_the_invoice_leaves_it_paused_and_keeps_its_credit(lab: Lab) -> None:
    _, id = paused(lab)
    lab.api.subscriptions.resume(id)
    lines = len(asked(lab, id).lines.data)
    assert lines == 2  # a period, and what was unused of the last
    lab.api.invoices.void_invoice(asked(lab, id).id)
    assert now(lab, id)[0] == "paused"
    lab.api.subscriptions.resume(id)
    assert len(asked(lab, id).lines.data) == lines


def test_it_is_resumed_once_at_a_time_and_not_after_its_end(lab: Lab) -> None:
    _, id = paused(lab)
    lab.api.subscriptions.resume(id)
    refused(lambda: lab.api.subscriptions.resume(id), code="subscription_invalid_status")
    invoice = asked(lab, id).id
    lab.api.subscriptions.cancel(id)
    lab.api.invoices.pay(invoice)
    assert now(lab, id)[0] == "canceled"
    assert RESUMED not in lab.happened()


def test_what_the_fake_does_not_play_is_refused(lab: Lab) -> None:
    _, id = paused(lab)
    unchanged = {"billing_cycle_anchor": {"type": "unchanged"}}
    refused(
        lambda: lab.api.subscriptions.resume(id, params=unchanged),
        param="billing_cycle_anchor[type]",
    )
    other = {"payment_behavior": "resume_on_monday"}
    refused(lambda: lab.api.subscriptions.resume(id, params=other), param="payment_behavior")
    assert now(lab, id)[0] == "paused"
