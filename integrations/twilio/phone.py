"""Phone numbers: E.164 in, E.164 out, and a masked form for people to look at."""

import re
from typing import NoReturn

import phonenumbers
from phonenumbers import ValidationResult

from integrations.core.errors import InvalidRequestError

_WHATSAPP = "whatsapp:"
# The library reads "1-800-FLOWERS", "(0)" and ";ext=5" too; a stored number needs none of them.
_PLAIN = re.compile(r"[+0-9 ().\-/\u00a0]+")


def refuse(argument: str, problem: str) -> NoReturn:
    """Refuse an argument, before any request.

    Raises:
        InvalidRequestError: always.
    """
    raise InvalidRequestError(f"{argument} {problem}", provider="twilio", argument=argument)


def e164(argument: str, value: object, country: str = "") -> str:
    """Return a phone number in E.164, such as ``+12025550142``.

    Args:
        argument: what to call it in an error.
        value: with ``+`` and the country code; or a national number, when ``country`` is given.
        country: two letters such as ``US``.

    Raises:
        InvalidRequestError: it is no number, or one of an impossible length. Whether a possible
            number exists, only Lookup knows.
    """
    if not isinstance(value, str):
        refuse(argument, f"must be a phone number as text, not {type(value).__name__}")
    text = value.strip()
    if text.startswith(_WHATSAPP):
        refuse(argument, "is a WhatsApp address; give the number, to send_whatsapp_message")
    if not _PLAIN.fullmatch(text) or not text.isascii():
        refuse(argument, "is no phone number, such as +12025550142")
    if not text.startswith("+") and not country:
        refuse(argument, "needs + and the country code, such as +12025550142")
    try:
        number = phonenumbers.parse(text, country or None)
    except phonenumbers.NumberParseException as error:
        raise InvalidRequestError(
            f"{argument} is no phone number: {error.args[0].rstrip('.')}.",
            provider="twilio",
            argument=argument,
        ) from None
    # is_possible_number() also takes a local number without its area code (phonenumbers 9).
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        refuse(
            argument,
            "cannot be a phone number: it has too few or too many digits, or no area code",
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def whatsapp(argument: str, value: object, country: str = "") -> str:
    """Return a WhatsApp address: ``whatsapp:`` and E.164."""
    bare = value.removeprefix(_WHATSAPP) if isinstance(value, str) else value
    return _WHATSAPP + e164(argument, bare, country)


def bare(address: str) -> str:
    """Return an address without its channel: ``whatsapp:+1…`` → ``+1…``."""
    return address.partition(":")[2] if ":" in address else address


def masked(number: str) -> str:
    """Return a number of which only the country code and the last two digits are readable.

    For logs and pages. What is no number is masked whole.
    """
    channel, colon, rest = number.rpartition(":")
    try:
        country = phonenumbers.parse(rest).country_code
    except phonenumbers.NumberParseException:
        return "•" * len(number)
    hidden = len(rest) - 1 - len(str(country)) - 2
    return f"{channel}{colon}+{country}{'•' * hidden}{rest[-2:]}"
