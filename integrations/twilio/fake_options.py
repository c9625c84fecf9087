"""What else the fake checks of a message: the parameters that only steer how it is sent.

Source: the specification of the API (v2010), and https://www.twilio.com/docs/api/errors, read
2026-11. Where Twilio documents no code of a parameter's own, the general 20001 stands in.
"""

import re
from collections.abc import Mapping

from integrations.twilio.fake_http import Call, fail

_CHOICES: Mapping[str, tuple[str, ...]] = {
    "ContentRetention": ("retain", "discard"),
    "AddressRetention": ("retain", "obfuscate"),
    "TrafficType": ("free",),
    "RiskCheck": ("enable", "disable"),
    **dict.fromkeys(
        ("ProvideFeedback", "ForceDelivery", "SmartEncoded", "ShortenUrls", "SendAsMms"),
        ("true", "false"),
    ),
}
_SIDS = {"ApplicationSid": ("AP", 20001), "MessagingServiceSid": ("MG", 21701)}
_WITH_SERVICE = ("FallbackFrom", "ShortenUrls")
_MAX_MEDIA, _MAX_VALIDITY_S = 10, 36_000


def check_options(call: Call) -> None:
    """Refuse what Twilio would refuse of a message's options."""
    for name, choices in _CHOICES.items():
        value = call.get(name)
        if value is not None and value.lower() not in choices:
            fail(20001, f"{name} must be one of {', '.join(choices)}: {value}")
    _check_sids(call)
    _check_numbers(call)
    if len(call.params.get("MediaUrl", ())) > _MAX_MEDIA:
        fail(21623, "Number of media files exceeds allowed limit")
    if call.get("ContentVariables") is not None and not call.get("ContentSid"):
        fail(21654, "ContentSid Required")


def _check_sids(call: Call) -> None:
    for name, (prefix, code) in _SIDS.items():
        value = call.get(name)
        if value is not None and not re.fullmatch(rf"{prefix}[0-9a-fA-F]{{32}}", value):
            fail(code, f"{name} is no SID that begins with {prefix}: {value}")
    for name in _WITH_SERVICE:
        if call.get(name) not in (None, "false") and not call.get("MessagingServiceSid"):
            fail(20001, f"{name} needs a MessagingServiceSid")


def _check_numbers(call: Call) -> None:
    validity = call.get("ValidityPeriod")
    if validity is not None and not _is_whole(validity, _MAX_VALIDITY_S):
        fail(21624, "Invalid validity period value")
    attempt = call.get("Attempt")
    if attempt is not None and not _is_whole(attempt, 1_000_000):
        fail(20001, f"Attempt must be a whole number: {attempt}")


def _is_whole(text: str, most: int) -> bool:
    return bool(re.fullmatch(r"[0-9]{1,9}", text)) and 1 <= int(text) <= most
