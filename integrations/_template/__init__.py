"""Acme: notes that reach people."""

from integrations.core.base_url import base_url_problem
from integrations.core.config import REAL, Setting
from integrations.core.registry import Feature, Integration

_KEY_WHERE = "Acme → Settings → API keys."


def _key_problem(value: str) -> str | None:
    if value.startswith(("sk_live_", "rk_live_", "whsec_")):
        return f"holds another service's key, or a webhook secret. Get one at {_KEY_WHERE}"
    if not value.isascii() or not value.isprintable() or " " in value or len(value) < 8:
        return f"is no API key: one word of ASCII letters and digits. Get one at {_KEY_WHERE}"
    return None


def _seconds_problem(value: str) -> str | None:
    try:
        return None if 0 < float(value) <= 300 else "must be between 0 and 300 seconds"
    except ValueError:
        return "must be a number of seconds, such as 10"


def _secrets_problem(value: str) -> str | None:
    fine = all(secret.strip().startswith("whsec_") for secret in value.split(","))
    return None if fine else "must start with whsec_; several are separated by commas (rotation)"


INTEGRATION = Integration(
    name="acme",
    title="Acme",
    summary="Notes that reach people.",
    docs="https://docs.acme.example/api",
    extra="acme",
    credentials="Sign up at https://acme.example, then Settings → API keys.",
    settings=(
        Setting(
            "ACME_API_KEY",
            "The API key.",
            _KEY_WHERE,
            required=REAL,
            mock="acmemockkey0001",
            secret=True,
            check=_key_problem,
        ),
        Setting(
            "ACME_WEBHOOK_SECRET",
            "Secrets that sign the webhooks; separate several with commas while rotating.",
            "Acme → Settings → Webhooks.",
            mock="whsec_YWNtZS1kZW1vLXNpZ25pbmctc2VjcmV0LTAwMDE=",
            secret=True,
            check=_secrets_problem,
        ),
        Setting(
            "ACME_BASE_URL",
            "Where the API is.",
            "Leave it unset, unless you run a stand-in.",
            default="https://api.acme.example/v1",
            check=base_url_problem,
        ),
        Setting(
            "ACME_TIMEOUT",
            "Seconds to wait for the connection, and for each reply.",
            default="10",
            check=_seconds_problem,
        ),
        Setting(
            "ACME_SANDBOX_RECIPIENTS",
            "Addresses and @domains that sandbox mode may reach, separated by commas.",
            default="@example.com",
        ),
    ),
    features=(
        Feature("Notes", "AcmeClient.create_note"),
        Feature("Webhooks", "webhook_pipeline", "hear what happened later"),
    ),
    client="integrations.acme.client:AcmeClient",
    fake="integrations.acme.fake:FakeAcme",
    events="integrations.acme.events:EVENTS",
    typed="integrations.acme.events:parse_event",
    errors="integrations.acme.calls:ERRORS",
    shortcuts="integrations.acme.shortcuts",
    about="integrations.acme.about:ABOUT",
    drills="integrations.acme.drills",
    probe="get_account",
    notebooks=("acme",),
    endpoint="ACME_BASE_URL",
)

__all__ = ["INTEGRATION"]
