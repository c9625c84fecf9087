"""What most products do with Stripe, each in one call.

They take your own users: anything with the attributes of :class:`Payer`, a Django model as well as
a dataclass. Prices and amounts come from your server, never from a browser.
"""

import threading
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from integrations.core.webhooks import Result, WebhookPipeline
from integrations.stripe import arguments as check
from integrations.stripe import once
from integrations.stripe.checkout import Line, session_params
from integrations.stripe.client import StripeClient
from integrations.stripe.customers import USER_ID
from integrations.stripe.handlers import default_handlers
from integrations.stripe.links import site_link
from integrations.stripe.models import CheckoutSession, Customer
from integrations.stripe.models_billing import Subscription
from integrations.stripe.models_payments import PaymentIntent, Refund
from integrations.stripe.money import Money
from integrations.stripe.store import MemoryStore
from integrations.stripe.webhooks import webhook_pipeline

NOBODY = "cus_debug"
"""Debug mode makes no customer; the request still shows where one would stand."""


class Payer(Protocol):
    """Somebody who pays."""

    @property
    def id(self) -> object:
        """Your own id of them, for ever; its ``str`` is kept with the customer."""
        ...

    @property
    def email(self) -> str:
        """Where receipts go."""
        ...

    @property
    def name(self) -> str:
        """As on invoices; may be empty."""
        ...


@cache
def default_client() -> StripeClient:
    """Return the client of the environment, built at the first call and shared from then on.

    After changing the environment, call ``default_client.cache_clear()``.
    """
    return StripeClient.from_env()


def create_customer_from_user(user: Payer, *, client: StripeClient | None = None) -> Customer:
    """Return the customer of your user, and create it if there is none; never two.

    See :meth:`~integrations.stripe.customers.Customers.find_or_create`. Address and
    name are written where the customer has none; nobody is found by them.

    Raises:
        InvalidRequestError: the user has no id yet, as before it is saved; or see there.
    """
    client = client or default_client()
    if user.id is None or isinstance(user.id, bool):
        # "None" would be one customer for everybody who has no id.
        check.refuse("user_id", f"{user.id} is nobody's id; save the user first")
    return client.customers.find_or_create(str(user.id), email=user.email, name=user.name or None)


def create_checkout_session(
    user: Payer,
    lines: Sequence[Line],
    *,
    success_url: str,
    cancel_url: str,
    reference: str,
    metadata: Mapping[str, str] | None = None,
    client: StripeClient | None = None,
) -> CheckoutSession:
    """Open the page on which ``user`` pays once for ``lines``; send them to its ``url``.

    Args:
        user: who pays.
        lines: prices of Stripe's, and how many.
        success_url: on a configured host. Coming back proves no payment.
        cancel_url: on a configured host.
        reference: your own id of the order. However often and late it is repeated, the order is
            paid once: an open page is the same one again, and refused with other lines; one that
            is ``complete`` comes back without a ``url``; after one that has expired there is a
            new one.
        metadata: comes back with the webhook.
        client: the environment's when None.

    Raises:
        InvalidRequestError: an argument is refused, such as a link that leaves the site.
        DuplicateRequestError: the reference's page is open, and shows something else.
    """
    client = client or default_client()
    page = {
        "success_url": success_url,
        "cancel_url": cancel_url,
        "client_reference_id": _reference(reference),
        "metadata": metadata,
    }
    return _opened("payment", lines, page, user, client)


def create_subscription_checkout(
    user: Payer,
    price_id: str,
    *,
    success_url: str,
    cancel_url: str,
    reference: str,
    quantity: int = 1,
    trial_days: int | None = None,
    client: StripeClient | None = None,
) -> CheckoutSession:
    """Open the page on which ``user`` subscribes; send them to its ``url``.

    The subscription begins when they have paid: wait for the webhook. Its metadata, and the
    session's, hold your ``user_id``.

    Args:
        user: who pays.
        price_id: a recurring price.
        success_url: on a configured host. Coming back proves no payment.
        cancel_url: on a configured host.
        reference: your own id of this order, as for :func:`create_checkout_session`: whoever clicks
            twice subscribes once. Who comes back later to subscribe anew needs another one.
        quantity: how many, such as seats.
        trial_days: free days before the first payment.
        client: the environment's when None.

    Raises:
        InvalidRequestError: an argument is refused, such as a link that leaves the site.
        DuplicateRequestError: the reference's page is open, and shows something else.
    """
    client = client or default_client()
    lines = [Line(check.object_id("price_id", price_id), quantity)]
    page = {
        "success_url": success_url,
        "cancel_url": cancel_url,
        "client_reference_id": _reference(reference),
        "metadata": {USER_ID: str(user.id)},
        "trial_days": trial_days,
    }
    return _opened("subscription", lines, page, user, client)


