"""An invoice's life: draft, open, paid or void; and its payment."""

from copy import deepcopy
from typing import Any

from integrations.stripe.fake_charges import attempt
from integrations.stripe.fake_money import SMALLEST
from integrations.stripe.fake_objects import build, create, page
from integrations.stripe.fake_payments import cancel, make_intent
from integrations.stripe.fake_state import Obj, State

# Smart Retries choose their own times; a fixed schedule is the other choice of the dashboard
# (https://docs.stripe.com/billing/revenue-recovery, read 2026-11).
RETRY_DAYS = (3, 5, 7)
DAY_S = 86400


def note(state: State, obj: Obj) -> Obj:
    """Return what the fake remembers about an object beside its fields."""
    return state.notes.setdefault(obj["id"], {})


def subscription_of(state: State, invoice: Obj) -> Obj | None:
    """Return the subscription that an invoice is for."""
    details = (invoice["parent"] or {}).get("subscription_details")
    return state.find("subscription", details["subscription"]) if details else None


def make_invoice(state: State, subscription: Obj, lines: list[Obj], reason: str) -> Obj:
    """Make a draft of ``lines``."""
    customer = state.get("customer", subscription["customer"])
    total = sum(each["amount"] for each in lines)
    current = subscription["items"]["data"][0]
    invoice = create(
        state,
        "invoice",
        **_about(customer, subscription),
        auto_advance=True,
        billing_reason=reason,
        currency=subscription["currency"],
        customer=customer["id"],
        metadata={},
        period_start=current["current_period_start"],
        period_end=current["current_period_end"],
        status="draft",
        subtotal=total,
        subtotal_excluding_tax=total,
        total=total,
        total_discount_amounts=[],
        total_excluding_tax=total,
        total_pretax_credit_amounts=[],
        total_taxes=[],
    )
    _balance(state, invoice)
    for each in lines:
        each["invoice"] = invoice["id"]
    invoice["lines"] = page(lines, f"/v1/invoices/{invoice['id']}/lines")
    subscription["latest_invoice"] = invoice["id"]
    state.emit("invoice.created", invoice)
    return invoice


def due_of(total: int, balance: int, currency: str) -> tuple[int, int]:
    """Return what is due, and the balance after it.

    A credit (negative) is used, what is owed (positive) is asked for as well, a negative total
    becomes a credit, and what is too small to be charged is owed with the next invoice.
    https://docs.stripe.com/billing/customer/balance (read 2026-11)
    """
    due = max(0, total + balance)
    if 0 < due < SMALLEST.get(currency, 50):
        return 0, due
    return due, min(0, total + balance)


def _balance(state: State, invoice: Obj) -> int:
    """Put the customer's balance to an invoice as it is now, and return what becomes of it."""
    total, before = invoice["total"], state.get("customer", invoice["customer"])["balance"]
    # The buyer of a Checkout session has paid the page's total, whatever the balance.
    taken = "intent" in note(state, invoice)
    due, after = (total, before) if taken else due_of(total, before, invoice["currency"])
    invoice |= {"amount_due": due, "amount_remaining": due, "starting_balance": before}
    return after


def _about(customer: Obj, subscription: Obj) -> Obj:
    details = {"metadata": dict(subscription["metadata"]), "subscription": subscription["id"]}
    return {
        "account_country": "US",
        "account_name": "Workbook",
        "collection_method": subscription["collection_method"],
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "customer_tax_exempt": customer["tax_exempt"],
        "customer_tax_ids": [],
        "default_payment_method": subscription["default_payment_method"],
        "parent": {
            "quote_details": None,
            "subscription_details": {**details, "subscription_proration_date": None},
            "type": "subscription_details",
        },
        "test_clock": customer["test_clock"],
    }


def finalize(state: State, invoice: Obj) -> None:
    """Turn a draft into an open invoice with a number and an intent to pay it."""
    now = state.now(invoice)
    customer = state.get("customer", invoice["customer"])
    number = customer["next_invoice_sequence"]
    customer["next_invoice_sequence"] = number + 1
    customer["balance"] = _balance(state, invoice)  # it may have changed since the draft
    hosted = f"https://invoice.stripe.com/i/acct_fake/{invoice['id']}"
    invoice |= {
        "status": "open",
        "number": f"{customer['invoice_prefix']}-{number:04d}",
        "effective_at": now,
        "ending_balance": customer["balance"],
        "hosted_invoice_url": hosted,
        "invoice_pdf": f"{hosted}/pdf",
    }
    note(state, invoice).pop("finalize_at", None)
    invoice["status_transitions"]["finalized_at"] = now
    if invoice["amount_due"]:
        _open_payment(state, invoice)
    state.emit("invoice.finalized", invoice)
    if not invoice["amount_due"]:
        mark_paid(state, invoice)


def _open_payment(state: State, invoice: Obj) -> None:
    given = {
        "amount": invoice["amount_due"],
        "currency": invoice["currency"],
        "customer": invoice["customer"],
        "description": "Subscription creation"
        if invoice["billing_reason"] == "subscription_create"
        else "Subscription update",
        "setup_future_usage": "off_session",
    }
    # A Checkout session has taken the payment before there was an invoice.
    id = note(state, invoice).get("intent") or make_intent(state, given)["id"]
    intent = state.get("payment_intent", id)
    note(state, intent)["invoice"] = invoice["id"]
    note(state, invoice)["intent"] = id
    create(
        state,
        "invoice_payment",
        amount_requested=invoice["amount_due"],
        currency=invoice["currency"],
        invoice=invoice["id"],
        is_default=True,
        payment={"type": "payment_intent", "payment_intent": intent["id"]},
        status="open",
    )


