"""Callbacks as Twilio posts them, signed by the SDK."""

import hashlib
import json
from urllib.parse import urlencode

from twilio.request_validator import HMAC_SHA1, RequestValidator

TOKEN = "0123456789abcdef" * 2
OLD_TOKEN = "fedcba9876543210" * 2
BASE = "https://app.example.com"
TARGET = "/hooks/twilio"
SID = "SM" + "0" * 32


def status_form(status: str = "delivered", sid: str = SID, **extra: str) -> dict[str, str]:
    return {
        "AccountSid": "AC" + "1" * 32,
        "ApiVersion": "2010-04-01",
        "From": "+15017122661",
        "MessageSid": sid,
        "MessageStatus": status,
        "SmsSid": sid,
        "SmsStatus": status,
        "To": "+15558675310",
        **extra,
    }


def inbound_form(body: str = "Hello", sid: str = SID, **extra: str) -> dict[str, str]:
    return {
        "AccountSid": "AC" + "1" * 32,
        "Body": body,
        "From": "+15558675310",
        "MessageSid": sid,
        "NumMedia": "0",
        "SmsStatus": "received",
        "To": "+15017122661",
        **extra,
    }


def post_form(
    form: dict[str, str],
    *,
    token: str = TOKEN,
    target: str = TARGET,
    algorithm: str = HMAC_SHA1,
    base: str = BASE,
) -> tuple[bytes, dict[str, str]]:
    signature = RequestValidator(token).compute_signature(base + target, form, algorithm)
    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "X-Twilio-Signature": signature,
    }
    return urlencode(form).encode(), headers


def post_json(value: object, *, token: str = TOKEN) -> tuple[bytes, dict[str, str], str]:
    body = json.dumps(value).encode()
    target = f"{TARGET}?bodySHA256={hashlib.sha256(body).hexdigest()}"
    signature = RequestValidator(token).compute_signature(BASE + target, {})
    headers = {"content-type": "application/json", "x-twilio-signature": signature}
    return body, headers, target
