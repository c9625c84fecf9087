"""What the events of subscriptions, invoices and customers tell."""

from typing import Any

from integrations.core.webhook_store import Event
from integrations.stripe.change import Change, Obj, Reader, id_of, names_of, told_by
from integrations.stripe.facts import DONE, TOLD, TRIED
from integrations.stripe.records import Customer, Payment, Subscription
from integrations.stripe.shapes import ITEMS
from integrations.stripe.subscription_readings import ENDED

_PLAIN = ("status", "cancel_at_period_end", "cancel_at", "trial_end", "ended_at")


def _subscription(obj: Obj, event: Event) -> list[Change]:
    state = {
        **{name: obj[name] for name in _PLAIN},
        **_items(obj["items"]["data"]),
        "customer": id_of(obj["customer"]),
        "collection_paused": obj["pause_collection"] is not None,
        "metadata": dict(obj["metadata"]),
    }
    changed = event.payload["data"].get("previous_attributes") or {}
    # What deleted a subscription is final even where its status is left as it was.
    rank = DONE if state["status"] in ENDED or event.type.endswith(".deleted") else TOLD
    previous = _before(state, changed)
    fact = told_by(event, rank, type=event.type, state=state, previous=previous)
    return [Change(Subscription, names_of(obj), {f"snapshot:{event.id}": fact})]


def _items(items: list[Obj]) -> dict[str, Any]:
    return {
        "items": [[id_of(item["price"]), item.get("quantity") or 1] for item in items],
        # Since basil (2025-03-31) each item has a period of its own, and the top has none.
        "current_period_end": min((item["current_period_end"] for item in items), default=None),
    }


def _before(state: Obj, changed: Obj) -> dict[str, Any]:
    """Return the state that an update replaced: the new one, with what ``changed`` says was.

    It only helps to order the updates of one second. What cannot be read of it is left out.
    """
    previous = {**state, **{name: changed[name] for name in _PLAIN if name in changed}}
    if "items" in changed and not ITEMS(changed["items"]):
        previous |= _items(changed["items"]["data"])
    if "pause_collection" in changed:
        previous["collection_paused"] = changed["pause_collection"] is not None
    # Of metadata only the keys that changed are told; null for one that was not there.
    told = changed.get("metadata")
    metadata = {**state["metadata"], **(told if isinstance(told, dict) else {})}
    previous["metadata"] = {key: value for key, value in metadata.items() if value is not None}
    return previous


_TROUBLES = {
    "invoice.finalization_failed": "finalization_failed",
    "invoice.payment_failed": "payment_failed",
    "invoice.payment_action_required": "action_required",
}


def _invoice(obj: Obj, event: Event) -> list[Change]:
    parent = obj["parent"] or {}
    details = parent.get("subscription_details") or {}
    subscription, found = id_of(details.get("subscription")), []
    customer = id_of(obj["customer"])
    if subscription:
        trouble = _TROUBLES.get(event.type, "")
        # A payment that failed for want of 3D Secure tells both; what to do is the better news.
        rank = (TRIED if trouble == "action_required" else TOLD) if trouble else DONE
        fact = told_by(event, rank, trouble=trouble, created=obj["created"], customer=customer)
        found.append(Change(Subscription, names_of(subscription), {f"invoice:{obj['id']}": fact}))
    if event.type == "invoice.paid" and obj["amount_paid"] > 0:
        fact = told_by(
            event,
            DONE,
            amount=obj["amount_paid"],
            currency=obj["currency"],
            customer=customer,
            subscription=subscription,
            metadata={**(details.get("metadata") or {}), **(obj["metadata"] or {})},
        )
        paid = (obj.get("payments") or {}).get("data", ())  # there only where it was expanded
        names = names_of(obj, *(each["payment"].get("payment_intent") for each in paid))
        found.append(Change(Payment, names, {f"invoice:{obj['id']}": fact}))
    return found


def _invoice_payment(obj: Obj, event: Event) -> list[Change]:  # noqa: ARG001  # as the others
    paid = obj["payment"]
    names = names_of(obj["invoice"], paid.get("payment_intent"), paid.get("charge"))
    return [Change(Payment, names, {})]


def _customer(obj: Obj, event: Event) -> list[Change]:
    gone = event.type == "customer.deleted" or obj.get("deleted", False)
    email = None if gone else obj["email"]
    fact = told_by(event, DONE if gone else TOLD, email=email)
    return [Change(Customer, names_of(obj), {"customer": fact})]


READERS: dict[str, Reader] = {
    "customer.subscription.created": _subscription,
    "customer.subscription.updated": _subscription,
    "customer.subscription.deleted": _subscription,
    "customer.subscription.paused": _subscription,
    "customer.subscription.resumed": _subscription,
    "customer.subscription.trial_will_end": _subscription,
    **dict.fromkeys(_TROUBLES, _invoice),
    "invoice.paid": _invoice,
    "invoice_payment.paid": _invoice_payment,
    "customer.created": _customer,
    "customer.updated": _customer,
    "customer.deleted": _customer,
}
