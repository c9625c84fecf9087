"""The records that the default handlers keep.

A record shows what its facts add up to (:mod:`integrations.stripe.facts`). One payment is told of
under several names: a Checkout session's, a payment intent's, a charge's, an invoice's. Records
that turn out to share a name become one, so there is one :class:`Payment` a payment.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from integrations.core.views import Displayed
from integrations.stripe.facts import Facts
from integrations.stripe.money import Money
from integrations.stripe.payment_readings import Paid, read_payment
from integrations.stripe.subscription_readings import read_customer, read_subscription

# Which of a payment's names is its id, best first.
_PREFERENCE = ("pi_", "ch_", "py_", "in_", "cs_")


@dataclass(frozen=True)
class Payment(Displayed):
    """One payment, whatever told of it.

    Attributes:
        id: the payment intent; the charge, invoice or Checkout session where there is none.
        status: ``pending``, ``failed``, ``canceled``, ``expired``, ``paid``,
            ``partially_refunded``, ``refunded``, ``disputed`` or ``charged_back``.
        amount: what was paid, or is to be paid; None until an event tells.
        amount_refunded: without refunds that failed; None until an event tells the currency.
        customer: the customer's id.
        subscription: the subscription that it pays.
        invoice: the invoice that it pays.
        reference: your ``client_reference_id`` of the Checkout session, or what you called
            ``charge_saved_card`` with.
        metadata: yours, of the session, the invoice's subscription and the intent.
        fulfilled: whether ``on_fulfil`` has returned.
        paid_by: what proves it paid: ``checkout``, ``invoice``, ``intent``, ``charge``.
        names: every id of Stripe's that means this payment.
        facts: what is known; everything above is computed from it.
    """

    id: str
    status: str
    amount: Money | None = None
    amount_refunded: Money | None = None
    customer: str | None = None
    subscription: str | None = None
    invoice: str | None = None
    reference: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    fulfilled: bool = False
    paid_by: frozenset[Paid] = field(default=frozenset(), repr=False)
    names: frozenset[str] = field(default=frozenset(), repr=False)
    facts: Facts = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, names: Collection[str], facts: Facts) -> "Payment":
        """Return the payment of these facts."""
        known = frozenset(names)
        ordered = sorted(known, key=lambda name: (_place(name), name))
        return cls(id=ordered[0], names=known, facts=facts, **read_payment(known, facts))

    @property
    def purchase(self) -> str:
        """What was bought, by an id that stays the same while others are still heard of.

        A subscription's invoice, else the Checkout session, else the payment itself.
        """
        start = "in_" if self.subscription else "cs_"
        return min((name for name in self.names if name.startswith(start)), default=self.id)


@dataclass(frozen=True)
class Subscription(Displayed):
    """One subscription, in its newest known state.

    Attributes:
        id: ``sub_…``.
        status: Stripe's: ``incomplete``, ``trialing``, ``active``, ``past_due``, ``unpaid``,
            ``paused``, ``canceled``, ``incomplete_expired``; ``unknown`` until an event tells.
        customer: the customer's id.
        items: (price, quantity) of each item.
        current_period_end: until when all of it is paid for: the earliest end among its items, as
            ``cancel_at_period_end`` means it; Unix time.
        cancel_at_period_end: whether it ends by then.
        cancel_at: Unix time at which it is to end.
        trial_end: Unix time at which the trial ends or ended.
        ended_at: Unix time at which it ended.
        collection_paused: whether invoices are not collected; the status does not tell.
        attention: what is wrong with the newest invoice: ``payment_failed``, ``action_required``
            or ``finalization_failed``; empty when nothing is.
        attention_invoice: the invoice it is about.
        reference: your ``client_reference_id`` of the Checkout session it began with.
        metadata: yours.
        names: its id.
        facts: what is known; everything above is computed from it.
    """

    id: str
    status: str = "unknown"
    customer: str | None = None
    items: tuple[tuple[str, int], ...] = ()
    current_period_end: int | None = None
    cancel_at_period_end: bool = False
    cancel_at: int | None = None
    trial_end: int | None = None
    ended_at: int | None = None
    collection_paused: bool = False
    attention: str = ""
    attention_invoice: str | None = None
    reference: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    names: frozenset[str] = field(default=frozenset(), repr=False)
    facts: Facts = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, names: Collection[str], facts: Facts) -> "Subscription":
        """Return the subscription of these facts."""
        kept, shown = read_subscription(facts)
        return cls(id=min(names), names=frozenset(names), facts=kept, **shown)

    @property
    def ended(self) -> bool:
        """Whether nothing brings it back."""
        return self.status in ("canceled", "incomplete_expired")

    @property
    def entitled(self) -> bool:
        """Whether it is active or in its trial; ``past_due`` is yours to decide."""
        return self.status in ("active", "trialing")


@dataclass(frozen=True)
class Customer(Displayed):
    """What has to be remembered of a customer: whether there still is one.

    Attributes:
        id: ``cus_…``.
        email: as Stripe has it; None when unknown or deleted.
        deleted: whether the customer was deleted.
        names: its id.
        facts: what is known.
    """

    id: str
    email: str | None = None
    deleted: bool = False
    names: frozenset[str] = field(default=frozenset(), repr=False)
    facts: Facts = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, names: Collection[str], facts: Facts) -> "Customer":
        """Return the customer of these facts."""
        return cls(id=min(names), names=frozenset(names), facts=facts, **read_customer(facts))


def _place(name: str) -> int:
    starts = (index for index, start in enumerate(_PREFERENCE) if name.startswith(start))
    return next(starts, len(_PREFERENCE))
