"""Thin events: the v2 notification of an event that also exists as a snapshot.

https://docs.stripe.com/event-destinations (read 2026-11).
"""

from datetime import UTC, datetime

from integrations.stripe.fake_call import Call
from integrations.stripe.fake_state import Obj, fail

PATHS = {
    "customer": "/v1/customers/",
    "product": "/v1/products/",
    "price": "/v1/prices/",
    "payment_method": "/v1/payment_methods/",
    "payment_intent": "/v1/payment_intents/",
    "setup_intent": "/v1/setup_intents/",
    "charge": "/v1/charges/",
    "refund": "/v1/refunds/",
    "dispute": "/v1/disputes/",
    "checkout.session": "/v1/checkout/sessions/",
    "subscription": "/v1/subscriptions/",
    "invoice": "/v1/invoices/",
    "invoice_payment": "/v1/invoice_payments/",
    "invoiceitem": "/v1/invoiceitems/",
    "billing_portal.session": "/v1/billing_portal/sessions/",
    "test_helpers.test_clock": "/v1/test_helpers/test_clocks/",
}
_SNAPSHOT, _THIN = "evt_", "evt_test_"


def is_thin_type(type: str) -> bool:
    """Tell whether Stripe has a thin event for a snapshot's ``type``."""
    from stripe.events._event_classes import get_v2_event_notification_class

    return "Unknown" not in get_v2_event_notification_class(f"v1.{type}").__name__


def thin(event: Obj) -> Obj:
    """Return the notification that goes out for a snapshot ``event``: no data, a reference."""
    about, request = event["data"]["object"], event["request"]
    at = datetime.fromtimestamp(event["created"], tz=UTC)
    reason = {"type": "request", "request": {k: v or "" for k, v in request.items()}}
    return {
        "id": event["id"].replace(_SNAPSHOT, _THIN, 1),
        "object": "v2.core.event",
        "type": f"v1.{event['type']}",
        "created": at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "livemode": False,
        "context": None,
        "related_object": {
            "id": about["id"],
            "type": about["object"],
            "url": PATHS[about["object"]] + about["id"],
        },
        "reason": reason if request["id"] else None,
        "snapshot_event": event["id"],
    }


def retrieve_thin(call: Call) -> Obj:
    """GET /v2/core/events/:id."""
    event = call.state.find("event", call.id.replace(_THIN, _SNAPSHOT, 1))
    if event is None or not call.id.startswith(_THIN):
        fail(f"No such event: '{call.id}'", code="not_found", status=404)
    return {**thin(event), "changes": None}
