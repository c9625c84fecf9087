"""What the client returns: frozen dataclasses with the fields we teach, plus ``raw``.

Field names are Stripe's own (https://docs.stripe.com/api, version 2026-10-28.endive). Amounts are
:class:`~integrations.stripe.money.Money`; times are Unix seconds. In debug mode nothing is sent,
and what comes back has an empty ``id``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from integrations.core.views import Displayed
from integrations.stripe.money import Money

Raw = Mapping[str, Any]


def reference(value: Any) -> str | None:
    """Return the id behind a field that holds an id, an expanded object, or nothing."""
    return value.get("id") if isinstance(value, Mapping) else value


def money(raw: Raw, name: str) -> Money:
    """Return the amount in field ``name``, in the object's currency."""
    return Money(raw.get(name) or 0, raw.get("currency") or "usd")


@dataclass(frozen=True, kw_only=True)
class StripeObject(Displayed):
    """What all have.

    Attributes:
        id: Stripe's; empty in debug mode.
        raw: the answer, as plain dicts and lists.
    """

    id: str
    raw: Raw = field(default_factory=dict, repr=False, compare=False)

    @property
    def sent(self) -> bool:
        """Whether Stripe made or found it. False in debug mode, where nothing leaves."""
        return bool(self.id)

    @property
    def metadata(self) -> Mapping[str, str]:
        """What you stored along. A buyer cannot write it; still, trust ids and no amounts."""
        found: Mapping[str, str] = self.raw.get("metadata") or {}
        return found


@dataclass(frozen=True)
class ApiKey(Displayed):
    """What is known of a key that works: ``restricted test key``, for example."""

    kind: str
    livemode: bool


@dataclass(frozen=True, kw_only=True)
class Customer(StripeObject):
    """Somebody who pays."""

    email: str | None
    name: str | None
    default_payment_method: str | None
    deleted: bool

    @classmethod
    def from_raw(cls, raw: Raw) -> "Customer":
        """Read a customer as the API and the webhooks write it."""
        settings = raw.get("invoice_settings") or {}
        return cls(
            id=raw.get("id", ""),
            email=raw.get("email"),
            name=raw.get("name"),
            default_payment_method=reference(settings.get("default_payment_method")),
            deleted=raw.get("deleted", False),
            raw=raw,
        )


@dataclass(frozen=True, kw_only=True)
class Product(StripeObject):
    """Something that is sold."""

    name: str
    active: bool

    @classmethod
    def from_raw(cls, raw: Raw) -> "Product":
        """Read a product."""
        return cls(
            id=raw.get("id", ""), name=raw.get("name", ""), active=raw.get("active", False), raw=raw
        )


@dataclass(frozen=True, kw_only=True)
class Price(StripeObject):
    """What a product costs: once, or every ``interval``."""

    product: str | None
    unit_amount: Money
    interval: str | None
    lookup_key: str | None
    active: bool

    @classmethod
    def from_raw(cls, raw: Raw) -> "Price":
        """Read a price."""
        return cls(
            id=raw.get("id", ""),
            product=reference(raw.get("product")),
            unit_amount=money(raw, "unit_amount"),
            interval=(raw.get("recurring") or {}).get("interval"),
            lookup_key=raw.get("lookup_key"),
            active=raw.get("active", False),
            raw=raw,
        )


@dataclass(frozen=True, kw_only=True)
class CheckoutSession(StripeObject):
    """A page on which a buyer pays. Send the buyer to ``url``; it is theirs alone.

    Attributes:
        status: ``open``, ``complete`` or ``expired``.
        payment_status: ``paid``, ``unpaid`` or ``no_payment_required``. Deliver by this one.
        client_secret: for the embedded page, in the buyer's browser.
    """

    url: str | None = field(repr=False)
    mode: str
    status: str | None
    payment_status: str
    customer: str | None
    payment_intent: str | None
    subscription: str | None
    setup_intent: str | None
    amount_total: Money
    client_reference_id: str | None
    client_secret: str | None = field(repr=False)

    @classmethod
    def from_raw(cls, raw: Raw) -> "CheckoutSession":
        """Read a session as the API and the webhooks write it."""
        return cls(
            id=raw.get("id", ""),
            url=raw.get("url"),
            mode=raw.get("mode", ""),
            status=raw.get("status"),
            payment_status=raw.get("payment_status", ""),
            customer=reference(raw.get("customer")),
            payment_intent=reference(raw.get("payment_intent")),
            subscription=reference(raw.get("subscription")),
            setup_intent=reference(raw.get("setup_intent")),
            amount_total=money(raw, "amount_total"),
            client_reference_id=raw.get("client_reference_id"),
            client_secret=raw.get("client_secret"),
            raw=raw,
        )


@dataclass(frozen=True, kw_only=True)
class PortalSession(StripeObject):
    """A page on which a customer manages subscriptions and cards; ``url`` is theirs alone."""

    url: str = field(repr=False)
    customer: str | None

    @classmethod
    def from_raw(cls, raw: Raw) -> "PortalSession":
        """Read a portal session."""
        return cls(
            id=raw.get("id", ""),
            url=raw.get("url", ""),
            customer=reference(raw.get("customer")),
            raw=raw,
        )
