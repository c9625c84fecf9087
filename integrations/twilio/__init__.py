"""Twilio: text messages, WhatsApp, and phone verification."""

import re
from collections.abc import Callable

from integrations.core.base_url import base_url_problem
from integrations.core.config import REAL, Setting
from integrations.core.registry import Feature, Integration

_CONSOLE = "Twilio Console → Account Dashboard → Account Info."
_KEYS = "Twilio Console → Account → API keys & tokens."


def _sid_problem(prefix: str, where: str) -> Callable[[str], str | None]:
    shape = re.compile(rf"{prefix}[0-9a-f]{{32}}")

    def problem(value: str) -> str | None:
        if shape.fullmatch(value):
            return None
        return f"must be {prefix} and 32 hexadecimal digits. {where}"

    return problem


def _token_problem(value: str) -> str | None:
    if re.fullmatch(r"[0-9a-f]{32}", value):
        return None
    return f"must be 32 hexadecimal digits. {_CONSOLE}"


def _word_problem(value: str) -> str | None:
    fine = value.isascii() and value.isalnum() and 16 <= len(value) <= 64
    return None if fine else f"must be one word of ASCII letters and digits. {_KEYS}"


def _number_problem(value: str) -> str | None:
    # A number, a short code, or an alphanumeric sender of at most 11 characters.
    if re.fullmatch(r"\+[1-9][0-9]{6,14}|[0-9]{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 +_&-]{1,11}", value):
        return None
    return "must be a number in E.164, such as +15017122661, a short code, or a sender's name"


def _whatsapp_problem(value: str) -> str | None:
    if re.fullmatch(r"(whatsapp:)?\+[1-9][0-9]{6,14}", value):
        return None
    return "must be a number in E.164, such as +14155238886 (the shared WhatsApp sandbox)"


def _site_problem(value: str) -> str | None:
    # A path here would be signed for twice: callbacks bring their own.
    if re.fullmatch(r"https?://[^/?#@\s:]+(:[0-9]+)?/?", value):
        return base_url_problem(value)
    return "must be your site alone, such as https://app.example.com: no path and no query"


def _shared_keys_problem(value: str) -> str | None:
    fine = all(re.fullmatch(r"[\w.-]+:[!-+\--~]{16,}", each.strip()) for each in value.split(","))
    return None if fine else "must be id:secret; several are separated by commas"


def _seconds_problem(value: str) -> str | None:
    try:
        return None if 0 < float(value) <= 300 else "must be between 0 and 300 seconds"
    except ValueError:
        return "must be a number of seconds, such as 10"


