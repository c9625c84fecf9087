import itertools
import random
import threading
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.core.clock import ManualClock
from integrations.stripe.facts import Fact, joined
from integrations.stripe.fake_objects import build
from integrations.stripe.handlers import FulfilmentBusyError, default_handlers
from integrations.stripe.records import Customer, Payment, Subscription
from integrations.stripe.store import MemoryStore, learn
from integrations.stripe.tests import deliveries as made
from integrations.stripe.tests.deliveries import NOW, Shop, ends, event, signed

CREATED, UPDATED = "customer.subscription.created", "customer.subscription.updated"


def first_five(step: int) -> list[dict[str, Any]]:
    """Return a subscription's first five events, ``step`` seconds apart."""
    active = made.subscription(status="active")
    session = made.session(
        mode="subscription", payment_intent=None, subscription="sub_1", invoice="in_1"
    )
    return [
        event(CREATED, made.subscription(), at=0),
        event(UPDATED, active, at=step, before={"status": "incomplete"}),
        event("invoice.paid", made.invoice(), at=2 * step),
        event("checkout.session.completed", session, at=3 * step),
        event(
            UPDATED,
            made.subscription(status="active", cancel_at_period_end=True, cancel_at=NOW + 9),
            at=4 * step,
            before={"cancel_at_period_end": False, "cancel_at": None},
        ),
    ]


@pytest.mark.parametrize("step", [0, 1])
def test_every_order_of_a_subscriptions_first_five_events_ends_in_one_state(step: int) -> None:
    shops = ends(itertools.permutations(first_five(step)))
    assert len(shops) == 120
    found = {repr(shop.subscription()) + repr(shop.payment()) for shop in shops}
    assert len(found) == 1
    kept = shops[0].subscription()
    assert (kept.status, kept.cancel_at_period_end) == ("active", True)
    assert (kept.reference, kept.items) == ("order-42", (("price_basic", 1),))
    assert kept.current_period_end == NOW + 2_592_000
    for shop in shops:
        assert [each.subscription for each in shop.fulfilled] == ["sub_1"]
        assert shop.subscription() == kept
        assert shop.payment().facts.keys() == shops[0].payment().facts.keys()


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_duplicates_and_second_events_of_one_change_do_no_harm(data: Any) -> None:
    events = first_five(data.draw(st.sampled_from([0, 1])))
    again = [{**each, "id": f"{each['id']}_again"} for each in events]
    order = data.draw(st.permutations([*events, *events, *again]))
    shop = Shop()
    assert {result.status for result in shop.receive(*order)} == {200}
    kept = shop.subscription()
    assert (kept.status, kept.cancel_at_period_end) == ("active", True)
    assert len(shop.fulfilled) == 1


STATES = st.lists(
    st.tuples(
        st.sampled_from(["incomplete", "trialing", "active", "past_due", "unpaid", "paused"]),
        st.booleans(),
    ),
    min_size=2,
    max_size=5,
    unique=True,
)


@given(STATES, st.randoms(use_true_random=False), st.integers(0, 2))
@settings(max_examples=150, deadline=None)
def test_any_chain_of_changes_ends_at_its_end(
    states: list[tuple[str, bool]], dice: random.Random, pace: int
) -> None:
    told = [dict(zip(("status", "cancel_at_period_end"), each, strict=True)) for each in states]
    events = [event(CREATED, made.subscription(**told[0]))]
    for number, (old, new) in enumerate(itertools.pairwise(told), 1):
        before = {key: value for key, value in old.items() if new[key] != value}
        at = number * pace // 2  # all in one second, in pairs, or a second apart
        events.append(event(UPDATED, made.subscription(**new), at=at, before=before))
    order = [*events, *dice.choices(events, k=3)]
    dice.shuffle(order)
    shop = Shop()
    shop.receive(*order)
    kept = shop.subscription()
    assert (kept.status, kept.cancel_at_period_end) == states[-1]


A, B, C = ({"status": status} for status in ("trialing", "active", "past_due"))


