"""Money as Stripe counts it: a whole number of a currency's smallest unit.

Source: https://docs.stripe.com/currencies (read 2026-11).
"""

import re
from dataclasses import dataclass
from typing import NoReturn

from integrations.core.errors import InvalidRequestError

# UGX has no decimals, and ISK has none since 2023, yet Stripe's API counts ISK in hundredths; it
# takes no charge in them that is not a multiple of 100. UGX is on the list of zero-decimal ones.
_ZERO = "bif clp djf gnf jpy kmf krw mga pyg rwf ugx vnd vuv xaf xof xpf"
_THREE = "bhd jod kwd omr tnd"
_TWO = (
    "usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd bwp byn "
    "bzd cad cdf chf cny cop crc cve czk dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gtq "
    "gyd hkd hnl htg huf idr ils inr isk jmd kes kgs khr kyd kzt lak lbp lkr lrd lsl mad mdl "
    "mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd pab pen pgk php pkr pln "
    "qar ron rsd rub sar sbd scr sek sgd shp sle sos srd std szl thb tjs top try ttd twd tzs "
    "uah uyu uzs wst xcd xcg yer zar zmw"
)
ZERO_DECIMAL = frozenset(_ZERO.split())
THREE_DECIMAL = frozenset(_THREE.split())
TWO_DECIMAL = frozenset(_TWO.split())
WHOLE_ONLY = frozenset(["isk"])
CURRENCIES = TWO_DECIMAL | ZERO_DECIMAL | THREE_DECIMAL
MAX_AMOUNT = 99_999_999
"""The largest charge in minor units, of eight digits."""
LARGEST = 2**63 - 1
"""What fits into an integer of Stripe's; totals and balances may exceed a single charge."""

_AMOUNT = re.compile(r"(-?)([0-9]{1,19})(?:\.([0-9]{1,19}))?")
_EXAMPLE = "Money(1250, 'eur') is 12.50 EUR"


def decimals(currency: str) -> int:
    """Return how many digits follow the decimal point in Stripe's amounts of ``currency``."""
    return 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2


def _refuse(argument: str, why: str) -> NoReturn:
    raise InvalidRequestError(f"{argument}: {why}.", provider="stripe", argument=argument)


@dataclass(frozen=True)
class Money:
    """An amount of money. Written as ``12.50 EUR``, ``500 JPY``, ``1.230 KWD``.

    It may be negative, as a credit is, or larger than a charge: the calls refuse what cannot be
    charged, and a currency that Stripe does not take.

    Attributes:
        amount: in the smallest unit, as Stripe counts it; never a float.
        currency: the three letters, in lower case.
    """

    amount: int
    currency: str

    def __post_init__(self) -> None:
        """Refuse floats, and a currency in another spelling.

        Raises:
            InvalidRequestError: the amount is no int, or has more than 64 bits; or the currency is
                not three lower-case letters.
        """
        amount: object = self.amount
        currency: object = self.currency
        if isinstance(amount, bool) or not isinstance(amount, int):
            kind = type(amount).__name__
            _refuse("amount", f"must be a whole number of minor units, not {kind}; {_EXAMPLE}")
        if not -LARGEST <= amount <= LARGEST:
            _refuse("amount", f"has more than 64 bits; {_EXAMPLE}")
        if not isinstance(currency, str) or not re.fullmatch(r"[a-z]{3}", currency):
            _refuse("currency", f"must be three lower-case letters; {_spelled(currency)}")

    @classmethod
    def parse(cls, text: str, currency: str) -> "Money":
        """Read a decimal such as ``"12.50"`` as an amount of ``currency``. No float is involved.

        Raises:
            InvalidRequestError: it is no decimal, or has more digits than the currency.
        """
        given: object = text
        unit: object = currency
        found = _AMOUNT.fullmatch(given) if isinstance(given, str) else None
        if not found:
            _refuse("text", "is no amount; write digits as a string, such as '12.50'")
        if not isinstance(unit, str):
            _refuse("currency", f"must be three letters; {_spelled(unit)}")
        sign, whole, part = found[1], found[2], found[3] or ""
        places = decimals(currency.lower())
        if len(part.rstrip("0")) > places:
            _refuse("text", f"{text!r} has more than {places} decimals of {currency[:3].upper()}")
        amount = int(whole + part[:places].ljust(places, "0"))
        if amount > LARGEST:
            _refuse("text", f"{text!r} is more than Stripe counts")
        return cls(-amount if sign else amount, currency.lower())

    def __str__(self) -> str:
        """Write it with the right number of decimals: ``12.50 EUR``."""
        return f"{self.decimal()} {self.currency.upper()}"

    def decimal(self) -> str:
        """Write the number alone: ``12.50``."""
        places = decimals(self.currency)
        digits = str(abs(self.amount)).rjust(places + 1, "0")
        sign = "-" if self.amount < 0 else ""
        return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else f"{sign}{digits}"

    def __add__(self, other: "Money") -> "Money":
        """Add an amount of the same currency.

        Raises:
            InvalidRequestError: the currencies differ.
        """
        if not isinstance(other, Money):
            return NotImplemented
        if other.currency != self.currency:
            _refuse("currency", f"{self} and {other} are not of one currency")
        return Money(self.amount + other.amount, self.currency)


def _spelled(currency: object) -> str:
    """Say how it is written, for one that is only spelled wrongly."""
    lower = currency.strip().lower() if isinstance(currency, str) else ""
    return f"write {lower!r}" if lower in CURRENCIES else "write 'eur'"
