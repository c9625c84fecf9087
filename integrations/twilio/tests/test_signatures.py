import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from twilio.request_validator import HMAC_SHA256, RequestValidator

from integrations.core.clock import EXAMPLE_TIME, ManualClock
from integrations.core.config import Mode, Secret
from integrations.core.errors import ConfigurationError, SignatureError
from integrations.core.webhooks import Incoming
from integrations.twilio.settings import TwilioSettings
from integrations.twilio.signatures import TwilioSignatures
from integrations.twilio.tests.posting import (
    BASE,
    OLD_TOKEN,
    TARGET,
    TOKEN,
    inbound_form,
    post_form,
    post_json,
    status_form,
)
from integrations.twilio.webhooks import webhook_pipeline

SHARED = "a-shared-key-of-webhooks"
SCHEME = TwilioSignatures(
    [Secret(TOKEN)], public_base_url=BASE, shared_keys={"webhooks_sharedkey_1": Secret(SHARED)}
)


def incoming(body: bytes, headers: dict[str, str], target: str = TARGET) -> Incoming:
    return Incoming(body, headers, EXAMPLE_TIME, target)


def with_settings_header(header: str, *, secret: str, algorithm: str) -> Incoming:
    body, headers = post_form(status_form(), token=secret, algorithm=algorithm)
    return incoming(body, {**headers, "X-Twilio-Webhooks-Signature-Settings": header})


def test_the_signature_that_twilio_publishes() -> None:
    # https://www.twilio.com/docs/usage/webhooks/webhooks-security, read 2026-11.
    form = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+12349013030",
        "Digits": "1234",
        "From": "+12349013030",
        "To": "+18005551212",
    }
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Twilio-Signature": "0/KCTR6DLpKmkAf8muzZqo1nDgQ=",
    }
    scheme = TwilioSignatures([Secret("12345")], public_base_url="https://mycompany.com")
    body = urlencode(form).encode()
    event = scheme.verify(incoming(body, headers, "/myapp.php?foo=1&bar=2"))
    assert (event.type, dict(event.payload)) == ("other", form)
    with pytest.raises(SignatureError):
        scheme.verify(incoming(body, headers, "/myapp.php?foo=1&bar=3"))


def test_a_form_is_verified_and_named_by_sid_and_status() -> None:
    event = SCHEME.verify(incoming(*post_form(status_form("sent"))))
    assert event.id.endswith(":sent")
    assert (event.type, event.created, event.order) == ("message.sent", EXAMPLE_TIME, None)


@pytest.mark.parametrize("text", ["", "a b+c&d=e", "Привет 👋", "%00", "\x00\n", "x" * 1600])
def test_every_text_survives_the_form(text: str) -> None:
    event = SCHEME.verify(incoming(*post_form(inbound_form(text))))
    assert event.payload["Body"] == text


def test_a_parameter_that_is_new_is_signed_with_the_others() -> None:
    event = SCHEME.verify(incoming(*post_form(status_form(BrandNew="1"))))
    assert event.payload["BrandNew"] == "1"


def test_repeated_parameters_are_signed_by_all_their_values() -> None:
    body = b"A=2&A=1&B=x"
    signature = RequestValidator(TOKEN).compute_signature(BASE + TARGET + "A1A2Bx", {})
    headers = {"X-Twilio-Signature": signature, "Content-Type": post_form({})[1]["Content-Type"]}
    assert SCHEME.verify(incoming(body, headers)).type == "other"


def test_the_port_may_be_in_the_url_or_not() -> None:
    scheme = TwilioSignatures([Secret(TOKEN)], public_base_url=BASE + "/")
    posted = post_form(status_form(), base=BASE + ":443")
    assert scheme.verify(incoming(*posted)).type == "message.delivered"


def test_a_json_body_is_verified_by_its_hash() -> None:
    body, headers, target = post_json({"MessageSid": "SM1", "MessageStatus": "read"})
    event = SCHEME.verify(incoming(body, headers, target))
    assert (event.id, event.type) == ("SM1:read", "message.read")


def test_a_changed_json_body_is_refused_though_its_url_is_signed() -> None:
    body, headers, target = post_json({"MessageSid": "SM1", "MessageStatus": "failed"})
    with pytest.raises(SignatureError):
        SCHEME.verify(incoming(body.replace(b"failed", b"read"), headers, target))


