"""What a newcomer has to know of Loops (its documentation and specification 1.22.6, 2026-11)."""

from integrations.core.registry import About

ABOUT = About(
    sandbox=(
        "Loops has no test keys. Make a second team for trying things out, and take its "
        "key. Sandbox mode sends to the addresses in `LOOPS_SANDBOX_RECIPIENTS` and to "
        "nobody else; to reach your own inbox, add it there."
    ),
    begin_with=("LOOPS_API_KEY",),
    first_call="""\
print(client.test_api_key())
for email in client.list_transactional_emails():
    print(email.id, email.name, email.data_variables)
""",
    webhooks=(
        (
            "In Loops under Settings → Webhooks, enter the URL of your endpoint. There "
            "is one for each account."
        ),
        "Copy the signing secret into `LOOPS_SIGNING_SECRET`.",
        (
            "Send the test event from there. Your handler of `testing.testEvent` runs, "
            "and the answer is 200."
        ),
    ),
    going_live=(
        ("The sending domain is verified in Loops; without it every send is refused with 400."),
        ("The emails that your code sends are published, with the data variables that it sends."),
        ("`INTEGRATIONS_ALLOWED_HOSTS` names your site: links to any other host are refused."),
        "No value is longer than 498 characters; a long signed link is.",
        "`LOOPS_MODE=live` is set on this machine, and on no other.",
    ),
    rotation="Make a second key, deploy it, delete the first: several may exist at once.",
    signature=(
        "Standard Webhooks: HMAC-SHA256 over id, time and body, in base64; five minutes "
        "old at most."
    ),
    repeats=(
        "An idempotency key on sends and events, kept for 24 hours. A repeat is "
        "answered 409, which the client takes for a success after its own retry."
    ),
    pace="10 requests a second for a team; 10 webhooks a second.",
    test_data="Mail to `@example.com` and `@test.com` is accepted and not delivered.",
    cost=(
        "The documentation that was read (2026-11) has no prices and no unit: take both from "
        "your plan. What you can count: contacts, which updates and events create, and a "
        "transactional email does not unless `add_to_audience=True`; and emails. A month: "
        "`the plan + (contacts + emails beyond it) * their prices`. Mail to `@example.com` is "
        "never delivered."
    ),
    fake_has=(
        "Contacts, lists, properties, suppressions, emails with their data variables, "
        "idempotency keys, the limit of requests, signed webhooks."
    ),
    fake_lacks="Whether your domain is verified, how mail looks, and whether it arrives.",
)
