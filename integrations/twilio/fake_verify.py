"""The fake's Verify v2: starts, checks, cancelling, and the limits of the service's owner.

Statuses and codes are those of https://www.twilio.com/docs/verify/api and
https://www.twilio.com/docs/verify/api/rate-limits-and-timeouts, read 2026-11.
"""

import json
from datetime import UTC, datetime
from typing import Any, NoReturn

import phonenumbers
from phonenumbers import ValidationResult

from integrations.twilio.fake_http import VERIFY, Call, Route, fail
from integrations.twilio.fake_state import State
from integrations.twilio.fake_verify_state import (
    MAX_CHECKS,
    MAX_SENDS,
    FakeRateLimit,
    FakeVerification,
    VerifyText,
    code_for,
)

# The parameters of the specification of Verify v2, read 2026-11.
_START = frozenset(
    (
        *("To", "Channel", "CustomFriendlyName", "CustomMessage", "SendDigits", "Locale"),
        *("CustomCode", "Amount", "Payee", "RateLimits", "ChannelConfiguration", "AppHash"),
        *("TemplateSid", "TemplateCustomSubstitutions", "DeviceIp", "EnableSnaClientToken"),
        *("RiskCheck", "Tags"),
    )
)
_CHECK = frozenset(["Code", "To", "VerificationSid", "Amount", "Payee", "SnaClientToken"])
_SERVICE = "/v2/Services/{service}"
_READS = ((60, 60), (180, 3600), (250, 86_400))
_TEXTS = {
    "call": "Your {name} verification code is: {spelt}. Once again: {spelt}.",
    "": "Your {name} verification code is: {code}",
}


def start(state: State, call: Call) -> Any:
    """Send a code: a new one, or again the one that is still good."""
    service = _service(state, call)
    to, channel = _recipient(state, call), call.need("Channel", 60200)
    if channel not in ("sms", "call", "email", "whatsapp"):
        fail(60200, f"Invalid parameter `Channel`: {channel}")
    _check_fraud(state, call, to, channel)
    _count(state, call, service)
    found = state.verify.current(service, to, call.now)
    if found is None:
        sid = state.new_sid("VE")
        found = FakeVerification(sid, service, to, channel, code_for(sid), call.now, call.now)
        state.verify.verifications[sid] = found
    elif len(found.sends) >= MAX_SENDS:
        fail(60203, "Max send attempts reached", 429)
    found.channel, found.updated = channel, call.now
    found.sends.append((call.now, state.new_sid("VL")))
    text = _TEXTS.get(channel, _TEXTS[""])
    name, spelt = state.verify.services[service], ", ".join(found.code)
    body = text.format(name=name, code=found.code, spelt=spelt)
    state.verify.texts.append(VerifyText(call.now, to, channel, body))
    return _shown(state, found)


def check(state: State, call: Call) -> Any:
    """Compare a code. A wrong one is answered with 200 and ``pending``."""
    service, code = _service(state, call), call.need("Code", 60200)
    found = _asked_for(state, call, service)
    if found.checks >= MAX_CHECKS:
        found.status, found.updated = "max_attempts_reached", call.now
        fail(60202, "Max check attempts reached", 429)
    found.checks += 1
    found.updated = call.now
    if code == found.code:
        found.status = "approved"
    shown = _shown(state, found)
    names = ("sid", "service_sid", "account_sid", "to", "channel", "status", "valid", "amount")
    dates = ("payee", "date_created", "date_updated")
    return {name: shown[name] for name in (*names, *dates)} | {"sna_attempts_error_codes": []}


def fetch(state: State, call: Call) -> Any:
    """Return a verification that is not over; so often and no more."""
    found, reads = _pending(state, call), state.verify.reads
    reads.append(call.now)
    if any(sum(at > call.now - span for at in reads) > most for most, span in _READS):
        fail(20429, "Too many requests", 429)
    return _shown(state, found)


def update(state: State, call: Call) -> Any:
    """Cancel or approve a verification."""
    found, status = _pending(state, call), call.need("Status", 60200)
    if status not in ("canceled", "approved"):
        fail(60200, f"Invalid parameter `Status`: {status}")
    found.status, found.updated = status, call.now
    return _shown(state, found)


def create_rate_limit(state: State, call: Call) -> Any:
    """Set up a limit of the owner's own."""
    service, name = _service(state, call), call.need("UniqueName", 60200)
    if any(each.unique_name == name for each in _limits(state, service)):
        fail(60200, f"Rate limit {name} exists already")
    limit = FakeRateLimit(state.new_sid("RK"), service, name, call.get("Description"), call.now)
    state.verify.rate_limits[limit.sid] = limit
    url = f"https://{VERIFY}/v2/Services/{service}/RateLimits/{limit.sid}"
    return {
        "sid": limit.sid,
        "service_sid": service,
        "account_sid": state.account_sid,
        "unique_name": name,
        "description": limit.description,
        "date_created": _iso(call.now),
        "date_updated": _iso(call.now),
        "url": url,
        "links": {"buckets": f"{url}/Buckets"},
    }


def create_bucket(state: State, call: Call) -> Any:
    """Say how often a limit lets through."""
    service = _service(state, call)
    limit = state.verify.rate_limits.get(call.path["limit"])
    if limit is None or limit.service != service:
        _not_found(call)
    most, seconds = _whole(call, "Max"), _whole(call, "Interval")
    sid = state.new_sid("BL")
    limit.buckets.append((sid, most, seconds))
    return {
        "sid": sid,
        "rate_limit_sid": limit.sid,
        "service_sid": service,
        "account_sid": state.account_sid,
        "max": most,
        "interval": seconds,
        "date_created": _iso(call.now),
        "date_updated": _iso(call.now),
        "url": f"https://{VERIFY}{call.request.path}/{sid}",
    }