@pytest.mark.parametrize("walk", [[A, B, A], [A, B, A, C], [A, B, C, A, C], [A, B, C, B, C]])
def test_a_state_that_comes_back_within_the_second_is_no_end(walk: list[dict[str, str]]) -> None:
    events = [event(CREATED, made.subscription(**walk[0]))]
    for old, new in itertools.pairwise(walk):
        events.append(event(UPDATED, made.subscription(**new), before=old))
    for shop in ends(itertools.permutations(events)):
        assert shop.subscription().status == walk[-1]["status"]


@pytest.mark.parametrize("swap", [False, True])
def test_changes_of_metadata_and_plan_within_the_second_are_put_in_order(swap: bool) -> None:
    # Both ways round, so that no order of values can stand in for the order of the changes.
    seats, counts = (("2", "1"), (7, 1)) if swap else (("1", "2"), (1, 7))

    def stage(**metadata: str) -> dict[str, Any]:
        return made.subscription(status="active", metadata=metadata)

    first, named = stage(seats=seats[0]), stage(seats=seats[1], team="red")
    for each in (first, named):
        each["items"]["data"][0]["quantity"] = counts[0]
    more = stage(seats=seats[1], team="red")
    more["items"]["data"][0]["quantity"] = counts[1]
    events = [
        event(UPDATED, first, before={"status": "trialing"}),
        event(UPDATED, named, before={"metadata": {"seats": seats[0], "team": None}}),
        event(UPDATED, more, before={"items": named["items"]}),
    ]
    for last in (2, 3):
        for shop in ends(itertools.permutations(events[:last])):
            assert shop.subscription().items == (("price_basic", counts[last - 2]),)
            assert shop.subscription().metadata == {"seats": seats[1], "team": "red"}


def test_of_two_updates_in_one_second_the_replaced_one_loses() -> None:
    chain = ["incomplete", "active", "past_due", "active", "unpaid"]
    for start in range(3):
        # Status "active" comes twice over the whole chain: look at three links at a time.
        links = chain[start : start + 3]
        events = [
            event(UPDATED, made.subscription(status=new), before={"status": old})
            for old, new in itertools.pairwise(links)
        ]
        if links[0] == links[-1]:
            continue
        for shop in ends(itertools.permutations(events)):
            assert shop.subscription().status == links[-1]


def test_a_subscription_that_ended_stays_ended() -> None:
    gone = made.subscription(status="canceled", ended_at=NOW)
    events = [
        event("customer.subscription.deleted", gone),
        event(UPDATED, made.subscription(status="active"), at=5, before={"status": "incomplete"}),
        event(CREATED, made.subscription()),
    ]
    for shop in ends(itertools.permutations(events)):
        assert (shop.subscription().status, shop.subscription().ended) == ("canceled", True)


@pytest.mark.parametrize(
    ("type", "status"),
    [("customer.subscription.paused", "paused"), ("customer.subscription.resumed", "active")],
)
def test_pausing_and_resuming_show(type: str, status: str) -> None:
    events = [
        event(CREATED, made.subscription(status="trialing")),
        event(type, made.subscription(status=status), at=3),
    ]
    for shop in ends(itertools.permutations(events)):
        assert shop.subscription().status == status


def test_paused_collection_shows_although_the_status_does_not_change() -> None:
    paused = made.subscription(
        status="active", pause_collection={"behavior": "void", "resumes_at": None}
    )
    shop = Shop()
    shop.receive(event(UPDATED, paused))
    assert (shop.subscription().status, shop.subscription().collection_paused) == ("active", True)


@pytest.mark.parametrize(
    ("types", "attention"),
    [
        (["invoice.payment_failed"], "payment_failed"),
        (["invoice.payment_failed", "invoice.payment_action_required"], "action_required"),
        (["invoice.finalization_failed"], "finalization_failed"),
        (["invoice.payment_failed", "invoice.paid"], ""),
        (["invoice.payment_action_required", "invoice.paid"], ""),
    ],
)
def test_trouble_with_an_invoice_shows_until_it_is_paid(types: list[str], attention: str) -> None:
    events = [event(CREATED, made.subscription(status="active"))]
    events += [event(each, made.invoice()) for each in types]
    for shop in ends(itertools.permutations(events)):
        assert shop.subscription().attention == attention


