"""Payments, cards kept for later, and refunds, as the client returns them."""

from dataclasses import dataclass, field

from integrations.stripe.models import Raw, StripeObject, money, reference
from integrations.stripe.money import Money


@dataclass(frozen=True, kw_only=True)
class PaymentIntent(StripeObject):
    """A payment on its way.

    Attributes:
        status: ``requires_payment_method``, ``requires_confirmation``, ``requires_action``,
            ``processing``, ``requires_capture``, ``succeeded`` or ``canceled``.
        amount: what is asked.
        amount_received: what has been taken.
        client_secret: for Stripe.js in the buyer's browser.
        decline_code: of the last failed try; for your records, never for the buyer.
    """

    status: str
    amount: Money
    amount_received: Money
    customer: str | None
    payment_method: str | None
    latest_charge: str | None
    client_secret: str | None = field(repr=False)
    decline_code: str | None = field(repr=False)

    @property
    def needs_action(self) -> bool:
        """Whether the buyer must do something first, such as 3D Secure."""
        return self.status == "requires_action"

    @classmethod
    def from_raw(cls, raw: Raw) -> "PaymentIntent":
        """Read a payment intent as the API and the webhooks write it."""
        return cls(
            id=raw.get("id", ""),
            status=raw.get("status", ""),
            amount=money(raw, "amount"),
            amount_received=money(raw, "amount_received"),
            customer=reference(raw.get("customer")),
            payment_method=reference(raw.get("payment_method")),
            latest_charge=reference(raw.get("latest_charge")),
            client_secret=raw.get("client_secret"),
            decline_code=(raw.get("last_payment_error") or {}).get("decline_code"),
            raw=raw,
        )


@dataclass(frozen=True, kw_only=True)
class SetupIntent(StripeObject):
    """A card on its way to being kept for later payments."""

    status: str
    customer: str | None
    payment_method: str | None
    usage: str
    client_secret: str | None = field(repr=False)

    @classmethod
    def from_raw(cls, raw: Raw) -> "SetupIntent":
        """Read a setup intent."""
        return cls(
            id=raw.get("id", ""),
            status=raw.get("status", ""),
            customer=reference(raw.get("customer")),
            payment_method=reference(raw.get("payment_method")),
            usage=raw.get("usage", ""),
            client_secret=raw.get("client_secret"),
            raw=raw,
        )


@dataclass(frozen=True, kw_only=True)
class Refund(StripeObject):
    """Money going back. ``status`` may still become ``failed``: listen for ``refund.failed``."""

    status: str | None
    amount: Money
    payment_intent: str | None
    charge: str | None
    reason: str | None

    @classmethod
    def from_raw(cls, raw: Raw) -> "Refund":
        """Read a refund as the API and the webhooks write it."""
        return cls(
            id=raw.get("id", ""),
            status=raw.get("status"),
            amount=money(raw, "amount"),
            payment_intent=reference(raw.get("payment_intent")),
            charge=reference(raw.get("charge")),
            reason=raw.get("reason"),
            raw=raw,
        )


@dataclass(frozen=True, kw_only=True)
class PaymentMethod(StripeObject):
    """What somebody pays with; of a card, only what may be shown."""

    type: str
    customer: str | None
    brand: str | None
    last4: str | None
    exp_month: int | None
    exp_year: int | None

    @classmethod
    def from_raw(cls, raw: Raw) -> "PaymentMethod":
        """Read a payment method."""
        card = raw.get("card") or {}
        return cls(
            id=raw.get("id", ""),
            type=raw.get("type", ""),
            customer=reference(raw.get("customer")),
            brand=card.get("brand"),
            last4=card.get("last4"),
            exp_month=card.get("exp_month"),
            exp_year=card.get("exp_year"),
            raw=raw,
        )
