"""What the events of Checkout, payments, refunds and disputes tell."""

from integrations.core.webhook_store import Event
from integrations.stripe.change import Change, Obj, Reader, id_of, names_of, told_by
from integrations.stripe.facts import DONE, TOLD, TRIED, Fact
from integrations.stripe.records import Payment, Subscription

_CHECKOUT = {
    "checkout.session.async_payment_failed": "failed",
    "checkout.session.expired": "expired",
}


def _session(obj: Obj, event: Event) -> list[Change]:
    found = []
    reference = obj["client_reference_id"]
    if subscription := id_of(obj["subscription"]):
        fact = told_by(event, TOLD, reference=reference, customer=id_of(obj["customer"]))
        found.append(Change(Subscription, names_of(subscription), {"session": fact}))
    # Of a subscription's session only the invoice ties it to a payment; a setup has none, and one
    # that begins with a trial has an invoice about nothing.
    paying = subscription and obj["invoice"] and obj["payment_status"] != "no_payment_required"
    if obj["mode"] == "payment" or paying:
        names = names_of(obj["id"], obj["payment_intent"], obj["invoice"])
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
    return told_by(
        event,
        rank,
        status=status,
        amount=obj["amount_total"] or 0,
        currency=obj["currency"] or "",
        customer=id_of(obj["customer"]),
        subscription=id_of(obj["subscription"]),
        reference=obj["client_reference_id"],
        metadata=dict(obj["metadata"] or {}),
    )


_INTENTS = {
    "payment_intent.succeeded": (DONE, "succeeded"),
    "payment_intent.canceled": (TRIED, "canceled"),
    "payment_intent.payment_failed": (TOLD, "failed"),
    "payment_intent.processing": (TOLD, "processing"),
}


def _intent(obj: Obj, event: Event) -> list[Change]:
    rank, status = _INTENTS[event.type]
    fact = told_by(
        event,
        rank,
        status=status,
        amount=obj["amount_received"] if rank == DONE else obj["amount"],
        currency=obj["currency"],
        customer=id_of(obj["customer"]),
        metadata=dict(obj["metadata"]),
    )
    return [Change(Payment, names_of(obj), {f"intent:{obj['id']}": fact})]


def _charge(obj: Obj, event: Event) -> list[Change]:
    if not obj["captured"]:
        # A reservation that was given up: Stripe calls it refunded, and nobody has paid.
        return []
    # What was reserved and not taken counts as refunded too
    # (https://docs.stripe.com/payments/place-a-hold-on-a-payment-method, read 2026-11).
    never_taken = obj["amount"] - obj["amount_captured"]
    fact = told_by(
        event,
        DONE,
        amount=obj["amount_captured"],
        amount_refunded=max(0, obj["amount_refunded"] - never_taken),
        currency=obj["currency"],
        customer=id_of(obj["customer"]),
    )
    return [Change(Payment, names_of(obj, obj["payment_intent"]), {f"charge:{obj['id']}": fact})]


_REFUND_RANKS = {"failed": DONE, "canceled": DONE, "succeeded": TRIED}


def _refund(obj: Obj, event: Event) -> list[Change]:
    fact = told_by(
        event,
        _REFUND_RANKS.get(obj["status"], TOLD),
        status=obj["status"],
        amount=obj["amount"],
        currency=obj["currency"],
        charge=id_of(obj["charge"]),
    )
    names = names_of(obj["charge"], obj["payment_intent"])
    return [Change(Payment, names, {f"refund:{obj['id']}": fact})] if names else []


def _dispute(obj: Obj, event: Event) -> list[Change]:
    fact = told_by(
        event,
        DONE if event.type == "charge.dispute.closed" else TOLD,
        status=obj["status"],
        amount=obj["amount"],
        currency=obj["currency"],
    )
    names = names_of(obj["charge"], obj["payment_intent"])
    return [Change(Payment, names, {f"dispute:{obj['id']}": fact})]


READERS: dict[str, Reader] = {
    **dict.fromkeys(_CHECKOUT, _session),
    "checkout.session.completed": _session,
    "checkout.session.async_payment_succeeded": _session,
    **dict.fromkeys(_INTENTS, _intent),
    "charge.refunded": _charge,
    "refund.created": _refund,
    "refund.updated": _refund,
    "refund.failed": _refund,
    "charge.dispute.created": _dispute,
    "charge.dispute.updated": _dispute,
    "charge.dispute.closed": _dispute,
}
