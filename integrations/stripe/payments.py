"""Payments and the cards kept for later ones."""

from collections.abc import Iterator, Mapping
from typing import Any

from integrations.stripe import arguments as check
from integrations.stripe.calls import Calls
from integrations.stripe.links import site_link
from integrations.stripe.models_payments import PaymentIntent, SetupIntent
from integrations.stripe.money import Money
from integrations.stripe.parts import part_of

CANCEL_REASONS = ("duplicate", "fraudulent", "requested_by_customer", "abandoned")


class PaymentIntents:
    """Reached as ``stripe.payment_intents``.

    Source: https://docs.stripe.com/api/payment_intents
    """

    def __init__(self, calls: Calls) -> None:
        """Call through ``calls``."""
        self._calls = calls
        self._api = calls.v1.payment_intents

    def create(
        self,
        amount: Money,
        *,
        customer_id: str | None = None,
        payment_method: str | None = None,
        confirm: bool = False,
        off_session: bool = False,
        capture_later: bool = False,
        save_card: bool = False,
        return_url: str | None = None,
        receipt_email: str | None = None,
        description: str | None = None,
        metadata: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> PaymentIntent:
        """Begin a payment; with ``confirm``, try to take the money at once.

        The amount is yours, from your own prices: never one that a browser sent.

        Args:
            amount: what is asked.
            customer_id: who pays.
            payment_method: with what; from Stripe.js, or one that the customer keeps.
            confirm: try now; needs a payment method.
            off_session: the buyer is not there, so nobody can answer the bank's questions.
            capture_later: only reserve the money; :meth:`capture` takes it, within 7 days.
            save_card: keep the payment method with the customer, for later payments.
            return_url: where the bank sends the buyer back to, on a configured host. Without it,
                methods that lead the buyer away are not offered.
            receipt_email: Stripe mails a receipt there (live mode only).
            description: for you, and on receipts.
            metadata: what you want to find again.
            idempotency_key: names this intent, such as ``order-42``, for 24 hours at least; made
                when None.

        Raises:
            CardDeclinedError: the bank refuses, or wants 3D Secure while nobody is there.
            InvalidRequestError: an argument is refused, here or by Stripe.
        """
        params: dict[str, Any] = {
            **_amount(amount),
            **_who(customer_id, payment_method),
            **_trying(confirm, off_session, payment_method, return_url),
            **self._way(return_url),
            **_later(capture_later, save_card),
            **_told(receipt_email, description, metadata),
        }
        return self._write("create", self._api.create, params, idempotency_key)

    def get(self, payment_intent_id: str) -> PaymentIntent:
        """Return a payment.

        Raises:
            NotFoundError: there is none.
        """
        found = check.object_id("payment_intent_id", payment_intent_id)
        return self._calls.read(self._api.retrieve, found, parse=PaymentIntent.from_raw)

    def list(
        self, *, customer_id: str | None = None, limit: int | None = None
    ) -> Iterator[PaymentIntent]:
        """Walk over the payments, newest first."""
        customer = check.optional_id("customer_id", customer_id)
        return self._calls.pages(
            self._api.list,
            parse=PaymentIntent.from_raw,
            limit=check.limit(limit),
            **check.given(customer=customer),
        )

    def confirm(
        self,
        payment_intent_id: str,
        *,
        payment_method: str | None = None,
        return_url: str | None = None,
        idempotency_key: str | None = None,
    ) -> PaymentIntent:
        """Try to take the money, with another payment method if one is given.

        Raises:
            CardDeclinedError: the bank refuses; the same intent can be tried with another card.
            InvalidRequestError: an argument is refused, or the payment has no method.
        """
        params = _who(None, payment_method)
        if return_url is not None:
            params["return_url"] = site_link("return_url", return_url, self._calls.settings)
        found = check.object_id("payment_intent_id", payment_intent_id)
        return self._write("confirm", self._api.confirm, params, idempotency_key, found)

    def capture(
        self,
        payment_intent_id: str,
        *,
        amount: Money | None = None,
        idempotency_key: str | None = None,
    ) -> PaymentIntent:
        """Take the money that was reserved, or a part of it; the rest is set free.

        Args:
            payment_intent_id: which payment.
            amount: in the payment's currency, which is asked for first; all of it when None.
            idempotency_key: names this intent, for 24 hours at least; made when None.

        Raises:
            InvalidRequestError: nothing is reserved, or less than ``amount``; or another currency.
            NotSentError: in debug mode with an amount, since its currency has to be asked for.
        """
        params: dict[str, Any] = {}
        found = check.object_id("payment_intent_id", payment_intent_id)
        key = check.optional_key(idempotency_key)
        if amount is not None:
            params["amount_to_capture"] = check.money("amount", amount).amount
            part_of(self._calls, found, amount)
        return self._write("capture", self._api.capture, params, key, found)

    def cancel(
        self,
        payment_intent_id: str,
        *,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> PaymentIntent:
        """Give up a payment that has not gone through; what was reserved is set free.

        Args:
            payment_intent_id: which.
            reason: ``duplicate``, ``fraudulent``, ``requested_by_customer`` or ``abandoned``.
            idempotency_key: names this intent, for 24 hours at least; made when None.

        Raises:
            InvalidRequestError: it has gone through: refund it instead.
        """
        params = {}
        if reason is not None:
            params["cancellation_reason"] = check.one("reason", reason, CANCEL_REASONS)
        found = check.object_id("payment_intent_id", payment_intent_id)
        return self._write("cancel", self._api.cancel, params, idempotency_key, found)

    def _way(self, return_url: str | None) -> dict[str, Any]:
        if return_url is None:
            return {"automatic_payment_methods": {"enabled": True, "allow_redirects": "never"}}
        link = site_link("return_url", return_url, self._calls.settings)
        return {"automatic_payment_methods": {"enabled": True}, "return_url": link}

    def _write(
        self, name: str, method: Any, params: Mapping[str, Any], key: str | None, *ids: str
    ) -> PaymentIntent:
        return self._calls.write(
            f"payment_intents.{name}",
            method,
            *ids,
            parse=PaymentIntent.from_raw,
            key=key,
            params=params,
        )


class SetupIntents:
    """Reached as ``stripe.setup_intents``.

    Source: https://docs.stripe.com/api/setup_intents
    """

    def __init__(self, calls: Calls) -> None:
        """Call through ``calls``."""
        self._calls = calls
        self._api = calls.v1.setup_intents

    def create(
        self,
        customer_id: str,
        *,
        payment_method: str | None = None,
        confirm: bool = False,
        idempotency_key: str | None = None,
    ) -> SetupIntent:
        """Begin to keep a card for later payments, with the buyer's consent.

        Raises:
            CardDeclinedError: the bank refuses.
            InvalidRequestError: an argument is refused, here or by Stripe.
        """
        params: dict[str, Any] = {
            **_who(check.object_id("customer_id", customer_id), payment_method),
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            "usage": "off_session",
        }
        if check.flag("confirm", confirm):
            if payment_method is None:
                check.refuse("payment_method", "confirm=True needs one")
            params["confirm"] = True
        return self._calls.write(
            "setup_intents.create",
            self._api.create,
            parse=SetupIntent.from_raw,
            key=idempotency_key,
            params=params,
        )

    def get(self, setup_intent_id: str) -> SetupIntent:
        """Return a setup intent.

        Raises:
            NotFoundError: there is none.
        """
        found = check.object_id("setup_intent_id", setup_intent_id)
        return self._calls.read(self._api.retrieve, found, parse=SetupIntent.from_raw)


def _amount(amount: Money) -> dict[str, Any]:
    asked = check.money("amount", amount)
    return {"amount": asked.amount, "currency": asked.currency}


def _who(customer_id: str | None, payment_method: str | None) -> dict[str, Any]:
    who = {}
    if customer_id is not None:
        who["customer"] = check.object_id("customer_id", customer_id)
    if payment_method is not None:
        who["payment_method"] = check.object_id("payment_method", payment_method)
    return who


def _trying(
    confirm: bool, off_session: bool, payment_method: str | None, return_url: str | None
) -> dict[str, Any]:
    trying = {}
    if check.flag("confirm", confirm):
        if payment_method is None:
            check.refuse("payment_method", "confirm=True needs one")
        trying["confirm"] = True
    if check.flag("off_session", off_session):
        if not confirm:
            check.refuse("off_session", "is for confirm=True")
        trying["off_session"] = True
    if return_url is not None and not confirm:
        check.refuse("return_url", "is for confirm=True; Stripe.js gives its own")
    return trying


def _later(capture_later: bool, save_card: bool) -> dict[str, Any]:
    later = {}
    if check.flag("capture_later", capture_later):
        later["capture_method"] = "manual"
    if check.flag("save_card", save_card):
        later["setup_future_usage"] = "off_session"
    return later


def _told(
    receipt_email: str | None, description: str | None, metadata: Mapping[str, str] | None
) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if receipt_email is not None:
        told["receipt_email"] = check.email("receipt_email", receipt_email)
    if description is not None:
        told["description"] = check.text("description", description, 1000)
    return told | check.labels(metadata)
