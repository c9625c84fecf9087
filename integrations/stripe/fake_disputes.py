"""Disputes: opened by the cardholder's bank, closed as won or lost."""

from copy import deepcopy

from integrations.stripe.fake_call import Call
from integrations.stripe.fake_listing import listed
from integrations.stripe.fake_objects import create, merge_metadata
from integrations.stripe.fake_state import Obj, State, fail

EVIDENCE_DUE_S = 9 * 86400
CLOSED = ("won", "lost", "warning_closed")


def open_dispute(state: State, charge: Obj, reason: str = "fraudulent") -> Obj:
    """Open a dispute over all of a charge."""
    dispute = create(
        state,
        "dispute",
        amount=charge["amount"],
        balance_transactions=[],
        charge=charge["id"],
        currency=charge["currency"],
        enhanced_eligibility_types=[],
        evidence={"enhanced_evidence": {}},
        evidence_details={
            "due_by": state.now(charge) + EVIDENCE_DUE_S,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        is_charge_refundable=False,
        metadata={},
        payment_intent=charge["payment_intent"],
        reason=reason,
        status="needs_response",
    )
    before = deepcopy(charge)
    charge["disputed"] = True
    state.emit("charge.dispute.created", dispute)
    state.emit("charge.updated", charge, before=before)
    return dispute


def close(state: State, dispute: Obj, status: str) -> Obj:
    """Close a dispute as ``won`` or ``lost``."""
    if dispute["status"] in CLOSED:
        fail("This dispute is already closed.", code="dispute_already_closed")
    dispute["status"] = status
    state.emit("charge.dispute.closed", dispute)
    return dispute


def close_dispute(call: Call) -> Obj:
    """POST /v1/disputes/:id/close: accept it, which loses it."""
    return close(call.state, call.state.get("dispute", call.id), "lost")


def update_dispute(call: Call) -> Obj:
    """POST /v1/disputes/:id: hand in evidence."""
    dispute = call.state.get("dispute", call.id)
    if dispute["status"] in CLOSED:
        fail("This dispute is already closed.", code="dispute_already_closed")
    before = deepcopy(dispute)
    evidence = call.params.get("evidence")
    if evidence:
        dispute["evidence"] |= evidence
        dispute["evidence_details"]["has_evidence"] = True
    dispute["metadata"] = merge_metadata(dispute, call.params.get("metadata"))
    if evidence and call.params.get("submit", True):
        dispute["evidence_details"]["submission_count"] += 1
        dispute["status"] = "under_review"
    call.state.emit("charge.dispute.updated", dispute, before=before)
    return dispute


def list_disputes(call: Call) -> Obj:
    """GET /v1/disputes."""
    wanted = {k: call.params[k] for k in ("charge", "payment_intent") if k in call.params}
    return listed(call.state.where("dispute", **wanted), call.params, call.path)
