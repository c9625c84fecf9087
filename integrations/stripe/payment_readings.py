"""What facts add up to, for a payment: pure functions."""

from collections.abc import Collection
from typing import Any, Literal

from integrations.stripe.facts import DONE, Facts, first_told, of_kind
from integrations.stripe.money import Money

Paid = Literal["checkout", "invoice", "intent", "charge"]

_FINAL_REFUNDS = ("failed", "canceled")


def read_payment(names: Collection[str], facts: Facts) -> dict[str, Any]:
    """Return the fields of a payment."""
    paid_by = _proofs(facts)
    amount, currency = _amount(facts)
    refunded = min(_refunded(facts), amount) if amount else _refunded(facts)
    told = [facts[name].data for name in sorted(facts)]
    metadata = {k: v for data in told for k, v in data.get("metadata", {}).items()}
    invoices = sorted(name for name in names if name.startswith("in_"))
    return {
        "status": _payment_status(facts, paid_by, amount, refunded),
        "amount": Money(amount, currency) if currency else None,
        "amount_refunded": Money(refunded, currency) if currency else None,
        "customer": first_told(told, "customer"),
        "subscription": first_told(told, "subscription"),
        "invoice": invoices[0] if invoices else None,
        # charge_saved_card has no session, and writes its reference into the metadata.
        "reference": first_told(told, "reference") or metadata.get("reference"),
        "metadata": metadata,
        "fulfilled": facts["fulfilment"].rank == DONE if "fulfilment" in facts else False,
        "paid_by": paid_by,
    }


def _proofs(facts: Facts) -> frozenset[Paid]:
    sessions = (f for f in of_kind(facts, "session").values() if f.rank == DONE)
    proofs: dict[Paid, bool] = {
        "checkout": any(True for _ in sessions),
        "invoice": bool(of_kind(facts, "invoice")),
        "intent": any(f.data["status"] == "succeeded" for f in of_kind(facts, "intent").values()),
        # Only a charge that went through can be refunded or disputed.
        "charge": any(of_kind(facts, kind) for kind in ("charge", "refund", "dispute")),
    }
    return frozenset(name for name, proven in proofs.items() if proven)


def _amount(facts: Facts) -> tuple[int, str]:
    """Return what was paid, told by the source closest to the money."""
    for kind in ("intent", "charge", "invoice", "session"):
        told = of_kind(facts, kind).values()
        done = [fact for fact in told if fact.rank == DONE] or list(told)
        if done:
            return sum(fact.data["amount"] for fact in done), done[0].data["currency"]
    for kind in ("refund", "dispute"):
        if told := of_kind(facts, kind).values():
            return 0, next(iter(told)).data["currency"]
    return 0, ""


def _refunded(facts: Facts) -> int:
    """Return what the buyer has back.

    By the refunds themselves where they were told of; an endpoint may send only
    ``charge.refunded``, whose sum still holds a refund that fails later.
    """
    refunds = of_kind(facts, "refund").values()
    itself: int = sum(f.data["amount"] for f in refunds if f.data["status"] not in _FINAL_REFUNDS)
    by_charge: int = 0
    for charge, fact in of_kind(facts, "charge").items():
        back = [
            f.data["amount"]
            for f in refunds
            if f.data["status"] in _FINAL_REFUNDS and f.data["charge"] == charge and f.at >= fact.at
        ]
        by_charge += fact.data["amount_refunded"] - sum(back)
    return max(itself, by_charge, 0)


def _payment_status(facts: Facts, paid_by: Collection[str], amount: int, refunded: int) -> str:
    disputes = [fact.data["status"] for fact in of_kind(facts, "dispute").values()]
    if "lost" in disputes:
        return "charged_back"
    if any(status not in ("won", "warning_closed", "prevented") for status in disputes):
        return "disputed"
    if paid_by:
        if refunded:
            return "refunded" if refunded >= amount else "partially_refunded"
        return "paid"
    return _unpaid_status(facts)


def _unpaid_status(facts: Facts) -> str:
    intents = [fact.data["status"] for fact in of_kind(facts, "intent").values()]
    sessions = [fact.data["status"] for fact in of_kind(facts, "session").values()]
    for status in ("canceled", "failed"):
        if status in intents:
            return status
    for status in ("failed", "expired"):
        if status in sessions:
            return status
    return "pending"
