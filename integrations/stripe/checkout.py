"""Pages at Stripe: Checkout, where a buyer pays, and the portal, where a customer manages."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from integrations.stripe import arguments as check
from integrations.stripe.calls import Calls
from integrations.stripe.links import site_link
from integrations.stripe.models import CheckoutSession, PortalSession
from integrations.stripe.settings import StripeSettings

MODES = ("payment", "subscription", "setup")


@dataclass(frozen=True)
class Line:
    """So many of a price. The amount is Stripe's, by the price: a browser cannot change it."""

    price_id: str
    quantity: int = 1


class CheckoutSessions:
    """Reached as ``stripe.checkout``.

    Source: https://docs.stripe.com/api/checkout/sessions
    """

    def __init__(self, calls: Calls) -> None:
        """Call through ``calls``."""
        self._calls = calls
        self._api = calls.v1.checkout.sessions

    def create(
        self,
        mode: str,
        lines: Sequence[Line] = (),
        *,
        success_url: str | None = None,
        cancel_url: str | None = None,
        return_url: str | None = None,
        customer_id: str | None = None,
        customer_email: str | None = None,
        client_reference_id: str | None = None,
        metadata: Mapping[str, str] | None = None,
        trial_days: int | None = None,
        currency: str | None = None,
        idempotency_key: str | None = None,
    ) -> CheckoutSession:
        """Open a page on which a buyer pays.

        With ``success_url``, the page is Stripe's: send the buyer to the session's ``url``. With
        ``return_url``, it is embedded in yours, by the ``client_secret``. Coming back proves no
        payment: the webhook does. Payment methods are chosen by the Dashboard's settings.

        Args:
            mode: ``payment``, ``subscription`` or ``setup`` (keep a card, pay nothing).
            lines: what is bought; none for ``setup``.
            success_url: where the hosted page leads to; ``{CHECKOUT_SESSION_ID}`` is filled in.
            cancel_url: where the hosted page's back arrow leads to.
            return_url: where the embedded page leads to.
            customer_id: the buyer, when you know them. Not together with ``customer_email``.
            customer_email: fills in the form; a subscription makes a new customer of it.
            client_reference_id: your own id of the order; it comes back in the webhook.
            metadata: comes back as well, on the session, the payment and the subscription.
            trial_days: of a subscription.
            currency: needed by ``setup``.
            idempotency_key: names this intent, for 24 hours at least; made when None.

        Raises:
            ConfigurationError: no host is configured for the links.
            InvalidRequestError: an argument is refused, here or by Stripe.
        """
        params = session_params(
            self._calls.settings,
            mode,
            lines,
            success_url=success_url,
            cancel_url=cancel_url,
            return_url=return_url,
            client_reference_id=client_reference_id,
            metadata=metadata,
            trial_days=trial_days,
            currency=currency,
        )
        params |= _buyer(customer_id, customer_email)
        return self._calls.write(
            "checkout.create",
            self._api.create,
            parse=CheckoutSession.from_raw,
            key=idempotency_key,
            params=params,
        )

    def get(self, session_id: str) -> CheckoutSession:
        """Return a session: look at ``payment_status`` before you deliver.

        Raises:
            NotFoundError: there is none.
        """
        found = check.object_id("session_id", session_id)
        return self._calls.read(self._api.retrieve, found, parse=CheckoutSession.from_raw)

    def list(
        self, *, customer_id: str | None = None, limit: int | None = None
    ) -> Iterator[CheckoutSession]:
        """Walk over the sessions, newest first."""
        customer = check.optional_id("customer_id", customer_id)
        return self._calls.pages(
            self._api.list,
            parse=CheckoutSession.from_raw,
            limit=check.limit(limit),
            **check.given(customer=customer),
        )

    def expire(self, session_id: str, *, idempotency_key: str | None = None) -> CheckoutSession:
        """Close an open session, so that nobody can pay on it any more.

        Raises:
            InvalidRequestError: it is not open.
        """
        return self._calls.write(
            "checkout.expire",
            self._api.expire,
            check.object_id("session_id", session_id),
            parse=CheckoutSession.from_raw,
            key=idempotency_key,
            params={},
        )


