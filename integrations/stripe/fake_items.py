"""Subscription items: what is subscribed to, how many, until when."""

from copy import deepcopy
from typing import Any

from integrations.stripe.fake_objects import build
from integrations.stripe.fake_state import Obj, State, fail

MAX_ITEMS = 20


def check_items(state: State, wanted: list[Obj], currency: str | None = None) -> list[Obj]:
    """Return the wanted items with their prices.

    Raises:
        ~integrations.stripe.fake_state.RefusedError: none or too many, a price that is missing,
            archived or one-time, or prices that do not go together.
    """
    if not wanted:
        fail("Missing required param: items.", param="items", code="parameter_missing")
    if len(wanted) > MAX_ITEMS:
        fail(f"A subscription can have at most {MAX_ITEMS} items.", param="items")
    made = []
    for number, each in enumerate(wanted):
        made.append({**each, "price": _price(state, each, f"items[{number}]")})
    _check_together([each["price"] for each in made], currency)
    return made


def _price(state: State, wanted: Obj, where: str) -> Obj:
    if "price_data" in wanted or "plan" in wanted:
        fail("The fake plays prices by id only.", param=f"{where}[price]")
    if "price" not in wanted:
        name = f"{where}[price]"
        fail(f"Missing required param: {name}.", param=name, code="parameter_missing")
    quantity = wanted.get("quantity", 1)
    if quantity < 0:
        fail("This value must be greater than or equal to 0.", param=f"{where}[quantity]")
    price = state.given("price", wanted["price"], f"{where}[price]")
    if not price["active"]:
        fail(
            f"Price {price['id']} is inactive; subscriptions need an active price.",
            param=f"{where}[price]",
        )
    if price["type"] != "recurring":
        fail(
            "The price specified is set to `type=one_time` but this field only accepts prices with "
            "`type=recurring`.",
            param=f"{where}[price]",
        )
    return deepcopy(price)


def _check_together(prices: list[Obj], currency: str | None) -> None:
    wanted = currency or prices[0]["currency"]
    if any(each["currency"] != wanted for each in prices):
        fail("All prices of a subscription must have the same currency.", param="items")
    first = prices[0]["recurring"]
    for each in prices:
        period = (each["recurring"]["interval"], each["recurring"]["interval_count"])
        if period != (first["interval"], first["interval_count"]):
            fail("The fake plays one interval for all items of a subscription.", param="items")
    if len({each["id"] for each in prices}) != len(prices):
        fail("Cannot add multiple subscription items with the same price.", param="items")


def make_items(
    state: State, subscription: Obj, wanted: list[Obj], period: tuple[int, int]
) -> list[Obj]:
    """Make the items of a subscription for a period."""
    return [make_item(state, subscription, each, period) for each in wanted]


def make_item(state: State, subscription: Obj, wanted: Obj, period: tuple[int, int]) -> Obj:
    """Make one item."""
    price = wanted["price"]
    return build(
        "subscription_item",
        id=state.new_id("subscription_item"),
        created=state.now(subscription),
        current_period_start=period[0],
        current_period_end=period[1],
        metadata={k: v for k, v in (wanted.get("metadata") or {}).items() if v},
        plan=plan_of(price),
        price=price,
        quantity=wanted.get("quantity", 1),
        subscription=subscription["id"],
        tax_rates=[],
    )


def plan_of(price: Obj) -> Obj:
    """Return the older shape of a price, which items still carry."""
    recurring: Any = price["recurring"]
    return build(
        "plan",
        id=price["id"],
        active=price["active"],
        amount=price["unit_amount"],
        amount_decimal=price["unit_amount_decimal"],
        billing_scheme="per_unit",
        created=price["created"],
        currency=price["currency"],
        interval=recurring["interval"],
        interval_count=recurring["interval_count"],
        metadata=price["metadata"],
        nickname=price["nickname"],
        product=price["product"],
        usage_type="licensed",
    )