def _service(state: State, call: Call) -> str:
    if state.test_credentials:
        fail(20008, "Resource not accessible with Test Account Credentials", 403)
    service = call.path["service"]
    if service not in state.verify.services:
        _not_found(call)
    return service


def _recipient(state: State, call: Call) -> str:
    to = call.need("To", 60200)
    if call.get("Channel") == "email":
        if "@" not in to:
            fail(60200, f"Invalid parameter `To`: {to}")
        return to
    try:
        parsed = phonenumbers.parse(to)
    except phonenumbers.NumberParseException:
        fail(60200, f"Invalid parameter `To`: {to}")
    if phonenumbers.is_possible_number_with_reason(parsed) != ValidationResult.IS_POSSIBLE:
        fail(60200, f"Invalid parameter `To`: {to}")
    if parsed.country_code in state.blocked_countries:
        fail(60605, "The destination country is blocked by the geo permissions", 403)
    return to


def _check_fraud(state: State, call: Call, to: str, channel: str) -> None:
    if channel == "sms" and state.line(to).type == "landline":
        fail(60205, "SMS is not supported by landline phone number")
    for prefix, until in state.verify.blocked.items():
        if to.startswith(prefix) and call.now < until:
            fail(60410, "The destination phone number has been temporarily blocked", 403)
    if to in state.verify.concurrent:
        state.verify.concurrent.discard(to)
        fail(60212, "Too many concurrent requests for phone number", 429)


def _count(state: State, call: Call, service: str) -> None:
    """Count a start against the owner's limits; against none when one of them is full."""
    try:
        given = json.loads(call.get("RateLimits") or "{}")
    except ValueError:
        given = None
    if not isinstance(given, dict):
        fail(60200, "Invalid parameter `RateLimits`")
    named = {each.unique_name: each for each in _limits(state, service)}
    # What Twilio does with a name that is not set up is not documented; refusing shows a typo.
    if unknown := set(given) - set(named):
        fail(60200, f"Invalid parameter `RateLimits`: {', '.join(sorted(unknown))}")
    if any(named[name].full(str(value), call.now) for name, value in given.items()):
        # https://www.twilio.com/docs/api/errors/20429 names it among its causes (read 2026-11-27).
        fail(20429, "Too many requests", 429)
    for name, value in given.items():
        named[name].hits.setdefault(str(value), []).append(call.now)


def _limits(state: State, service: str) -> list[FakeRateLimit]:
    return [each for each in state.verify.rate_limits.values() if each.service == service]


def _asked_for(state: State, call: Call, service: str) -> FakeVerification:
    to, sid = call.get("To"), call.get("VerificationSid")
    if (to is None) == (sid is None):
        fail(60200, "Invalid parameter: give either `To` or `VerificationSid`")
    if to is not None:
        found = state.verify.current(service, to, call.now)
    else:
        found = state.verify.verifications.get(sid or "")
    if found is None or found.service != service or not found.alive(call.now):
        _not_found(call)
    return found


def _pending(state: State, call: Call) -> FakeVerification:
    service = _service(state, call)
    found = state.verify.verifications.get(call.path["sid"])
    if found is None or found.service != service or not found.alive(call.now):
        _not_found(call)
    return found


def _not_found(call: Call) -> NoReturn:
    fail(20404, f"The requested resource {call.request.path} was not found", 404)


def _whole(call: Call, name: str) -> int:
    value = call.need(name, 60200)
    if not (value.isascii() and value.isdigit() and int(value[:9]) > 0):
        fail(60200, f"Invalid parameter `{name}`: {value}")
    return int(value[:9])


def _shown(state: State, found: FakeVerification) -> dict[str, Any]:
    return {
        "sid": found.sid,
        "service_sid": found.service,
        "account_sid": state.account_sid,
        "to": found.to,
        "channel": found.channel,
        "status": found.status,
        "valid": found.status == "approved",
        "date_created": _iso(found.created),
        "date_updated": _iso(found.updated),
        "lookup": {},
        "amount": None,
        "payee": None,
        "send_code_attempts": [
            {"time": _iso(at), "channel": found.channel.upper(), "attempt_sid": sid}
            for at, sid in found.sends
        ],
        "sna": None,
        "url": f"https://{VERIFY}/v2/Services/{found.service}/Verifications/{found.sid}",
    }


def _iso(at: float) -> str:
    return datetime.fromtimestamp(int(at), tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


ROUTES = (
    Route("POST", VERIFY, f"{_SERVICE}/Verifications", start, _START, 201),
    Route("GET", VERIFY, f"{_SERVICE}/Verifications/{{sid}}", fetch),
    Route("POST", VERIFY, f"{_SERVICE}/Verifications/{{sid}}", update, frozenset({"Status"})),
    Route("POST", VERIFY, f"{_SERVICE}/VerificationCheck", check, _CHECK),
    Route(
        "POST",
        VERIFY,
        f"{_SERVICE}/RateLimits",
        create_rate_limit,
        frozenset({"UniqueName", "Description"}),
        201,
    ),
    Route(
        "POST",
        VERIFY,
        f"{_SERVICE}/RateLimits/{{limit}}/Buckets",
        create_bucket,
        frozenset({"Max", "Interval"}),
        201,
    ),
)
