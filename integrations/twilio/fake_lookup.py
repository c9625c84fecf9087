"""The fake's Lookup v2: what can be a number, and what was set up for it."""

from typing import Any

import phonenumbers
from phonenumbers import ValidationResult

from integrations.twilio.fake_http import LOOKUPS, Call, Route, fail
from integrations.twilio.fake_state import State

_PACKAGES = frozenset(
    [
        "caller_name",
        "sim_swap",
        "call_forwarding",
        "line_status",
        "line_type_intelligence",
        "identity_match",
        "reassigned_number",
        "sms_pumping_risk",
        "phone_number_quality_score",
        "pre_fill",
        "validation",
    ]
)
_REASONS = {
    ValidationResult.TOO_SHORT: "TOO_SHORT",
    ValidationResult.TOO_LONG: "TOO_LONG",
    ValidationResult.INVALID_COUNTRY_CODE: "INVALID_COUNTRY_CODE",
    ValidationResult.INVALID_LENGTH: "INVALID_LENGTH",
}


def fetch(state: State, call: Call) -> Any:
    """Look a number up."""
    number = call.path["number"].replace("%2B", "+")
    asked = [each for each in (call.get("Fields") or "").split(",") if each]
    for name in asked:
        if name not in _PACKAGES:
            fail(60616, f"Invalid field: {name}")
    found = {**dict.fromkeys(sorted(_PACKAGES - {"validation"})), **_basic(number)}
    line = state.line(number)
    if found["valid"] and "line_type_intelligence" in asked:
        found["line_type_intelligence"] = {
            "type": line.type,
            "carrier_name": line.carrier,
            "mobile_country_code": None,
            "mobile_network_code": None,
            "error_code": None,
        }
    if found["valid"] and "sms_pumping_risk" in asked:
        found["sms_pumping_risk"] = _risk(line.pumping_risk)
    return {**found, "url": f"https://{LOOKUPS}/v2/PhoneNumbers/{number}"}


def _basic(number: str) -> dict[str, Any]:
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return _invalid(number, "NOT_A_NUMBER")
    if not phonenumbers.is_valid_number(parsed):
        reason = phonenumbers.is_possible_number_with_reason(parsed)
        return _invalid(number, _REASONS.get(reason, "INVALID_BUT_POSSIBLE"))
    return {
        "calling_country_code": str(parsed.country_code),
        "country_code": phonenumbers.region_code_for_number(parsed),
        "national_format": phonenumbers.format_number(
            parsed, phonenumbers.PhoneNumberFormat.NATIONAL
        ),
        "phone_number": phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164),
        "valid": True,
        "validation_errors": [],
    }


def _invalid(number: str, reason: str) -> dict[str, Any]:
    return {
        "calling_country_code": None,
        "country_code": None,
        "national_format": None,
        "phone_number": number,
        "valid": False,
        "validation_errors": [reason],
    }


def _risk(score: int) -> dict[str, Any]:
    level = "low" if score < 60 else "moderate" if score < 75 else "high"
    return {
        "carrier_risk_category": level,
        "number_blocked": score >= 90,
        "number_blocked_date": None,
        "number_blocked_last_3_months": score >= 90,
        "sms_pumping_risk_score": score,
        "error_code": None,
    }


ROUTES = (
    Route(
        "GET",
        LOOKUPS,
        "/v2/PhoneNumbers/{number}",
        fetch,
        frozenset({"Fields", "CountryCode", "PartnerSubId", "LastVerifiedDate", "VerificationSid"}),
    ),
)
