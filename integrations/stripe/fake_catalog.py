"""Customers, payment methods, products and prices."""

from copy import deepcopy
from typing import Any

from integrations.stripe.fake_call import Call
from integrations.stripe.fake_cards import attach, payment_method
from integrations.stripe.fake_listing import listed
from integrations.stripe.fake_money import check_amount, check_currency
from integrations.stripe.fake_objects import create, merge_metadata
from integrations.stripe.fake_state import Obj, fail

_PLAIN = ("address", "description", "email", "name", "phone", "shipping", "preferred_locales")


def create_customer(call: Call) -> Obj:
    """POST /v1/customers."""
    state, params = call.state, call.params
    clock = params.get("test_clock")
    if clock:
        state.given("test_helpers.test_clock", clock, "test_clock")
        if len(list(state.where("customer", test_clock=clock))) >= 3:
            fail("Test clocks can have at most 3 customers.", param="test_clock")
    _check_email(params)
    method = payment_method(state, params["payment_method"]) if "payment_method" in params else None
    prefix = f"FAKE{state.counts.get('customer', 0) + 1:04d}"
    customer = create(
        state,
        "customer",
        **{key: params[key] or None for key in _PLAIN if key in params},
        metadata=merge_metadata({}, params.get("metadata")),
        test_clock=clock,
        invoice_prefix=params.get("invoice_prefix", prefix),
        next_invoice_sequence=1,
        tax_exempt=params.get("tax_exempt") or "none",
        balance=params.get("balance", 0),
        delinquent=False,
        invoice_settings=dict.fromkeys(
            ("custom_fields", "default_payment_method", "footer", "rendering_options")
        ),
    )
    if customer["preferred_locales"] is None:
        customer["preferred_locales"] = []
    _settings(call, customer, method)
    state.emit("customer.created", customer)
    return customer


def _check_email(params: Obj) -> None:
    email = params.get("email")
    if email and not (email.count("@") == 1 and all(email.split("@")) and " " not in email):
        fail(f"Invalid email address: {email}", param="email", code="email_invalid")


def _settings(call: Call, customer: Obj, method: Obj | None) -> None:
    if method:
        attach(call.state, method, customer)
    settings = call.params.get("invoice_settings") or {}
    default = settings.get("default_payment_method")
    if method and default == call.params["payment_method"]:
        # A test id such as pm_card_visa, given twice in one request, is one payment method.
        settings = {**settings, "default_payment_method": method["id"]}
    elif default:
        found = call.state.given(
            "payment_method", default, "invoice_settings[default_payment_method]"
        )
        if found.get("customer") != customer["id"]:
            fail(
                "The customer does not have a payment method with the ID "
                f"{default}. The payment method must be attached to the customer.",
                param="invoice_settings[default_payment_method]",
                code="resource_missing",
            )
    customer["invoice_settings"] |= {k: v or None for k, v in settings.items()}


def update_customer(call: Call) -> Obj:
    """POST /v1/customers/:id."""
    customer = call.state.get("customer", call.id)
    if customer.get("deleted"):
        fail(f"No such customer: '{call.id}'", param="id", code="resource_missing", status=404)
    before = deepcopy(customer)
    _check_email(call.params)
    _settings(call, customer, None)
    for key in (*_PLAIN, "balance", "tax_exempt"):
        if key in call.params:
            customer[key] = call.params[key] if call.params[key] != "" else None
    customer["metadata"] = merge_metadata(customer, call.params.get("metadata"))
    if customer != before:
        call.state.emit("customer.updated", customer, before=before)
    return customer


def delete_customer(call: Call) -> Obj:
    """DELETE /v1/customers/:id."""
    from integrations.stripe.fake_subscriptions import end_now

    state = call.state
    customer = state.get("customer", call.id)
    for subscription in state.where("subscription", customer=call.id):
        if subscription["status"] not in ("canceled", "incomplete_expired"):
            end_now(state, subscription)
    state.emit("customer.deleted", customer)
    gone: Obj = {"id": call.id, "object": "customer", "deleted": True}
    state.objects["customer"][call.id] = gone
    return gone


def list_customers(call: Call) -> Obj:
    """GET /v1/customers."""
    clock, email = call.params.get("test_clock"), call.params.get("email")
    found = [
        each
        for each in call.state.all("customer")
        if not each.get("deleted")
        and each.get("test_clock") == clock
        and email in (None, each["email"])
    ]
    return listed(found, call.params, call.path)


