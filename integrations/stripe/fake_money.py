"""Currencies and amounts as Stripe takes them (https://docs.stripe.com/currencies, 2026-11)."""

from integrations.stripe.fake_state import fail

_ZERO_DECIMAL = """
bif clp djf gnf jpy kmf krw mga pyg rwf ugx vnd vuv xaf xof xpf
"""
ZERO_DECIMAL = frozenset(_ZERO_DECIMAL.split())
THREE_DECIMAL = frozenset(("bhd", "jod", "kwd", "omr", "tnd"))
_TWO_DECIMAL = """
aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd bwp byn bzd cad cdf
chf cny cop crc cve czk dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gtq gyd hkd hnl htg huf
idr ils inr isk jmd kes kgs khr kyd kzt lak lbp lkr lrd lsl mad mdl mkd mmk mnt mop mur mvr mwk
mxn myr mzn nad ngn nio nok npr nzd pab pen pgk php pkr pln qar ron rsd rub sar sbd scr sek sgd
shp sle sos srd std szl thb tjs top try ttd twd tzs uah usd uyu uzs wst xcd yer zar zmw
"""
SUPPORTED = ZERO_DECIMAL | THREE_DECIMAL | frozenset(_TWO_DECIMAL.split())
# The smallest charge where it is not 50 [https://docs.stripe.com/currencies#minimum, 2026-11].
SMALLEST = {"gbp": 30, "jpy": 50, "mxn": 1000, "sek": 300, "nok": 300, "dkk": 250, "hkd": 400}
LARGEST = 99_999_999


def check_currency(currency: str, param: str) -> None:
    """Refuse a currency that Stripe does not know, or that is not in lower case."""
    if currency not in SUPPORTED:
        fail(
            f"Invalid currency: {currency}. Stripe currently supports these currencies: "
            + ", ".join(sorted(SUPPORTED)),
            param=param,
        )


def check_amount(amount: int, currency: str, param: str, *, smallest: int | None = None) -> None:
    """Refuse an amount, in minor units, that cannot be charged in ``currency``."""
    least = SMALLEST.get(currency, 50) if smallest is None else smallest
    if amount < (1 if smallest is None else smallest):
        fail(
            "This value must be greater than or equal to " + ("1." if smallest is None else "0."),
            param=param,
            code="parameter_invalid_integer",
        )
    if amount < least:
        fail(
            f"Amount must be at least {least} {currency} in minor units",
            param=param,
            code="amount_too_small",
        )
    if amount > LARGEST:
        fail(f"Amount must be no more than {LARGEST}", param=param, code="amount_too_large")
    if currency in THREE_DECIMAL and amount % 10:
        fail(
            "The last digit of an amount in a three-decimal currency must be 0.",
            param=param,
            code="parameter_invalid_integer",
        )
