"""Invoices: look at them, pay them, and see the next one before it comes."""

from collections.abc import Iterator
from typing import Any

from integrations.stripe import arguments as check
from integrations.stripe.calls import Calls
from integrations.stripe.models_billing import Invoice

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
            customer=customer_id and check.object_id("customer_id", customer_id),
            subscription=subscription_id and check.object_id("subscription_id", subscription_id),
            status=status and check.one("status", status, STATUSES),
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
    ) -> Invoice:
        """Return the next invoice as it would be, with a change if one is given. Changes nothing.

        Args:
            subscription_id: whose.
            price_id: as if the first item changed to this price.
            quantity: as if there were so many.
            proration: see :meth:`~integrations.stripe.subscriptions.Subscriptions.change_plan`.

        Raises:
            NotSentError: in debug mode: only Stripe can reckon it.
        """
        found = check.object_id("subscription_id", subscription_id)
        details: dict[str, Any] = {}
        if price_id is not None or quantity is not None:
            details["items"] = [self._change(found, price_id, quantity)]
            details["proration_behavior"] = check.one(
                "proration", proration, ("create_prorations", "always_invoice", "none")
            )
        wanted = {"subscription": found, **({"subscription_details": details} if details else {})}
        # A POST that changes nothing: a question, repeated as one.
        return self._calls.read(self._api.create_preview, parse=Invoice.from_raw, **wanted)

    def _change(
        self, subscription_id: str, price_id: str | None, quantity: int | None
    ) -> dict[str, Any]:
        change = check.given(
            price=price_id and check.object_id("price_id", price_id),
            quantity=quantity and check.whole("quantity", quantity, 1, 999_999),
        )
        items = self._calls.read(
            self._calls.v1.subscriptions.retrieve,
            subscription_id,
            parse=lambda raw: raw["items"]["data"],
        )
        return {"id": items[0]["id"], **change}