def test_a_json_body_without_its_hash_is_refused_though_its_url_is_signed() -> None:
    signature = RequestValidator(TOKEN).compute_signature(BASE + TARGET, {})
    headers = {"content-type": "application/json", "x-twilio-signature": signature}
    with pytest.raises(SignatureError, match="bodySHA256"):
        SCHEME.verify(incoming(b'{"MessageSid": "SM1"}', headers))


def test_two_hashes_are_refused() -> None:
    body = b'{"a": 1}'
    target = f"{TARGET}?bodySHA256={hashlib.sha256(body).hexdigest()}&bodySHA256=0"
    signature = RequestValidator(TOKEN).compute_signature(BASE + target, {})
    headers = {"content-type": "application/json", "x-twilio-signature": signature}
    with pytest.raises(SignatureError, match="once"):
        SCHEME.verify(incoming(body, headers, target))


@pytest.mark.parametrize("body", [b"", b"MessageSid=SM1&MessageStatus=read"])
def test_a_signed_json_request_is_no_form(body: bytes) -> None:
    _, headers, target = post_json({"a": 1})
    form = {**headers, "content-type": "application/x-www-form-urlencoded"}
    with pytest.raises(SignatureError):
        SCHEME.verify(incoming(body, form, target))


def test_a_shared_key_verifies_what_names_it() -> None:
    event = SCHEME.verify(
        with_settings_header(
            "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256", secret=SHARED, algorithm=HMAC_SHA256
        )
    )
    assert event.type == "message.delivered"


@pytest.mark.parametrize(
    ("header", "secret", "algorithm"),
    [
        ("key=webhooks_sharedkey_1,algorithm=HMAC_SHA1", SHARED, "HMAC_SHA1"),
        ("key=webhooks_sharedkey_1,algorithm=hmac_sha256", SHARED, HMAC_SHA256),
        ("key=webhooks_sharedkey_1,algorithm=MD5", SHARED, HMAC_SHA256),
        ("key=webhooks_sharedkey_1", SHARED, "HMAC_SHA1"),
        ("algorithm=HMAC_SHA256", TOKEN, HMAC_SHA256),
        ("key=another,algorithm=HMAC_SHA256", TOKEN, HMAC_SHA256),
        ("key=webhooks_sharedkey_1,algorithm=HMAC_SHA256", TOKEN, HMAC_SHA256),
        ("key=webhooks_sharedkey_1,algorithm=HMAC_SHA256", SHARED, "HMAC_SHA1"),
        ("key=a,algorithm=HMAC_SHA256,algorithm=HMAC_SHA1", TOKEN, "HMAC_SHA1"),
        ("key=a;algorithm=HMAC_SHA256", TOKEN, HMAC_SHA256),
        ("", TOKEN, "HMAC_SHA1"),
        ("ключ", TOKEN, "HMAC_SHA1"),
    ],
)
def test_a_header_cannot_choose_a_weaker_way(header: str, secret: str, algorithm: str) -> None:
    with pytest.raises(SignatureError):
        SCHEME.verify(with_settings_header(header, secret=secret, algorithm=algorithm))


def test_a_shared_key_does_not_verify_without_the_header_that_names_it() -> None:
    for algorithm in (HMAC_SHA256, "HMAC_SHA1"):
        posted = post_form(status_form(), token=SHARED, algorithm=algorithm)
        with pytest.raises(SignatureError):
            SCHEME.verify(incoming(*posted))


def test_both_tokens_are_accepted_while_rotating() -> None:
    scheme = TwilioSignatures([Secret(TOKEN), Secret(OLD_TOKEN)], public_base_url=BASE)
    for token in (TOKEN, OLD_TOKEN):
        event = scheme.verify(incoming(*post_form(status_form(), token=token)))
        assert event.type == "message.delivered"
    with pytest.raises(SignatureError):
        SCHEME.verify(incoming(*post_form(status_form(), token=OLD_TOKEN)))


Spoil = Callable[[Incoming], Incoming]


def header(name: str, value: Any) -> Spoil:
    def spoil(given: Incoming) -> Incoming:
        kept = {k: v for k, v in given.headers.items() if k.lower() != name.lower()}
        return replace(given, headers=kept if value is None else {**kept, name: value})

    return spoil