def payments_of(state: State, invoice: Obj) -> Obj:
    """Return an invoice's payments."""
    found = list(state.where("invoice_payment", invoice=invoice["id"]))
    return page(found, f"/v1/invoice_payments?invoice={invoice['id']}")


def confirmation_secret(state: State, invoice: Obj) -> Obj | None:
    """Return the secret with which a browser confirms an open invoice's payment."""
    id = note(state, invoice).get("intent")
    intent = state.find("payment_intent", id) if id and invoice["status"] == "open" else None
    return {"client_secret": intent["client_secret"], "type": "payment_intent"} if intent else None


def method_for(state: State, invoice: Obj) -> Obj | None:
    """Return the payment method that an invoice is paid with unless told otherwise."""
    customer = state.get("customer", invoice["customer"])
    subscription = subscription_of(state, invoice) or {}
    choices = (
        invoice["default_payment_method"],
        subscription.get("default_payment_method"),
        customer["invoice_settings"]["default_payment_method"],
    )
    return next((state.find("payment_method", each) for each in choices if each), None)


def collect(state: State, invoice: Obj, method: Obj | None = None) -> Obj | None:
    """Try to pay an open invoice; return the error object of a decline, or None."""
    intent = state.get("payment_intent", note(state, invoice)["intent"])
    method = method or method_for(state, invoice)
    invoice["attempted"] = True
    error: Obj | None = None
    if method is None:
        error = {"code": "missing_payment_method", "message": "No payment method."}
    else:
        error = attempt(state, intent, method)
    follow(state, intent)
    return error


def follow(state: State, intent: Obj) -> None:
    """Let an invoice follow what happened to its intent, and its subscription follow the invoice.

    Called after every attempt: by dunning, by the API, and by a buyer.
    """
    from integrations.stripe.fake_dunning import failed

    owner = state.notes.get(intent["id"], {}).get("invoice")
    invoice = state.find("invoice", owner) if owner else None
    if invoice is None or invoice["status"] not in ("open", "uncollectible"):
        return
    if intent["status"] == "succeeded":
        mark_paid(state, invoice)
    elif intent["status"] != "processing":
        failed(state, invoice, asks=intent["status"] == "requires_action")


def mark_paid(state: State, invoice: Obj, *, elsewhere: bool = False) -> None:
    """Mark an invoice as paid, and let its subscription be active again."""
    from integrations.stripe.fake_status import after_payment

    now = state.now(invoice)
    paid = 0 if elsewhere else invoice["amount_due"]
    invoice |= {
        "status": "paid",
        "amount_paid": paid,
        "amount_remaining": 0,
        "attempted": True,
        "next_payment_attempt": None,
        "auto_advance": False,
    }
    if paid:
        invoice["attempt_count"] += 1
    invoice["status_transitions"]["paid_at"] = now
    note(state, invoice).pop("retry_at", None)
    for payment in state.where("invoice_payment", invoice=invoice["id"], status="open"):
        payment |= {"status": "canceled" if elsewhere else "paid", "amount_paid": paid or None}
        payment["status_transitions"]["paid_at"] = None if elsewhere else now
        state.emit("invoice_payment.paid", payment) if not elsewhere else None
    state.emit("invoice.paid", invoice)
    state.emit("invoice.payment_succeeded", invoice)
    subscription = subscription_of(state, invoice)
    if subscription:
        after_payment(state, subscription, invoice)


def void(state: State, invoice: Obj, status: str = "void") -> None:
    """Give an invoice up: ``void`` or ``uncollectible``."""
    stamp = {"void": "voided_at", "uncollectible": "marked_uncollectible_at"}[status]
    invoice |= {"status": status, "next_payment_attempt": None, "auto_advance": False}
    invoice["status_transitions"][stamp] = state.now(invoice)
    note(state, invoice).pop("retry_at", None)
    if status == "void" and invoice["ending_balance"] is not None:
        # What was used of the balance goes back: "unapplied_from_invoice".
        customer = state.get("customer", invoice["customer"])
        if not customer.get("deleted"):
            customer["balance"] += invoice["starting_balance"] - invoice["ending_balance"]
    intent: Any = state.find("payment_intent", note(state, invoice).get("intent", ""))
    if intent and status == "void" and intent["status"] not in ("succeeded", "canceled"):
        cancel(state, intent, "void_invoice")
    happened = {"void": "voided", "uncollectible": "marked_uncollectible"}[status]
    state.emit(f"invoice.{happened}", invoice)


def upcoming(state: State, subscription: Obj, lines: list[Obj]) -> Obj:
    """Return an invoice that is not kept: what the next one would be."""
    total = sum(each["amount"] for each in lines)
    balance = state.get("customer", subscription["customer"])["balance"]
    due, _ = due_of(total, balance, subscription["currency"])
    ends = [item["current_period_end"] for item in subscription["items"]["data"]]
    return build(
        "invoice",
        id=f"upcoming_in_{subscription['id'].removeprefix('sub_')}",
        amount_due=due,
        amount_remaining=due,
        billing_reason="upcoming",
        currency=subscription["currency"],
        customer=subscription["customer"],
        created=min(ends),
        lines=page(deepcopy(lines), ""),
        metadata={},
        period_start=subscription["items"]["data"][0]["current_period_start"],
        period_end=min(ends),
        starting_balance=balance,
        status="draft",
        subtotal=total,
        total=total,
        parent={
            "quote_details": None,
            "subscription_details": {"metadata": {}, "subscription": subscription["id"]},
            "type": "subscription_details",
        },
    )
