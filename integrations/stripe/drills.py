"""Every error of Stripe provoked, every event delivered: see :mod:`integrations.core.drills`."""

from typing import Any

from integrations.core.drills import HERE, Mistake, broken_wire, forgeries
from integrations.core.webhooks import Incoming
from integrations.core.wire import Response
from integrations.core.workbook import Mock
from integrations.stripe.client import StripeClient
from integrations.stripe.drill_events import deliver
from integrations.stripe.money import Money
from integrations.stripe.webhooks import webhook_pipeline

_TEN = Money.parse("10.00", "usd")


def _customer(client: StripeClient, **given: Any) -> None:
    client.customers.create(**{"email": "alex@example.com", **given})


def _pay(client: StripeClient, card: str) -> None:
    client.payment_intents.create(
        _TEN, payment_method=card, confirm=True, return_url="https://app.example.com/thanks"
    )


def _wrong_key(lab: Mock) -> None:
    env = {"STRIPE_API_KEY": "sk_test_ofsomebodyelse"}
    StripeClient.from_env(env, mode="mock", wire=lab.fake).test_api_key()


def _restricted(lab: Mock) -> None:
    key = "rk_test_onlyreadsprices"
    lab.fake.add_restricted_key(key, "prices:read")
    _customer(StripeClient.from_env({"STRIPE_API_KEY": key}, mode="mock", wire=lab.fake))


def _live_key(lab: Mock) -> None:
    env = {"STRIPE_API_KEY": "sk_live_" + "demo" * 4}
    StripeClient.from_env(env, mode="sandbox", wire=lab.fake)


def _no_event(lab: Mock) -> None:
    body = b'{"object": "charge"}'
    headers = lab.fake.webhooks.sign(body)
    pipeline = webhook_pipeline(lab.client.settings, clock=lab.clock)
    pipeline.scheme.verify(Incoming(body, headers, lab.clock.time()))


def _same_key(lab: Mock) -> None:
    for name in ("Alex", "Kim"):
        _customer(lab.client, name=name, idempotency_key="signup-42")


def _answered(answer: int, message: str, what: str, kind: str = "api_error") -> Mistake:
    reply = Response.of_json(answer, {"error": {"type": kind, "message": message}})

    def make(lab: Mock) -> None:
        lab.faults.inject(*[lambda _request, _wire: reply] * 3)
        _customer(lab.client)

    return Mistake(str(answer), what, make)


MISTAKES = (
    Mistake(
        HERE, "an amount of nothing", lambda lab: lab.client.payment_intents.create(Money(0, "usd"))
    ),
    Mistake(HERE, "sandbox mode, and a live key", _live_key),
    Mistake(
        HERE,
        "a signed body that is no event",
        _no_event,
        "Pin the endpoint to the API version of the SDK, and let Stripe send the event again.",
    ),
    *forgeries(lambda lab: webhook_pipeline(lab.client.settings, clock=lab.clock)),
    Mistake(
        "400",
        "less than Stripe takes",
        lambda lab: lab.client.payment_intents.create(Money.parse("0.01", "usd")),
    ),
    Mistake("400 idempotency_error", "the same key for something else", _same_key),
    Mistake("401", "a key that Stripe does not know", _wrong_key),
    Mistake("403", "a restricted key without the right", _restricted),
    Mistake("402", "the card is declined", lambda lab: _pay(lab.client, "pm_card_chargeDeclined")),
    Mistake(
        "404", "a customer of the other mode", lambda lab: lab.client.customers.get("cus_other")
    ),
    _answered(409, "This object is being changed by another request.", "two requests at once"),
    _answered(424, "A service that Stripe depends on failed.", "something behind Stripe fails"),
    *broken_wire(_customer),
)

__all__ = ["MISTAKES", "deliver"]
