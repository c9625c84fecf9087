"""Where requests go, and what sandbox mode refuses."""

from typing import Any

import pytest

from integrations.commands.doctor import examine
from integrations.core.errors import ConfigurationError, GuardError
from integrations.core.workbook import Mock
from integrations.twilio import INTEGRATION
from integrations.twilio.client import TwilioClient
from integrations.twilio.settings import TwilioSettings
from integrations.twilio.tests.conftest import ALEX, KIM, NUMBER

ENV = {
    "TWILIO_ACCOUNT_SID": "AC00000000000000000000000000000001",
    "TWILIO_AUTH_TOKEN": "00000000000000000000000000000002",
    "TWILIO_FROM": NUMBER,
    "TWILIO_WHATSAPP_FROM": "whatsapp:+14155238886",
    "TWILIO_VERIFY_SERVICE_SID": "VA" + "0" * 31 + "4",
    "TWILIO_SANDBOX_RECIPIENTS": f"{ALEX}, alex@example.com",
}


def test_sandbox_mode_reaches_only_those_on_the_list(lab: Mock) -> None:
    client = TwilioClient.from_env(ENV, mode="sandbox", wire=lab.fake, clock=lab.clock)
    assert client.send_message(ALEX, body="Hello").sent
    assert client.send_whatsapp_message(ALEX, body="Hello").sent
    before = len(lab.fake.requests)
    calls: list[Any] = [
        lambda: client.send_message(KIM, body="Hello"),
        lambda: client.send_whatsapp_message(KIM, body="Hello"),
        lambda: client.start_verification(KIM),
        lambda: client.start_verification("kim@example.com", channel="email"),
    ]
    for call in calls:
        with pytest.raises(GuardError, match="TWILIO_SANDBOX_RECIPIENTS"):
            call()
    assert len(lab.fake.requests) == before
    # Questions reach nobody.
    assert client.lookup_phone_number(KIM).valid
    assert len(list(client.list_messages(to=KIM))) == 0


def test_a_whatsapp_address_on_the_list_is_its_number(lab: Mock) -> None:
    env = {**ENV, "TWILIO_SANDBOX_RECIPIENTS": f"whatsapp:{ALEX}"}
    client = TwilioClient.from_env(env, mode="sandbox", wire=lab.fake, clock=lab.clock)
    assert client.send_whatsapp_message(ALEX, body="Hello").sent
    with pytest.raises(GuardError):
        client.send_whatsapp_message(KIM, body="Hello")


def test_by_default_sandbox_mode_reaches_the_magic_number_alone() -> None:
    env = {k: v for k, v in ENV.items() if k != "TWILIO_SANDBOX_RECIPIENTS"}
    assert TwilioSettings.from_env(env, mode="sandbox").sandbox_recipients == ("+15005550006",)


WRONG = [
    ("TWILIO_ACCOUNT_SID", "AC1"),
    ("TWILIO_ACCOUNT_SID", "SK" + "0" * 32),
    ("TWILIO_AUTH_TOKEN", "sk_live_something"),
    ("TWILIO_AUTH_TOKEN", "0" * 31),
    ("TWILIO_API_KEY", "AC" + "0" * 32),
    ("TWILIO_API_KEY_SECRET", "a b"),
    ("TWILIO_FROM", "12"),
    ("TWILIO_FROM", "+0123456789"),
    ("TWILIO_FROM", "a very long sender"),
    ("TWILIO_WHATSAPP_FROM", "4155238886"),
    ("TWILIO_MESSAGING_SERVICE_SID", "VA" + "0" * 32),
    ("TWILIO_VERIFY_SERVICE_SID", "MG" + "0" * 32),
    ("TWILIO_PUBLIC_BASE_URL", "http://app.example.com"),
    ("TWILIO_PUBLIC_BASE_URL", "https://"),
    ("TWILIO_PUBLIC_BASE_URL", "https://app.example.com/twilio/status"),
    ("TWILIO_PUBLIC_BASE_URL", "https://app.example.com?shop=3"),
    ("TWILIO_PUBLIC_BASE_URL", "https://app.example.com:port"),
    ("TWILIO_API_BASE", "ftp://localhost"),
    ("TWILIO_TIMEOUT", "0"),
    ("TWILIO_TIMEOUT", "never"),
    ("TWILIO_TIMEOUT", "nan"),
    ("TWILIO_DEFAULT_COUNTRY", "us"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_malformed_setting_is_named_without_its_value(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=name) as raised:
        TwilioSettings.from_env({**ENV, name: value}, mode="live")
    if name.endswith(("TOKEN", "KEY", "SECRET")):
        assert value not in str(raised.value)


def test_settings_come_out_tidy() -> None:
    env = {
        **ENV,
        "TWILIO_PUBLIC_BASE_URL": "https://app.example.com/",
        "TWILIO_DEFAULT_COUNTRY": "US",
        "TWILIO_FROM": "Example Co",
    }
    settings = TwilioSettings.from_env(env, mode="live")
    assert settings.public_base_url == "https://app.example.com"
    assert settings.whatsapp_from == "+14155238886"
    assert settings.from_number == "Example Co"
    assert settings.credentials == (settings.account_sid, settings.auth_token)


def test_a_national_number_needs_a_default_country(lab: Mock) -> None:
    client = TwilioClient.from_env(
        {"TWILIO_DEFAULT_COUNTRY": "US"}, mode="mock", wire=lab.fake, clock=lab.clock
    )
    assert client.send_message("(202) 555-0142", body="Hello").to == ALEX


def test_doctor_misses_a_token_or_a_key_though_neither_is_required() -> None:
    account = {"TWILIO_ACCOUNT_SID": ENV["TWILIO_ACCOUNT_SID"]}
    key = {"TWILIO_API_KEY": "SK" + "a" * 32}
    whole = {**key, "TWILIO_API_KEY_SECRET": "secretsecretsecret"}

    def told(extra: dict[str, str], mode: str) -> list[str]:
        found = examine(INTEGRATION, {**account, **extra}, mode=mode)
        return [each.detail for each in found if not each.ready]

    assert "TWILIO_AUTH_TOKEN is missing" in told({}, "live")[0]
    assert "set both" in told(key, "sandbox")[0]
    assert told(whole, "live") == []
    assert told({"TWILIO_AUTH_TOKEN": "a" * 32}, "live") == []
    assert told({}, "mock") == told({}, "debug") == []
    # A malformed setting is named alone, and not asked about again.
    assert len(told({"TWILIO_AUTH_TOKEN": "short"}, "live")) == 1
