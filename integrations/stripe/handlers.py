"""Keep records from events, and fulfil each payment once.

The records end in the same state whatever the order of arrival and however often an event comes
(:mod:`integrations.stripe.facts`). Subscribe the endpoint to every event of
``integrations.stripe.events.EVENTS``. Above all to ``invoice_payment.paid``: it alone says
which invoice a payment intent pays, and until it arrives the two are two records.
"""

import threading
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from integrations.core.clock import SYSTEM_CLOCK, Clock
from integrations.core.webhook_store import Event
from integrations.core.webhooks import CLAIM_S, WebhookPipeline
from integrations.stripe.changes import changes_of
from integrations.stripe.events import EVENTS, thin_events
from integrations.stripe.facts import DONE, TOLD, Fact, joined
from integrations.stripe.payment_readings import Paid
from integrations.stripe.records import Customer, Payment, Subscription
from integrations.stripe.store import Store, learn
from integrations.stripe.subscription_readings import ENDED
from integrations.stripe.thin import fetched_snapshot, is_thin

if TYPE_CHECKING:
    from integrations.stripe.client import StripeClient

OnFulfil = Callable[[Payment], object]


class FulfilmentBusyError(RuntimeError):
    """Another delivery is fulfilling this payment now; Stripe's next try will find it done."""


def default_handlers(
    pipeline: WebhookPipeline,
    store: Store,
    *,
    on_fulfil: OnFulfil | None = None,
    fulfil_by: Collection[Paid] = ("checkout", "invoice"),
    client: "StripeClient | None" = None,
    clock: Clock = SYSTEM_CLOCK,
    claim_s: float = CLAIM_S,
) -> None:
    """Register handlers that keep payments and subscriptions as records in ``store``.

    Register your own handlers after these: they run later, and find the record up to date. An
    event says what happened; what is true now, the record says.

    Args:
        pipeline: where the events come from.
        store: where the records are kept.
        on_fulfil: hands over what was bought; called once a payment, when Stripe says it is paid.
            When it raises, Stripe sends the event again and it is called again. A process that
            dies inside it is why it should be idempotent by ``payment.purchase``.
        fulfil_by: what proves a payment. ``"checkout"``: a session whose ``payment_status`` is
            ``paid``, or that needs no payment. ``"invoice"``: a subscription's paid invoice. Add
            ``"intent"`` if you also charge without Checkout; a payment intent alone does not tell
            whether a session or an invoice stands behind it, nor what was bought; ``on_fulfil``
            may then see the intent before either, with the intent as ``payment.purchase``.
        client: fetches what thin events are about, so that an event destination keeps the records
            as well; without it, the handlers are for snapshots only.
        clock: tells when a fulfilment that nobody finished may be taken over.
        claim_s: how long one may take, in seconds.
    """
    every = frozenset(fulfil_by)
    if unknown := every - {"checkout", "invoice", "intent"}:
        raise ValueError(f"fulfil_by: {sorted(unknown)} prove no payment")

    def keep(event: Event) -> None:
        told = fetched_snapshot(event, client) if client and is_thin(event) else event
        for change in changes_of(told):
            record = learn(store, change.kind, change.names, change.facts)
            _end_with_the_customer(store, record)
            if on_fulfil and isinstance(record, Payment) and _is_due(record, every):
                _fulfil(store, record, on_fulfil, clock, claim_s)

    pipeline.on(*EVENTS, *(thin_events() if client else ()))(keep)


def _end_with_the_customer(store: Store, record: object) -> None:
    """End what belongs to a deleted customer, whichever of the two was heard of first.

    Both are written before the other is read, so that of two deliveries at the same time at least
    one sees the other's.
    """
    if isinstance(record, Customer) and record.deleted:
        gone = record.facts["customer"]
        theirs = [each for each in store.all(Subscription) if each.customer == record.id]
        for subscription in theirs:
            _end(store, subscription, gone)
    if isinstance(record, Subscription) and record.customer:
        for customer in store.find(Customer, [record.customer]):
            if customer.deleted:
                _end(store, record, customer.facts["customer"])


def _end(store: Store, subscription: Subscription, gone: Fact) -> None:
    if subscription.status not in ENDED:
        learn(store, Subscription, subscription.names, {"customer_deleted": Fact(DONE, gone.at)})


def _is_due(payment: Payment, fulfil_by: Collection[Paid]) -> bool:
    proofs = payment.paid_by & frozenset(fulfil_by)
    if payment.fulfilled or not proofs:
        return False
    linked = payment.id.startswith(("pi_", "ch_", "py_"))
    if "intent" in fulfil_by and payment.invoice and not linked:
        return False  # its intent may have been fulfilled under its own name
    # An invoice that is no subscription's may be a session's that is heard of later.
    return proofs != {"invoice"} or payment.subscription is not None


def _fulfil(
    store: Store, payment: Payment, on_fulfil: OnFulfil, clock: Clock, claim_s: float
) -> None:
    now = clock.time()
    claim = Fact(TOLD, int(now + claim_s), {"by": threading.get_ident(), "from": now})
    claimed = _claim(store, payment, claim, now)
    if claimed is None:
        return
    try:
        on_fulfil(claimed)
    except BaseException:
        _settle(store, claimed, claim, None)
        raise
    _settle(store, claimed, claim, Fact(DONE, int(clock.time())))


def _claim(store: Store, payment: Payment, claim: Fact, now: float) -> Payment | None:
    """Claim a fulfilment; return the record, or None when it is done already.

    Raises:
        FulfilmentBusyError: somebody else has the claim.
    """

    def take(known: Fact | None) -> Fact:
        if known and known.rank == TOLD and known.at > now:
            raise FulfilmentBusyError(f"{payment.id} is being fulfilled by another delivery")
        return known if known and known.rank == DONE else claim

    record = _mark(store, payment, take)
    return None if record.fulfilled else record


def _settle(store: Store, payment: Payment, claim: Fact, end: Fact | None) -> None:
    """Finish or release a claim, unless it had expired and somebody else took over."""
    _mark(store, payment, lambda known: end if known == claim else known)


def _mark(store: Store, payment: Payment, choose: Callable[[Fact | None], Fact | None]) -> Payment:
    while True:
        old = store.find(Payment, payment.names)
        facts = joined(*(each.facts for each in old))
        mark = choose(facts.pop("fulfilment", None))
        if mark:
            facts["fulfilment"] = mark
        new = Payment.of(payment.names.union(*(each.names for each in old)), facts)
        if store.swap(old, new):
            return new
