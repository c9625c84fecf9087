"""Products and prices: what is sold, and for how much."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from integrations.stripe import arguments as check
from integrations.stripe.calls import Calls
from integrations.stripe.models import Price, Product
from integrations.stripe.money import Money

INTERVALS = ("day", "week", "month", "year")


class Products:
    """Reached as ``stripe.products``.

    Source: https://docs.stripe.com/api/products
    """

    def __init__(self, calls: Calls) -> None:
        """Call through ``calls``."""
        self._calls = calls
        self._api = calls.v1.products

    def create(
        self,
        name: str,
        *,
        product_id: str | None = None,
        description: str | None = None,
        metadata: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> Product:
        """Create a product.

        Args:
            name: as the buyer sees it.
            product_id: an id of your own; Stripe makes one when None.
            description: as the buyer sees it.
            metadata: what you want to find again.
            idempotency_key: names this intent, for 24 hours at least; made when None.

        Raises:
            InvalidRequestError: an argument is refused, or the id is taken.
        """
        params: dict[str, Any] = {"name": check.text("name", name, 250)}
        if product_id is not None:
            params["id"] = check.object_id("product_id", product_id)
        if description is not None:
            params["description"] = check.text("description", description)
        params |= check.labels(metadata)
        return self._calls.write(
            "products.create",
            self._api.create,
            parse=Product.from_raw,
            key=idempotency_key,
            params=params,
        )

    def get(self, product_id: str) -> Product:
        """Return a product.

        Raises:
            NotFoundError: there is none.
        """
        found = check.object_id("product_id", product_id)
        return self._calls.read(self._api.retrieve, found, parse=Product.from_raw)

    def list(self, *, limit: int | None = None) -> Iterator[Product]:
        """Walk over the products that are for sale, newest first."""
        return self._calls.pages(
            self._api.list, parse=Product.from_raw, limit=check.limit(limit), active=True
        )


class Prices:
    """Reached as ``stripe.prices``.

    Source: https://docs.stripe.com/api/prices
    """

    def __init__(self, calls: Calls) -> None:
        """Call through ``calls``."""
        self._calls = calls
        self._api = calls.v1.prices

    def create(
        self,
        product_id: str,
        unit_amount: Money,
        *,
        interval: str | None = None,
        interval_count: int = 1,
        lookup_key: str | None = None,
        idempotency_key: str | None = None,
    ) -> Price:
        """Create a price. Its amount never changes: to raise a price, make a new one.

        Args:
            product_id: what it is for.
            unit_amount: for one; zero is a free plan.
            interval: ``day``, ``week``, ``month`` or ``year``; sold once when None.
            interval_count: every so many intervals.
            lookup_key: a name of your own, so that code needs no ids.
            idempotency_key: names this intent, for 24 hours at least; made when None.

        Raises:
            InvalidRequestError: an argument is refused, here or by Stripe.
        """
        amount = check.money("unit_amount", unit_amount, least=0)
        params: dict[str, Any] = {
            "product": check.object_id("product_id", product_id),
            "unit_amount": amount.amount,
            "currency": amount.currency,
        }
        if interval is not None:
            params["recurring"] = {
                "interval": check.one("interval", interval, INTERVALS),
                "interval_count": check.whole("interval_count", interval_count, 1, 1095),
            }
        if lookup_key is not None:
            params["lookup_key"] = check.text("lookup_key", lookup_key, 200)
        return self._calls.write(
            "prices.create",
            self._api.create,
            parse=Price.from_raw,
            key=idempotency_key,
            params=params,
        )

    def get(self, price_id: str) -> Price:
        """Return a price.

        Raises:
            NotFoundError: there is none.
        """
        found = check.object_id("price_id", price_id)
        return self._calls.read(self._api.retrieve, found, parse=Price.from_raw)

    def list(
        self,
        *,
        product_id: str | None = None,
        lookup_keys: Sequence[str] = (),
        limit: int | None = None,
    ) -> Iterator[Price]:
        """Walk over the prices that are for sale, newest first.

        Args:
            product_id: only those of this product.
            lookup_keys: only those with one of these names; at most ten.
            limit: at most so many.
        """
        wanted: dict[str, Any] = {"active": True}
        if product_id is not None:
            wanted["product"] = check.object_id("product_id", product_id)
        if names := check.texts("lookup_keys", lookup_keys, 10, 200):
            wanted["lookup_keys"] = names
        return self._calls.pages(
            self._api.list, parse=Price.from_raw, limit=check.limit(limit), **wanted
        )
