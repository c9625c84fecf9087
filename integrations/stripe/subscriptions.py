"""Subscriptions: begin, change, pause, resume, end."""

from collections.abc import Iterator, Mapping
from typing import Any

from integrations.stripe import arguments as check
from integrations.stripe.calls import Calls, Raw
from integrations.stripe.models_billing import Subscription

PRORATIONS = ("create_prorations", "always_invoice", "none")
STATUSES = (
    "active",
    "all",
    "canceled",
    "ended",
    "incomplete",
    "incomplete_expired",
    "past_due",
    "paused",
    "trialing",
    "unpaid",
)
PAUSES = ("void", "keep_as_draft", "mark_uncollectible")


class Subscriptions:
    """Reached as ``stripe.subscriptions``.

    Source: https://docs.stripe.com/api/subscriptions
    """

    def __init__(self, calls: Calls) -> None:
        """Call through ``calls``."""
        self._calls = calls
        self._api = calls.v1.subscriptions

    def create(
        self,
        customer_id: str,
        price_id: str,
        *,
        quantity: int = 1,
        trial_days: int | None = None,
        payment_method: str | None = None,
        wait_for_payment: bool = False,
        metadata: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> Subscription:
        """Begin a subscription for a customer with a card; without one, use Checkout.

        Args:
            customer_id: who pays.
            price_id: a recurring price.
            quantity: how many, such as seats.
            trial_days: free days before the first payment.
            payment_method: with what; the customer's default when None.
            wait_for_payment: begin as ``incomplete`` until the buyer confirms the first invoice in
                the browser; it expires after 23 hours.
            metadata: what you want to find again.
            idempotency_key: names this intent, for 24 hours at least; made when None.

        Raises:
            CardDeclinedError: the first payment was declined.
            InvalidRequestError: an argument is refused, here or by Stripe.
        """
        params: dict[str, Any] = {
            "customer": check.object_id("customer_id", customer_id),
            "items": [_item(price_id, quantity)],
            "payment_behavior": (
                "default_incomplete"
                if check.flag("wait_for_payment", wait_for_payment)
                else "error_if_incomplete"
            ),
        }
        if trial_days is not None:
            params["trial_period_days"] = check.whole("trial_days", trial_days, 1, 730)
        if payment_method is not None:
            method = check.object_id("payment_method", payment_method)
            params["default_payment_method"] = method
        params |= check.labels(metadata)
        return self._write("create", self._api.create, params, idempotency_key)

    def get(self, subscription_id: str) -> Subscription:
        """Return a subscription, ended ones too.

        Raises:
            NotFoundError: there is none.
        """
        found = check.object_id("subscription_id", subscription_id)
        return self._calls.read(self._api.retrieve, found, parse=Subscription.from_raw)

    def list(
        self,
        *,
        customer_id: str | None = None,
        status: str | None = None,
        limit: int | None = None,
    ) -> Iterator[Subscription]:
        """Walk over subscriptions, newest first.

        Args:
            customer_id: only this customer's.
            status: only those of one status; ``ended`` for ``canceled`` and ``incomplete_expired``
                together, ``all`` for every one. Those that have not been canceled when None.
            limit: at most so many.

        Raises:
            InvalidRequestError: an argument is refused.

        Source: https://docs.stripe.com/api/subscriptions/list
        """
        customer = check.optional_id("customer_id", customer_id)
        wanted = None if status is None else check.one("status", status, STATUSES)
        return self._calls.pages(
            self._api.list,
            parse=Subscription.from_raw,
            limit=check.limit(limit),
            **check.given(customer=customer, status=wanted),
        )

    def change_plan(
        self,
        subscription_id: str,
        price_id: str,
        *,
        quantity: int | None = None,
        proration: str = "create_prorations",
        proration_date: int | None = None,
        idempotency_key: str | None = None,
    ) -> Subscription:
        """Change to another price. The first item is changed; it takes a read and a change.

        Args:
            subscription_id: which.
            price_id: the new price.
            quantity: how many; as before when None.
            proration: ``create_prorations`` puts the difference on the next invoice,
                ``always_invoice`` asks for it now, ``none`` forgets it.
            proration_date: Unix time up to which the old plan counts; now when None. Give the one
                of the preview that the customer saw.
            idempotency_key: names this intent, for 24 hours at least; made when None.

        Raises:
            InvalidRequestError: an argument is refused; or the subscription has ended.
            NotSentError: in debug mode, since the item has to be asked for.
        """
        item = _item(price_id, 1 if quantity is None else quantity)
        how = proration_params(proration, proration_date)
        key = check.optional_key(idempotency_key)
        now = self.get(subscription_id)
        if not now.items:
            check.refuse("subscription_id", "has no item to change")
        item |= {"id": now.items[0].id, "quantity": quantity or now.items[0].quantity}
        params = {"items": [item], **how}
        return self._write("change_plan", self._api.update, params, key, now.id)

    def change_quantity(
        self,
        subscription_id: str,
        quantity: int,
        *,
        proration: str = "create_prorations",
        idempotency_key: str | None = None,
    ) -> Subscription:
        """Change how many of the first item, such as seats; see :meth:`change_plan`.

        Raises:
            InvalidRequestError: an argument is refused; or the subscription has ended.
        """
        wanted = check.whole("quantity", quantity, 1, 999_999)
        how = proration_params(proration, None)
        key = check.optional_key(idempotency_key)
        now = self.get(subscription_id)
        if not now.items:
            check.refuse("subscription_id", "has no item to change")
        items = [{"id": now.items[0].id, "quantity": wanted}]
        params = {"items": items, **how}
        return self._write("change_quantity", self._api.update, params, key, now.id)

    def change_card(
        self, subscription_id: str, payment_method: str, *, idempotency_key: str | None = None
    ) -> Subscription:
        """Pay by another of the customer's payment methods from now on.

        One that began at Checkout keeps the card given there as its own, and does not look at the
        customer's default.

        Raises:
            InvalidRequestError: it is not attached to the customer; or an argument is refused.
        """
        found = check.object_id("subscription_id", subscription_id)
        method = check.object_id("payment_method", payment_method)
        params = {"default_payment_method": method}
        return self._write("change_card", self._api.update, params, idempotency_key, found)

    def pause(
        self,
        subscription_id: str,
        *,
        invoices: str = "void",
        resumes_at: int | None = None,
        idempotency_key: str | None = None,
    ) -> Subscription:
        """Collect no payments until it is resumed. The status stays as it is.

        Periods and invoices go on, and so does what you serve unless you look at
        ``paused_collection``. The event that follows is ``customer.subscription.updated``, never
        ``.paused``. To stop the subscription itself, use :meth:`suspend`.

        Args:
            subscription_id: which.
            invoices: what becomes of those due meanwhile: ``void`` (you serve nothing),
                ``keep_as_draft`` (collect later) or ``mark_uncollectible`` (a gift).
            resumes_at: Unix time at which it resumes by itself.
            idempotency_key: names this intent, for 24 hours at least; made when None.

        Source: https://docs.stripe.com/billing/subscriptions/pause-payment
        """
        pause: dict[str, Any] = {"behavior": check.one("invoices", invoices, PAUSES)}
        if resumes_at is not None:
            pause["resumes_at"] = check.moment("resumes_at", resumes_at)
        found = check.object_id("subscription_id", subscription_id)
        params = {"pause_collection": pause}
        return self._write("pause", self._api.update, params, idempotency_key, found)

    def suspend(
        self,
        subscription_id: str,
        *,
        credit_unused: bool = True,
        idempotency_key: str | None = None,
    ) -> Subscription:
        """Stop a subscription until it is resumed: its status becomes ``paused``.

        No period begins and no invoice is made meanwhile. ``customer.subscription.paused`` follows,
        and after :meth:`resume` ``.resumed``. To go on serving without collecting, use
        :meth:`pause`.

        Args:
            subscription_id: which; ``active`` or ``trialing``, and without a schedule.
            credit_unused: whether what is left of the paid period is a credit on the next invoice.
            idempotency_key: names this intent, for 24 hours at least; made when None.

        Raises:
            InvalidRequestError: an argument is refused, here or by Stripe.

        Source: https://docs.stripe.com/billing/subscriptions/pause (since 2026-09-30.endive)
        """
        found = check.object_id("subscription_id", subscription_id)
        params: dict[str, Any] = {"type": "subscription"}
        if not check.flag("credit_unused", credit_unused):
            params["bill_for"] = {"unused_time_from": {"type": "none"}}
        return self._write("suspend", self._api.pause, params, idempotency_key, found)

    def resume(self, subscription_id: str, *, idempotency_key: str | None = None) -> Subscription:
        """Undo a pause of either kind, also that of a trial which ended without a card.

        Payments are collected again (``customer.subscription.updated`` follows); one whose status
        is ``paused`` begins a new period now and is invoiced (``.resumed`` follows).

        Raises:
            NotSentError: in debug mode, since the status has to be asked for.
        """
        key = check.optional_key(idempotency_key)
        now = self.get(subscription_id)
        if now.status == "paused":
            anchor = {"billing_cycle_anchor": {"type": "now"}}
            return self._write("resume", self._api.resume, anchor, key, now.id)
        params = {"pause_collection": ""}
        return self._write("resume", self._api.update, params, key, now.id)

    def cancel(
        self,
        subscription_id: str,
        *,
        at_period_end: bool = True,
        idempotency_key: str | None = None,
    ) -> Subscription:
        """End a subscription: when what was paid for is over, or now.

        Nothing is paid back by itself. Until the period ends, :meth:`keep` undoes it. Ending it
        now takes no idempotency key (DELETE): after a lost reply it is not repeated by itself.

        Raises:
            InvalidRequestError: an argument is refused, such as a key for ending it now.
            NotFoundError: it has ended already, or never was.
            NetworkError: no reply; look whether it has ended before you repeat it.
        """
        found = check.object_id("subscription_id", subscription_id)
        if check.flag("at_period_end", at_period_end):
            params = {"cancel_at_period_end": True}
            return self._write("cancel", self._api.update, params, idempotency_key, found)
        if idempotency_key is not None:
            check.refuse("idempotency_key", "ending it now takes none; a second call finds it over")
        return self._calls.remove(self._api.cancel, found, parse=Subscription.from_raw, params={})

    def keep(self, subscription_id: str, *, idempotency_key: str | None = None) -> Subscription:
        """Undo a cancellation at the period's end.

        Raises:
            InvalidRequestError: it has ended already.
        """
        found = check.object_id("subscription_id", subscription_id)
        params = {"cancel_at_period_end": False}
        return self._write("keep", self._api.update, params, idempotency_key, found)

    def _write(
        self, name: str, method: Any, params: Raw, key: str | None, *ids: str
    ) -> Subscription:
        return self._calls.write(
            f"subscriptions.{name}",
            method,
            *ids,
            parse=Subscription.from_raw,
            key=key,
            params=params,
        )


def proration_params(proration: str, date: int | None) -> dict[str, Any]:
    """Return how a change within a period is reckoned.

    Raises:
        InvalidRequestError: an argument is refused.
    """
    params: dict[str, Any] = {
        "proration_behavior": check.one("proration", proration, PRORATIONS),
    }
    if date is not None:
        if proration == "none":
            check.refuse("proration_date", "nothing is prorated with proration='none'")
        params["proration_date"] = check.moment("proration_date", date)
    return params


def _item(price_id: str, quantity: int) -> dict[str, Any]:
    return {
        "price": check.object_id("price_id", price_id),
        "quantity": check.whole("quantity", quantity, 1, 999_999),
    }
