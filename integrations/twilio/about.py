"""What a newcomer has to know of Twilio (its documentation and SDK 9.13, 2026-11)."""

from integrations.core.registry import About

ABOUT = About(
    sandbox=(
        "Test credentials lie beside the live ones in the Console, with an account SID "
        "of their own. They only create messages, between magic numbers: `doctor "
        "--online` and Verify are refused to them with 20008. "
        "With them set `TWILIO_FROM=+15005550006`. To try a real phone, take "
        "a trial account, and put the phone into `TWILIO_SANDBOX_RECIPIENTS`; sandbox "
        "mode reaches nobody else."
    ),
    begin_with=("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM"),
    first_call="""\
sent = client.send_message("+15005550006", body="Hello")
print(sent.sid, sent.status)
""",
    webhooks=(
        (
            "Set `TWILIO_PUBLIC_BASE_URL` to your site as Twilio sees it: the signature "
            "covers the full URL, and a proxy in between changes it."
        ),
        (
            'Pass `status_callback="/twilio/status"` with a message; for messages that '
            "come in, enter the URL at the number, or at the Messaging Service."
        ),
        (
            "Send yourself a message. The handler of `message.delivered` runs, and the "
            "answer is 200."
        ),
    ),
    going_live=(
        ("The sender is registered where the country asks for it; in the US, A2P 10DLC."),
        ("Geo permissions are open for the countries of your users only, and Fraud Guard is on."),
        "Whoever says STOP is kept in a store that every process shares.",
        "The daily spend has an alarm in the Console.",
        "`TWILIO_MODE=live` is set on this machine, and on no other.",
    ),
    rotation=(
        "Create the secondary auth token, deploy it as `TWILIO_SECONDARY_AUTH_TOKEN`, "
        "promote it, move it to `TWILIO_AUTH_TOKEN`. API keys: make a second, deploy, "
        "delete the first."
    ),
    signature=(
        "`X-Twilio-Signature`: HMAC-SHA1 over the URL and the sorted form, in base64. "
        "It carries no time."
    ),
    repeats=(
        "Nothing: Twilio has no idempotency key. A send is repeated only when it cannot "
        "have happened."
    ),
    pace="By sender; Verify sends five codes in ten minutes to a number.",
    test_data=(
        "For tests there are test credentials and magic numbers: `+15005550006` works, "
        "each of the others has an error of its own."
    ),
    cost=(
        "A text message by segment (2026-11): 160 characters in one, 153 in each of several; 70 "
        "and 67 as soon as one character is outside of GSM-7, such as an emoji. "
        "`count_segments` tells before you send. A basic Lookup is free. Prices were not read: "
        "they are by country. A month: `messages * segments of each * price of the country`, "
        "plus numbers, carrier fees, verifications and Lookup packages, each by your price list."
    ),
    fake_has=(
        "Messages and their lives on drawn phones, WhatsApp's 24 hours, STOP, "
        "schedules, Lookup, Verify with its limits, signed callbacks, test credentials."
    ),
    fake_lacks=(
        "Whether carriers take your traffic, whether a sender is registered, and "
        "whether a phone rings."
    ),
)
