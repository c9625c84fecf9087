"""Test clocks: time for a few customers that moves when told to."""

from integrations.stripe.fake_call import Call
from integrations.stripe.fake_invoices import note
from integrations.stripe.fake_listing import listed
from integrations.stripe.fake_objects import build
from integrations.stripe.fake_periods import boundary
from integrations.stripe.fake_state import Obj, State, fail
from integrations.stripe.fake_status import ENDED
from integrations.stripe.fake_timeline import ADVANCING_S

TWO_YEARS_S = 2 * 365 * 86400
KEPT_S = 30 * 86400


def create_clock(call: Call) -> Obj:
    """POST /v1/test_helpers/test_clocks."""
    state, at = call.state, call.params["frozen_time"]
    clock = build(
        "test_helpers.test_clock",
        id=state.new_id("test_helpers.test_clock"),
        created=state.time,
        deletes_after=state.time + KEPT_S,
        frozen_time=at,
        name=call.params.get("name"),
        status="ready",
        status_details={},
    )
    note(state, clock)["now"] = at
    state.add(clock)
    state.emit("test_helpers.test_clock.created", clock)
    return clock


def advance_clock(call: Call) -> Obj:
    """POST /v1/test_helpers/test_clocks/:id/advance: answers at once, ``ready`` comes later."""
    state, at = call.state, call.params["frozen_time"]
    clock = state.get("test_helpers.test_clock", call.id)
    if clock["status"] != "ready":
        fail("Test clock advancement underway - cannot perform modifications.", status=429)
    if at <= clock["frozen_time"]:
        fail("The new frozen_time must be after the current frozen_time.", param="frozen_time")
    latest = _latest(state, clock)
    if at > latest:
        fail(
            "You cannot advance a test clock more than two intervals from the current frozen time "
            "of the shortest subscription, or two years when there is none.",
            param="frozen_time",
        )
    clock |= {
        "frozen_time": at,
        "status": "advancing",
        "status_details": {"advancing": {"target_frozen_time": at}},
    }
    note(state, clock)["ready_at"] = state.time + ADVANCING_S
    state.emit("test_helpers.test_clock.advancing", clock)
    return clock


def _latest(state: State, clock: Obj) -> int:
    now: int = clock["frozen_time"]
    ends = [
        boundary(now, item["price"]["recurring"], 2)
        for subscription in state.where("subscription", test_clock=clock["id"])
        if subscription["status"] not in ENDED
        for item in subscription["items"]["data"]
    ]
    return min(ends, default=now + TWO_YEARS_S)


def delete_clock(call: Call) -> Obj:
    """DELETE /v1/test_helpers/test_clocks/:id, with its customers."""
    state = call.state
    clock = state.get("test_helpers.test_clock", call.id)
    for customer in list(state.where("customer", test_clock=call.id)):
        gone = customer["id"]
        for kind in ("subscription", "invoice", "payment_intent", "charge", "payment_method"):
            for each in list(state.where(kind, customer=gone)):
                del state.objects[kind][each["id"]]
        del state.objects["customer"][gone]
    del state.objects[clock["object"]][call.id]
    state.emit("test_helpers.test_clock.deleted", {**clock, "status": "ready"})
    return {"id": call.id, "object": "test_helpers.test_clock", "deleted": True}


def list_clocks(call: Call) -> Obj:
    """GET /v1/test_helpers/test_clocks."""
    return listed(call.state.all("test_helpers.test_clock"), call.params, call.path)
