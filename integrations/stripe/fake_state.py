"""What a fake Stripe knows: its objects by id, its events, and how it refuses."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, NoReturn

Obj = dict[str, Any]
"""A Stripe object as JSON."""

API_VERSION = "2026-10-28.endive"

PREFIXES: Mapping[str, str] = {
    "customer": "cus_",
    "product": "prod_",
    "price": "price_",
    "payment_method": "pm_",
    "payment_intent": "pi_",
    "setup_intent": "seti_",
    "charge": "ch_",
    "balance_transaction": "txn_",
    "refund": "re_",
    "dispute": "du_",
    "checkout.session": "cs_test_",
    "subscription": "sub_",
    "subscription_item": "si_",
    "invoice": "in_",
    "invoice_payment": "inpay_",
    "line_item": "il_",
    "item": "li_",
    "invoiceitem": "ii_",
    "billing_portal.session": "bps_",
    "billing_portal.configuration": "bpc_",
    "test_helpers.test_clock": "clock_",
    "event": "evt_",
    "v2.core.event": "evt_test_",
    "request": "req_",
}

# Stripe's own names of things in "No such …" [SDK 16.1, error texts as of 2026-11].
SPOKEN: Mapping[str, str] = {
    "payment_method": "PaymentMethod",
    "test_helpers.test_clock": "test_clock",
    "payment_intent": "payment_intent",
    "setup_intent": "setupintent",
}


class RefusedError(Exception):
    """What Stripe answers instead of an object."""

    def __init__(self, status: int, error: Obj) -> None:
        """Hold the HTTP ``status`` and the ``error`` object of the body."""
        super().__init__(error.get("message", ""))
        self.status = status
        self.error = error


def fail(
    message: str,
    *,
    param: str | None = None,
    code: str | None = None,
    status: int = 400,
    type: str = "invalid_request_error",
    **more: Any,
) -> NoReturn:
    """Refuse as Stripe does: absent fields are left out of the error object."""
    named = {"code": code, "message": message, "param": param, "type": type, **more}
    if code:
        named["doc_url"] = f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"
    raise RefusedError(status, {key: value for key, value in named.items() if value is not None})


@dataclass
class State:
    """All that ``reset()`` throws away."""

    objects: dict[str, dict[str, Obj]] = field(default_factory=dict)
    events: list[Obj] = field(default_factory=list)
    unsent: list[Obj] = field(default_factory=list)
    thin: list[Obj] = field(default_factory=list)
    keys: dict[str, Any] = field(default_factory=dict)
    cards: dict[str, str] = field(default_factory=dict)
    approved: set[str] = field(default_factory=set)
    notes: dict[str, Obj] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    time: int = 0
    request: Obj = field(default_factory=lambda: {"id": None, "idempotency_key": None})
    dunning_ends_in: str = "canceled"

    def new_id(self, kind: str) -> str:
        """Return the next id of ``kind``, in the prefix and length of Stripe's own."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        number = self.counts[kind]
        if kind in ("customer", "product"):
            return f"{PREFIXES[kind]}fake{number:010d}"
        return f"{PREFIXES[kind]}1Fake{number:019d}"

    def add(self, obj: Obj) -> Obj:
        """Keep an object."""
        self.objects.setdefault(obj["object"], {})[obj["id"]] = obj
        return obj

    def all(self, kind: str) -> list[Obj]:
        """Return every object of ``kind``, newest first."""
        return list(reversed(self.objects.get(kind, {}).values()))

    def find(self, kind: str, id: str) -> Obj | None:
        """Return an object, or None."""
        return self.objects.get(kind, {}).get(id)

    def get(self, kind: str, id: str, param: str = "id", status: int = 404) -> Obj:
        """Return an object.

        Raises:
            RefusedError: ``resource_missing``, 404 for one in the path, 400 for one in a parameter.
        """
        found = self.find(kind, id)
        if found is None or (found.get("deleted") and status == 400):
            spoken = SPOKEN.get(kind, kind.rpartition(".")[2])
            fail(f"No such {spoken}: '{id}'", param=param, code="resource_missing", status=status)
        return found

    def given(self, kind: str, id: str, param: str) -> Obj:
        """Return the object that a parameter names."""
        return self.get(kind, id, param, status=400)

    def where(self, kind: str, **wanted: Any) -> Iterator[Obj]:
        """Yield every object of ``kind`` with these values, newest first."""
        for obj in self.all(kind):
            if all(obj.get(key) == value for key, value in wanted.items()):
                yield obj

    def clock_of(self, obj: Obj | None) -> Obj | None:
        """Return the test clock of a customer, or of what belongs to one."""
        if obj is None:
            return None
        if obj["object"] != "customer":
            customer: str | None = obj.get("customer")
            obj = self.find("customer", customer) if customer else obj
        name = (obj or {}).get("test_clock")
        return self.find("test_helpers.test_clock", name) if name else None

    def now(self, obj: Obj | None = None) -> int:
        """Return the time as ``obj`` sees it: its test clock's, or the real one."""
        clock = self.clock_of(obj)
        return int(self.notes.get(clock["id"], {}).get("now", self.time)) if clock else self.time

    def scratch(self) -> "State":
        """Return a copy to try something on, without events and keys."""
        kept = {kind: found for kind, found in self.objects.items() if kind != "event"}
        return State(
            objects=deepcopy(kept),
            cards=dict(self.cards),
            approved=set(self.approved),
            notes=deepcopy(self.notes),
            counts=dict(self.counts),
            time=self.time,
        )

    def emit(self, type: str, obj: Obj, *, before: Obj | None = None) -> None:
        """Record an event about ``obj`` as it is now, and queue its webhook."""
        data: Obj = {"object": deepcopy(obj)}
        if before is not None:
            changed = {key: old for key, old in before.items() if obj.get(key) != old}
            data["previous_attributes"] = deepcopy(changed)
        event: Obj = {
            "id": self.new_id("event"),
            "object": "event",
            "api_version": API_VERSION,
            "created": self.now(obj),
            "data": data,
            "livemode": False,
            "pending_webhooks": 1,
            "request": dict(self.request),
            "type": type,
        }
        self.events.append(event)
        self.unsent.append(event)
        self.objects.setdefault("event", {})[event["id"]] = event
