"""One layer of retries, one key for each intent, and errors by meaning."""

from collections.abc import Iterator
from typing import Any

import pytest

from integrations.core.errors import (
    AuthenticationError,
    ConfigurationError,
    ConflictError,
    DuplicateRequestError,
    InvalidRequestError,
    NetworkError,
    NotFoundError,
    ProviderError,
    RateLimitedError,
    UnavailableError,
)
from integrations.core.wire import ReplyLostError, Request, Response
from integrations.stripe.calls import derived_key
from integrations.stripe.errors import CardDeclinedError
from integrations.stripe.money import Money
from integrations.stripe.tests.client_lab import Script, client_on, form, ok, refusal


def _lost(_request: Request) -> Response:
    raise ReplyLostError("gone")


def test_what_stands_on_the_wire() -> None:
    wire = Script(ok())
    client_on(wire).customers.create(email="a@b.example", metadata={"k": "v&=ü"})
    (sent,) = wire.requests
    assert (sent.method, sent.url) == ("POST", "https://api.stripe.com/v1/customers")
    assert form(sent) == {"email": "a@b.example", "metadata[k]": "v&=ü"}
    assert sent.headers["stripe-version"] == "2026-10-28.endive"
    assert sent.headers["authorization"].startswith("Bearer sk_test_")
    assert sent.headers["idempotency-key"] == "customers.create:key-0001"
    assert not [name for name in sent.headers if name.startswith("x-stripe-client")]


@pytest.mark.parametrize(
    "first",
    [refusal(429, message="slow"), refusal(409), refusal(500), refusal(503), refusal(424), _lost],
)
def test_a_change_is_repeated_with_the_same_key_and_form(first: Any) -> None:
    wire = Script(first, ok())
    client = client_on(wire)
    client.customers.create(email="a@b.example", idempotency_key="order-42")
    assert len(wire.requests) == 2
    assert {each.headers["idempotency-key"] for each in wire.requests} == {
        "customers.create:order-42"
    }
    assert wire.requests[0].body == wire.requests[1].body


@pytest.mark.parametrize("status", [429, 409, 500])
def test_stripe_s_veto_is_respected(status: int) -> None:
    wire = Script(refusal(status, {"stripe-should-retry": "false"}))
    with pytest.raises(ProviderError):
        client_on(wire).customers.create()
    assert len(wire.requests) == 1


def test_stripe_s_advice_to_repeat_is_taken() -> None:
    wire = Script(refusal(400, {"stripe-should-retry": "true"}, message="lock"), ok())
    client_on(wire).customers.create()
    assert len(wire.requests) == 2


def test_it_gives_up_after_three_tries_and_waits_in_between() -> None:
    wire = Script(refusal(429, {"retry-after": "7"}))
    client = client_on(wire)
    with pytest.raises(RateLimitedError) as raised:
        client.customers.create()
    assert len(wire.requests) == 3
    assert client.clock.sleeps[0] >= 7  # type: ignore[attr-defined]
    assert raised.value.retry_after == 7
    assert not raised.value.outcome_unknown


def test_after_a_lost_reply_a_429_leaves_the_outcome_unknown() -> None:
    wire = Script(_lost, refusal(429))
    with pytest.raises(RateLimitedError) as raised:
        client_on(wire).customers.create(idempotency_key="order-42")
    assert raised.value.outcome_unknown
    assert "idempotency_key='order-42'" in str(raised.value)


def test_after_a_lost_reply_a_decline_under_the_same_key_is_the_answer() -> None:
    wire = Script(_lost, refusal(402, type="card_error", message="Declined."))
    with pytest.raises(CardDeclinedError) as raised:
        client_on(wire).payment_intents.create(Money(500, "eur"))
    assert not raised.value.outcome_unknown


def test_a_deletion_carries_no_key_and_is_not_repeated_after_a_lost_reply() -> None:
    wire = Script(_lost)
    with pytest.raises(NetworkError) as raised:
        client_on(wire).customers.delete("cus_1")
    assert len(wire.requests) == 1
    assert raised.value.outcome_unknown
    assert "idempotency-key" not in wire.requests[0].headers


