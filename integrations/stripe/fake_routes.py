"""Which operation answers which request, and by which of the SDK's params it is checked."""

import re
from collections.abc import Mapping
from typing import Any

from integrations.stripe import fake_billing as billing
from integrations.stripe import fake_catalog as catalog
from integrations.stripe import fake_changes as changes
from integrations.stripe import fake_checkout as checkout
from integrations.stripe import fake_clock as clocks
from integrations.stripe import fake_disputes as disputes
from integrations.stripe import fake_pauses as pauses
from integrations.stripe import fake_payments as payments
from integrations.stripe import fake_refunds as refunds
from integrations.stripe import fake_setup as setup
from integrations.stripe import fake_subscriptions as subscriptions
from integrations.stripe.fake_call import Call, Operation
from integrations.stripe.fake_events import retrieve_thin
from integrations.stripe.fake_listing import listed
from integrations.stripe.fake_search import search_customers
from integrations.stripe.fake_state import Obj


def fetch(kind: str, param: str = "id") -> Operation:
    """Return the operation that reads one object."""

    def get(call: Call) -> Obj:
        return call.state.get(kind, call.ids[-1], param)

    return get


def _events(call: Call) -> Obj:
    types = call.params.get("types") or [call.params.get("type")]
    found = [each for each in call.state.all("event") if types == [None] or each["type"] in types]
    return listed(found, call.params, call.path)


