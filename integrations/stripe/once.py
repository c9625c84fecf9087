"""One effect for each reference, for longer than Stripe keeps an idempotency key.

A key is kept for 24 hours at least, and may be forgotten from then on; until then it replays the
first answer, however old. So what a reference has led to is looked up first, in Stripe's lists:
unlike its search they are never behind. The key is for two calls at the same moment. A reference
belongs to one customer, or one payment: "2026-01" may be every user's.

Source: https://docs.stripe.com/api/idempotent_requests (read 2026-11)
"""

from hashlib import sha256

from integrations.core.errors import DuplicateRequestError
from integrations.stripe.arguments import MAX_KEY
from integrations.stripe.client import StripeClient
from integrations.stripe.models import CheckoutSession
from integrations.stripe.models_payments import PaymentIntent, Refund
from integrations.stripe.money import Money

REFERENCE = "reference"
"""The key of a payment's and a refund's metadata that holds your own reference."""
MAX_REFERENCE = 200

# Taken, or about to be; the others have taken nothing.
_CHARGED = ("succeeded", "processing", "requires_capture", "requires_action")
_UNDONE = ("failed", "canceled")


def page_of(
    client: StripeClient, customer_id: str, mode: str, reference: str
) -> tuple[CheckoutSession | None, str]:
    """Return the completed page of ``reference``, or none and the key to open one with.

    An open page is not returned: under its key Stripe replays it, and refuses other lines. After
    one that has expired the key is a new one, or Stripe would replay the dead page.
    """
    for page in client.checkout.list(customer_id=customer_id):
        if (page.mode, page.client_reference_id) == (mode, reference):
            if page.status == "complete":
                return page, ""
            if page.status == "expired":
                return None, key_of(customer_id, reference, f"after-{page.id}")
    return None, key_of(customer_id, reference)


def payment_of(
    client: StripeClient, customer_id: str, reference: str, amount: Money
) -> PaymentIntent | None:
    """Return the customer's payment of ``reference`` that went through, or is about to.

    Raises:
        DuplicateRequestError: it is about another amount.
    """
    for payment in client.payment_intents.list(customer_id=customer_id):
        if payment.metadata.get(REFERENCE) == reference and payment.status in _CHARGED:
            _compare(reference, payment.amount, amount)
            return payment
    return None


def refund_of(
    client: StripeClient, payment_intent_id: str, reference: str, amount: Money | None
) -> tuple[Refund | None, str]:
    """Return the payment's refund of ``reference``, or none and the key to make one with.

    Raises:
        DuplicateRequestError: it is about another amount.
    """
    for refund in client.refunds.list(payment_intent_id=payment_intent_id):
        if refund.metadata.get(REFERENCE) == reference:
            if refund.status in _UNDONE:
                return None, key_of(payment_intent_id, reference, f"after-{refund.id}")
            _compare(reference, refund.amount, amount)
            return refund, ""
    return None, key_of(payment_intent_id, reference)


def key_of(owner_id: str, reference: str, *more: str) -> str:
    """Return the idempotency key of a reference: the same for everybody who asks."""
    key = ":".join([owner_id, reference, *more])
    return key if len(key) <= MAX_KEY else sha256(key.encode()).hexdigest()


def _compare(reference: str, known: Money, asked: Money | None) -> None:
    if asked not in (None, known):
        raise DuplicateRequestError(
            f"reference: {reference!r} names {known} already, not {asked}. Nothing was sent.",
            provider="stripe",
            argument="reference",
            hint="Give what is another payment or refund a reference of its own.",
        )