def test_the_newest_invoice_counts() -> None:
    old, new = made.invoice(), made.invoice(id="in_2", created=NOW + 100)
    events = [
        event(CREATED, made.subscription(status="active")),
        event("invoice.payment_failed", old, at=50),
        event("invoice.paid", new, at=100),
    ]
    for shop in ends(itertools.permutations(events)):
        assert shop.subscription().attention == ""


def test_a_deleted_customers_subscriptions_end_whatever_comes_later() -> None:
    customer = build("customer", id="cus_1", email="a@example.com", metadata={})
    events = [
        event("customer.deleted", customer, at=9),
        event(UPDATED, made.subscription(status="active"), at=4, before={"status": "incomplete"}),
        event(CREATED, made.subscription()),
        event("customer.updated", customer, at=9),
    ]
    for shop in ends(itertools.permutations(events)):
        assert (shop.subscription().status, shop.subscription().ended_at) == ("canceled", NOW + 9)
        (kept,) = shop.store.all(Customer)
        assert (kept.deleted, kept.email) == (True, None)


# Payments.


def whole_life() -> list[dict[str, Any]]:
    """Return all that is told of one payment: paid, refunded in two parts, one failed, disputed."""
    back = made.refund(500)
    failed = made.refund(300, "failed", id="re_2")
    return [
        event("payment_intent.payment_failed", made.intent(status="requires_payment_method")),
        event("payment_intent.succeeded", made.intent(), at=1),
        event("checkout.session.completed", made.session(), at=1),
        event("refund.created", back, at=5),
        event("charge.refunded", made.charge(500), at=5),
        event("refund.created", made.refund(300, id="re_2"), at=6),
        event("charge.refunded", made.charge(800), at=6),
        event("refund.failed", failed, at=7),
        event("charge.dispute.created", made.dispute(), at=8),
        event("charge.dispute.closed", made.dispute("won"), at=9),
    ]


@given(st.randoms(use_true_random=False), st.booleans())
@settings(max_examples=150, deadline=None)
def test_a_payments_whole_life_ends_in_one_state(dice: random.Random, frozen: bool) -> None:
    events = whole_life()
    if frozen:
        events = [{**each, "created": NOW} for each in events]
    order = [*events, *dice.choices(events, k=5)]
    dice.shuffle(order)
    shop = Shop()
    assert {result.status for result in shop.receive(*order)} == {200}
    kept = shop.payment()
    assert (kept.id, kept.status, str(kept.amount)) == ("pi_1", "partially_refunded", "19.99 USD")
    assert (str(kept.amount_refunded), kept.reference) == ("5.00 USD", "order-42")
    assert kept.fulfilled
    assert kept.metadata == {"cart": "7"}
    assert [each.id for each in shop.fulfilled] == ["pi_1"]


@pytest.mark.parametrize("frozen", [True, False])
def test_refunds_are_right_without_the_refunds_own_events(frozen: bool) -> None:
    events = [each for each in whole_life()[2:8] if each["type"] != "refund.created"]
    if frozen:
        events = [{**each, "created": NOW} for each in events]
    for shop in ends(itertools.permutations(events)):
        assert str(shop.payment().amount_refunded) == "5.00 USD"


def test_of_two_refunds_within_a_second_the_failed_one_does_not_count() -> None:
    told = [
        event("payment_intent.succeeded", made.intent()),
        event("refund.created", made.refund(500)),
        event("charge.refunded", made.charge(500)),
        event("refund.failed", made.refund(500, "failed")),
        event("refund.created", made.refund(300, id="re_2")),
        event("charge.refunded", made.charge(300)),
    ]
    for shop in ends(itertools.permutations(told)):
        assert str(shop.payment().amount_refunded) == "3.00 USD"


