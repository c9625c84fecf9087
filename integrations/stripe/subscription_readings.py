"""What facts add up to, for a subscription and its customer: pure functions."""

import json
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from integrations.stripe.facts import DONE, Fact, Facts, first_told, of_kind

ENDED = ("canceled", "incomplete_expired")
# Only to break ties that the events themselves do not: later in a usual life wins.
_LIFE = ("incomplete", "trialing", "active", "past_due", "unpaid", "paused", *ENDED)
_CREATED = "customer.subscription.created"


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
    shown["customer"] = first_told([shown, *(fact.data for fact in kept.values())], "customer")
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
