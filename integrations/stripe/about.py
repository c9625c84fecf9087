"""What a newcomer has to know of Stripe (its documentation and stripe-python 16.1, 2026-11)."""

from integrations.core.registry import About

ABOUT = About(
    sandbox=(
        "Test keys (`sk_test_`, `rk_test_`) work at once, without a bank account. "
        "Sandbox mode refuses live keys, and buyers who are not in "
        "`STRIPE_SANDBOX_RECIPIENTS`."
    ),
    begin_with=("STRIPE_API_KEY",),
    first_call="""\
print(client.test_api_key())
customer = client.customers.create(email="alex@example.com")
print(customer.id)
""",
    webhooks=(
        (
            "On your machine: `stripe listen --latest --forward-to "
            "localhost:8000/webhooks/stripe/`. It prints a secret of its own for "
            "`STRIPE_WEBHOOK_SECRET`."
        ),
        (
            "Deployed: add an endpoint under Developers → Webhooks, with the API "
            "version of the SDK, for the events of {doc}`reference/events`. Its secret "
            "is another one."
        ),
        ("`stripe trigger checkout.session.completed` sends a first event; the answer is 200."),
    ),
    going_live=(
        "The account is activated, and pays out to a bank account.",
        "Products and prices exist in live mode: objects of test mode do not.",
        ("The live key is a restricted one, with the rights that this application needs."),
        ("The live endpoint has its own secret, and is subscribed to `invoice_payment.paid`."),
        "Events and records are kept in your database, not in memory.",
        "One real purchase of the smallest amount was made, and refunded.",
        "`STRIPE_MODE=live` is set on this machine, and on no other.",
    ),
    rotation=(
        "Make a second key, deploy it, watch the last use of the first, delete it. A "
        "webhook secret can be rolled with both valid for up to 24 hours: put both into "
        "the setting."
    ),
    signature=(
        "`Stripe-Signature`: HMAC-SHA256 over time and body, in hex; five minutes old at most."
    ),
    repeats=(
        "An idempotency key on every change, kept for at least 24 hours. A repeat gets "
        "the first answer again, an error included."
    ),
    pace="About 100 requests a second live, 25 in test mode.",
    test_data=(
        "For tests there are cards by name, such as `pm_card_visa` and "
        "`pm_card_chargeDeclined`, and test clocks, which let months pass."
    ),
    cost=(
        "By payment. The documentation that was read (2026-11) has no rates: take yours from "
        "Stripe's price list, by country and card. A month: `payments * (average amount * "
        "percentage + fixed fee)`, plus disputes and, on top, products such as Billing or Tax "
        "that you switch on. Test mode and calls of the API are not payments."
    ),
    fake_has=(
        "Customers, Checkout with a buyer, payments, declines, 3D Secure, refunds, "
        "disputes, subscriptions on test clocks, idempotency keys, signed events, both "
        "snapshot and thin."
    ),
    fake_lacks="What your account may do, how banks decide, taxes, and when money arrives.",
)