# method and path: the SDK's params, the operation. A star stands for an id.
ROUTES: dict[str, tuple[str, Operation]] = {
    "POST /v1/customers": ("customer_create", catalog.create_customer),
    "GET /v1/customers/search": ("customer_search", search_customers),
    "GET /v1/customers": ("customer_list", catalog.list_customers),
    "GET /v1/customers/*": ("customer_retrieve", fetch("customer")),
    "POST /v1/customers/*": ("customer_update", catalog.update_customer),
    "DELETE /v1/customers/*": ("customer_delete", catalog.delete_customer),
    "GET /v1/customers/*/payment_methods": (
        "customer_payment_method_list",
        catalog.list_methods,
    ),
    "GET /v1/payment_methods": ("payment_method_list", catalog.list_methods),
    "GET /v1/payment_methods/*": ("payment_method_retrieve", fetch("payment_method")),
    "POST /v1/payment_methods/*/attach": ("payment_method_attach", catalog.attach_method),
    "POST /v1/payment_methods/*/detach": ("payment_method_detach", catalog.detach_method),
    "POST /v1/products": ("product_create", catalog.create_product),
    "GET /v1/products": ("product_list", catalog.list_products),
    "GET /v1/products/*": ("product_retrieve", fetch("product")),
    "POST /v1/products/*": ("product_update", catalog.update_plain("product")),
    "POST /v1/prices": ("price_create", catalog.create_price),
    "GET /v1/prices": ("price_list", catalog.list_prices),
    "GET /v1/prices/*": ("price_retrieve", fetch("price", "price")),
    "POST /v1/prices/*": ("price_update", catalog.update_plain("price")),
    "POST /v1/payment_intents": ("payment_intent_create", payments.create_intent),
    "GET /v1/payment_intents": ("payment_intent_list", payments.list_intents),
    "GET /v1/payment_intents/*": ("payment_intent_retrieve", fetch("payment_intent", "intent")),
    "POST /v1/payment_intents/*": ("payment_intent_update", payments.update_intent),
    "POST /v1/payment_intents/*/confirm": ("payment_intent_confirm", payments.confirm_intent),
    "POST /v1/payment_intents/*/capture": ("payment_intent_capture", payments.capture_intent),
    "POST /v1/payment_intents/*/cancel": ("payment_intent_cancel", payments.cancel_intent),
    "GET /v1/charges": ("charge_list", payments.list_charges),
    "GET /v1/charges/*": ("charge_retrieve", fetch("charge")),
    "GET /v1/balance_transactions/*": (
        "balance_transaction_retrieve",
        fetch("balance_transaction"),
    ),
    "POST /v1/refunds": ("refund_create", refunds.create_refund),
    "GET /v1/refunds": ("refund_list", refunds.list_refunds),
    "GET /v1/refunds/*": ("refund_retrieve", fetch("refund")),
    "POST /v1/refunds/*": ("refund_update", catalog.update_plain("refund")),
    "GET /v1/disputes": ("dispute_list", disputes.list_disputes),
    "GET /v1/disputes/*": ("dispute_retrieve", fetch("dispute")),
    "POST /v1/disputes/*": ("dispute_update", disputes.update_dispute),
    "POST /v1/disputes/*/close": ("dispute_close", disputes.close_dispute),
    "POST /v1/setup_intents": ("setup_intent_create", setup.create_setup),
    "GET /v1/setup_intents": ("setup_intent_list", setup.list_setups),
    "GET /v1/setup_intents/*": ("setup_intent_retrieve", fetch("setup_intent", "intent")),
    "POST /v1/setup_intents/*/confirm": ("setup_intent_confirm", setup.confirm_setup),
    "POST /v1/setup_intents/*/cancel": ("setup_intent_cancel", setup.cancel_setup),
    "POST /v1/checkout/sessions": ("checkout.session_create", checkout.create_session),
    "GET /v1/checkout/sessions": ("checkout.session_list", checkout.list_sessions),
    "GET /v1/checkout/sessions/*": (
        "checkout.session_retrieve",
        fetch("checkout.session", "session"),
    ),
    "GET /v1/checkout/sessions/*/line_items": (
        "checkout.session_list_line_items",
        checkout.list_line_items,
    ),
    "POST /v1/checkout/sessions/*/expire": ("checkout.session_expire", checkout.expire_session),
    "POST /v1/billing_portal/sessions": ("billing_portal.session_create", billing.create_portal),
    "POST /v1/subscriptions": ("subscription_create", subscriptions.create_subscription),
    "GET /v1/subscriptions": ("subscription_list", subscriptions.list_subscriptions),
    "GET /v1/subscriptions/*": ("subscription_retrieve", fetch("subscription")),
    "POST /v1/subscriptions/*": ("subscription_update", changes.update_subscription),
    "DELETE /v1/subscriptions/*": ("subscription_cancel", subscriptions.cancel_subscription),
    "POST /v1/subscriptions/*/pause": ("subscription_pause", pauses.pause_subscription),
    "POST /v1/subscriptions/*/resume": (
        "subscription_resume",
        pauses.resume_subscription,
    ),
    "GET /v1/subscription_items": ("subscription_item_list", billing.list_items),
    "POST /v1/invoices/create_preview": ("invoice_create_preview", billing.preview),
    "GET /v1/invoices": ("invoice_list", billing.list_invoices),
    "GET /v1/invoices/*": ("invoice_retrieve", fetch("invoice", "invoice")),
    "POST /v1/invoices/*": ("invoice_update", billing.update_invoice),
    "POST /v1/invoices/*/pay": ("invoice_pay", billing.pay_invoice),
    "POST /v1/invoices/*/finalize": ("invoice_finalize_invoice", billing.finalize_invoice),
    "POST /v1/invoices/*/void": ("invoice_void_invoice", billing.void_invoice),
    "GET /v1/invoice_payments": ("invoice_payment_list", billing.list_payments),
    "GET /v1/invoice_payments/*": ("invoice_payment_retrieve", fetch("invoice_payment")),
    "POST /v1/test_helpers/test_clocks": ("test_helpers.test_clock_create", clocks.create_clock),
    "GET /v1/test_helpers/test_clocks": ("test_helpers.test_clock_list", clocks.list_clocks),
    "GET /v1/test_helpers/test_clocks/*": (
        "test_helpers.test_clock_retrieve",
        fetch("test_helpers.test_clock"),
    ),
    "POST /v1/test_helpers/test_clocks/*/advance": (
        "test_helpers.test_clock_advance",
        clocks.advance_clock,
    ),
    "DELETE /v1/test_helpers/test_clocks/*": (
        "test_helpers.test_clock_delete",
        clocks.delete_clock,
    ),
    "GET /v2/core/events/*": ("v2.core.event_retrieve", retrieve_thin),
    "GET /v1/events": ("event_list", _events),
    "GET /v1/events/*": ("event_retrieve", fetch("event")),
}


def _pattern(route: str) -> "re.Pattern[str]":
    # An id never looks like a path's own word, such as ".../create_preview".
    return re.compile(route.replace("*", "([^/]+)"))


def match(routes: Mapping[str, Any], method: str, path: str) -> tuple[Any, tuple[str, ...]] | None:
    """Return what answers ``method`` and ``path``, with the ids in the path."""
    wanted = f"{method} {path}"
    if wanted in routes:
        return routes[wanted], ()
    for route, found in routes.items():
        matched = _pattern(route).fullmatch(wanted) if "*" in route else None
        if matched:
            return found, matched.groups()
    return None
