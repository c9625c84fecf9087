"""What each event tells of which record: pure functions, from an event to facts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from integrations.core.webhook_store import Event
from integrations.stripe.facts import Fact, Facts
from integrations.stripe.readings import DONE, ENDED, TOLD, TRIED
from integrations.stripe.records import Customer, Payment, Subscription

Obj = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """Facts to join to the record that has one of these names."""

    kind: type[Payment] | type[Subscription] | type[Customer]
    names: frozenset[str]
    facts: Facts


def changes_of(event: Event) -> tuple[Change, ...]:
    """Return what a snapshot event tells; nothing for one that the records do not use.

    Raises:
        ValueError: the object lacks what Stripe's API promises. Check the endpoint's API version.
    """
    read = _READERS.get(event.type)
    if read is None or event.payload.get("object") != "event":
        return ()
    try:
        return tuple(read(event.payload["data"]["object"], event))
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        version = event.payload.get("api_version")
        raise ValueError(
            f"stripe: {event.type} {event.id} (API version {version}) is not as expected: "
            f"{type(error).__name__} {error}"
        ) from error


def _fact(event: Event, rank: int, /, **data: Any) -> Fact:
    return Fact(rank, int(event.created), data)


def _id(value: Any) -> str | None:
    """Return an id, also of an object that was expanded."""
    found: str | None = value["id"] if isinstance(value, Mapping) else value
    return found


def _names(*values: Any) -> frozenset[str]:
    return frozenset(name for name in map(_id, values) if name)


_CHECKOUT = {
    "checkout.session.async_payment_failed": "failed",
    "checkout.session.expired": "expired",
}


def _session(obj: Obj, event: Event) -> list[Change]:
    found = []
    reference = obj["client_reference_id"]
    if subscription := _id(obj["subscription"]):
        fact = _fact(event, TOLD, reference=reference, customer=_id(obj["customer"]))
        found.append(Change(Subscription, _names(subscription), {"session": fact}))
    # Of a subscription's session only the invoice ties it to a payment; a setup has none.
    if obj["mode"] == "payment" or (subscription and obj["invoice"]):
        names = _names(obj["id"], obj["payment_intent"], obj["invoice"])
        found.append(Change(Payment, names, {f"session:{obj['id']}": _checkout(obj, event)}))
    return found


def _checkout(obj: Obj, event: Event) -> Fact:
    # A subscription that begins with a trial needs no payment, and is then no payment either.
    free = obj["payment_status"] == "no_payment_required" and obj["mode"] == "payment"
    trouble = _CHECKOUT.get(event.type)
    if trouble:
        rank, status = TRIED, trouble
    else:
        paid = obj["payment_status"] == "paid" or free
        rank, status = (DONE, "paid") if paid else (TOLD, "pending")
    return _fact(
        event,
        rank,
        status=status,
        amount=obj["amount_total"] or 0,
        currency=obj["currency"] or "",
        customer=_id(obj["customer"]),
        subscription=_id(obj["subscription"]),
        reference=obj["client_reference_id"],
        metadata=dict(obj["metadata"] or {}),
    )


_PLAIN = ("status", "cancel_at_period_end", "cancel_at", "trial_end", "ended_at")


def _subscription(obj: Obj, event: Event) -> list[Change]:
    state = {
        **{name: obj[name] for name in _PLAIN},
        **_items(obj["items"]["data"]),
        "customer": _id(obj["customer"]),
        "collection_paused": obj["pause_collection"] is not None,
        "metadata": dict(obj["metadata"]),
    }
    changed = event.payload["data"].get("previous_attributes") or {}
    # What deleted a subscription is final even where its status is left as it was.
    rank = DONE if state["status"] in ENDED or event.type.endswith(".deleted") else TOLD
    previous = _before(state, changed)
    fact = _fact(event, rank, type=event.type, state=state, previous=previous)
    return [Change(Subscription, _names(obj), {f"snapshot:{event.id}": fact})]


def _items(items: list[Obj]) -> dict[str, Any]:
    return {
        "items": [[_id(item["price"]), item.get("quantity") or 1] for item in items],
        # Since basil (2025-03-31) each item has a period of its own, and the top has none.
        "current_period_end": min((item["current_period_end"] for item in items), default=None),
    }


def _before(state: Obj, changed: Obj) -> dict[str, Any]:
    """Return the state that an update replaced: the new one, with what ``changed`` says was."""
    previous = {**state, **{name: changed[name] for name in _PLAIN if name in changed}}
    if "items" in changed:
        previous |= _items(changed["items"]["data"])
    if "pause_collection" in changed:
        previous["collection_paused"] = changed["pause_collection"] is not None
    # Of metadata only the keys that changed are told; null for one that was not there.
    metadata = {**state["metadata"], **(changed.get("metadata") or {})}
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
    subscription, found = _id(details.get("subscription")), []
    customer = _id(obj["customer"])
    if subscription:
        trouble = _TROUBLES.get(event.type, "")
        # A payment that failed for want of 3D Secure tells both; what to do is the better news.
        rank = (TRIED if trouble == "action_required" else TOLD) if trouble else DONE
        fact = _fact(event, rank, trouble=trouble, created=obj["created"], customer=customer)
        found.append(Change(Subscription, _names(subscription), {f"invoice:{obj['id']}": fact}))
    if event.type == "invoice.paid" and obj["amount_paid"] > 0:
        fact = _fact(
            event,
            DONE,
            amount=obj["amount_paid"],
            currency=obj["currency"],
            customer=customer,
            subscription=subscription,
            metadata={**(details.get("metadata") or {}), **(obj["metadata"] or {})},
        )
        paid = (obj.get("payments") or {}).get("data", ())  # there only where it was expanded
        names = _names(obj, *(each["payment"].get("payment_intent") for each in paid))
        found.append(Change(Payment, names, {f"invoice:{obj['id']}": fact}))
    return found


def _invoice_payment(obj: Obj, event: Event) -> list[Change]:  # noqa: ARG001  # as the others
    paid = obj["payment"]
    names = _names(obj["invoice"], paid.get("payment_intent"), paid.get("charge"))
    return [Change(Payment, names, {})]


_INTENTS = {
    "payment_intent.succeeded": (DONE, "succeeded"),
    "payment_intent.canceled": (TRIED, "canceled"),
    "payment_intent.payment_failed": (TOLD, "failed"),
    "payment_intent.processing": (TOLD, "processing"),
}


def _intent(obj: Obj, event: Event) -> list[Change]:
    rank, status = _INTENTS[event.type]
    fact = _fact(
        event,
        rank,
        status=status,
        amount=obj["amount_received"] if rank == DONE else obj["amount"],
        currency=obj["currency"],
        customer=_id(obj["customer"]),
        metadata=dict(obj["metadata"]),
    )
    return [Change(Payment, _names(obj), {f"intent:{obj['id']}": fact})]


def _charge(obj: Obj, event: Event) -> list[Change]:
    fact = _fact(
        event,
        DONE,
        amount=obj["amount_captured"],
        amount_refunded=obj["amount_refunded"],
        currency=obj["currency"],
        customer=_id(obj["customer"]),
    )
    return [Change(Payment, _names(obj, obj["payment_intent"]), {f"charge:{obj['id']}": fact})]


_REFUND_RANKS = {"failed": DONE, "canceled": DONE, "succeeded": TRIED}


def _refund(obj: Obj, event: Event) -> list[Change]:
    fact = _fact(
        event,
        _REFUND_RANKS.get(obj["status"], TOLD),
        status=obj["status"],
        amount=obj["amount"],
        currency=obj["currency"],
        charge=_id(obj["charge"]),
    )
    names = _names(obj["charge"], obj["payment_intent"])
    return [Change(Payment, names, {f"refund:{obj['id']}": fact})] if names else []


def _dispute(obj: Obj, event: Event) -> list[Change]:
    fact = _fact(
        event,
        DONE if event.type == "charge.dispute.closed" else TOLD,
        status=obj["status"],
        amount=obj["amount"],
        currency=obj["currency"],
    )
    names = _names(obj["charge"], obj["payment_intent"])
    return [Change(Payment, names, {f"dispute:{obj['id']}": fact})]


def _customer(obj: Obj, event: Event) -> list[Change]:
    gone = event.type == "customer.deleted"
    email = None if gone else obj["email"]
    fact = _fact(event, DONE if gone else TOLD, email=email)
    return [Change(Customer, _names(obj), {"customer": fact})]


_READERS: dict[str, Callable[[Obj, Event], list[Change]]] = {
    **dict.fromkeys(_CHECKOUT, _session),
    "checkout.session.completed": _session,
    "checkout.session.async_payment_succeeded": _session,
    "customer.subscription.created": _subscription,
    "customer.subscription.updated": _subscription,
    "customer.subscription.deleted": _subscription,
    "customer.subscription.paused": _subscription,
    "customer.subscription.resumed": _subscription,
    "customer.subscription.trial_will_end": _subscription,
    **dict.fromkeys(_TROUBLES, _invoice),
    "invoice.paid": _invoice,
    "invoice_payment.paid": _invoice_payment,
    **dict.fromkeys(_INTENTS, _intent),
    "charge.refunded": _charge,
    "refund.created": _refund,
    "refund.updated": _refund,
    "refund.failed": _refund,
    "charge.dispute.created": _dispute,
    "charge.dispute.updated": _dispute,
    "charge.dispute.closed": _dispute,
    "customer.created": _customer,
    "customer.updated": _customer,
    "customer.deleted": _customer,
}
