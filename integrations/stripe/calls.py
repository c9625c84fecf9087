"""How a call is made: once, again, and what its end means."""

from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from typing import Any, TypeVar

import stripe as stripe_sdk

from integrations.core.clock import Clock
from integrations.core.config import Mode
from integrations.core.errors import (
    ConfigurationError,
    InvalidRequestError,
    NotFoundError,
    NotSentError,
    ProviderError,
    UnavailableError,
)
from integrations.core.log import get_logger
from integrations.core.retry import Retry, log_waits
from integrations.stripe import arguments as check
from integrations.stripe.errors import CardDeclinedError, translate
from integrations.stripe.settings import StripeSettings
from integrations.stripe.transport import WireHttpClient

T = TypeVar("T")
Raw = Mapping[str, Any]
Parse = Callable[[Raw], T]
Method = Callable[..., Any]
"""A method of the SDK's services, such as ``v1.customers.create``."""

_PAGE = 100
_LISTS = ("list", "search_result")
_ANSWERS = (InvalidRequestError, NotFoundError, CardDeclinedError)


class Calls:
    """Reads, keyed changes, and removals: each with its own rule of what may be repeated."""

    def __init__(
        self,
        settings: StripeSettings,
        sdk: stripe_sdk.StripeClient,
        http: WireHttpClient,
        *,
        clock: Clock,
        new_id: Callable[[], str],
        retry: Retry,
    ) -> None:
        """Call through ``sdk``, which sends over ``http``."""
        self.v1 = sdk.v1
        self.raw_request = sdk.raw_request
        self.settings = settings
        self.mode = settings.mode
        self.clock = clock
        self._http = http
        self._new_id = new_id
        self._retry = retry
        self._logger = get_logger("stripe")

    @property
    def answers(self) -> bool:
        """Whether questions are answered, which they are not in debug mode."""
        return self.mode is not Mode.DEBUG

    def replayed(self) -> bool:
        """Tell whether this thread's last answer was one that Stripe had kept for its key."""
        return self._http.last_headers().get("idempotent-replayed") == "true"

    def read(self, method: Method, *ids: str, parse: Parse[T], **params: Any) -> T:
        """Ask a question. It changes nothing, so it may be asked again after any failure.

        Raises:
            NotSentError: in debug mode.
            ProviderError: the service refused, failed, or did not answer.
        """

        def attempt(_number: int) -> T:
            raw = self._once(method, ids, params, {}, writes=False)
            if self.mode is Mode.DEBUG:
                raise NotSentError(
                    "the request was recorded and not sent: only Stripe knows the answer. "
                    "Use mode 'mock' for answers of the fake."
                )
            return self._parsed(raw, parse, writes=False)

        return self._repeat(attempt)

    def pages(
        self, method: Method, *, parse: Parse[T], limit: int | None = None, **params: Any
    ) -> Iterator[T]:
        """Walk over a list, page by page; at most ``limit`` items.

        The pages are asked for when they are needed, each with its own retries.
        """
        left = limit
        after: dict[str, str] = {}
        while left is None or left > 0:
            size = _PAGE if left is None else min(_PAGE, left)
            page = self.read(method, parse=_page, limit=size, **after, **params)
            yield from (parse(each) for each in page["data"])
            if not page["has_more"] or not page["data"]:
                return
            after = {"starting_after": page["data"][-1]["id"]}
            left = None if left is None else left - len(page["data"])

    def write(
        self,
        operation: str,
        method: Method,
        *ids: str,
        parse: Parse[T],
        key: str | None,
        params: Raw,
    ) -> T:
        """Make a change under an idempotency key, to whose repeat Stripe replays its answer.

        In debug mode it is recorded, and what comes back has no id.

        Args:
            operation: names the call; part of the key, so that one intent may name several calls.
            method: the SDK's.
            ids: what stands in the path.
            parse: reads the answer.
            key: the caller's name of the intent; one is made when None.
            params: the form.
        """
        intent = self._new_id() if key is None else check.idempotency_key(key)
        options = {"idempotency_key": derived_key(operation, intent)}
        unknown = False

        def attempt(_number: int) -> T:
            nonlocal unknown
            try:
                raw = self._once(method, ids, params, options, writes=True)
                return self._parsed(raw, parse, writes=True)
            except ProviderError as error:
                # Under one key, a refusal is the answer to the first try too; a 429 is none.
                lost = unknown and not isinstance(error, _ANSWERS)
                unknown = error.outcome_unknown = lost or error.outcome_unknown
                if unknown:
                    again = f"idempotency_key={intent!r}"
                    error.hint = f"Repeat it with {again} within 24 hours: one effect at most."
                raise

        return self._repeat(attempt)

    def remove(self, method: Method, *ids: str, parse: Parse[T], params: Raw) -> T:
        """Make a change that takes no key (DELETE). Repeated only if it cannot have happened."""

        def attempt(_number: int) -> T:
            try:
                raw = self._once(method, ids, params, {}, writes=True)
                return self._parsed(raw, parse, writes=True)
            except ProviderError as error:
                if error.outcome_unknown:
                    error.hint = "Look whether it did before you repeat it."
                    error.retryable = False
                raise

        return self._repeat(attempt)

    def _repeat(self, attempt: Callable[[int], T]) -> T:
        return self._retry.call(
            attempt, may_retry=lambda error: error.retryable, on_wait=log_waits(self._logger)
        )

    def _once(
        self, method: Method, ids: tuple[str, ...], params: Raw, options: Raw, *, writes: bool
    ) -> Any:
        try:
            answer = method(*ids, params=dict(params), options=dict(options))
        except stripe_sdk.StripeError as error:
            headers = self._http.last_headers()
            raise translate(error, headers=headers, now=self.clock.time(), writes=writes) from error
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            # The SDK builds objects of whatever JSON came, and stumbles over what is none.
            raise _unreadable(writes=writes) from error
        # The answer as parsed from JSON: the typed object has neither .get nor .items.
        last = getattr(answer, "last_response", None)
        return last.data if last else None

    def _parsed(self, raw: Any, parse: Parse[T], *, writes: bool) -> T:
        if self.mode is Mode.DEBUG:
            return parse({})
        try:
            if not isinstance(raw, dict) or not isinstance(raw.get("object"), str):
                raise TypeError("Stripe answers with an object")
            if not isinstance(raw.get("id"), str) and raw["object"] not in _LISTS:
                raise TypeError("an object of Stripe's has an id")
            self._check_side(raw)
            return parse(raw)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise _unreadable(writes=writes) from error

    def _check_side(self, raw: Raw) -> None:
        for held in _objects(raw):
            side = held.get("livemode")
            if isinstance(side, bool) and side != self.settings.livemode:
                kind = "live" if side else "test"
                raise ConfigurationError(
                    f"Stripe answered with a {kind} object in mode {self.mode}. "
                    "STRIPE_API_KEY and STRIPE_API_BASE do not belong together."
                )


