"""Invoices: look at them, pay them, and see the next one before it comes."""

from collections.abc import Iterator
from typing import Any

from integrations.stripe import arguments as check
from integrations.stripe.calls import Calls
from integrations.stripe.models_billing import Invoice, Subscription
from integrations.stripe.subscriptions import proration_params

STATUSES = ("draft", "open", "paid", "uncollectible", "void")


class Invoices:
    """Reached as ``stripe.invoices``.

    Source: https://docs.stripe.com/api/invoices
    """

    def __init__(self, calls: Calls) -> None:
        """Call through ``calls``."""
        self._calls = calls
        self._api = calls.v1.invoices

    def get(self, invoice_id: str) -> Invoice:
        """Return an invoice.

        Raises:
            NotFoundError: there is none.
        """
        found = check.object_id("invoice_id", invoice_id)
        return self._calls.read(self._api.retrieve, found, parse=Invoice.from_raw)

    def list(
        self,
        *,
        customer_id: str | None = None,
        subscription_id: str | None = None,
        status: str | None = None,
        limit: int | None = None,
    ) -> Iterator[Invoice]:
        """Walk over the invoices, newest first.

        Args:
            customer_id: only this customer's.
            subscription_id: only this subscription's.
            status: ``draft``, ``open``, ``paid``, ``uncollectible`` or ``void``.
            limit: at most so many.
        """
        wanted = check.given(
            customer=check.optional_id("customer_id", customer_id),
            subscription=check.optional_id("subscription_id", subscription_id),
            status=None if status is None else check.one("status", status, STATUSES),
        )
        return self._calls.pages(
            self._api.list, parse=Invoice.from_raw, limit=check.limit(limit), **wanted
        )

    def pay(
        self,
        invoice_id: str,
        *,
        payment_method: str | None = None,
        idempotency_key: str | None = None,
    ) -> Invoice:
        """Try to collect an open invoice now, with another payment method if one is given.

        Raises:
            CardDeclinedError: the bank refuses.
            InvalidRequestError: it is paid already, or void.
        """
        params = {}
        if payment_method is not None:
            params["payment_method"] = check.object_id("payment_method", payment_method)
        return self._calls.write(
            "invoices.pay",
            self._api.pay,
            check.object_id("invoice_id", invoice_id),
            parse=Invoice.from_raw,
            key=idempotency_key,
            params=params,
        )

    def preview(
        self,
        subscription_id: str,
        *,
        price_id: str | None = None,
        quantity: int | None = None,
        proration: str = "create_prorations",
        proration_date: int | None = None,
    ) -> Invoice:
        """Return the next invoice as it would be, with a change if one is given. Changes nothing.

        Args:
            subscription_id: whose.
            price_id: as if the first item changed to this price.
            quantity: as if there were so many.
            proration: see :meth:`~integrations.stripe.subscriptions.Subscriptions.change_plan`.
            proration_date: Unix time up to which the old plan counts; now when None. Give the same
                to ``change_plan``, and what was shown is what is asked for.

        Raises:
            InvalidRequestError: an argument is refused; or there is nothing to change.
            NotSentError: in debug mode: only Stripe can reckon it.

        Source: https://docs.stripe.com/billing/subscriptions/prorations
        """
        found = check.object_id("subscription_id", subscription_id)
        change = check.given(
            price=check.optional_id("price_id", price_id),
            quantity=None if quantity is None else check.whole("quantity", quantity, 1, 999_999),
        )
        how = proration_params(proration, proration_date)
        wanted: dict[str, Any] = {"subscription": found}
        if change:
            items = [{"id": self._first_item(found), **change}]
            wanted["subscription_details"] = {"items": items, **how}
        # A POST that changes nothing: a question, repeated as one.
        return self._calls.read(self._api.create_preview, parse=Invoice.from_raw, **wanted)

    def _first_item(self, subscription_id: str) -> str:
        now = self._calls.read(
            self._calls.v1.subscriptions.retrieve, subscription_id, parse=Subscription.from_raw
        )
        if not now.items:
            check.refuse("subscription_id", "has no item to change")
        return now.items[0].id
