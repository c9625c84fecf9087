"""What comes back is of the key's side, test or live: alone, in a list, found, and expanded."""

from collections.abc import Callable
from typing import Any

import pytest

from integrations.core.errors import ConfigurationError
from integrations.core.wire import Response
from integrations.stripe.client import StripeClient
from integrations.stripe.fake_objects import build
from integrations.stripe.tests.client_lab import Script, client_on

Obj = dict[str, Any]


def customer(number: int, *, live: bool) -> Obj:
    return {**build("customer", id=f"cus_{number}", email="a@example.com"), "livemode": live}


def page(kind: str, *data: Obj, more: bool = False) -> Response:
    return Response.of_json(200, {"object": kind, "data": list(data), "has_more": more, "url": ""})


def client(*answers: Response) -> StripeClient:
    return client_on(Script(*answers), mode="sandbox", STRIPE_API_KEY="sk_test_onesidedkey01")


def listed(stripe: StripeClient) -> list[str]:
    return [each.id for each in stripe.customers.list()]


OURS, THEIRS = customer(1, live=False), customer(2, live=True)
EXPANDED = build("subscription", id="sub_1", customer=THEIRS)
IN_A_LIST = build("invoice", id="in_1")
IN_A_LIST["payments"] = {"object": "list", "data": [{"object": "x", "livemode": True}]}

MIXED: list[tuple[str, Response, Callable[[StripeClient], object]]] = [
    ("a list", page("list", OURS, THEIRS), listed),
    ("alone", Response.of_json(200, THEIRS), lambda s: s.customers.get("cus_2")),
    ("expanded", Response.of_json(200, EXPANDED), lambda s: s.subscriptions.get("sub_1")),
    (
        "an expanded list",
        page("list", IN_A_LIST),
        lambda s: list(s.invoices.list()),
    ),
]


@pytest.mark.parametrize(("_name", "answer", "call"), MIXED, ids=[each[0] for each in MIXED])
def test_an_object_of_the_other_side_is_not_handed_out(
    _name: str, answer: Response, call: Callable[[StripeClient], object]
) -> None:
    told = r"live object in mode sandbox\. STRIPE_API_KEY and STRIPE_API_BASE do not belong"
    with pytest.raises(ConfigurationError, match=told):
        call(client(answer))


def test_of_a_page_with_one_of_the_other_side_nothing_is_handed_out() -> None:
    found = list[str]()
    stripe = client(page("list", OURS, more=True), page("list", customer(3, live=False), THEIRS))
    with pytest.raises(ConfigurationError):
        found.extend(each.id for each in stripe.customers.list())
    assert found == ["cus_1"]


def test_what_is_found_by_search_is_looked_at_too() -> None:
    stripe = client(page("search_result", OURS, THEIRS))
    calls = stripe._calls
    with pytest.raises(ConfigurationError, match="live object"):
        calls.read(calls.v1.customers.search, parse=lambda raw: raw, query="email:'a@example.com'")


def test_a_page_of_our_side_comes_through() -> None:
    assert listed(client(page("list", OURS, customer(4, live=False)))) == ["cus_1", "cus_4"]
