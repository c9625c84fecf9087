"""What a newcomer has to know of Acme."""

from integrations.core.registry import About

ABOUT = About(
    sandbox=(
        "Acme has no test keys. Sandbox mode reaches the addresses in "
        "`ACME_SANDBOX_RECIPIENTS` only."
    ),
    begin_with=("ACME_API_KEY",),
    first_call="""\
print(client.get_account())
""",
    webhooks=(
        (
            "Enter your endpoint under Settings → Webhooks, and copy the secret into "
            "`ACME_WEBHOOK_SECRET`."
        ),
        "Send the test event from there; the answer is 200.",
    ),
    going_live=(
        "`ACME_MODE=live` is set on this machine, and on no other.",
    ),
    rotation="Make a second key, deploy it, delete the first.",
    signature="Standard Webhooks: HMAC-SHA256 over id, time and body, in base64.",
    repeats="An idempotency key; a repeat gets the first answer again.",
    pace="Not documented.",
    test_data="None.",
    cost="By note. A month: `notes * price`, by your price list.",
    fake_has="Notes, idempotency keys, signed webhooks.",
    fake_lacks="Whether a note is read.",
)
