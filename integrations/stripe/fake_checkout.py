"""Checkout sessions: create, expire, complete."""

from typing import Any

from integrations.stripe.fake_call import Call, refuse_unplayed
from integrations.stripe.fake_items import check_items
from integrations.stripe.fake_listing import INCLUDABLE, listed
from integrations.stripe.fake_money import check_amount, check_currency
from integrations.stripe.fake_objects import build, create, merge_metadata, page
from integrations.stripe.fake_state import Obj, State, fail

DAY_S = 86400
SHORTEST_S = 1800
# Each would change what is charged.
UNPLAYED = ("discounts", "invoice_creation", "optional_items", "shipping_options")


def create_session(call: Call) -> Obj:
    """POST /v1/checkout/sessions."""
    state, params = call.state, call.params
    refuse_unplayed(params, UNPLAYED)
    mode = params.get("mode", "payment")
    _check_who(state, params, mode)
    _check_urls(params)
    expires = _expiry(state, params)
    lines = _lines(state, params, mode)
    total = _due_now(params, mode, lines)
    session = create(state, "checkout.session", **_fields(params, mode, lines, total))
    session |= {"expires_at": expires, "created": state.time}
    id = session["id"]
    if session["ui_mode"] == "hosted_page":
        session["url"] = f"https://checkout.stripe.com/c/pay/{id}"
    else:
        session["client_secret"] = f"{id}_secret_fake"
    state.notes[id] = {"lines": lines, "params": params}
    return session


def _fields(params: Obj, mode: str, lines: list[Obj], total: int) -> Obj:
    links = ("cancel_url", "success_url", "return_url", "client_reference_id", "customer")
    plain = (*links, "allow_promotion_codes", "billing_address_collection", "submit_type")
    owner, email = params.get("customer"), params.get("customer_email")
    nothing = mode == "setup" or total == 0
    zero = {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0}
    return {
        **{key: params.get(key) for key in plain},
        "amount_subtotal": None if mode == "setup" else sum(each["amount_total"] for each in lines),
        "amount_total": None if mode == "setup" else total,
        "currency": lines[0]["currency"] if lines else params.get("currency"),
        "customer_creation": None if owner else params.get("customer_creation", "if_required"),
        "customer_email": email,
        "livemode": False,
        "locale": params.get("locale"),
        "metadata": merge_metadata({}, params.get("metadata")),
        "mode": mode,
        "payment_method_collection": params.get("payment_method_collection", "always"),
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "payment_status": "no_payment_required" if nothing else "unpaid",
        "status": "open",
        "total_details": None if mode == "setup" else {**zero, "breakdown": None},
        "ui_mode": params.get("ui_mode", "hosted_page"),
    }


def _check_who(state: State, params: Obj, mode: str) -> None:
    if "customer" in params:
        state.given("customer", params["customer"], "customer")
        for other in ("customer_email", "customer_creation"):
            if other in params:
                fail(
                    "You may only specify one of these parameters: customer, " + other + ".",
                    param=other,
                )
    for key, only in (
        ("subscription_data", "subscription"),
        ("payment_intent_data", "payment"),
        ("setup_intent_data", "setup"),
    ):
        if key in params and mode != only:
            fail(f"You can not pass `{key}` in `{mode}` mode.", param=key)


def _check_urls(params: Obj) -> None:
    ui = params.get("ui_mode", "hosted_page")
    if ui == "hosted_page":
        if "success_url" not in params:
            fail(
                "Missing required param: success_url.",
                param="success_url",
                code="parameter_missing",
            )
        _refuse(params, ("return_url",), ui)
    else:
        _refuse(params, ("success_url", "cancel_url"), ui)
        if "return_url" not in params and params.get("redirect_on_completion") != "never":
            fail(
                "Missing required param: return_url.", param="return_url", code="parameter_missing"
            )
    for key in ("success_url", "cancel_url", "return_url"):
        if key in params and not params[key].lower().startswith(("https://", "http://")):
            fail(f"Not a valid URL: {params[key]}", param=key, code="url_invalid")


def _refuse(params: Obj, keys: tuple[str, ...], ui: str) -> None:
    for key in keys:
        if key in params:
            fail(f"`{key}` can not be used with `ui_mode: {ui}`.", param=key)