def billing_portal_url(user: Payer, return_url: str, *, client: StripeClient | None = None) -> str:
    """Return the link to the page on which ``user`` manages subscriptions and cards.

    Call it when they ask, after your own login, and redirect: who has the link is the customer.
    Empty in debug mode.
    """
    client = client or default_client()
    link = site_link("return_url", return_url, client.settings)  # before a customer is made
    return client.portal.create(_customer(user, client), link).url


def change_plan(
    subscription: str | Subscription,
    price_id: str,
    *,
    quantity: int | None = None,
    bill_now: bool = False,
    proration_date: int | None = None,
    client: StripeClient | None = None,
) -> Subscription:
    """Change a subscription to another price; the difference is prorated.

    Args:
        subscription: its id, or itself.
        price_id: the new price.
        quantity: as before when None.
        bill_now: ask for the difference now, not with the next invoice.
        proration_date: Unix time up to which the old plan counts; now when None. Give the one of
            ``invoices.preview``, and what was shown is what is asked for.
        client: the environment's when None.
    """
    client = client or default_client()
    return client.subscriptions.change_plan(
        _id(subscription),
        price_id,
        quantity=quantity,
        proration="always_invoice" if check.flag("bill_now", bill_now) else "create_prorations",
        proration_date=proration_date,
    )


def cancel_user_subscription(
    subscription: str | Subscription,
    *,
    at_period_end: bool = True,
    client: StripeClient | None = None,
) -> Subscription:
    """End a subscription: when what was paid for is over, or now."""
    client = client or default_client()
    return client.subscriptions.cancel(_id(subscription), at_period_end=at_period_end)


def charge_saved_card(
    user: Payer,
    amount: Money,
    *,
    reference: str,
    payment_method: str | None = None,
    client: StripeClient | None = None,
) -> PaymentIntent:
    """Charge a card that ``user`` has kept, while they are not there.

    Args:
        user: who pays.
        amount: from your own prices, never from a browser.
        reference: your own id of what is paid for, once for each user; charged once, however often
            and late it is called. A decline is repeated for 24 hours, and tried anew after that;
            to try another card sooner, use another reference.
        payment_method: the customer's default when None.
        client: the environment's when None.

    Raises:
        CardDeclinedError: declined; with ``needs_authentication``, bring the buyer back.
        InvalidRequestError: there is no card; or an argument is refused.
        DuplicateRequestError: the reference names another amount already; or, for 24 hours after a
            decline, another card.
    """
    client = client or default_client()
    check.money("amount", amount)
    _reference(reference)
    check.optional_id("payment_method", payment_method)
    customer = create_customer_from_user(user, client=client)
    owner = customer.id or NOBODY
    if client.mode != "debug" and (paid := once.payment_of(client, owner, reference, amount)):
        return paid
    return client.payment_intents.create(
        amount,
        customer_id=owner,
        payment_method=payment_method or _kept_card(customer, client),
        confirm=True,
        off_session=True,
        metadata={once.REFERENCE: reference},
        idempotency_key=once.key_of(owner, reference),
    )