def _objects(raw: Raw) -> Iterator[Raw]:
    """Walk over an answer and the objects in it: those of a list, and those that were expanded."""
    left: list[Any] = [raw]
    while left:
        held = left.pop()
        yield held
        for value in held.values():
            inner = value if isinstance(value, list) else (value,)
            left += [each for each in inner if isinstance(each, dict) and "object" in each]


def derived_key(operation: str, intent: str) -> str:
    """Return the idempotency key of ``operation`` for the caller's ``intent``.

    Stripe refuses a key that comes back with other parameters, so ``order-42`` may name a payment
    and its refund only if their keys differ. Source:
    https://docs.stripe.com/api/idempotent_requests (255 characters; 24 hours)
    """
    key = f"{operation}:{intent}"
    return (
        key if len(key) <= check.MAX_KEY else f"{operation}:{sha256(intent.encode()).hexdigest()}"
    )


def _unreadable(*, writes: bool) -> UnavailableError:
    return UnavailableError(
        "the reply is not what the API promises.",
        provider="stripe",
        status=200,
        outcome_unknown=writes,
        hint="Compare STRIPE_API_BASE, and the API version, with the README.",
    )


def _page(raw: Raw) -> Raw:
    if not isinstance(raw.get("data"), list) or not isinstance(raw.get("has_more"), bool):
        raise TypeError("Stripe answers this call with a list")
    return raw