def test_a_refund_that_is_under_way_counts_before_its_charge_tells() -> None:
    told = [
        event("payment_intent.succeeded", made.intent()),
        event("refund.created", made.refund(500, "pending")),
        event("refund.updated", made.refund(500, "succeeded")),
    ]
    for shop in ends(itertools.permutations(told)):
        assert shop.payment().status == "partially_refunded"
        assert str(shop.payment().amount_refunded) == "5.00 USD"


def test_a_full_refund_shows() -> None:
    events = [
        event("payment_intent.succeeded", made.intent()),
        event("charge.refunded", made.charge(1999)),
        event("refund.created", made.refund(1999)),
    ]
    for shop in ends(itertools.permutations(events)):
        assert shop.payment().status == "refunded"
        assert shop.payment().amount_refunded == shop.payment().amount


@pytest.mark.parametrize(
    ("closing", "status"),
    [(None, "disputed"), ("won", "paid"), ("lost", "charged_back"), ("warning_closed", "paid")],
)
def test_a_dispute_shows(closing: str | None, status: str) -> None:
    events = [
        event("payment_intent.succeeded", made.intent()),
        event("charge.dispute.created", made.dispute()),
    ]
    if closing:
        events.append(event("charge.dispute.closed", made.dispute(closing)))
    for shop in ends(itertools.permutations(events)):
        assert shop.payment().status == status


def test_a_completed_checkout_is_not_yet_paid() -> None:
    unpaid = made.session(payment_status="unpaid")
    completed = event("checkout.session.completed", unpaid)
    (shop,) = ends([[completed]])
    assert (shop.payment().status, shop.fulfilled) == ("pending", [])
    later = event("checkout.session.async_payment_succeeded", made.session(), at=86400)
    for shop in ends(itertools.permutations([completed, later])):
        assert (shop.payment().status, len(shop.fulfilled)) == ("paid", 1)
    failed = event("checkout.session.async_payment_failed", unpaid, at=86400)
    for shop in ends(itertools.permutations([completed, failed])):
        assert (shop.payment().status, shop.fulfilled) == ("failed", [])


def test_an_expired_checkout_is_never_fulfilled() -> None:
    expired = made.session(payment_status="unpaid", payment_intent=None)
    (shop,) = ends([[event("checkout.session.expired", expired)]])
    assert (shop.payment().id, shop.payment().status) == ("cs_test_1", "expired")
    assert shop.fulfilled == []


def test_an_order_that_costs_nothing_is_fulfilled_and_a_trial_is_no_payment() -> None:
    free = made.session(payment_status="no_payment_required", payment_intent=None, amount_total=0)
    (shop,) = ends([[event("checkout.session.completed", free)]])
    assert [each.id for each in shop.fulfilled] == ["cs_test_1"]
    trial = made.session(
        mode="subscription",
        payment_intent=None,
        payment_status="no_payment_required",
        subscription="sub_1",
        invoice="in_1",
        amount_total=0,
    )
    first = made.invoice(amount_paid=0)
    (shop,) = ends([[event("checkout.session.completed", trial), event("invoice.paid", first)]])
    assert (shop.payments(), shop.fulfilled) == ([], [])


def test_setting_up_a_card_is_no_payment() -> None:
    setup = made.session(mode="setup", payment_intent=None, payment_status="no_payment_required")
    (shop,) = ends([[event("checkout.session.completed", setup)]])
    assert (shop.payments(), shop.fulfilled) == ([], [])


SUBSCRIBED = [
    event(
        "checkout.session.completed",
        made.session(
            mode="subscription", payment_intent=None, subscription="sub_1", invoice="in_1"
        ),
    ),
    event("payment_intent.succeeded", made.intent()),
    event("invoice.paid", made.invoice()),
    event("invoice_payment.paid", made.invoice_payment()),
    event("charge.refunded", made.charge(500), at=4),
]


