"""A payment as its buyer knows it: a receipt, for a notebook to show."""

from dataclasses import dataclass
from html import escape

from integrations.core.views import BOX, moment
from integrations.stripe.models_payments import PaymentIntent, Refund
from integrations.stripe.money import Money


@dataclass(frozen=True)
class Receipt:
    """A payment and what was given back of it.

    Attributes:
        payment: the payment, as the client returns it.
        refunds: of this payment.
        shop: who was paid.
    """

    payment: PaymentIntent
    refunds: tuple[Refund, ...] = ()
    shop: str = "Example shop"

    @property
    def kept(self) -> Money:
        """What was paid and not given back."""
        back = sum(each.amount.amount for each in self.refunds)
        received = self.payment.amount_received
        return Money(received.amount - back, received.currency)

    def lines(self) -> list[tuple[str, str]]:
        """Return what stands on the receipt, line by line."""
        described = self.payment.raw.get("description") or "Payment"
        paid = [(described, str(self.payment.amount_received))]
        back = [("Refund", f"-{each.amount}") for each in self.refunds]
        return [*paid, *back, ("Total", str(self.kept))]

    def _repr_html_(self) -> str:
        lines = self.lines()
        rows = "".join(
            f'<tr style="font-weight:{600 if number == len(lines) else 400}">'
            f'<td>{escape(name)}</td><td style="text-align:right">{escape(amount)}</td></tr>'
            for number, (name, amount) in enumerate(lines, start=1)
        )
        when = moment(float(self.payment.raw.get("created") or 0))[:16]
        return (
            f'<div style="{BOX};max-width:22em"><div style="font-weight:600">{escape(self.shop)}'
            f'</div><div style="opacity:.7;font-size:.9em">{when} · {escape(self.payment.id)}</div>'
            f'<table class="dataframe" style="width:100%"><tbody>{rows}</tbody></table></div>'
        )
