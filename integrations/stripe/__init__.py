"""Stripe: payments, subscriptions and their webhooks."""

from integrations.core.base_url import base_url_problem
from integrations.core.config import REAL, Setting
from integrations.core.registry import Feature, Integration

_KEY_WHERE = "Get one at Stripe → Developers → API keys; a restricted key (rk_) is better."
_KINDS = {
    "sk_test_": "test key",
    "rk_test_": "restricted test key",
    "sk_live_": "live key",
    "rk_live_": "restricted live key",
}


def key_kind(value: str) -> str:
    """Return what kind of key it is, such as ``restricted test key``."""
    return _KINDS.get(value[:8], "key")


def _key_problem(value: str) -> str | None:
    if value.startswith(("pk_test_", "pk_live_")):
        return "holds the publishable key, which is for the browser. " + _KEY_WHERE
    if value.startswith("whsec_"):
        return "holds a webhook secret; that one is STRIPE_WEBHOOK_SECRET. " + _KEY_WHERE
    word = value.isascii() and value.isprintable() and " " not in value
    if value[:8] not in _KINDS or not word or len(value) < 12:
        return "must start with sk_test_, rk_test_, sk_live_ or rk_live_. " + _KEY_WHERE
    return None


def _secrets_problem(value: str) -> str | None:
    for secret in value.split(","):
        text = secret.strip()
        word = text.isascii() and text.isprintable() and " " not in text
        if not text.startswith("whsec_") or not word or len(text) < 14:
            return "must start with whsec_; several are separated by commas (rotation)"
    return None


def _url_problem(value: str) -> str | None:
    return base_url_problem(value, "https://api.stripe.com")


def _seconds_problem(value: str) -> str | None:
    try:
        return None if 0 < float(value) <= 300 else "must be between 0 and 300 seconds"
    except ValueError:
        return "must be a number of seconds, such as 30"


INTEGRATION = Integration(
    name="stripe",
    title="Stripe",
    summary="Payments, subscriptions and their webhooks.",
    docs="https://docs.stripe.com/api",
    extra="stripe",
    credentials="Sign up at https://dashboard.stripe.com, then Developers → API keys.",
    settings=(
        Setting(
            "STRIPE_API_KEY",
            "The secret or restricted key. Sandbox mode takes test keys, live mode live keys.",
            _KEY_WHERE,
            required=REAL,
            mock="sk_test_workbookmockkey0001",
            secret=True,
            check=_key_problem,
            kind=key_kind,
        ),
        Setting(
            "STRIPE_WEBHOOK_SECRET",
            "Secrets that sign the webhooks; separate several with commas while rotating.",
            "Stripe → Developers → Webhooks → the endpoint; `stripe listen` prints its own.",
            mock="whsec_workbookmockstripesecret0001",
            secret=True,
            check=_secrets_problem,
            kind=lambda value: f"{value.count(',') + 1} signing secret(s)",
        ),
        Setting(
            "INTEGRATIONS_ALLOWED_HOSTS",
            "Hosts that links in messages may point to, separated by commas.",
            "Your own site's host, such as app.example.com.",
            mock="app.example.com",
        ),
        Setting(
            "STRIPE_API_BASE",
            "Where the API is.",
            "Leave it unset, unless you run a stand-in.",
            default="https://api.stripe.com",
            check=_url_problem,
        ),
        Setting(
            "STRIPE_TIMEOUT",
            "Seconds to wait for the connection, and for each reply.",
            # Confirming a payment waits for the card's bank; the SDK itself waits 80 seconds.
            default="30",
            check=_seconds_problem,
        ),
        Setting(
            "STRIPE_SANDBOX_RECIPIENTS",
            "Addresses and @domains that sandbox mode may name as customers or send receipts to, "
            "separated by commas.",
            default="@example.com,@test.com",
        ),
    ),
    features=(
        Feature("Customers", "Customers.find_or_create", "keep what you know of somebody"),
        Feature("Checkout", "CheckoutSessions.create", "let the browser do it"),
        Feature("Customer portal", "PortalSessions.create"),
        Feature("Payments and declines", "PaymentIntents.create"),
        Feature("Refunds", "Refunds.create"),
        Feature("Subscriptions", "Subscriptions.change_plan"),
        Feature("Invoices", "Invoices.preview"),
        Feature("Test clocks", "Clocks.advance"),
        Feature("Webhooks", "webhook_pipeline", "hear what happened later"),
    ),
    client="integrations.stripe.client:StripeClient",
    fake="integrations.stripe.fake:FakeStripe",
    events="integrations.stripe.events:EVENTS",
    typed="integrations.stripe.thin:typed_event",
    errors="integrations.stripe.errors:ERRORS",
    shortcuts="integrations.stripe.shortcuts",
    about="integrations.stripe.about:ABOUT",
    drills="integrations.stripe.drills",
    probe="test_api_key",
    notebooks=("stripe_payments", "stripe_subscriptions", "stripe_webhooks"),
    endpoint="STRIPE_API_BASE",
)

__all__ = ["INTEGRATION", "key_kind"]
