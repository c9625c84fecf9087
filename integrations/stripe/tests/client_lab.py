"""A client on a fake or on a scripted wire, and the forms that went over it."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qsl

from integrations.core.clock import ManualClock
from integrations.core.retry import Retry
from integrations.core.wire import Request, Response, Wire
from integrations.core.workbook import counted
from integrations.stripe.client import StripeClient
from integrations.stripe.money import Money

SITE = "https://app.example.com"


def client_on(wire: Wire | None, *, mode: str = "mock", **env: str) -> StripeClient:
    clock = ManualClock()
    retry = Retry(clock=clock, random=lambda: 0.5)
    return StripeClient.from_env(
        env, mode=mode, wire=wire, clock=clock, new_id=counted(), retry=retry
    )


def team_price(stripe: StripeClient, interval: str | None = None, cents: int = 900) -> str:
    product = stripe.products.create("Team").id
    return stripe.prices.create(product, Money(cents, "eur"), interval=interval).id


def form(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.body.decode(), keep_blank_values=True))


class Script:
    """A wire that answers in turn, and keeps what it was asked."""

    def __init__(self, *answers: Response | Callable[[Request], Response]) -> None:
        self.answers: Sequence[Any] = list(answers)
        self.requests: list[Request] = []

    def __call__(self, request: Request) -> Response:
        answer = self.answers[min(len(self.requests), len(self.answers) - 1)]
        self.requests.append(request)
        return answer if isinstance(answer, Response) else answer(request)


def ok(**fields: Any) -> Response:
    return Response.of_json(200, {"id": "cus_1", "object": "customer", **fields})


def refusal(status: int, headers: dict[str, str] | None = None, **error: Any) -> Response:
    return Response.of_json(status, {"error": error}, headers or {})