def attach_method(call: Call) -> Obj:
    """POST /v1/payment_methods/:id/attach."""
    method = payment_method(call.state, call.id)
    attach(call.state, method, call.state.given("customer", call.params["customer"], "customer"))
    return method


def detach_method(call: Call) -> Obj:
    """POST /v1/payment_methods/:id/detach."""
    method = call.state.get("payment_method", call.id)
    before = deepcopy(method)
    method["customer"] = None
    call.state.emit("payment_method.detached", method, before=before)
    return method


def list_methods(call: Call) -> Obj:
    """GET /v1/payment_methods, and those of one customer."""
    owner = call.ids[0] if call.ids else call.params.get("customer")
    return listed(call.state.where("payment_method", customer=owner), call.params, call.path)


def create_product(call: Call) -> Obj:
    """POST /v1/products."""
    given = {k: v for k, v in call.params.items() if k not in ("expand", "default_price_data")}
    state, wanted = call.state, given.get("id")
    if wanted and state.find("product", wanted):
        fail("Product already exists.", param="id", code="resource_already_exists")
    given["metadata"] = merge_metadata({}, given.get("metadata"))
    product = create(
        state, "product", **{"active": True, "type": "service", "updated": state.time, **given}
    )
    data = call.params.get("default_price_data")
    if data:
        product["default_price"] = make_price(call, {**data, "product": product["id"]})["id"]
    state.emit("product.created", product)
    return product


def make_price(call: Call, given: Obj) -> Obj:
    """Make a price out of checked parameters."""
    state = call.state
    check_currency(given["currency"], "currency")
    amount = given.get("unit_amount")
    if amount is None:
        fail("You must specify unit_amount.", param="unit_amount", code="parameter_missing")
    check_amount(amount, given["currency"], "unit_amount", smallest=0)
    recurring = given.get("recurring")
    if recurring:
        recurring = {"interval_count": 1, "usage_type": "licensed", "meter": None} | recurring
        recurring |= {"trial_period_days": None}
    price = create(
        state,
        "price",
        **{k: given[k] for k in ("lookup_key", "nickname", "product") if k in given},
        active=given.get("active", True),
        billing_scheme="per_unit",
        currency=given["currency"],
        metadata=merge_metadata({}, given.get("metadata")),
        recurring=recurring,
        tax_behavior="unspecified",
        type="recurring" if recurring else "one_time",
        unit_amount=amount,
        unit_amount_decimal=str(amount),
    )
    state.emit("price.created", price)
    return price


def create_price(call: Call) -> Obj:
    """POST /v1/prices."""
    given = dict(call.params)
    data: Any = given.pop("product_data", None)
    if data:
        inner = Call(call.state, {k: v for k, v in data.items() if k == "name"}, (), "")
        given["product"] = create_product(inner)["id"]
    if "product" not in given:
        fail("Missing required param: product.", param="product", code="parameter_missing")
    call.state.given("product", given["product"], "product")
    return make_price(call, given)


def list_prices(call: Call) -> Obj:
    """GET /v1/prices."""
    params = call.params
    wanted = {k: params[k] for k in ("active", "currency", "product", "type") if k in params}
    keys = params.get("lookup_keys")
    found = call.state.where("price", **wanted)
    return listed([p for p in found if keys is None or p["lookup_key"] in keys], params, call.path)


def list_products(call: Call) -> Obj:
    """GET /v1/products."""
    wanted = {"active": call.params["active"]} if "active" in call.params else {}
    ids = call.params.get("ids")
    found = [p for p in call.state.where("product", **wanted) if ids is None or p["id"] in ids]
    return listed(found, call.params, call.path)


def update_plain(kind: str) -> Any:
    """Return the update of a thing whose parameters are its fields."""

    def update(call: Call) -> Obj:
        obj = call.state.get(kind, call.id)
        before = deepcopy(obj)
        for key, value in call.params.items():
            if key == "metadata":
                obj["metadata"] = merge_metadata(obj, value)
            elif key in obj:
                obj[key] = None if value == "" else value
        if obj != before:
            call.state.emit(f"{kind}.updated", obj, before=before)
        return obj

    return update