@pytest.mark.parametrize(
    "fulfil_by", [("checkout", "invoice"), ("checkout", "invoice", "intent"), ("invoice",)]
)
def test_a_subscriptions_payment_is_one_and_fulfilled_once(fulfil_by: tuple[Any, ...]) -> None:
    for shop in ends(itertools.permutations(SUBSCRIBED), fulfil_by=fulfil_by):
        kept = shop.payment()
        assert (kept.id, kept.invoice, kept.subscription) == ("pi_1", "in_1", "sub_1")
        assert (kept.status, kept.reference) == ("partially_refunded", "order-42")
        assert kept.metadata == {"cart": "7", "plan": "basic"}
        assert (len(shop.fulfilled), kept.fulfilled) == (1, True)
        assert "intent" in fulfil_by or shop.fulfilled[0].purchase == "in_1"


def test_an_intent_alone_is_fulfilled_only_on_request() -> None:
    alone = event("payment_intent.succeeded", made.intent())
    assert ends([[alone]])[0].fulfilled == []
    assert len(ends([[alone]], fulfil_by=["intent"])[0].fulfilled) == 1
    with pytest.raises(ValueError, match="charge"):
        Shop(fulfil_by=["charge"])


def test_an_intents_own_reference_is_taken_where_no_session_has_one() -> None:
    charged = event("payment_intent.succeeded", made.intent(metadata={"reference": "order-7"}))
    assert ends([[charged]])[0].payment().reference == "order-7"
    checkout = event("checkout.session.completed", made.session())
    for shop in ends(itertools.permutations([charged, checkout])):
        assert shop.payment().reference == "order-42"


def test_an_intent_that_failed_or_was_canceled_shows() -> None:
    failed = event("payment_intent.payment_failed", made.intent(), at=9)
    canceled = event("payment_intent.canceled", made.intent())
    processing = event("payment_intent.processing", made.intent(), at=3)
    for last, status in ((failed, "failed"), (canceled, "canceled")):
        for shop in ends(itertools.permutations([processing, last])):
            assert (shop.payment().status, shop.fulfilled) == (status, [])


# Fulfilment under trouble.