def _expiry(state: State, params: Obj) -> int:
    at = int(params.get("expires_at", state.time + DAY_S))
    if not SHORTEST_S <= at - state.time <= DAY_S:
        fail(
            "The `expires_at` timestamp must be from 30 minutes to 24 hours from Checkout Session "
            "creation.",
            param="expires_at",
        )
    return at


def _lines(state: State, params: Obj, mode: str) -> list[Obj]:
    given = params.get("line_items") or []
    if mode == "setup":
        if given:
            fail("You can not pass `line_items` in `setup` mode.", param="line_items")
        if "currency" not in params:
            fail("Missing required param: currency.", param="currency", code="parameter_missing")
        check_currency(params["currency"], "currency")
        return []
    if not given:
        fail("Missing required param: line_items.", param="line_items", code="parameter_missing")
    lines = [_line(state, each, f"line_items[{number}]") for number, each in enumerate(given)]
    _check_lines(state, lines, mode)
    return lines


def _line(state: State, given: Obj, where: str) -> Obj:
    if "price_data" in given:
        fail("The fake plays prices by id only.", param=f"{where}[price_data]")
    if "price" not in given:
        name = f"{where}[price]"
        fail(f"Missing required param: {name}.", param=name, code="parameter_missing")
    quantity = given.get("quantity", 1)
    if quantity < 1:
        fail("Quantity must be at least 1.", param=f"{where}[quantity]")
    price = state.given("price", given["price"], f"{where}[price]")
    if not price["active"]:
        fail(f"The price {price['id']} is inactive.", param=f"{where}[price]")
    amount = price["unit_amount"] * quantity
    product = state.find("product", price["product"]) or {}
    return build(
        "item",
        id=state.new_id("item"),
        amount_subtotal=amount,
        amount_total=amount,
        currency=price["currency"],
        description=product.get("name"),
        metadata={},
        price=price,
        quantity=quantity,
    )


def _check_lines(state: State, lines: list[Obj], mode: str) -> None:
    recurring = [each for each in lines if each["price"]["type"] == "recurring"]
    if len({each["currency"] for each in lines}) > 1:
        fail("All line items must have the same currency.", param="line_items")
    if mode == "payment" and recurring:
        fail(
            "You specified `payment` mode but passed a recurring price. Either switch to "
            "`subscription` mode or use only one-time prices.",
            param="mode",
        )
    if mode == "subscription":
        if not recurring:
            fail(
                "You must provide at least one recurring price in `subscription` mode when using "
                "prices.",
                param="mode",
            )
        if len(recurring) < len(lines):
            fail("The fake plays recurring prices only in `subscription` mode.", param="line_items")
        wanted = [{"price": e["price"]["id"], "quantity": e["quantity"]} for e in recurring]
        check_items(state, wanted)
        return
    total = sum(each["amount_total"] for each in lines)
    if total:
        check_amount(total, lines[0]["currency"], "line_items")


def _due_now(params: Obj, mode: str, lines: list[Obj]) -> int:
    data = params.get("subscription_data") or {}
    if mode == "subscription" and (data.get("trial_period_days") or data.get("trial_end")):
        return 0
    return sum(each["amount_total"] for each in lines)


def line_items(state: State, session: Obj) -> Obj:
    """Return a session's lines."""
    return page(
        state.notes[session["id"]]["lines"], f"/v1/checkout/sessions/{session['id']}/line_items"
    )


INCLUDABLE["checkout.session", "line_items"] = line_items


def list_line_items(call: Call) -> Obj:
    """GET /v1/checkout/sessions/:id/line_items."""
    session = call.state.get("checkout.session", call.id, "session")
    return listed(call.state.notes[session["id"]]["lines"], call.params, call.path)


def expire_session(call: Call) -> Obj:
    """POST /v1/checkout/sessions/:id/expire."""
    session = call.state.get("checkout.session", call.id, "session")
    if session["status"] != "open":
        fail(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout '
            f"Session has a status of `{session['status']}`.",
        )
    expire(call.state, session)
    return session


def expire(state: State, session: Obj) -> None:
    """Let a session expire: nothing can be paid with it any more."""
    session |= {"status": "expired", "url": None, "client_secret": None}
    state.emit("checkout.session.expired", session)


def list_sessions(call: Call) -> Obj:
    """GET /v1/checkout/sessions."""
    keys: Any = ("customer", "payment_intent", "subscription", "status")
    wanted = {k: call.params[k] for k in keys if k in call.params}
    found = list(call.state.where("checkout.session", **wanted))
    return listed(found, call.params, call.path)
