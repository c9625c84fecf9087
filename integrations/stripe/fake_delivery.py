"""How a fake Stripe posts its webhooks: signed by the SDK at each try, kept until taken."""

import json
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from integrations.core.clock import Clock
from integrations.core.outgoing import Answer, Delivery
from integrations.stripe.fake_events import is_thin_type
from integrations.stripe.fake_events import thin as notification
from integrations.stripe.fake_state import Obj


class Outgoing:
    """Posts events in the order in which they happened, unless told to delay or shuffle.

    Attributes:
        pending: what waits for delivery, oldest first.
    """

    def __init__(self, secret: str, clock: Clock, queued: Callable[[], list[Obj]]) -> None:
        """Sign with ``secret`` what ``queued()`` hands over."""
        self._secret = secret
        self._clock = clock
        self._queued = queued
        self.pending: list[Obj] = []

    def sign(self, body: bytes, *, at: float | None = None) -> dict[str, str]:
        """Return the headers that come with ``body``, signed at the Unix time ``at``, or now."""
        from stripe import WebhookSignature

        stamp = int(self._clock.time() if at is None else at)
        signed: Any = WebhookSignature.generate_signature_header(
            body.decode(), self._secret, timestamp=stamp
        )
        return {"content-type": "application/json; charset=utf-8", "stripe-signature": signed}

    def collect(self, *, thin: bool = False) -> list[Delivery]:
        """Return all that waits for delivery, oldest first, signed now.

        ``thin`` for notifications without data, as an event destination of the v2 API gets them.
        """
        self.pending += self._queued()
        return [self._signed(each) for each in _rendered(self.pending, thin=thin)]

    def deliver(
        self,
        receive: Callable[[bytes, Mapping[str, str]], Answer],
        *,
        copies: int = 1,
        delay_s: float = 0.0,
        shuffle: Random | None = None,
        thin: bool = False,
    ) -> list[int]:
        """Post what is pending; keep what was not answered with 2xx.

        ``copies`` of each event are sent, ``delay_s`` passes on the clock before the first,
        ``shuffle`` puts them out of order, and ``thin`` sends notifications without data. Returns
        the statuses in the order of posting.
        """
        if copies < 1:
            raise ValueError(f"copies: at least 1, not {copies}")
        if delay_s > 0:
            self._clock.sleep(delay_s)
        self.pending += self._queued()
        order = [each for each in _rendered(self.pending, thin=thin) for _ in range(copies)]
        if shuffle:
            shuffle.shuffle(order)
        statuses, refused = [], set()
        for each in order:
            signed = self._signed(each)
            status = receive(signed.body, signed.headers).status
            statuses.append(status)
            if not 200 <= status < 300:
                refused.add(each.get("snapshot_event", each["id"]))
        self.pending = [each for each in self.pending if each["id"] in refused]
        return statuses

    def _signed(self, event: Obj) -> Delivery:
        body = json.dumps(event, indent=2).encode()
        return Delivery(event["type"], body, self.sign(body))


def _rendered(events: list[Obj], *, thin: bool) -> list[Obj]:
    if not thin:
        return events
    return [notification(each) for each in events if is_thin_type(each["type"])]