def test_twenty_threads_with_one_event_have_one_effect() -> None:
    shop, start = Shop(), threading.Barrier(20)
    paid, answers = event("checkout.session.completed", made.session()), list[int]()

    def deliver() -> None:
        start.wait()
        answers.append(shop.receive(paid)[0].status)

    threads = [threading.Thread(target=deliver) for _ in range(20)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(shop.fulfilled) == 1
    assert set(answers) <= {200, 503}
    assert 200 in answers


def test_twenty_threads_with_every_event_end_in_one_payment() -> None:
    shop, start = Shop(), threading.Barrier(20)

    def deliver(number: int) -> None:
        order = list(SUBSCRIBED)
        random.Random(number).shuffle(order)  # noqa: S311  # an order, no secret
        start.wait()
        # What is answered with 5xx is sent again, as Stripe does.
        while order:
            status = [shop.receive(each)[0].status for each in order]
            order = [each for each, code in zip(order, status, strict=True) if code >= 500]

    threads = [threading.Thread(target=deliver, args=(number,)) for number in range(20)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert (shop.payment().id, len(shop.fulfilled)) == ("pi_1", 1)


def test_a_fulfilment_that_failed_is_tried_again() -> None:
    calls = list[str]()

    def shaky(payment: Payment) -> None:
        calls.append(payment.id)
        if len(calls) == 1:
            raise OSError("the warehouse is down")

    shop = Shop(on_fulfil=shaky)
    paid = event("checkout.session.completed", made.session())
    assert [result.status for result in shop.receive(paid, paid, paid)] == [500, 200, 200]
    assert (len(calls), shop.payment().fulfilled) == (2, True)


def test_a_fulfilment_under_way_is_not_begun_again_until_its_claim_expires() -> None:
    clock, calls = ManualClock(), list[str]()
    shop = Shop(on_fulfil=lambda payment: calls.append(payment.id), clock=clock)
    learn(shop.store, Payment, ["pi_1"], {"fulfilment": Fact(1, int(NOW + 300))})
    paid = event("checkout.session.completed", made.session())
    first = shop.receive(paid)[0]
    assert (first.status, first.reason) == (500, FulfilmentBusyError.__name__)
    assert (calls, shop.payment().fulfilled) == ([], False)
    clock.advance(301)
    assert shop.receive(paid)[0].status == 200
    assert (calls, shop.payment().fulfilled) == (["pi_1"], True)


def test_who_lost_its_claim_does_not_release_the_new_owners() -> None:
    clock = ManualClock()
    shop = Shop(on_fulfil=None)
    paid = event("checkout.session.completed", made.session())

    def slow(payment: Payment) -> None:
        clock.advance(301)
        others = Shop(clock=clock)
        others.store = shop.store
        default_handlers(others.hooks, shop.store, on_fulfil=others.fulfilled.append, clock=clock)
        others.receive(event("payment_intent.succeeded", made.intent()))
        assert len(others.fulfilled) == 1
        raise OSError("too late")

    default_handlers(shop.hooks, shop.store, on_fulfil=slow, clock=clock)
    assert shop.receive(paid)[0].status == 500
    assert shop.payment().fulfilled


def test_an_event_of_an_old_api_version_leaves_nothing_and_tells_what_to_pin() -> None:
    old = made.subscription()
    for item in old["items"]["data"]:
        del item["current_period_end"]
    shop = Shop()
    result = shop.receive(event(CREATED, old, api_version="2024-06-20"))[0]
    assert (result.status, result.outcome) == (400, "malformed")
    assert "items.data[0].current_period_end" in result.reason
    assert "api_version=" in result.reason
    assert (list(shop.store.all(Subscription)), list(shop.hooks.received())) == ([], [])


def test_forged_events_leave_nothing_behind() -> None:
    shop = Shop()
    body, headers = signed(event("checkout.session.completed", made.session()))
    attacks = [
        (body.replace(b"1999", b"0001"), headers),
        (body, {}),
        signed(body, at=NOW - 301),
        signed(body, at=NOW + 301),
        signed(body, secret="whsec_guessed0000001"),
        signed(event("checkout.session.completed", made.charge())),
        signed({**event("checkout.session.completed", made.session()), "livemode": True}),
    ]
    for attack in attacks:
        assert shop.hooks.receive(*attack).status == 400
    assert (shop.payments(), shop.fulfilled, list(shop.hooks.received())) == ([], [], [])


# The lattice and the store.

FACTS = st.dictionaries(
    st.sampled_from(["a", "b", "c"]),
    st.builds(
        Fact,
        st.integers(1, 3),
        st.integers(0, 2),
        st.dictionaries(st.sampled_from(["x", "y"]), st.integers(0, 2) | st.text(max_size=2)),
    ),
)


@given(FACTS, FACTS, FACTS)
def test_joining_facts_knows_no_order(a: Any, b: Any, c: Any) -> None:
    assert joined(a, b) == joined(b, a)
    assert joined(a, joined(b, c)) == joined(joined(a, b), c) == joined(a, b, c)
    assert joined(a, a) == joined(a)


def test_a_swap_on_what_has_changed_is_refused() -> None:
    store = MemoryStore()
    first = learn(store, Payment, ["pi_1"], {})
    second = learn(store, Payment, ["pi_1", "ch_1"], {})
    assert store.swap([first], Payment.of(["pi_1"], {})) is False
    assert store.swap([], Payment.of(["ch_1"], {})) is False
    assert list(store.all(Payment)) == [second]


def test_records_that_share_a_name_become_one() -> None:
    store = MemoryStore()
    for names in (["pi_1"], ["in_1"], ["ch_1"], ["in_1", "pi_1"], ["ch_1", "pi_1"]):
        learn(store, Payment, names, {})
    (one,) = store.all(Payment)
    assert one.names == {"pi_1", "in_1", "ch_1"}


def test_a_store_that_never_agrees_is_reported() -> None:
    class Broken(MemoryStore):
        def swap(self, old: Any, new: Any) -> bool:
            return False

    with pytest.raises(RuntimeError, match="Broken"):
        learn(Broken(), Payment, ["pi_1"], {})
