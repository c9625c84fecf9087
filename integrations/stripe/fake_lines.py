"""Lines of an invoice: a period of a subscription item, or a proration."""

from typing import Any

from integrations.stripe.fake_objects import build
from integrations.stripe.fake_periods import share
from integrations.stripe.fake_state import Obj, State


def amount_of(item: Obj) -> int:
    """Return what a subscription item costs for a period."""
    return int(item["price"]["unit_amount"]) * int(item["quantity"])


def line(state: State, item: Obj, amount: int, period: tuple[int, int], **more: Any) -> Obj:
    """Return a line about a subscription item."""
    price, proration = item["price"], more.pop("proration", False)
    product = state.find("product", price["product"]) or {}
    details = {
        "invoice_item": None,
        "proration": proration,
        "proration_details": {"credited_items": None} if proration else None,
        "subscription": item["subscription"],
        "subscription_item": item["id"],
    }
    named = f"{item['quantity']} x {product.get('name')}"
    return build(
        "line_item",
        id=state.new_id("line_item"),
        amount=amount,
        currency=price["currency"],
        description=more.pop("description", named),
        discountable=not proration,
        discount_amounts=[],
        parent={
            "invoice_item_details": None,
            "subscription_item_details": details,
            "type": "subscription_item_details",
        },
        period={"start": period[0], "end": period[1]},
        pretax_credit_amounts=[],
        pricing={
            "price_details": {"price": price["id"], "product": price["product"]},
            "type": "price_details",
            "unit_amount_decimal": price["unit_amount_decimal"],
        },
        quantity=item["quantity"],
        subscription=item["subscription"],
        subtotal=amount,
        taxes=[],
        **more,
    )


def period_lines(state: State, subscription: Obj, *, free: bool = False) -> list[Obj]:
    """Return a line for the current period of each item; in a trial they cost nothing."""
    made = []
    for item in subscription["items"]["data"]:
        period = (item["current_period_start"], item["current_period_end"])
        text = {"description": "Trial period"} if free else {}
        made.append(line(state, item, 0 if free else amount_of(item), period, **text))
    return made


def proration_lines(state: State, old: list[Obj], new: list[Obj], at: int) -> list[Obj]:
    """Credit what is unused of the old items and charge what remains for the new ones."""
    before = {item["id"]: item for item in old}
    after = {item["id"]: item for item in new}
    made = []
    for id in {**before, **after}:
        was, now = before.get(id), after.get(id)
        if was and now and _same(was, now):
            continue
        for item, sign, word in ((was, -1, "Unused time on"), (now, 1, "Remaining time on")):
            if item is not None:
                made.append(_proration(state, item, sign, word, at))
    return made


def _same(was: Obj, now: Obj) -> bool:
    return bool(was["price"]["id"] == now["price"]["id"] and was["quantity"] == now["quantity"])


def _proration(state: State, item: Obj, sign: int, word: str, at: int) -> Obj:
    start, end = item["current_period_start"], item["current_period_end"]
    product = state.find("product", item["price"]["product"]) or {}
    text = f"{word} {item['quantity']} x {product.get('name')}"
    amount = sign * share(amount_of(item), start, end, at)
    return line(state, item, amount, (at, end), proration=True, description=text)