def test_a_deletion_is_repeated_after_a_429() -> None:
    wire = Script(refusal(429), ok(deleted=True))
    assert client_on(wire).customers.delete("cus_1").deleted
    assert len(wire.requests) == 2


ERRORS: list[tuple[int, dict[str, Any], type[ProviderError]]] = [
    (400, {"type": "invalid_request_error", "param": "email", "code": "x"}, InvalidRequestError),
    (400, {"type": "idempotency_error"}, DuplicateRequestError),
    (401, {}, AuthenticationError),
    (402, {"type": "card_error", "code": "card_declined"}, CardDeclinedError),
    (403, {}, AuthenticationError),
    (404, {"code": "resource_missing", "param": "id"}, NotFoundError),
    (409, {}, ConflictError),
    (418, {}, InvalidRequestError),
    (424, {}, UnavailableError),
    (429, {}, RateLimitedError),
    (500, {}, UnavailableError),
    (302, {}, UnavailableError),
]


@pytest.mark.parametrize(("status", "error", "kind"), ERRORS)
def test_an_error_has_its_meaning_and_its_facts(
    status: int, error: dict[str, Any], kind: type[ProviderError]
) -> None:
    wire = Script(refusal(status, {"request-id": "req_9"}, message="Why.", **error))
    with pytest.raises(ProviderError) as raised:
        client_on(wire).customers.create()
    found = raised.value
    assert type(found) is kind
    assert (found.status, found.code, found.request_id) == (status, error.get("code"), "req_9")
    assert found.hint
    assert found.__cause__ is not None
    if kind is not DuplicateRequestError:
        assert found.argument == error.get("param")


@pytest.mark.parametrize("code", ["fraudulent", "lost_card", "stolen_card"])
def test_a_decline_code_is_kept_and_never_told(code: str) -> None:
    told = f"Your card was {code}."
    intent = {"id": "pi_1", "object": "payment_intent"}
    wire = Script(refusal(402, message=told, decline_code=code, payment_intent=intent))
    with pytest.raises(CardDeclinedError) as raised:
        client_on(wire).payment_intents.confirm("pi_1")
    assert raised.value.decline_code == code
    assert code not in raised.value.buyer_message
    assert raised.value.payment_intent_id == "pi_1"


BODIES = [
    b'{"object": ["x"], "id": 3}',
    b"",
    b"[]",
    b"null",
    b'"x"',
    b"{}",
    b"<html>",
    b"\xff",
    b"[" * 100_000,
    b'{"id": 1',
]


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
@pytest.mark.parametrize("status", [200, 400, 500])
def test_an_odd_body_is_a_typed_error(body: bytes, status: int) -> None:
    with pytest.raises(ProviderError):
        client_on(Script(Response(status, {}, body))).customers.get("cus_1")


def test_an_answer_of_the_other_side_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="live object"):
        client_on(Script(ok(livemode=True))).customers.get("cus_1")


def test_a_list_is_walked_page_by_page_and_only_as_far_as_needed() -> None:
    def page(request: Request) -> Response:
        start = int(request.query.get("starting_after", "cus_0")[4:])
        size = int(request.query["limit"])
        data = [{"id": f"cus_{n}", "object": "customer"} for n in range(start + 1, 251)][:size]
        more = bool(data) and data[-1]["id"] != "cus_250"
        return Response.of_json(200, {"object": "list", "data": data, "has_more": more})

    wire = Script(page)
    found: Iterator[Any] = client_on(wire).customers.list()
    assert len(wire.requests) == 0
    assert [each.id for each in found] == [f"cus_{n}" for n in range(1, 251)]
    assert len(wire.requests) == 3
    assert len(list(client_on(wire).customers.list(limit=101))) == 101


def test_one_intent_names_several_calls_and_a_long_one_fits() -> None:
    assert derived_key("a.b", "order-42") != derived_key("a.c", "order-42")
    long = {derived_key("payment_intents.create", "x" * 250 + end) for end in "ab"}
    assert len(long) == 2
    assert max(map(len, long)) <= 255


@pytest.mark.parametrize("status", [409, 500])
def test_there_is_one_layer_of_retries(status: int) -> None:
    wire = Script(refusal(status))
    with pytest.raises(ProviderError):
        client_on(wire).customers.create()
    assert len(wire.requests) == 3