@pytest.mark.parametrize(
    "spoil",
    [
        lambda given: replace(given, body=given.body.replace(b"delivered", b"failed")),
        lambda given: replace(given, body=given.body + b"&New=1"),
        lambda given: replace(given, body=b""),
        lambda given: replace(given, body=b"\xff\xfe"),
        lambda given: replace(given, body=b"%ff=1"),
        lambda given: replace(given, body=b"&".join([b"a=1"] * 1001)),
        lambda given: replace(given, target="/hooks/other"),
        lambda given: replace(given, target=""),
        lambda given: replace(given, target="hooks/twilio"),
        lambda given: replace(given, target="//[evil/hooks"),
        lambda given: replace(given, target="/hooks/twilio#rc=3"),
        lambda given: replace(given, target="/hooks\n/twilio"),
        lambda given: replace(given, target=None),
        header("X-Twilio-Signature", None),
        header("X-Twilio-Signature", ""),
        header("X-Twilio-Signature", "0/KCTR6DLpKmkAf8muzZqo1nDgQ="),
        header("X-Twilio-Signature", "ä"),
        header("X-Twilio-Signature", b"bytes"),
        header("X-Twilio-Signature", "x" * 2000),
        header("Content-Type", None),
        header("Content-Type", "text/plain"),
        header("Content-Type", "multipart/form-data; boundary=x"),
        header("Content-Type", "application/json"),
    ],
)
def test_forged_unsigned_and_malformed_is_refused_and_nothing_happens(spoil: Spoil) -> None:
    settings = TwilioSettings(Mode.MOCK, auth_token=Secret(TOKEN), public_base_url=BASE)
    pipeline = webhook_pipeline(settings, clock=ManualClock())
    seen: list[object] = []
    pipeline.on("*")(seen.append)
    bad = spoil(incoming(*post_form(status_form())))
    result = pipeline.receive(bad.body, bad.headers, target=bad.target)
    assert (result.status, result.outcome) == (400, "forged")
    assert (seen, list(pipeline.received())) == ([], [])
    assert TOKEN not in result.reason


@given(
    st.binary(max_size=80),
    st.dictionaries(
        st.sampled_from(
            ["X-Twilio-Signature", "content-type", "X-Twilio-Webhooks-Signature-Settings"]
        ),
        st.one_of(
            st.text(max_size=40),
            st.sampled_from(["application/json", "application/x-www-form-urlencoded"]),
            st.none(),
            st.binary(max_size=4),
        ),
    ),
    st.one_of(
        st.text(max_size=40), st.text(max_size=40).map("/x?bodySHA256={}".format), st.just("/[")
    ),
)
@example(b"{}", {"X-Twilio-Signature": "x", "content-type": "application/json"}, "/x?bodySHA256=0")
def test_whatever_comes_in_is_refused_in_one_way(
    body: bytes, headers: dict[str, Any], target: str
) -> None:
    with pytest.raises(SignatureError):
        SCHEME.verify(incoming(body, headers, target))


@pytest.mark.parametrize("value", [[], 1, None, "text"])
def test_signed_nonsense_is_refused_too(value: object) -> None:
    with pytest.raises(SignatureError, match="no JSON object"):
        SCHEME.verify(incoming(*post_json(value)))


def test_a_replay_with_a_new_idempotency_token_is_a_duplicate() -> None:
    settings = TwilioSettings(Mode.MOCK, auth_token=Secret(TOKEN), public_base_url=BASE)
    pipeline = webhook_pipeline(settings, clock=ManualClock())
    for form in (status_form(), {"Digits": "1"}):
        body, headers = post_form(form)
        outcomes = [
            pipeline.receive(
                body, {**headers, "I-Twilio-Idempotency-Token": token}, target=TARGET
            ).outcome
            for token in ("first", "forged")
        ]
        assert outcomes == ["unhandled", "duplicate"]


def test_without_a_secret_or_an_address_there_is_no_pipeline() -> None:
    with pytest.raises(ConfigurationError) as caught:
        webhook_pipeline(TwilioSettings(Mode.DEBUG))
    assert "TWILIO_AUTH_TOKEN" in str(caught.value)
    assert "TWILIO_PUBLIC_BASE_URL" in str(caught.value)


def test_shared_keys_are_read_from_the_environment_and_not_shown() -> None:
    env = {"TWILIO_SHARED_KEY": f"key_1:{SHARED}, key_2:{SHARED}2"}
    settings = TwilioSettings.from_env(env, mode="mock")
    assert settings.shared_keys["key_2"].reveal() == SHARED + "2"
    assert SHARED not in repr(settings)
    with pytest.raises(ConfigurationError, match="TWILIO_SHARED_KEY"):
        TwilioSettings.from_env({"TWILIO_SHARED_KEY": "nocolon"}, mode="mock")
