"""Money going back."""

from collections.abc import Iterator, Mapping
from typing import Any

from integrations.stripe import arguments as check
from integrations.stripe.calls import Calls
from integrations.stripe.models_payments import Refund
from integrations.stripe.money import Money
from integrations.stripe.parts import part_of

REASONS = ("duplicate", "fraudulent", "requested_by_customer")


class Refunds:
    """Reached as ``stripe.refunds``.

    Source: https://docs.stripe.com/api/refunds
    """

    def __init__(self, calls: Calls) -> None:
        """Call through ``calls``."""
        self._calls = calls
        self._api = calls.v1.refunds

    def create(
        self,
        payment_intent_id: str,
        *,
        amount: Money | None = None,
        reason: str | None = None,
        metadata: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> Refund:
        """Give a payment back, or a part of it. Stripe keeps its fee.

        Args:
            payment_intent_id: which payment.
            amount: in the payment's currency, which is asked for first; all that is left when None.
            reason: ``duplicate``, ``fraudulent`` or ``requested_by_customer``.
            metadata: what you want to find again.
            idempotency_key: names this intent, for 24 hours at least; made when None.

        Raises:
            InvalidRequestError: it was refunded already, or less is left than ``amount``; or
                another currency.
            NotSentError: in debug mode with an amount, since its currency has to be asked for.
        """
        found = check.object_id("payment_intent_id", payment_intent_id)
        key = check.optional_key(idempotency_key)
        params: dict[str, Any] = {"payment_intent": found, **check.labels(metadata)}
        if reason is not None:
            params["reason"] = check.one("reason", reason, REASONS)
        if amount is not None:
            params["amount"] = check.money("amount", amount).amount
            paid = part_of(self._calls, found, amount).amount_received
            # What is left is Stripe's to say: the repeat of a refund under its key is none.
            if amount.amount > paid.amount:
                check.refuse("amount", f"{amount} is more than was paid, {paid}")
        return self._calls.write(
            "refunds.create",
            self._api.create,
            parse=Refund.from_raw,
            key=key,
            params=params,
        )

    def list(
        self, *, payment_intent_id: str | None = None, limit: int | None = None
    ) -> Iterator[Refund]:
        """Walk over the refunds, newest first."""
        found = check.optional_id("payment_intent_id", payment_intent_id)
        return self._calls.pages(
            self._api.list,
            parse=Refund.from_raw,
            limit=check.limit(limit),
            **check.given(payment_intent=found),
        )
