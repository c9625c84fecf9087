"""The webhook events that the default handlers understand.

The pipeline takes every event of Stripe's; these are the ones that the records are kept from. No
event names an order: the pipeline's guard compares whole seconds, and would drop a late
``customer.subscription.created`` for good, together with whatever should happen on it. The records
merge instead, in any order (:mod:`integrations.stripe.facts`).

Source: https://docs.stripe.com/api/events/types and the types of stripe-python 16.1, read 2026-11.
"""

from functools import cache
from typing import ClassVar, get_args


class StripeEvent:
    """What an event means. ``carries`` is the ``object`` name of its ``data.object``."""

    carries: ClassVar[str] = ""


class CheckoutEvent(StripeEvent):
    """Something happened to a Checkout session."""

    carries = "checkout.session"


class CheckoutCompleted(CheckoutEvent):
    """A buyer finished Checkout. It is paid only if ``payment_status`` says so."""


class CheckoutAsyncPaymentSucceeded(CheckoutEvent):
    """A delayed payment, such as a bank debit, arrived after Checkout was completed."""


class CheckoutAsyncPaymentFailed(CheckoutEvent):
    """A delayed payment failed after Checkout was completed."""


class CheckoutExpired(CheckoutEvent):
    """A Checkout session ended without its buyer."""


class SubscriptionEvent(StripeEvent):
    """Something happened to a subscription."""

    carries = "subscription"


class SubscriptionCreated(SubscriptionEvent):
    """A subscription began. It may still be ``incomplete``, and this may arrive after others."""


class SubscriptionUpdated(SubscriptionEvent):
    """A subscription changed: its status, plan, quantity, period, or planned end."""


class SubscriptionDeleted(SubscriptionEvent):
    """A subscription ended; nothing brings it back."""


class SubscriptionPaused(SubscriptionEvent):
    """A trial ended without a payment method, and the subscription waits for one."""


class SubscriptionResumed(SubscriptionEvent):
    """A paused subscription goes on."""


class SubscriptionTrialWillEnd(SubscriptionEvent):
    """A trial ends in three days, or ended at once."""


class InvoiceEvent(StripeEvent):
    """Something happened to an invoice."""

    carries = "invoice"


class InvoicePaid(InvoiceEvent):
    """An invoice is settled: by a payment, outside Stripe, or because nothing was due."""


class InvoicePaymentFailed(InvoiceEvent):
    """A payment of an invoice failed; Stripe may try again."""


class InvoicePaymentActionRequired(InvoiceEvent):
    """The customer has to confirm a payment of an invoice, for example by 3D Secure."""


class InvoiceFinalizationFailed(InvoiceEvent):
    """An invoice could not be finished, often for want of a tax address; nothing is collected."""


class InvoicePaymentPaid(StripeEvent):
    """A payment and the invoice that it pays. Since basil, no other event names both."""

    carries = "invoice_payment"


class PaymentIntentEvent(StripeEvent):
    """Something happened to a payment."""

    carries = "payment_intent"


class PaymentIntentSucceeded(PaymentIntentEvent):
    """The money was taken."""


class PaymentIntentFailed(PaymentIntentEvent):
    """An attempt was declined, or its authentication failed; the buyer may try again."""


class PaymentIntentProcessing(PaymentIntentEvent):
    """A delayed payment is on its way."""


class PaymentIntentCanceled(PaymentIntentEvent):
    """A payment was given up; it will not succeed any more."""


class ChargeRefunded(StripeEvent):
    """A charge was refunded, in part or in full: ``amount_refunded`` is the sum so far."""

    carries = "charge"


class RefundEvent(StripeEvent):
    """Something happened to a refund."""

    carries = "refund"


class RefundCreated(RefundEvent):
    """A refund was made; some take days to succeed."""


class RefundUpdated(RefundEvent):
    """A refund changed its status, or its bank reference came in."""


class RefundFailed(RefundEvent):
    """A refund came back: the buyer does not have the money, you have it again."""


class DisputeEvent(StripeEvent):
    """Something happened to a dispute."""

    carries = "dispute"


class DisputeCreated(DisputeEvent):
    """The buyer's bank disputes a payment; there is a date until which to answer."""


class DisputeUpdated(DisputeEvent):
    """A dispute changed, for example by evidence."""


class DisputeClosed(DisputeEvent):
    """A dispute ended: ``won``, ``lost`` or ``warning_closed``."""


class CustomerEvent(StripeEvent):
    """Something happened to a customer."""

    carries = "customer"


class CustomerCreated(CustomerEvent):
    """A customer was created."""


class CustomerUpdated(CustomerEvent):
    """A customer's details changed."""


class CustomerDeleted(CustomerEvent):
    """A customer was deleted, and with it every subscription."""


EVENTS: dict[str, type[StripeEvent]] = {
    "checkout.session.completed": CheckoutCompleted,
    "checkout.session.async_payment_succeeded": CheckoutAsyncPaymentSucceeded,
    "checkout.session.async_payment_failed": CheckoutAsyncPaymentFailed,
    "checkout.session.expired": CheckoutExpired,
    "customer.subscription.created": SubscriptionCreated,
    "customer.subscription.updated": SubscriptionUpdated,
    "customer.subscription.deleted": SubscriptionDeleted,
    "customer.subscription.paused": SubscriptionPaused,
    "customer.subscription.resumed": SubscriptionResumed,
    "customer.subscription.trial_will_end": SubscriptionTrialWillEnd,
    "invoice.paid": InvoicePaid,
    "invoice.payment_failed": InvoicePaymentFailed,
    "invoice.payment_action_required": InvoicePaymentActionRequired,
    "invoice.finalization_failed": InvoiceFinalizationFailed,
    "invoice_payment.paid": InvoicePaymentPaid,
    "payment_intent.succeeded": PaymentIntentSucceeded,
    "payment_intent.payment_failed": PaymentIntentFailed,
    "payment_intent.processing": PaymentIntentProcessing,
    "payment_intent.canceled": PaymentIntentCanceled,
    "charge.refunded": ChargeRefunded,
    "refund.created": RefundCreated,
    "refund.updated": RefundUpdated,
    "refund.failed": RefundFailed,
    "charge.dispute.created": DisputeCreated,
    "charge.dispute.updated": DisputeUpdated,
    "charge.dispute.closed": DisputeClosed,
    "customer.created": CustomerCreated,
    "customer.updated": CustomerUpdated,
    "customer.deleted": CustomerDeleted,
}


def thin_events() -> tuple[str, ...]:
    """Return the names of the thin events that stand for those of ``EVENTS``."""
    return tuple(f"v1.{name}" for name in EVENTS if f"v1.{name}" in known_events())


def related_path(thin: str) -> str | None:
    """Return where the objects are that a thin event of :func:`thin_events` is about, else None."""
    kind = EVENTS.get(thin.removeprefix("v1."))
    return f"/v1/{kind.carries.replace('.', '/')}s" if kind and thin.startswith("v1.") else None


@cache
def known_events() -> frozenset[str]:
    """Return the name of every event the installed SDK knows, snapshots and thin ones."""
    import stripe as stripe_sdk

    # The SDK has no public list of its thin events (16.1, 2026-11).
    from stripe.events import _event_classes

    thin = _event_classes._V2_EVENT_NOTIFICATION_CLASS_LOOKUP
    return frozenset([*EVENTS, *get_args(stripe_sdk.Event.__annotations__["type"]), *thin])
