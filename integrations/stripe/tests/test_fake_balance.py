"""The fake's balances and pauses: what the next invoice asks for, and when it asks again."""

import pytest

from integrations.core.clock import ManualClock
from integrations.stripe.checkout import Line
from integrations.stripe.tests.client_lab import client_on
from integrations.stripe.tests.fake_lab import DAY_S, Lab, refused


@pytest.fixture
def lab() -> Lab:
    return Lab(ManualClock())


def _balance(lab: Lab, customer: str) -> int:
    return int(lab.api.customers.retrieve(customer).balance)


# https://docs.stripe.com/billing/customer/balance: the plan costs 15.00
@pytest.mark.parametrize(
    ("balance", "due", "left"),
    [
        (0, 1500, 0),
        (-400, 1100, 0),
        (-1500, 0, 0),
        (-4000, 0, -2500),
        (700, 2200, 0),
        (-1480, 0, 20),  # 20 cents are too little to charge: they are owed with the next one
    ],
)
def test_the_first_invoice_takes_the_balance_into_account(
    lab: Lab, balance: int, due: int, left: int
) -> None:
    customer = lab.customer(balance=balance)
    made = lab.subscribe(customer, lab.monthly)
    invoice = lab.api.invoices.retrieve(made.latest_invoice)
    assert (invoice.total, invoice.amount_due, invoice.amount_paid) == (1500, due, due)
    assert (invoice.starting_balance, invoice.ending_balance) == (balance, left)
    assert (invoice.status, made.status) == ("paid", "active")
    assert _balance(lab, customer) == left
    taken = [each["amount"] for each in lab.fake.state.all("charge")]
    assert taken == ([due] if due else [])


def test_what_is_owed_is_asked_for_with_the_next_invoice_and_shown_before(lab: Lab) -> None:
    customer = lab.customer()
    subscription = lab.subscribe(customer, lab.monthly)
    lab.api.customers.update(customer, params={"balance": 500})
    shown = lab.api.invoices.create_preview(params={"subscription": subscription.id})
    assert (shown.total, shown.amount_due, shown.starting_balance) == (1500, 2000, 500)
    lab.clock.advance(32 * DAY_S)
    lab.fake.deliveries()
    assert lab.fake.state.all("invoice")[0]["amount_paid"] == 2000
    assert _balance(lab, customer) == 0


def test_a_credit_given_while_the_invoice_is_a_draft_counts(lab: Lab) -> None:
    customer = lab.customer()
    subscription = lab.subscribe(customer, lab.monthly)
    (end,) = {item["current_period_end"] for item in subscription["items"]["data"]}
    lab.clock.advance(end - lab.clock.time() + 60)  # a draft for an hour
    lab.api.customers.update(customer, params={"balance": -300})
    assert lab.fake.state.all("invoice")[0]["status"] == "draft"
    lab.clock.advance(2 * 3600)
    lab.fake.deliveries()
    invoice = lab.fake.state.all("invoice")[0]
    assert (invoice["status"], invoice["amount_paid"]) == ("paid", 1200)
    assert _balance(lab, customer) == 0


def test_a_voided_invoice_gives_the_credit_back(lab: Lab) -> None:
    customer = lab.customer()
    subscription = lab.subscribe(customer, lab.monthly)
    lab.api.customers.update(customer, params={"balance": -300})
    pause = {"pause_collection": {"behavior": "void"}}
    lab.api.subscriptions.update(subscription.id, params=pause)
    lab.clock.advance(32 * DAY_S)
    lab.fake.deliveries()
    assert lab.fake.state.all("invoice")[0]["status"] == "void"
    assert _balance(lab, customer) == -300


def test_the_buyer_of_a_page_pays_the_page_and_keeps_the_credit(lab: Lab) -> None:
    customer = lab.customer(balance=-300)
    page = lab.session(lab.monthly, "subscription", customer=customer)
    assert lab.fake.buyer.pay(page).succeeded
    invoice = lab.fake.state.all("invoice")[0]
    assert (invoice["status"], invoice["amount_paid"]) == ("paid", 1500)
    assert _balance(lab, customer) == -300


def _paused_until(lab: Lab, days: int) -> tuple[str, int]:
    subscription = lab.subscribe(lab.customer(), lab.monthly)
    at = int(lab.clock.time()) + days * DAY_S
    pause = {"behavior": "void", "resumes_at": at}
    params = {"pause_collection": pause}
    paused = lab.api.subscriptions.update(subscription.id, params=params)
    assert paused.pause_collection.resumes_at == at
    return str(subscription.id), at


def test_a_pause_ends_by_itself_when_it_was_to_and_tells_of_it(lab: Lab) -> None:
    subscription, at = _paused_until(lab, 10)
    lab.clock.advance(9 * DAY_S)
    assert lab.api.subscriptions.retrieve(subscription).pause_collection is not None
    mark = lab.mark()
    lab.clock.advance(2 * DAY_S)
    assert lab.api.subscriptions.retrieve(subscription).pause_collection is None
    assert lab.happened(mark) == ["customer.subscription.updated"]
    event = lab.fake.state.events[-1]
    assert event["created"] == at
    assert event["data"]["previous_attributes"]["pause_collection"]["resumes_at"] == at
    lab.clock.advance(25 * DAY_S)
    lab.fake.deliveries()
    assert lab.fake.state.all("invoice")[0]["status"] == "paid"


def test_an_invoice_that_falls_into_the_pause_is_void_and_the_next_is_paid(lab: Lab) -> None:
    _paused_until(lab, 40)
    lab.clock.advance(70 * DAY_S)
    lab.fake.deliveries()
    assert [each["status"] for each in lab.fake.state.all("invoice")] == ["paid", "void", "paid"]


@pytest.mark.parametrize("days", [0, -1])
def test_a_pause_does_not_end_in_the_past(lab: Lab, days: int) -> None:
    subscription = lab.subscribe(lab.customer(), lab.monthly)
    at = int(lab.clock.time()) + days * DAY_S
    params = {"pause_collection": {"behavior": "void", "resumes_at": at}}
    refused(
        lambda: lab.api.subscriptions.update(subscription.id, params=params),
        param="pause_collection[resumes_at]",
    )


@pytest.mark.parametrize("url", ["HTTPS://shop.example/ok", "Https://Shop.Example/ok"])
def test_a_scheme_in_capitals_is_a_link(lab: Lab, url: str) -> None:
    assert lab.session(lab.book, success_url=url, cancel_url=url).success_url == url


def test_the_client_takes_a_link_in_capitals_as_well(lab: Lab) -> None:
    link = "HTTPS://APP.example.com/ok"
    page = client_on(lab.fake).checkout.create("payment", [Line(lab.book)], success_url=link)
    assert page.raw["success_url"] == link


@pytest.mark.parametrize("url", ["ftp://shop.example", "shop.example/ok", "httpsx://a.example"])
def test_what_is_no_link_is_refused(lab: Lab, url: str) -> None:
    refused(lambda: lab.session(lab.book, success_url=url), param="success_url", code="url_invalid")
