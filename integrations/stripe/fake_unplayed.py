"""Parameters that the API takes and the fake does not play: they are refused, never passed over.

What is left out here and has no effect changes only how a page looks or what a report says, such as
``custom_text``. ``allow_promotion_codes`` is taken: the buyer of the fake types no code.
"""

from collections.abc import Iterator
from typing import Any

from integrations.stripe.fake_state import Obj, fail

_METHODS = ("allowed_payment_method_types", "excluded_payment_method_types")
_INTENT = "customer_account hooks payment_method_configuration"
_SUBSCRIPTION = (
    "automatic_tax billing_schedules collection_method default_source default_tax_rates "
    "pending_invoice_item_interval trial_from_plan items.billing_thresholds items.discounts "
    "items.tax_rates"
)
_INVOICE = "automatic_tax issuer"
UNPLAYED: dict[str, tuple[str, ...]] = {
    name: tuple(" ".join(words).split())
    for name, words in {
        "customer_create": ["cash_balance source tax tax_id_data"],
        "customer_update": ["cash_balance default_source source tax"],
        "payment_method_attach": ["customer_account"],
        "price_create": [
            "billing_scheme currency_options custom_unit_amount tax_behavior tiers tiers_mode",
            "transfer_lookup_key transform_quantity",
        ],
        "price_update": ["currency_options transfer_lookup_key"],
        "payment_intent_create": [_INTENT, "mandate"],
        "payment_intent_update": [_INTENT],
        "payment_intent_confirm": ["amount_to_confirm hooks mandate"],
        "payment_intent_capture": ["final_capture hooks"],
        "refund_create": ["instructions_email origin refund_application_fee reverse_transfer"],
        "setup_intent_create": [
            "attach_to_self customer_account flow_directions payment_method_configuration",
            "single_use",
        ],
        "checkout.session_create": [
            "adaptive_pricing after_expiration automatic_tax consent_collection customer_account",
            "custom_fields customer_update line_items.dynamic_tax_rates line_items.tax_rates",
            "managed_payments name_collection payment_intent_data.application_fee_amount",
            "payment_intent_data.on_behalf_of payment_intent_data.transfer_data",
            "payment_method_configuration permissions phone_number_collection",
            "shipping_address_collection subscription_data.application_fee_percent",
            "subscription_data.billing_cycle_anchor subscription_data.default_tax_rates",
            "subscription_data.proration_behavior subscription_data.transfer_data",
            "tax_id_collection",
        ],
        "subscription_create": [_SUBSCRIPTION, "billing_mode.type customer_account"],
        "subscription_update": [_SUBSCRIPTION],
        "subscription_pause": ["bill_for.outstanding_usage_through"],
        "invoice_create_preview": [
            _INVOICE,
            "customer_account invoice_items preview_mode schedule schedule_details",
        ],
        "invoice_update": [
            _INVOICE,
            "account_tax_ids automatically_finalizes_at days_until_due default_source",
            "default_tax_rates due_date shipping_cost shipping_details",
        ],
        "invoice_pay": ["forgive mandate source"],
    }.items()
}
# What is so anyway may be said.
_AS_IT_IS: tuple[object, ...] = (
    *(False, "", [], {"enabled": False}),
    *("charge_automatically", "flexible", "per_unit", "unspecified"),
)


def refuse_silent(operation: str, params: Obj) -> None:
    """Refuse a parameter that would be passed over in silence.

    Raises:
        ~integrations.stripe.fake_state.RefusedError: naming the parameter.
    """
    for path in UNPLAYED.get(operation, ()):
        for where, value in _found(params, path.split(".")):
            if value not in _AS_IT_IS:
                _fail(where)
    for name in _METHODS:
        # The fake's buyers pay by card: allowed must name it, excluded must not.
        if name in params and ("card" in params[name]) is name.startswith("excluded"):
            _fail(name)


def _fail(where: str) -> None:
    fail(f"{where}: the fake does not play this. Nothing was changed.", param=where)


def _found(params: Any, path: list[str], where: str = "") -> Iterator[tuple[str, Any]]:
    if not path:
        yield where, params
    elif isinstance(params, list):
        for number, each in enumerate(params):
            yield from _found(each, path, f"{where}[{number}]")
    elif isinstance(params, dict) and path[0] in params:
        inner = f"{where}[{path[0]}]" if where else path[0]
        yield from _found(params[path[0]], path[1:], inner)
