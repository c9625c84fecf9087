"""Test clocks: a year of a subscription in a second. Test mode only."""

from integrations.core.errors import UnavailableError
from integrations.stripe import arguments as check
from integrations.stripe.calls import Calls
from integrations.stripe.models_billing import Clock

POLL_S = 2.0
MAX_WAIT_S = 86_400.0


class Clocks:
    """Reached as ``stripe.clocks``.

    Source: https://docs.stripe.com/api/test_clocks
    """

    def __init__(self, calls: Calls) -> None:
        """Call through ``calls``."""
        self._calls = calls
        self._api = calls.v1.test_helpers.test_clocks

    def create(
        self, frozen_time: int, *, name: str | None = None, idempotency_key: str | None = None
    ) -> Clock:
        """Make a clock that stands at ``frozen_time``; at most three customers live on it.

        Args:
            frozen_time: Unix time.
            name: yours.
            idempotency_key: names this intent, for 24 hours at least; made when None.

        Raises:
            InvalidRequestError: an argument is refused; or the key is a live one.
        """
        params: dict[str, object] = {"frozen_time": check.moment("frozen_time", frozen_time)}
        if name is not None:
            params["name"] = check.text("name", name, 300)
        return self._calls.write(
            "clocks.create",
            self._api.create,
            parse=Clock.from_raw,
            key=idempotency_key,
            params=params,
        )

    def get(self, clock_id: str) -> Clock:
        """Return a clock.

        Raises:
            NotFoundError: there is none, or its 30 days are over.
        """
        found = check.object_id("clock_id", clock_id)
        return self._calls.read(self._api.retrieve, found, parse=Clock.from_raw)

    def advance(
        self,
        clock_id: str,
        frozen_time: int,
        *,
        wait_s: float = 120.0,
        idempotency_key: str | None = None,
    ) -> Clock:
        """Move a clock forward, and wait until everything that was due has happened.

        Args:
            clock_id: which.
            frozen_time: Unix time; at most two intervals of the shortest subscription ahead.
            wait_s: seconds to wait at most, up to a day; Stripe works it off in the background.
            idempotency_key: names this intent, for 24 hours at least; made when None.

        Raises:
            InvalidRequestError: the time is in the past, or too far ahead.
            UnavailableError: it was not ready in time, or Stripe failed.
        """
        patience = check.seconds("wait_s", wait_s, MAX_WAIT_S)
        clock = self._calls.write(
            "clocks.advance",
            self._api.advance,
            check.object_id("clock_id", clock_id),
            parse=Clock.from_raw,
            key=idempotency_key,
            params={"frozen_time": check.moment("frozen_time", frozen_time)},
        )
        deadline = self._calls.clock.time() + patience
        while clock.status == "advancing":
            if self._calls.clock.time() >= deadline:
                raise UnavailableError(
                    f"{clock.id} is still advancing after {patience:g} seconds.",
                    provider="stripe",
                    hint="Ask for it with get() until its status is 'ready'.",
                )
            self._calls.clock.sleep(POLL_S)
            clock = self.get(clock.id)
        if clock.status == "internal_failure":
            raise UnavailableError(
                f"{clock.id} failed to advance.",
                provider="stripe",
                hint="Delete it and make a new one.",
            )
        return clock

    def delete(self, clock_id: str) -> None:
        """Delete a clock, with every customer that lives on it.

        Raises:
            NotFoundError: there is none.
        """
        found = check.object_id("clock_id", clock_id)
        self._calls.remove(self._api.delete, found, parse=Clock.from_raw, params={})
