"""Subscriptions, invoices and test clocks, as the client returns them."""

from dataclasses import dataclass, field

from integrations.stripe.models import Raw, StripeObject, money, reference
from integrations.stripe.money import Money


@dataclass(frozen=True)
class SubscriptionItem:
    """One price of a subscription. The period is the item's: items may renew on different days."""

    id: str
    price: str
    product: str | None
    unit_amount: Money
    interval: str | None
    quantity: int
    current_period_start: int
    current_period_end: int

    @classmethod
    def from_raw(cls, raw: Raw) -> "SubscriptionItem":
        """Read one item."""
        price = raw["price"]
        return cls(
            id=raw["id"],
            price=price["id"],
            product=reference(price.get("product")),
            unit_amount=money(price, "unit_amount"),
            interval=(price.get("recurring") or {}).get("interval"),
            quantity=raw.get("quantity", 1),
            current_period_start=raw["current_period_start"],
            current_period_end=raw["current_period_end"],
        )


@dataclass(frozen=True, kw_only=True)
class Subscription(StripeObject):
    """A customer's subscription.

    Attributes:
        status: ``incomplete``, ``incomplete_expired``, ``trialing``, ``active``, ``past_due``,
            ``unpaid``, ``canceled`` or ``paused``.
        current_period_end: until when all of it is paid for: the earliest end among the items, as
            ``cancel_at_period_end`` means it; Unix time, None without items. The others' ends are
            in ``items`` (https://docs.stripe.com/billing/subscriptions/mixed-interval).
        paused_collection: invoices are not collected; the status does not tell.
    """

    status: str
    customer: str | None
    items: tuple[SubscriptionItem, ...] = field(repr=False)
    current_period_end: int | None
    cancel_at_period_end: bool
    cancel_at: int | None
    canceled_at: int | None
    trial_end: int | None
    latest_invoice: str | None
    paused_collection: bool

    @property
    def price(self) -> str | None:
        """The first item's price."""
        return self.items[0].price if self.items else None

    @property
    def quantity(self) -> int:
        """The first item's quantity."""
        return self.items[0].quantity if self.items else 0

    @property
    def gives_access(self) -> bool:
        """Whether the customer may use what was bought, also while Stripe retries."""
        return self.status in ("trialing", "active", "past_due")

    @classmethod
    def from_raw(cls, raw: Raw) -> "Subscription":
        """Read a subscription as the API and the webhooks write it."""
        items = tuple(map(SubscriptionItem.from_raw, (raw.get("items") or {}).get("data", ())))
        return cls(
            id=raw.get("id", ""),
            status=raw.get("status", ""),
            customer=reference(raw.get("customer")),
            items=items,
            current_period_end=min((each.current_period_end for each in items), default=None),
            cancel_at_period_end=raw.get("cancel_at_period_end", False),
            cancel_at=raw.get("cancel_at"),
            canceled_at=raw.get("canceled_at"),
            trial_end=raw.get("trial_end"),
            latest_invoice=reference(raw.get("latest_invoice")),
            paused_collection=raw.get("pause_collection") is not None,
            raw=raw,
        )


@dataclass(frozen=True)
class InvoiceLine:
    """One line of an invoice; a credit is negative."""

    description: str | None
    amount: Money
    quantity: int | None


@dataclass(frozen=True, kw_only=True)
class Invoice(StripeObject):
    """What a customer is asked to pay. A preview has no number, and its id is not kept.

    Attributes:
        status: ``draft``, ``open``, ``paid``, ``uncollectible`` or ``void``.
        subscription: read from ``parent.subscription_details``.
        hosted_invoice_url: where the customer can pay it; theirs alone.
    """

    status: str | None
    customer: str | None
    subscription: str | None
    total: Money
    amount_due: Money
    amount_paid: Money
    amount_remaining: Money
    lines: tuple[InvoiceLine, ...] = field(repr=False)
    attempt_count: int
    next_payment_attempt: int | None
    period_end: int | None
    hosted_invoice_url: str | None = field(repr=False)

    @classmethod
    def from_raw(cls, raw: Raw) -> "Invoice":
        """Read an invoice as the API and the webhooks write it."""
        parent = (raw.get("parent") or {}).get("subscription_details") or {}
        return cls(
            id=raw.get("id", ""),
            status=raw.get("status"),
            customer=reference(raw.get("customer")),
            subscription=reference(parent.get("subscription")),
            total=money(raw, "total"),
            amount_due=money(raw, "amount_due"),
            amount_paid=money(raw, "amount_paid"),
            amount_remaining=money(raw, "amount_remaining"),
            lines=tuple(
                InvoiceLine(each.get("description"), money(each, "amount"), each.get("quantity"))
                for each in (raw.get("lines") or {}).get("data", ())
            ),
            attempt_count=raw.get("attempt_count", 0),
            next_payment_attempt=raw.get("next_payment_attempt"),
            period_end=raw.get("period_end"),
            hosted_invoice_url=raw.get("hosted_invoice_url"),
            raw=raw,
        )


@dataclass(frozen=True, kw_only=True)
class Clock(StripeObject):
    """A test clock: the time of the customers that were made on it. Test mode only.

    Attributes:
        status: ``ready``, ``advancing`` or ``internal_failure``.
        frozen_time: Unix time at which it stands.
    """

    status: str
    frozen_time: int
    name: str | None

    @classmethod
    def from_raw(cls, raw: Raw) -> "Clock":
        """Read a test clock."""
        return cls(
            id=raw.get("id", ""),
            status=raw.get("status", ""),
            frozen_time=raw.get("frozen_time", 0),
            name=raw.get("name"),
            raw=raw,
        )
