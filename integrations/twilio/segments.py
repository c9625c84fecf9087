"""How a text is cut into segments: each is billed, and one odd character can double their number.

GSM 03.38 holds 160 characters in one segment and 153 in each of several; a single character
outside it switches the whole text to UCS-2, with 70 and 67. Sources: 3GPP TS 23.038 §6.2.1, TS
23.040 §9.2.3.24.1; https://www.twilio.com/docs/glossary/what-is-gsm-7-character-encoding.
"""

from dataclasses import dataclass

from integrations.core.views import Displayed
from integrations.twilio.phone import refuse

GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENSION = frozenset("^{}\\[~]|€\f")
"""Characters that take an escape and a second place. Neither is left alone at a segment's end."""

_GSM = GSM_BASIC | GSM_EXTENSION
_SIZES = {"GSM-7": (160, 153), "UCS-2": (70, 67)}


@dataclass(frozen=True)
class Segments(Displayed):
    """The length of a text message, as it is billed.

    Attributes:
        encoding: ``GSM-7`` or ``UCS-2``.
        characters: of the text, as Python counts them.
        units: places taken: an extension character takes two in GSM-7, an emoji two or more in
            UCS-2.
        segments: parts the text is sent in.
        per_segment: units that fit in each.
        remaining: units that still fit in the last one.
        odd: the characters that GSM-7 does not have, in order; empty in GSM-7.
    """

    encoding: str
    characters: int
    units: int
    segments: int
    per_segment: int
    remaining: int
    odd: tuple[str, ...] = ()


def count_segments(body: str) -> Segments:
    """Return how ``body`` is encoded and cut, without sending it.

    Raises:
        InvalidRequestError: it is no text.
    """
    if not isinstance(body, str):
        refuse("body", f"must be text, not {type(body).__name__}")
    used = set(body)
    odd = used - _GSM
    encoding = "UCS-2" if odd else "GSM-7"
    # Characters that take two places: behind an escape, or beyond the basic plane.
    wide = {c for c in used if c > "\uffff"} if odd else used & GSM_EXTENSION
    total = len(body) + sum(map(body.count, wide))
    single, several = _SIZES[encoding]
    count, room = (min(total, 1), single) if total <= single else (-(-total // several), several)
    remaining = count * room - total if count else room
    if count > 1 and wide:
        count, last = _cut([2 if c in wide else 1 for c in body], several)
        remaining = several - last
    told = tuple(dict.fromkeys(c for c in body if c in odd)) if odd else ()
    return Segments(encoding, len(body), total, count, room, remaining, told)


def _cut(sizes: list[int], room: int) -> tuple[int, int]:
    """Fill segments without parting a pair; return their count, and the units in the last."""
    count, used = 1, 0
    for size in sizes:
        if used + size > room:
            count, used = count + 1, 0
        used += size
    return count, used
