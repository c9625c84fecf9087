"""A part of a payment, checked against the payment: Stripe takes a number, and no currency."""

from integrations.stripe import arguments as check
from integrations.stripe.calls import Calls
from integrations.stripe.models_payments import PaymentIntent
from integrations.stripe.money import Money


def part_of(calls: Calls, payment_intent_id: str, amount: Money) -> PaymentIntent:
    """Return the payment, once ``amount`` is known to be in its currency. One GET.

    Capture and refund send bare minor units, so 500 meant as yen would move 5.00 EUR.

    Raises:
        InvalidRequestError: it is in another currency; nothing was moved.
        NotFoundError: there is no such payment.
        NotSentError: in debug mode, since only Stripe knows the currency.
    """
    payment = calls.read(
        calls.v1.payment_intents.retrieve, payment_intent_id, parse=PaymentIntent.from_raw
    )
    currency = payment.amount.currency
    if amount.currency != currency:
        why = f"{amount} is not in the payment's currency; give it in {currency.upper()}"
        check.refuse("amount", why)
    return payment
