"""The people and banks on the other side: buyers at Checkout, cardholders, their banks."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from integrations.stripe.fake_cards import attach, payment_method
from integrations.stripe.fake_charges import NEEDS_AUTHENTICATION, attempt, decline, settle_debit
from integrations.stripe.fake_completion import complete, debit_method
from integrations.stripe.fake_disputes import close, open_dispute
from integrations.stripe.fake_invoices import follow
from integrations.stripe.fake_refunds import refuse_refund
from integrations.stripe.fake_setup import attempt_setup
from integrations.stripe.fake_state import Obj, State

BANK_DEBIT = "pm_usBankAccount"


@dataclass(frozen=True)
class Outcome:
    """What the buyer sees: the object's ``status``, and the message of a decline."""

    status: str
    message: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether it went through, or is on its way."""
        return not self.message and self.status != "requires_action"


def _id(thing: Any) -> str:
    found = thing if isinstance(thing, str) else getattr(thing, "id", None) or thing["id"]
    return str(found)


class Buyer:
    """Acts for buyers and banks. Things are given by id, or as an object that has one."""

    def __init__(self, acting: Callable[[], AbstractContextManager[State]]) -> None:
        """Act within ``acting()``, which hands out the state and holds its lock."""
        self._acting = acting

    def pay(
        self,
        session: Any,
        *,
        card: str = "pm_card_visa",
        email: str | None = None,
        authenticate: bool = True,
    ) -> Outcome:
        """Pay a Checkout session, or save a card with it.

        ``card`` is a test card's token or number, or ``"pm_usBankAccount"`` for a debit that
        settles later. ``authenticate`` says whether the buyer passes a 3D Secure check.

        Raises:
            ValueError: the session is not open.
        """
        with self._acting() as state:
            found = state.get("checkout.session", _id(session))
            if found["status"] != "open":
                raise ValueError(f"session: it is {found['status']}; only an open one can be paid")
            token = card == BANK_DEBIT
            if token and found["mode"] != "payment":
                raise ValueError("card: the fake plays bank debits in payment mode only")
            method = debit_method(state) if token else payment_method(state, card)
            error = complete(state, found, method, email=email, authenticate=authenticate)
            return Outcome(found["status"], error["message"] if error else "")

    def abandon(self, session: Any) -> Outcome:
        """Leave a Checkout session: it expires at once, as it would in its own time."""
        from integrations.stripe.fake_checkout import expire

        with self._acting() as state:
            found = state.get("checkout.session", _id(session))
            if found["status"] != "open":
                raise ValueError(f"session: it is {found['status']}; only an open one expires")
            expire(state, found)
            return Outcome("expired")

    def settle(self, session: Any, *, succeeds: bool = True) -> Outcome:
        """Let the bank debit of a completed session arrive, or fail."""
        with self._acting() as state:
            found = state.get("checkout.session", _id(session))
            intent = state.get("payment_intent", found["payment_intent"] or "")
            if intent["status"] != "processing":
                raise ValueError(f"session: its payment is {intent['status']}, not under way")
            settle_debit(state, intent, succeeds=succeeds)
            if succeeds:
                found["payment_status"] = "paid"
            word = "succeeded" if succeeds else "failed"
            state.emit(f"checkout.session.async_payment_{word}", found)
            return Outcome(intent["status"], "" if succeeds else "The debit was refused.")

    def authenticate(self, intent: Any, *, succeeds: bool = True) -> Outcome:
        """Answer the 3D Secure check of a payment intent or a setup intent."""
        with self._acting() as state:
            id = _id(intent)
            kind = "setup_intent" if id.startswith("seti_") else "payment_intent"
            found = state.get(kind, id)
            if found["status"] != "requires_action":
                raise ValueError(f"intent: it is {found['status']}; there is nothing to answer")
            method = state.get("payment_method", found["payment_method"])
            error = _answer(state, found, method, succeeds)
            return Outcome(found["status"], error["message"] if error else "")

    def confirm(self, intent: Any, *, card: str = "pm_card_visa") -> Outcome:
        """Enter a card in the payment form of an intent, as Elements does with its secret."""
        with self._acting() as state:
            found = state.get("payment_intent", _id(intent))
            if found["status"] in ("succeeded", "canceled", "processing", "requires_capture"):
                raise ValueError(f"intent: it is {found['status']}; there is nothing to pay")
            method = payment_method(state, card)
            error = attempt(state, found, method)
            if not error and found["customer"] and found["setup_future_usage"]:
                attach(state, method, state.get("customer", found["customer"]))
            follow(state, found)
            return Outcome(found["status"], error["message"] if error else "")

    def dispute(self, charge: Any, *, reason: str = "fraudulent") -> str:
        """Dispute a charge; return the dispute's id."""
        with self._acting() as state:
            found = state.get("charge", _id(charge))
            return str(open_dispute(state, found, reason)["id"])

    def decide(self, dispute: Any, *, won: bool) -> None:
        """Let the bank decide a dispute; ``won`` by you."""
        with self._acting() as state:
            close(state, state.get("dispute", _id(dispute)), "won" if won else "lost")

    def refuse_refund(self, refund: Any) -> None:
        """Let the buyer's bank send a refund back."""
        with self._acting() as state:
            refuse_refund(state, state.get("refund", _id(refund)))


def _answer(state: State, intent: Obj, method: Obj, succeeds: bool) -> Obj | None:
    if intent["object"] == "setup_intent":
        if succeeds:
            return attempt_setup(state, intent, method, authenticated=True)
        intent |= {"status": "requires_payment_method", "next_action": None}
        state.emit("setup_intent.setup_failed", intent)
        return {"message": "The bank could not authenticate the buyer."}
    if succeeds:
        error = attempt(state, intent, method, authenticated=True)
    else:
        error = decline(state, intent, method, NEEDS_AUTHENTICATION)
    if not error and intent["customer"] and intent["setup_future_usage"]:
        attach(state, method, state.get("customer", intent["customer"]))
    follow(state, intent)
    return error