INTEGRATION = Integration(
    name="twilio",
    title="Twilio",
    summary="Text messages, WhatsApp, and phone verification.",
    docs="https://www.twilio.com/docs/messaging/api",
    extra="twilio",
    credentials="Sign up at https://www.twilio.com/try-twilio, then Console → Account Info.",
    settings=(
        Setting(
            "TWILIO_ACCOUNT_SID",
            "The account. Test credentials have an account SID of their own.",
            _CONSOLE,
            required=REAL,
            mock="AC00000000000000000000000000000001",
            check=_sid_problem("AC", _CONSOLE),
        ),
        Setting(
            "TWILIO_AUTH_TOKEN",
            "Signs the callbacks, and lets calls in unless an API key is set.",
            _CONSOLE,
            mock="00000000000000000000000000000002",
            secret=True,
            check=_token_problem,
            kind=lambda _: "auth token (Twilio does not mark test or live)",
        ),
        Setting(
            "TWILIO_SECONDARY_AUTH_TOKEN",
            "A second token whose signatures are accepted while you rotate.",
            _KEYS,
            secret=True,
            check=_token_problem,
        ),
        Setting(
            "TWILIO_API_KEY",
            "An API key (SK…) for the calls, in place of the auth token.",
            _KEYS,
            secret=True,
            check=_sid_problem("SK", _KEYS),
        ),
        Setting(
            "TWILIO_API_KEY_SECRET",
            "The secret of the API key. It does not verify callbacks.",
            _KEYS,
            secret=True,
            check=_word_problem,
        ),
        Setting(
            "TWILIO_FROM",
            "The number that messages come from, unless a Messaging Service is set.",
            "Twilio Console → Phone Numbers → Active numbers.",
            mock="+15017122661",
            check=_number_problem,
        ),
        Setting(
            "TWILIO_MESSAGING_SERVICE_SID",
            "The Messaging Service that picks the sender; scheduling needs one.",
            "Twilio Console → Messaging → Services.",
            mock="MG00000000000000000000000000000003",
            check=_sid_problem("MG", "Twilio Console → Messaging → Services."),
        ),
        Setting(
            "TWILIO_WHATSAPP_FROM",
            "The number that WhatsApp messages come from.",
            "Twilio Console → Messaging → Senders → WhatsApp senders.",
            mock="+14155238886",
            check=_whatsapp_problem,
        ),
        Setting(
            "TWILIO_VERIFY_SERVICE_SID",
            "The Verify service that sends and checks codes.",
            "Twilio Console → Verify → Services.",
            mock="VA00000000000000000000000000000004",
            check=_sid_problem("VA", "Twilio Console → Verify → Services."),
        ),
        Setting(
            "TWILIO_PUBLIC_BASE_URL",
            "Your site as Twilio sees it, without a path: callback signatures cover the full URL.",
            "Your own site, such as https://app.example.com.",
            mock="https://app.example.com",
            check=_site_problem,
        ),
        Setting(
            "TWILIO_SHARED_KEY",
            "Shared keys that sign callbacks (beta), as id:secret, separated by commas.",
            "Twilio Console → Webhooks → Shared keys.",
            secret=True,
            check=_shared_keys_problem,
            kind=lambda value: f"{value.count(',') + 1} shared key(s)",
        ),
        Setting(
            "TWILIO_API_BASE",
            "A stand-in for api, verify and lookups.twilio.com, all under one address.",
            "Leave it unset, unless you run a stand-in.",
            check=base_url_problem,
        ),
        Setting(
            "TWILIO_TIMEOUT",
            "Seconds to wait for the connection, and for each reply.",
            default="10",
            check=_seconds_problem,
        ),
        Setting(
            "TWILIO_DEFAULT_COUNTRY",
            "Default country of numbers written without +, as two letters such as US.",
            "Leave it unset to take only numbers with +.",
            check=lambda v: None if re.fullmatch(r"[A-Z]{2}", v) else "must be two capital letters",
        ),
        Setting(
            "TWILIO_SANDBOX_RECIPIENTS",
            "Numbers and addresses that sandbox mode may reach, separated by commas. "
            "The default is the number that test credentials accept.",
            default="+15005550006",
        ),
    ),
    features=(
        Feature("SMS and MMS", "TwilioClient.send_message", "reach a person"),
        Feature("WhatsApp", "TwilioClient.send_whatsapp_message"),
        Feature("Scheduled messages", "TwilioClient.schedule_message"),
        Feature("Bulk send", "send_many", "many at once, each once"),
        Feature("Message status", "TwilioClient.get_message"),
        Feature("Segments", "count_segments"),
        Feature("Lookup", "TwilioClient.lookup_phone_number"),
        Feature("Verify", "TwilioClient.start_verification", "prove who somebody is"),
        Feature("Callbacks", "webhook_pipeline", "hear what happened later"),
    ),
    client="integrations.twilio.client:TwilioClient",
    fake="integrations.twilio.fake:FakeTwilio",
    events="integrations.twilio.events:EVENTS",
    typed="integrations.twilio.events:parse_event",
    reply="integrations.twilio.inbound:twiml",
    reply_type="text/xml",
    errors="integrations.twilio.errors:ERRORS",
    shortcuts="integrations.twilio.shortcuts",
    about="integrations.twilio.about:ABOUT",
    drills="integrations.twilio.drills",
    probe="fetch_account",
    together="integrations.twilio.settings:problems_together",
    notebooks=("twilio_messaging", "twilio_verification"),
    endpoint="TWILIO_API_BASE",
)

__all__ = ["INTEGRATION"]
