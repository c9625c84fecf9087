"""Customers, and the cards they keep with Stripe."""

from collections.abc import Iterator, Mapping

from integrations.stripe import arguments as check
from integrations.stripe.calls import Calls, Raw
from integrations.stripe.models import Customer
from integrations.stripe.models_payments import PaymentMethod

USER_ID = "user_id"
"""The key of a customer's metadata that holds your own user's id."""


class Customers:
    """Reached as ``stripe.customers``.

    Source: https://docs.stripe.com/api/customers
    """

    def __init__(self, calls: Calls) -> None:
        """Call through ``calls``."""
        self._calls = calls
        self._api = calls.v1.customers

    def create(
        self,
        *,
        email: str | None = None,
        name: str | None = None,
        payment_method: str | None = None,
        metadata: Mapping[str, str] | None = None,
        test_clock: str | None = None,
        idempotency_key: str | None = None,
    ) -> Customer:
        """Create a customer, every time: for your own users, use :meth:`find_or_create`.

        Args:
            email: where receipts and invoices go.
            name: as on invoices.
            payment_method: is attached, and becomes the default for invoices.
            metadata: what you want to find again.
            test_clock: whose time the customer lives in; test mode only.
            idempotency_key: names this intent, for 24 hours at least; made when None.

        Raises:
            InvalidRequestError: an argument is refused, here or by Stripe.
            CardDeclinedError: the payment method cannot be attached.
        """
        params = _fields(email, name, metadata)
        if payment_method is not None:
            method = check.object_id("payment_method", payment_method)
            params["payment_method"] = method
            params["invoice_settings"] = {"default_payment_method": method}
        if test_clock is not None:
            params["test_clock"] = check.object_id("test_clock", test_clock, "clock_id")
        return self._create("customers.create", params, idempotency_key)

    def find_or_create(
        self, user_id: str, *, email: str | None = None, name: str | None = None
    ) -> Customer:
        """Return the customer of your user, and create it if there is none; never two.

        Stripe's search knows a customer about a minute after it was made. Until then, and in a
        race, the idempotency key stands in: it is made of the user's id alone, and Stripe keeps it
        for 24 hours, so every caller gets the one customer. Store its id all the same: the search
        is a request, and is not offered to businesses in India
        (https://docs.stripe.com/search, read 2026-11). If search lags for more than 24 hours,
        which Stripe rules out, there could be a second one.

        Args:
            user_id: your own id of the user, for ever; kept in the metadata. Not the address,
                which buyers change and others may type.
            email: written to a customer who has none; what is there stays.
            name: likewise.

        Raises:
            InvalidRequestError: an argument is refused, here or by Stripe.
        """
        user = check.text("user_id", user_id, 200)
        fields = _fields(email, name, None)
        if not user.isascii() or not user.isprintable() or not set("\"'\\ ").isdisjoint(user):
            check.refuse("user_id", "must be printable ASCII without spaces, quotes, backslashes")
        found = self._find(user) if self._calls.answers else None
        if found and _missing(found, fields):
            found = self.get(found.id)  # search may be behind, and overwrite what came meanwhile
        customer = found if found and not found.deleted else self._made(user)
        # A process that died before it wrote the address left this to the next call.
        missing = _missing(customer, fields)
        return self._update(customer.id, missing, None) if customer.id and missing else customer

    def get(self, customer_id: str) -> Customer:
        """Return a customer; one that was deleted comes back with ``deleted``.

        Raises:
            NotFoundError: there is none for this key.
        """
        found = check.object_id("customer_id", customer_id)
        return self._calls.read(self._api.retrieve, found, parse=Customer.from_raw)

    def update(
        self,
        customer_id: str,
        *,
        email: str | None = None,
        name: str | None = None,
        default_payment_method: str | None = None,
        metadata: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> Customer:
        """Change the fields that are given; ``""`` in metadata removes a key.

        Raises:
            InvalidRequestError: an argument is refused, here or by Stripe; or none is given.
            NotFoundError: there is no such customer.
        """
        params = _fields(email, name, metadata)
        if default_payment_method is not None:
            method = check.object_id(
                "default_payment_method", default_payment_method, "payment_method"
            )
            params["invoice_settings"] = {"default_payment_method": method}
        if not params:
            check.refuse("email", "nothing to change: give at least one field")
        return self._update(check.object_id("customer_id", customer_id), params, idempotency_key)

    def list(self, *, email: str | None = None, limit: int | None = None) -> Iterator[Customer]:
        """Walk over the customers, newest first; the pages are fetched when needed.

        Args:
            email: only those with exactly this address. Several may have it.
            limit: at most so many.
        """
        wanted = check.given(email=email if email is None else check.email("email", email))
        return self._calls.pages(
            self._api.list, parse=Customer.from_raw, limit=check.limit(limit), **wanted
        )

    def delete(self, customer_id: str) -> Customer:
        """Delete a customer for good, with every subscription. Takes no idempotency key.

        Raises:
            NotFoundError: there is no such customer.
            NetworkError: no reply; it is not repeated by itself.
        """
        found = check.object_id("customer_id", customer_id)
        return self._calls.remove(self._api.delete, found, parse=Customer.from_raw, params={})

    def attach_payment_method(
        self, customer_id: str, payment_method: str, *, idempotency_key: str | None = None
    ) -> PaymentMethod:
        """Keep a payment method with the customer.

        In a shop, a setup intent or Checkout does this, with the buyer's consent; the server alone
        does it in tests, with ``pm_card_visa``.

        Raises:
            CardDeclinedError: the bank refuses the card.
        """
        return self._calls.write(
            "customers.attach_payment_method",
            self._calls.v1.payment_methods.attach,
            check.object_id("payment_method", payment_method),
            parse=PaymentMethod.from_raw,
            key=idempotency_key,
            params={"customer": check.object_id("customer_id", customer_id)},
        )

    def payment_methods(
        self, customer_id: str, *, limit: int | None = None
    ) -> Iterator[PaymentMethod]:
        """Walk over what the customer can pay with."""
        return self._calls.pages(
            self._calls.v1.payment_methods.list,
            parse=PaymentMethod.from_raw,
            limit=check.limit(limit),
            customer=check.object_id("customer_id", customer_id),
        )

    def _find(self, user: str) -> Customer | None:
        query = f'metadata["{USER_ID}"]:"{user}"'
        found = self._calls.read(self._api.search, parse=_all, query=query, limit=2)
        return found[0] if found else None

    def _made(self, user: str) -> Customer:
        created = self._keyed(user)
        while created.id and self._calls.replayed():
            # An answer of up to 24 hours ago; what has become of it since?
            created = self.get(created.id)
            if not created.deleted:
                break
            created = self._keyed(user, f"after-{created.id}")
        return created

    def _keyed(self, user: str, *more: str) -> Customer:
        # Nothing but the id in it: other parameters under the same key would be refused.
        params = {"metadata": {USER_ID: user}}
        return self._create("customers.find_or_create", params, ":".join([user, *more]))

    def _create(self, operation: str, params: Raw, key: str | None) -> Customer:
        return self._calls.write(
            operation, self._api.create, parse=Customer.from_raw, key=key, params=params
        )

    def _update(self, customer_id: str, params: Raw, key: str | None) -> Customer:
        return self._calls.write(
            "customers.update",
            self._api.update,
            customer_id,
            parse=Customer.from_raw,
            key=key,
            params=params,
        )


def _all(raw: Raw) -> "list[Customer]":
    return [Customer.from_raw(each) for each in raw["data"] if not each.get("deleted")]


def _missing(customer: Customer, fields: Raw) -> "dict[str, object]":
    return {key: value for key, value in fields.items() if not customer.raw.get(key)}


def _fields(
    email: str | None, name: str | None, metadata: Mapping[str, str] | None
) -> "dict[str, object]":
    fields: dict[str, object] = {}
    if email is not None:
        fields["email"] = check.email("email", email)
    if name is not None:
        fields["name"] = check.text("name", name, 256)
    return fields | check.labels(metadata)