def refund_payment(
    payment: str | PaymentIntent,
    amount: Money | None = None,
    *,
    reference: str | None = None,
    client: StripeClient | None = None,
) -> Refund:
    """Give a payment back, or a part of it.

    Args:
        payment: its id, or itself.
        amount: in the payment's currency, which is asked for first; all that is left when None.
        reference: names this refund of the payment: repeated, however late, it gives nothing twice.
            Without one, a second call is a second refund, as far as there is money left.
        client: the environment's when None.

    Raises:
        InvalidRequestError: another currency, or more than was paid; nothing was refunded.
        DuplicateRequestError: the reference names a refund of another amount already.
    """
    client = client or default_client()
    paid = payment.id if isinstance(payment, PaymentIntent) else payment
    payment_id = check.object_id("payment", paid, "payment_intent_id")
    if reference is None:
        return client.refunds.create(payment_id, amount=amount)
    if amount is not None:
        check.money("amount", amount)
    key = once.key_of(payment_id, _reference(reference))
    if client.mode != "debug":
        done, key = once.refund_of(client, payment_id, reference, amount)
        if done:
            return done
    named = {once.REFERENCE: reference}
    return client.refunds.create(payment_id, amount=amount, metadata=named, idempotency_key=key)


def handle_webhook_event(
    payload: bytes, signature: str, *, client: StripeClient | None = None
) -> Result:
    """Verify a webhook and handle it once; answer your web request with the result's ``status``.

    Events and records are kept in this process: see :func:`default_pipeline` for handlers of your
    own, and :func:`default_records` for what is known. Where several processes receive, or where
    it must last, build ``webhook_pipeline`` with a store of your own.

    Args:
        payload: the raw body, before any parser.
        signature: the ``Stripe-Signature`` header.
        client: the environment's when None; its settings hold the secrets.

    Raises:
        ConfigurationError: ``STRIPE_WEBHOOK_SECRET`` is not set.
        TypeError: the payload is not bytes.
    """
    return default_pipeline(client=client).receive(payload, {"stripe-signature": signature})


def default_pipeline(*, client: StripeClient | None = None) -> WebhookPipeline:
    """Return the pipeline behind :func:`handle_webhook_event`: one for each client.

    Raises:
        ConfigurationError: ``STRIPE_WEBHOOK_SECRET`` is not set.
    """
    return _receiver(client or default_client())[0]


def default_records(*, client: StripeClient | None = None) -> MemoryStore:
    """Return what the default handlers have learned: payments, subscriptions, customers.

    Raises:
        ConfigurationError: ``STRIPE_WEBHOOK_SECRET`` is not set.
    """
    return _receiver(client or default_client())[1]


_RECEIVERS: WeakKeyDictionary[StripeClient, tuple[WebhookPipeline, MemoryStore]]
_RECEIVERS = WeakKeyDictionary()
_LOCK = threading.Lock()


def _receiver(client: StripeClient) -> tuple[WebhookPipeline, MemoryStore]:
    with _LOCK:
        if client not in _RECEIVERS:
            pipeline = webhook_pipeline(client.settings, clock=client.clock)
            records = MemoryStore()
            default_handlers(pipeline, records, clock=client.clock)
            _RECEIVERS[client] = pipeline, records
        return _RECEIVERS[client]


def _opened(
    mode: str,
    lines: Sequence[Line],
    page: Mapping[str, Any],
    user: Payer,
    client: StripeClient,
) -> CheckoutSession:
    # Once for its refusals: they come before a customer is made.
    session_params(client.settings, mode, lines, **page)
    customer, reference = _customer(user, client), page["client_reference_id"]
    key = once.key_of(customer, reference)
    if client.mode != "debug":
        done, key = once.page_of(client, customer, mode, reference)
        if done:
            return done
    return client.checkout.create(mode, lines, customer_id=customer, idempotency_key=key, **page)


def _kept_card(customer: Customer, client: StripeClient) -> str:
    card = customer.default_payment_method
    if card is None and client.mode != "debug":
        kept = next(client.customers.payment_methods(customer.id, limit=1), None)
        card = kept.id if kept else None
    if card is None:
        check.refuse("payment_method", "the customer keeps no card; open a Checkout session")
    return card


def _reference(reference: str) -> str:
    return check.idempotency_key(reference, argument="reference", limit=once.MAX_REFERENCE)


def _customer(user: Payer, client: StripeClient) -> str:
    customer = create_customer_from_user(user, client=client)
    return customer.id or NOBODY


def _id(subscription: str | Subscription) -> str:
    found = subscription.id if isinstance(subscription, Subscription) else subscription
    return check.object_id("subscription", found, "subscription_id")