class PortalSessions:
    """Reached as ``stripe.portal``.

    Source: https://docs.stripe.com/api/customer_portal/sessions
    """

    def __init__(self, calls: Calls) -> None:
        """Call through ``calls``."""
        self._calls = calls
        self._api = calls.v1.billing_portal.sessions

    def create(
        self,
        customer_id: str,
        return_url: str,
        *,
        configuration_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> PortalSession:
        """Open the page on which a customer manages subscriptions, cards and invoices.

        Make it when the customer asks, after your own login: who has the link is the customer.

        Raises:
            InvalidRequestError: an argument is refused; or no portal is set up in the Dashboard.
        """
        customer = check.object_id("customer_id", customer_id)
        link = site_link("return_url", return_url, self._calls.settings)
        params = {"customer": customer, "return_url": link}
        if configuration_id is not None:
            params["configuration"] = check.object_id("configuration_id", configuration_id)
        return self._calls.write(
            "portal.create",
            self._api.create,
            parse=PortalSession.from_raw,
            key=idempotency_key,
            params=params,
        )


def session_params(
    settings: StripeSettings,
    mode: str,
    lines: Sequence[Line] = (),
    *,
    success_url: str | None = None,
    cancel_url: str | None = None,
    return_url: str | None = None,
    client_reference_id: str | None = None,
    metadata: Mapping[str, str] | None = None,
    trial_days: int | None = None,
    currency: str | None = None,
) -> dict[str, Any]:
    """Return the form of :meth:`CheckoutSessions.create`, but for who buys.

    Raises:
        ConfigurationError: no host is configured for the links.
        InvalidRequestError: an argument is refused.
    """
    params: dict[str, Any] = {"mode": check.one("mode", mode, MODES)}
    params |= _pages(settings, success_url, cancel_url, return_url)
    params |= _lines(mode, lines, currency)
    if client_reference_id is not None:
        reference = check.text("client_reference_id", client_reference_id, 200)
        params["client_reference_id"] = reference
    return params | _details(mode, metadata, trial_days)


def _pages(
    settings: StripeSettings, success_url: str | None, cancel_url: str | None, back: str | None
) -> dict[str, str]:
    if (success_url is None) == (back is None):
        check.refuse("success_url", "give exactly one of success_url (hosted) and return_url")
    if back is not None:
        if cancel_url is not None:
            check.refuse("cancel_url", "the embedded page has none; leave it out")
        return {"ui_mode": "embedded_page", "return_url": site_link("return_url", back, settings)}
    pages = {"success_url": site_link("success_url", success_url, settings)}
    if cancel_url is not None:
        pages["cancel_url"] = site_link("cancel_url", cancel_url, settings)
    return {"ui_mode": "hosted_page", **pages}


def _buyer(customer_id: str | None, customer_email: str | None) -> dict[str, str]:
    if customer_id is not None and customer_email is not None:
        check.refuse("customer_email", "give customer_id or customer_email, not both")
    if customer_id is not None:
        return {"customer": check.object_id("customer_id", customer_id)}
    if customer_email is not None:
        return {"customer_email": check.email("customer_email", customer_email)}
    return {}


def _lines(mode: str, lines: Sequence[Line], currency: str | None) -> dict[str, Any]:
    if mode == "setup":
        if lines:
            check.refuse("lines", "a setup session sells nothing")
        if currency is None:
            check.refuse("currency", "a setup session needs one, to offer what fits it")
        return {"currency": check.currency("currency", currency)}
    if currency is not None:
        check.refuse("currency", "is the prices'; leave it out")
    plain = isinstance(lines, Sequence)  # no iterator: it would be used up by looking at it
    if not plain or not lines or not all(isinstance(each, Line) for each in lines):
        check.refuse("lines", "give at least one Line(price_id, quantity)")
    items = [
        {
            "price": check.object_id("price_id", each.price_id),
            "quantity": check.whole("quantity", each.quantity, 1, 999_999),
        }
        for each in lines
    ]
    return {"line_items": items}


def _details(
    mode: str, metadata: Mapping[str, str] | None, trial_days: int | None
) -> dict[str, Any]:
    """Return what goes on the session and on what comes of it."""
    details: dict[str, Any] = {}
    if trial_days is not None:
        if mode != "subscription":
            check.refuse("trial_days", "only a subscription has a trial")
        details["trial_period_days"] = check.whole("trial_days", trial_days, 1, 730)
    # A session's metadata is not copied to what comes of it, so it is said twice.
    labels = check.labels(metadata)
    details |= labels
    made = {"payment": "payment_intent_data", "setup": "setup_intent_data"}
    return {
        **labels,
        **({made.get(mode, "subscription_data"): details} if details else {}),
    }
