"""Idempotency keys: one effect, the first answer again."""

import threading
from typing import Any

import pytest

from integrations.core.wire import Request, Response
from integrations.stripe.fake import MOCK_API_KEY, FakeStripe
from integrations.stripe.fake_idempotency import Kept
from integrations.stripe.tests.fake_lab import DAY_S, Lab, refused


@pytest.fixture
def lab() -> Lab:
    return Lab()


def post(fake: FakeStripe, path: str, body: str, key: str) -> Response:
    headers = {"authorization": f"Bearer {MOCK_API_KEY}", "idempotency-key": key}
    return fake(Request("POST", f"https://api.stripe.com/v1/{path}", headers, body.encode()))


def test_the_same_request_gets_the_same_answer_and_no_second_effect(lab: Lab) -> None:
    first = post(lab.fake, "customers", "email=a%40b.example", "k1")
    again = post(lab.fake, "customers", "email=a%40b.example", "k1")
    assert (again.status, again.body) == (first.status, first.body)
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotency-key"] == "k1"
    assert len(lab.fake.state.all("customer")) == 1


def test_a_decline_is_replayed_too(lab: Lab) -> None:
    body = "amount=2000&currency=usd&confirm=true&off_session=true&payment_method="
    bad = f"{body}pm_card_chargeDeclined"
    first, again = (post(lab.fake, "payment_intents", bad, "k1") for _ in range(2))
    assert first.status == again.status == 402
    assert first.body == again.body
    assert len(lab.fake.state.all("payment_intent")) == 1


def test_a_500_is_replayed_too(lab: Lab) -> None:
    lab.fake.break_next()
    statuses = [post(lab.fake, "customers", "email=a%40b.example", "k1").status for _ in range(2)]
    assert statuses == [500, 500]
    assert post(lab.fake, "customers", "email=a%40b.example", "k2").status == 200


@pytest.mark.parametrize("change", ["email=b%40b.example", "email=a%40b.example&name=K"])
def test_other_parameters_under_a_key_are_refused(lab: Lab, change: str) -> None:
    post(lab.fake, "customers", "email=a%40b.example", "k1")
    answer = post(lab.fake, "customers", change, "k1")
    assert answer.status == 400
    assert answer.json()["error"]["type"] == "idempotency_error"
    assert len(lab.fake.state.all("customer")) == 1


def test_another_path_under_a_key_is_refused(lab: Lab) -> None:
    post(lab.fake, "customers", "name=K", "k1")
    assert post(lab.fake, "products", "name=K", "k1").json()["error"]["type"] == "idempotency_error"


def test_a_refused_parameter_leaves_the_key_free(lab: Lab) -> None:
    assert post(lab.fake, "customers", "nonsense=1", "k1").status == 400
    assert post(lab.fake, "customers", "name=K", "k1").status == 200


def test_a_key_is_forgotten_after_a_day(lab: Lab) -> None:
    first = post(lab.fake, "customers", "name=K", "k1")
    lab.clock.advance(DAY_S - 1)
    assert post(lab.fake, "customers", "name=K", "k1").body == first.body
    lab.clock.advance(1)
    assert post(lab.fake, "customers", "name=K", "k1").body != first.body


def test_a_key_in_use_is_a_conflict(lab: Lab) -> None:
    post(lab.fake, "customers", "name=K", "k1")
    kept: Kept = lab.fake.state.keys["k1"]
    kept.answer = None
    answer = post(lab.fake, "customers", "name=K", "k1")
    assert answer.status == 409
    assert answer.json()["error"]["code"] == "idempotency_key_in_use"


def test_a_key_too_long_is_refused(lab: Lab) -> None:
    refused(lambda: lab.api.customers.create(params={}, options={"idempotency_key": "k" * 256}))
    lab.api.customers.create(params={}, options={"idempotency_key": "k" * 255})


def test_twenty_threads_with_one_key_have_one_effect(lab: Lab) -> None:
    answers: list[Any] = []

    def act() -> None:
        answers.append(post(lab.fake, "customers", "name=K", "k1").status)

    threads = [threading.Thread(target=act) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(answers) <= {200, 409}
    assert 200 in answers
    assert len(lab.fake.state.all("customer")) == 1
    assert len([e for e in lab.fake.state.events if e["type"] == "customer.created"]) == 1
