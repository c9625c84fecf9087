"""The Stripe client, built on the SDK's own: our retries, errors, and plain objects."""

import uuid
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from integrations.core.clock import SYSTEM_CLOCK, Clock
from integrations.core.config import REAL, Mode
from integrations.core.errors import ConfigurationError
from integrations.core.log import redact_http_library_logs
from integrations.core.outbox import Outbox
from integrations.core.retry import Retry
from integrations.core.wire import Wire
from integrations.stripe import key_kind
from integrations.stripe.calls import Calls
from integrations.stripe.catalog import Prices, Products
from integrations.stripe.checkout import CheckoutSessions, PortalSessions
from integrations.stripe.clocks import Clocks
from integrations.stripe.customers import Customers
from integrations.stripe.invoices import Invoices
from integrations.stripe.models import ApiKey
from integrations.stripe.payments import PaymentIntents, SetupIntents
from integrations.stripe.refunds import Refunds
from integrations.stripe.settings import StripeSettings
from integrations.stripe.subscriptions import Subscriptions
from integrations.stripe.wiring import open_sdk


def _new_id() -> str:
    return str(uuid.uuid4())


class StripeClient:
    """Call Stripe. Build it once and share it: it keeps its connections, and is safe in threads.

    Every POST carries an idempotency key and is repeated with the same one; a DELETE is repeated
    only when it cannot have taken effect. The SDK's own retries are off, and its module-global key
    is never set.
    """

    customers: Customers
    products: Products
    prices: Prices
    checkout: CheckoutSessions
    portal: PortalSessions
    payment_intents: PaymentIntents
    setup_intents: SetupIntents
    refunds: Refunds
    subscriptions: Subscriptions
    invoices: Invoices
    clocks: Clocks

    def __init__(
        self,
        settings: StripeSettings,
        *,
        wire: Wire | None = None,
        clock: Clock = SYSTEM_CLOCK,
        new_id: Callable[[], str] = _new_id,
        retry: Retry | None = None,
        outbox: Outbox | None = None,
    ) -> None:
        """Wire a client for ``settings.mode``.

        Args:
            settings: see :meth:`from_env`.
            wire: stands in for the network, and in mock mode for the fake. Debug mode ignores it.
            clock: for ``Retry-After`` dates, retries, test clocks and the outbox.
            new_id: makes idempotency keys.
            retry: how often to try; three attempts when None.
            outbox: where exchanges are kept, in every mode but live.

        Raises:
            ConfigurationError: the mode needs a key and there is none.
        """
        if settings.mode in REAL and not settings.api_key:
            raise ConfigurationError(
                f"STRIPE_API_KEY is missing, and mode {settings.mode} needs it.",
                problems=["Get one at Stripe → Developers → API keys."],
            )
        redact_http_library_logs()
        self.fake: Any = None
        self.settings = settings
        self.mode = settings.mode
        self.clock = clock
        self.outbox = outbox if outbox is not None else Outbox()
        if wire is None and settings.mode is Mode.MOCK:
            wire = self._make_fake()
        sdk, self._http = open_sdk(settings, wire, self.outbox, clock)
        self._calls = Calls(
            settings, sdk, self._http, clock=clock, new_id=new_id, retry=retry or Retry(clock=clock)
        )
        self._open_groups(self._calls)

    @classmethod
    def from_env(
        cls,
        env: Mapping[str, str] | None = None,
        *,
        mode: str | None = None,
        wire: Wire | None = None,
        clock: Clock = SYSTEM_CLOCK,
        new_id: Callable[[], str] = _new_id,
        retry: Retry | None = None,
        outbox: Outbox | None = None,
    ) -> Self:
        """Build a client from ``env``, or from ``os.environ`` when it is None.

        Raises:
            ConfigurationError: listing everything that is missing or malformed for the mode.
        """
        settings = StripeSettings.from_env(env, mode=mode)
        return cls(settings, wire=wire, clock=clock, new_id=new_id, retry=retry, outbox=outbox)

    def __repr__(self) -> str:
        """Show the mode and where calls go."""
        return f"StripeClient(mode={str(self.mode)!r}, api_base={self.settings.api_base!r})"

    def __enter__(self) -> Self:
        """Use the client in a ``with`` block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the client."""
        self.close()

    def close(self) -> None:
        """Close the connections. The client cannot be used afterwards."""
        self._http.close()

    def test_api_key(self) -> ApiKey:
        """Ask whether the key works, by reading one customer. A restricted key needs that right.

        Raises:
            AuthenticationError: the key is not accepted, or may not read customers.
        """
        key = ApiKey(key_kind(self.settings.api_key.reveal()), self.settings.livemode)
        return self._calls.read(self._calls.v1.customers.list, parse=lambda _: key, limit=1)

    def _open_groups(self, calls: Calls) -> None:
        self.customers = Customers(calls)
        self.products = Products(calls)
        self.prices = Prices(calls)
        self.checkout = CheckoutSessions(calls)
        self.portal = PortalSessions(calls)
        self.payment_intents = PaymentIntents(calls)
        self.setup_intents = SetupIntents(calls)
        self.refunds = Refunds(calls)
        self.subscriptions = Subscriptions(calls)
        self.invoices = Invoices(calls)
        self.clocks = Clocks(calls)

    def _make_fake(self) -> Wire:
        from integrations.stripe.fake import FakeStripe

        self.fake = FakeStripe(clock=self.clock, api_key=self.settings.api_key.reveal())
        wire: Wire = self.fake
        return wire
