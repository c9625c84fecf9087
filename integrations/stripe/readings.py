"""What facts add up to: pure functions from facts to the fields of a record."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Literal

from integrations.stripe.facts import Fact, Facts, of_kind
from integrations.stripe.money import Money

Paid = Literal["checkout", "invoice", "intent", "charge"]

# Ranks of facts. A higher one is final against a lower one, whenever they were made.
TOLD, TRIED, DONE = 1, 2, 3
ENDED = ("canceled", "incomplete_expired")
# Only to break ties that the events themselves do not: later in a usual life wins.
_LIFE = ("incomplete", "trialing", "active", "past_due", "unpaid", "paused", *ENDED)
_FINAL_REFUNDS = ("failed", "canceled")
_CREATED = "customer.subscription.created"


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
        "customer": _first(told, "customer"),
        "subscription": _first(told, "subscription"),
        "invoice": invoices[0] if invoices else None,
        # charge_saved_card has no session, and writes its reference into the metadata.
        "reference": _first(told, "reference") or metadata.get("reference"),
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


def read_subscription(facts: Facts) -> tuple[dict[str, Fact], dict[str, Any]]:
    """Return the facts worth keeping, and the fields of a subscription."""
    kept = _newest_invoices(_newest_snapshots(facts))
    snapshots = of_kind(kept, "snapshot")
    shown = dict(_latest(snapshots).data["state"]) if snapshots else {}
    shown["items"] = tuple((price, quantity) for price, quantity in shown.get("items", ()))
    gone = kept.get("customer_deleted")
    if gone and shown.get("status", "unknown") not in ENDED:
        shown |= {"status": "canceled", "ended_at": gone.at}
    session = kept.get("session")
    shown["reference"] = session.data["reference"] if session else None
    shown["customer"] = _first([shown, *(fact.data for fact in kept.values())], "customer")
    if shown.get("status") not in ENDED:
        shown |= _attention(of_kind(kept, "invoice"))
    return kept, shown


def _newest_snapshots(facts: Facts) -> dict[str, Fact]:
    """Drop the snapshots that one of a later second, or of the end, has outdated."""
    snapshots = of_kind(facts, "snapshot")
    if not snapshots:
        return dict(facts)
    newest = max((fact.rank, fact.at) for fact in snapshots.values())
    return {
        name: fact
        for name, fact in facts.items()
        if not name.startswith("snapshot:") or (fact.rank, fact.at) == newest
    }


def _newest_invoices(facts: Mapping[str, Fact]) -> dict[str, Fact]:
    """Keep the newest invoice only: an older one's trouble is over, or is the newer one's too."""
    invoices = of_kind(facts, "invoice")
    if not invoices:
        return dict(facts)
    newest = max((fact.data["created"], id) for id, fact in invoices.items())[1]
    return {
        name: fact
        for name, fact in facts.items()
        if not name.startswith("invoice:") or name == f"invoice:{newest}"
    }


def _latest(snapshots: Mapping[str, Fact]) -> Fact:
    """Return the last snapshot of one second; by the usual life where none is seen to be."""
    last = _ends(snapshots.values())
    every = [(_stage(fact), id) for id, fact in snapshots.items() if _text(fact, "state") in last]
    return snapshots[max(every)[1]]


def _ends(snapshots: Collection[Fact]) -> set[str]:
    """Return the states that were not replaced within the second.

    Every update tells the state it replaced (``previous_attributes``), so together they are moves
    from state to state. The last state is one that no move leaves. Where they go in a circle, it is
    one that more moves enter than leave, or else the first.
    """
    states = {_text(fact, "state") for fact in snapshots}
    every = [(_text(fact, "previous"), _text(fact, "state")) for fact in snapshots]
    moves = [(start, end) for start, end in every if start != end]
    if ends := states - {start for start, _ in moves}:
        return ends
    left = Counter(start for start, _ in moves)
    entered = Counter(end for _, end in moves)
    first = {_text(fact, "state") for fact in snapshots if fact.data["type"] == _CREATED}
    return {state for state in states if entered[state] > left[state]} or first or states


def _text(fact: Fact, name: str) -> str:
    return json.dumps(fact.data[name], sort_keys=True)


def _stage(fact: Fact) -> tuple[int, int, str]:
    status = fact.data["state"]["status"]
    place = _LIFE.index(status) if status in _LIFE else -1
    return int(fact.data["type"] != _CREATED), place, fact.key()[2]


def _attention(invoices: Mapping[str, Fact]) -> dict[str, Any]:
    for id, fact in invoices.items():
        if fact.rank < DONE:
            return {"attention": fact.data["trouble"], "attention_invoice": id}
    return {}


def read_customer(facts: Facts) -> dict[str, Any]:
    """Return the fields of a customer."""
    fact = facts["customer"]
    return {"deleted": fact.rank == DONE, "email": fact.data["email"]}


def _first(told: Iterable[Mapping[str, Any]], key: str) -> Any:
    return next((data[key] for data in told if data.get(key)), None)
