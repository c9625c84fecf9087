"""Search, which finds a customer about a minute after it was made.

https://docs.stripe.com/search (read 2026-11). The fake knows exact matches of ``email`` and
``metadata``, the only ones an integration should build on.
"""

import re

from integrations.stripe.fake_call import Call
from integrations.stripe.fake_state import Obj, fail

INDEXED_AFTER_S = 60

_CLAUSE = re.compile(r"""(email|metadata\[["']([^"']+)["']\])\s*:\s*["']([^"']*)["']""")


def search_customers(call: Call) -> Obj:
    """GET /v1/customers/search."""
    query = call.params["query"]
    wanted = _CLAUSE.fullmatch(query)
    if wanted is None:
        fail(f"We were unable to parse your search query: {query}", param="query")
    field, key, value = wanted.groups()
    found = [
        each
        for each in call.state.all("customer")
        if not each.get("deleted") and _indexed(call, each) and _value(each, field, key) == value
    ]
    start, limit = _start(call.params.get("page")), call.params.get("limit", 10)
    more = len(found) > start + limit
    data = found[start : start + limit]
    page: Obj = {"object": "search_result", "url": call.path, "has_more": more, "data": data}
    return {**page, "next_page": f"page_{start + limit}" if more else None}


def _start(page: str | None) -> int:
    if page is None:
        return 0
    number = page.removeprefix("page_")
    if not number.isdecimal():
        fail(f"Invalid page token: {page}", param="page")
    return int(number)


def _indexed(call: Call, customer: Obj) -> bool:
    return bool(call.state.now(customer) - customer["created"] >= INDEXED_AFTER_S)


def _value(customer: Obj, field: str, key: str | None) -> str | None:
    found = customer["metadata"].get(key) if key else customer.get(field)
    return None if found is None else str(found)
