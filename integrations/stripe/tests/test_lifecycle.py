"""What the notebook draws of a subscription's life is what was played."""

import json
from typing import Any

import pytest

from integrations.core.views import moment
from integrations.stripe.client import StripeClient
from integrations.stripe.lifecycle import (
    STORIES,
    bill,
    bills,
    chooser,
    drawn,
    life,
    moments,
    periods,
    play,
)
from integrations.stripe.money import Money

FIRST = [("2026-01-05", "subscription", "created · incomplete")]


def told(story: str) -> list[tuple[str, str, str]]:
    return [(moment(at)[:10], lane, text) for at, lane, text in moments(play(story))]


@pytest.mark.parametrize("story", STORIES)
def test_every_story_is_told_in_order_and_drawn_the_same_each_time(story: str) -> None:
    found = moments(play(story))
    assert [at for at, _, _ in found] == sorted(at for at, _, _ in found)
    assert told(story)[:1] == FIRST
    assert life(story) == life(story)
    assert all(text in life(story).html for _, _, text in found)


def test_a_card_that_stays_declined_ends_the_subscription_after_four_attempts() -> None:
    found = told("the card is declined, and stays so")
    attempts = [text for _, _, text in found if text.startswith("payment_failed")]
    assert attempts == [f"payment_failed · attempt {number}" for number in (1, 2, 3, 4)]
    assert found[-1] == ("2026-02-20", "subscription", "deleted · canceled")


@pytest.mark.parametrize("story", ["declined, then a new card", "the bank asks for 3D Secure"])
def test_who_pays_in_time_stays(story: str) -> None:
    found = told(story)
    states = [text for _, lane, text in found if lane == "subscription"]
    assert states[states.index("updated · past_due") + 1] == "updated · active"
    assert "deleted" not in str(found)
    assert ("2026-03-05", "invoice", "paid · 15.00 EUR") in found


def test_a_pause_voids_what_falls_into_it() -> None:
    found = told("paused for a month")
    assert ("2026-02-05", "invoice", "voided · 15.00 EUR") in found
    assert ("2026-03-05", "invoice", "paid · 15.00 EUR") in found


def test_who_leaves_pays_no_second_time() -> None:
    found = told("canceled at the period's end")
    assert [lane for _, lane, _ in found].count("invoice") == 1
    assert found[-1] == ("2026-02-05", "subscription", "deleted · canceled")


def test_other_events_are_left_out() -> None:
    deliveries = play("the card is good")
    kinds = {json.loads(each.body)["data"]["object"]["object"] for each in deliveries}
    assert {"customer", "payment_intent"} < kinds
    assert {lane for _, lane, _ in moments(deliveries)} == {"subscription", "invoice"}


def test_an_unknown_story_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="story: 'a wedding'"):
        play("a wedding")


def test_the_widget_shows_what_the_function_draws() -> None:
    story, shown = chooser().children
    for name in ("paused for a month", "the card is good"):
        story.value = name
        assert shown.value == life(name).html


def test_tables_show_periods_and_bills_and_the_timeline_one_customer() -> None:
    stripe: Any = StripeClient.from_env({}, mode="mock")
    product = stripe.products.create("<Tea>").id
    price = stripe.prices.create(product, Money(1500, "jpy"), interval="month").id
    ids = [stripe.customers.create(payment_method="pm_card_visa").id for _ in range(2)]
    first, second = (stripe.subscriptions.create(each, price, quantity=2) for each in ids)
    invoice = stripe.invoices.get(first.latest_invoice)
    assert moment(first.items[0].current_period_end) in periods(first).html
    assert "<td>2 x &lt;Tea&gt;</td><td>3000 JPY</td>" in bill(invoice).html
    assert "<td>Due now</td><td>3000 JPY</td>" in bill(invoice, "Due now").html
    assert bills(stripe.invoices.list()).html.count("<td>paid</td>") == 2
    told = stripe.fake.deliveries()
    assert len(moments(told)) == len(moments(told, customer_id=second.customer)) * 2
    with pytest.raises(ValueError, match="events"):
        drawn(told, customer_id="cus_other")


def test_an_update_says_what_has_changed() -> None:
    stripe: Any = StripeClient.from_env({}, mode="mock")
    product = stripe.products.create("Tea").id
    price = stripe.prices.create(product, Money(1500, "jpy"), interval="month").id
    payer = stripe.customers.create(payment_method="pm_card_visa").id
    begun = stripe.subscriptions.create(payer, price).id
    stripe.subscriptions.change_quantity(begun, 3, proration="none")
    stripe.subscriptions.cancel(begun)
    stripe.subscriptions.keep(begun)
    texts = [text for _, _, text in moments(stripe.fake.deliveries())]
    assert texts[-3:] == [
        "updated · now 3 x 1500 JPY",
        "updated · ends with its period",
        "updated · stays",
    ]
