"""Form bodies: what the SDK's encoder writes, the fake reads."""

from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stripe._encode import _api_encode

from integrations.stripe.fake_forms import as_list, decode
from integrations.stripe.fake_state import RefusedError

names = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=8)
# No bool in a list: the SDK writes it as Python does, "True", or not, by its depth [16.1].
leaves = st.text(max_size=12) | st.integers()
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=4)
        | st.dictionaries(names, inner, min_size=1, max_size=4)
    ),
    max_leaves=12,
)


def spoken(value: Any) -> Any:
    """Return what Stripe would read: text where the SDK writes text."""
    if isinstance(value, dict):
        return {key: spoken(each) for key, each in value.items()}
    if isinstance(value, list):
        return [spoken(each) for each in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


def plain(value: Any) -> Any:
    members = as_list(value)
    if members is not None:
        return [plain(each) for each in members]
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    return value


@given(st.dictionaries(names, values | st.booleans(), max_size=5))
def test_what_the_sdk_encodes_is_read_back(params: dict[str, Any]) -> None:
    body = urlencode(list(_api_encode(params)))
    assert plain(decode(body)) == spoken(params)


def test_ten_members_keep_their_order() -> None:
    body = urlencode(list(_api_encode({"items": [{"n": n} for n in range(12)]})))
    assert plain(decode(body))["items"] == [{"n": str(n)} for n in range(12)]


def test_empty_brackets_append() -> None:
    assert plain(decode("expand[]=a&expand[]=b")) == {"expand": ["a", "b"]}


@pytest.mark.parametrize("body", ["a=1&a[b]=2", "a[b]=2&a=1", "a[=1", "[a]=1", "a]b=1", "=1"])
def test_names_that_contradict_are_refused(body: str) -> None:
    with pytest.raises(RefusedError):
        decode(body)


@given(st.text(max_size=60))
def test_any_body_is_read_or_refused(body: str) -> None:
    with suppress(RefusedError):
        assert isinstance(decode(body), dict)


def test_a_body_nested_without_end_is_refused() -> None:
    with pytest.raises(RefusedError, match="too deeply"):
        decode("a" + "[b]" * 500 + "=1")


def test_a_body_with_too_many_fields_is_refused() -> None:
    with pytest.raises(RefusedError, match="2000"):
        decode("&".join(f"a[{n}]=1" for n in range(2001)))


def test_an_index_beyond_reason_is_a_name() -> None:
    assert as_list(decode(f"a[{'9' * 5000}]=1")["a"]) is None
