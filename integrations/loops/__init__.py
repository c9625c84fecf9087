"""Loops: transactional email, events and contacts."""

from integrations.core.base_url import base_url_problem
from integrations.core.config import REAL, Setting
from integrations.core.registry import Feature, Integration

_ID_WHERE = "Loops → Transactional → the email → its Transactional ID."


def _key_problem(value: str) -> str | None:
    if value.startswith(("sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_", "AKIA")):
        return "holds another service's key, or a webhook secret. " + _KEY_WHERE
    if not value.isascii() or not value.isprintable() or " " in value or len(value) < 8:
        return "is no API key: one word of ASCII letters and digits. " + _KEY_WHERE
    return None


def _url_problem(value: str) -> str | None:
    return base_url_problem(value, "https://app.loops.so/api")


def _secrets_problem(value: str) -> str | None:
    import base64
    import binascii

    for secret in value.split(","):
        try:
            text = secret.strip().removeprefix("whsec_").rstrip("=")
            key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if not secret.strip().startswith("whsec_") or len(key) < 16:
            return "must be whsec_ and base64; several are separated by commas (rotation)"
    return None


def _seconds_problem(value: str) -> str | None:
    try:
        return None if 0 < float(value) <= 300 else "must be between 0 and 300 seconds"
    except ValueError:
        return "must be a number of seconds, such as 10"


def _id_problem(value: str) -> str | None:
    fine = value.isascii() and value.isalnum() and len(value) <= 64
    return None if fine else f"is no transactional ID (letters and digits). {_ID_WHERE}"


_KEY_WHERE = "Get one at Loops → Settings → API."

INTEGRATION = Integration(
    name="loops",
    title="Loops",
    summary="Transactional email, events and contacts.",
    docs="https://loops.so/docs/api-reference",
    extra="loops",
    credentials="Sign up at https://loops.so, then Settings → API → Generate key.",
    settings=(
        Setting(
            "LOOPS_API_KEY",
            "The API key. One per team; Loops has no separate test keys.",
            _KEY_WHERE,
            required=REAL,
            mock="loopsmockkey0001",
            secret=True,
            check=_key_problem,
            kind=lambda _: "key (Loops does not mark test or live)",
        ),
        Setting(
            "LOOPS_SIGNING_SECRET",
            "Secrets that sign the webhooks; separate several with commas while rotating.",
            "Loops → Settings → Webhooks → Signing secret.",
            mock="whsec_d29ya2Jvb2stbG9vcHMtc2lnbmluZy1zZWNyZXQ=",
            secret=True,
            check=_secrets_problem,
            kind=lambda value: f"{value.count(',') + 1} signing secret(s)",
        ),
        Setting(
            "LOOPS_PASSWORD_RESET_ID",
            "Transactional ID of the password reset email.",
            _ID_WHERE,
            mock="clpasswordreset01",
            check=_id_problem,
        ),
        Setting(
            "LOOPS_LOGIN_CODE_ID",
            "Transactional ID of the login code email.",
            _ID_WHERE,
            mock="cllogincode000001",
            check=_id_problem,
        ),
        Setting(
            "LOOPS_TEAM_MEMBERSHIP_ID",
            "Transactional ID of the team invitation email.",
            _ID_WHERE,
            mock="clteammembership1",
            check=_id_problem,
        ),
        Setting(
            "INTEGRATIONS_ALLOWED_HOSTS",
            "Hosts that links in messages may point to, separated by commas.",
            "Your own site's host, such as app.example.com.",
            mock="app.example.com",
        ),
        Setting(
            "LOOPS_BASE_URL",
            "Where the API is.",
            "Leave it unset, unless you run a stand-in.",
            default="https://app.loops.so/api",
            check=_url_problem,
        ),
        Setting(
            "LOOPS_TIMEOUT",
            "Seconds to wait for the connection, and for each reply.",
            default="10",
            check=_seconds_problem,
        ),
        Setting(
            "LOOPS_SANDBOX_RECIPIENTS",
            "Addresses, @domains and user ids that sandbox mode may reach, separated by commas. "
            "Loops accepts and does not deliver mail to @example.com and @test.com.",
            default="@example.com,@test.com",
        ),
    ),
    features=(
        Feature("API key test", "LoopsClient.test_api_key"),
        Feature("Transactional email", "LoopsClient.send_transactional", "reach a person"),
        Feature("Bulk send", "send_many", "many at once, each once"),
        Feature("Events", "LoopsClient.send_event"),
        Feature("Contacts", "LoopsClient.update_contact", "keep what you know of somebody"),
        Feature("Suppressions", "LoopsClient.get_suppression"),
        Feature("Webhooks", "webhook_pipeline", "hear what happened later"),
    ),
    client="integrations.loops.client:LoopsClient",
    fake="integrations.loops.fake:FakeLoops",
    events="integrations.loops.events:EVENTS",
    typed="integrations.loops.events:parse_event",
    errors="integrations.loops.transport:ERRORS",
    shortcuts="integrations.loops.shortcuts",
    about="integrations.loops.about:ABOUT",
    drills="integrations.loops.drills",
    probe="test_api_key",
    notebooks=("quickstart", "loops"),
    endpoint="LOOPS_BASE_URL",
)

__all__ = ["INTEGRATION"]
