"""The fake's door: keys, headers, unknown paths, lists, expand, and the webhooks it posts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

import pytest
import stripe as stripe_sdk

from integrations.core.wire import Request
from integrations.stripe.fake import MOCK_API_KEY, MOCK_WEBHOOK_SECRET, FakeStripe
from integrations.stripe.fake_state import API_VERSION
from integrations.stripe.tests.fake_lab import Lab, refused
from integrations.stripe.tests.sdk import sdk


@dataclass(frozen=True)
class Answered:
    status: int


@pytest.fixture
def lab() -> Lab:
    return Lab()


def ask(fake: FakeStripe, path: str = "/v1/customers", **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return fake(Request("GET", f"https://api.stripe.com{path}", named)).status


def test_only_the_key_opens(lab: Lab) -> None:
    assert ask(lab.fake) == 401
    assert ask(lab.fake, authorization=f"Basic {MOCK_API_KEY}") == 401
    assert ask(lab.fake, authorization=f"Bearer {MOCK_API_KEY}x") == 401
    assert ask(lab.fake, authorization=f"Bearer {MOCK_API_KEY}") == 200


def test_a_wrong_key_is_not_shown(lab: Lab) -> None:
    wrong = "sk_test_wrongwrongwrong99"
    client = sdk(lab.fake, wrong)
    error = refused(client.v1.customers.list, status=401)
    assert isinstance(error, stripe_sdk.AuthenticationError)
    assert wrong not in str(error)


def test_a_restricted_key_does_what_it_may(lab: Lab) -> None:
    lab.fake.add_restricted_key("rk_test_readonlyworkbook01", "customers:read", "refunds")
    client = sdk(lab.fake, "rk_test_readonlyworkbook01").v1
    assert client.customers.list().data == []
    refused(lambda: client.customers.create(params={}), status=403)
    refused(client.products.list, status=403)


def test_another_api_version_is_refused(lab: Lab) -> None:
    key = f"Bearer {MOCK_API_KEY}"
    assert ask(lab.fake, authorization=key, stripe_version="2020-08-27") == 400
    assert ask(lab.fake, authorization=key, stripe_version=API_VERSION) == 200


def test_replies_carry_the_request_id_and_the_version(lab: Lab) -> None:
    answer = lab.api.customers.list().last_response
    assert answer.headers["request-id"].startswith("req_")
    assert answer.headers["stripe-version"] == API_VERSION == stripe_sdk.api_version


@pytest.mark.parametrize("path", ["/v1/nothing", "/v1/customers/search", "/v3/customers", "/"])
def test_an_unknown_path_or_id_is_404(lab: Lab, path: str) -> None:
    assert ask(lab.fake, path, authorization=f"Bearer {MOCK_API_KEY}") in (400, 404)


def test_a_missing_object_says_which(lab: Lab) -> None:
    error = refused(
        lambda: lab.api.customers.retrieve("cus_none"), status=404, code="resource_missing"
    )
    assert "cus_none" in str(error)


def test_lists_are_paged_both_ways(lab: Lab) -> None:
    made = [lab.customer(card="") for _ in range(25)]
    listed = [c.id for c in lab.api.customers.list(params={"limit": 7}).auto_paging_iter()]
    assert listed == made[::-1]
    page = lab.api.customers.list(params={"limit": 3, "ending_before": made[10]})
    assert [each.id for each in page.data] == [made[13], made[12], made[11]]
    assert page.has_more
    assert not lab.api.customers.list(params={"starting_after": made[5]}).has_more
    for bad in ({"limit": 0}, {"limit": 101}, {"starting_after": "cus_none"}):
        refused(lambda bad=bad: lab.api.customers.list(params=bad), param=next(iter(bad)))


def test_expand_goes_through_lists_and_refuses_what_is_no_object(lab: Lab) -> None:
    lab.intent(customer=lab.customer())
    listed = lab.api.payment_intents.list(
        params={"expand": ["data.latest_charge", "data.customer"]}
    )
    assert listed.data[0].latest_charge.amount == 2000
    assert listed.data[0].customer.email == "kim@example.com"
    refused(lambda: lab.api.payment_intents.list(params={"expand": ["latest_charge"]}))
    deep = "data.a.b.c.d"
    refused(lambda: lab.api.payment_intents.list(params={"expand": [deep]}), param="expand[0]")
    assert isinstance(lab.fake.state.all("payment_intent")[0]["customer"], str)


def test_metadata_merges_and_an_empty_value_unsets(lab: Lab) -> None:
    id = lab.customer(card="", metadata={"a": "1", "b": "2"})
    changed = lab.api.customers.update(id, params={"metadata": {"a": "", "c": "3"}})
    assert changed.metadata.to_dict() == {"b": "2", "c": "3"}
    assert lab.api.customers.update(id, params={"metadata": ""}).metadata.to_dict() == {}


def test_a_deleted_customer_is_gone(lab: Lab) -> None:
    id = lab.customer()
    lab.api.customers.delete(id)
    assert lab.api.customers.retrieve(id).deleted
    refused(lambda: lab.intent(customer=id), param="customer", code="resource_missing")
    refused(lambda: lab.api.customers.update(id, params={"name": "K"}), status=404)


def test_an_event_tells_what_changed(lab: Lab) -> None:
    id = lab.customer(card="", name="Kim")
    lab.api.customers.update(id, params={"name": "Alex"}, options={"idempotency_key": "k1"})
    event = lab.api.events.list(params={"type": "customer.updated"}).data[0]
    assert event.data.previous_attributes.to_dict() == {"name": "Kim"}
    assert event.data.object.name == "Alex"
    assert (event.api_version, event.request.idempotency_key) == (API_VERSION, "k1")


def test_what_it_posts_the_sdk_verifies(lab: Lab) -> None:
    lab.fake.send_test_event()
    for delivery in lab.fake.deliveries():
        header = delivery.headers["stripe-signature"]
        stripe_sdk.WebhookSignature.verify_header(
            delivery.body.decode(), header, MOCK_WEBHOOK_SECRET, tolerance=None
        )
        parsed = stripe_sdk.Event.construct_from(json.loads(delivery.body), MOCK_API_KEY)
        assert parsed.type == delivery.event


def test_what_is_not_taken_is_posted_again(lab: Lab) -> None:
    lab.fake.webhooks.deliver(lambda body, headers: Answered(200))
    lab.fake.send_test_event()
    lab.fake.send_test_event()
    answers = iter([500, 200, 200])
    seen: list[str] = []

    def receive(body: bytes, headers: Mapping[str, str]) -> Answered:
        seen.append(json.loads(body)["id"])
        return Answered(next(answers))

    assert lab.fake.webhooks.deliver(receive) == [500, 200]
    assert lab.fake.webhooks.deliver(receive) == [200]
    assert seen[2] == seen[0]
    assert lab.fake.deliveries() == []


def test_webhooks_may_come_late_twice_and_out_of_order(lab: Lab) -> None:
    lab.intent()
    events = [each["id"] for each in lab.fake.state.events]

    def post(seed: int) -> list[str]:
        seen: list[str] = []

        def receive(body: bytes, headers: Mapping[str, str]) -> Answered:
            seen.append(json.loads(body)["id"])
            return Answered(503)

        lab.fake.webhooks.deliver(receive, copies=2, delay_s=60, shuffle=Random(seed))  # noqa: S311  # order, not secrecy
        return seen

    before = lab.clock.time()
    first = post(1)
    assert lab.clock.time() == before + 60
    assert sorted(first) == sorted(events * 2)
    assert first != [each for each in events for _ in range(2)]
    assert post(1) == first
    with pytest.raises(ValueError, match="copies"):
        lab.fake.webhooks.deliver(lambda body, headers: Answered(200), copies=0)


def test_a_thin_event_leads_to_its_object(lab: Lab) -> None:
    customer = lab.customer(card="", name="Kim")
    client = sdk(lab.fake, MOCK_API_KEY)
    delivery = lab.fake.deliveries(thin=True)[-1]
    note = client.parse_event_notification(
        delivery.body, delivery.headers["stripe-signature"], MOCK_WEBHOOK_SECRET, tolerance=10**10
    )
    assert note.type == "v1.customer.created"
    related = note.fetch_related_object()
    assert related.id == customer
    assert note.fetch_event().id == note.id
    assert b"Kim" not in delivery.body


def test_reset_forgets_everything() -> None:
    lab = Lab()
    lab.intent()
    lab.fake.reset()
    fresh = FakeStripe(clock=lab.clock)
    assert vars(lab.fake.state) == vars(fresh.state)
    assert (lab.fake.requests, lab.fake.deliveries()) == ([], [])


def test_search_finds_a_customer_after_a_minute_page_by_page(lab: Lab) -> None:
    made = {lab.customer(card="") for _ in range(5)}
    query = {"query": 'email:"kim@example.com"', "limit": 2}
    assert lab.api.customers.search(params=query).data == []
    lab.clock.advance(60)
    found = [each.id for each in lab.api.customers.search(params=query).auto_paging_iter()]
    assert (len(found), set(found)) == (5, made)
    refused(lambda: lab.api.customers.search(params={"query": "name~x"}), param="query")
    refused(lambda: lab.api.customers.search(params={**query, "page": "x"}), param="page")


@pytest.mark.parametrize("body", [b"\xff\xfe=1", b"{}", b"name[=1", b"metadata[a][b]=1", b"%ff=1"])
def test_a_body_that_is_no_form_is_refused(lab: Lab, body: bytes) -> None:
    headers = {"authorization": f"Bearer {MOCK_API_KEY}"}
    answer = lab.fake(Request("POST", "https://api.stripe.com/v1/customers", headers, body))
    assert answer.status == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"
