"""The policy of a browser upload: each condition, each kind of malformed document."""

import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.core.clock import EXAMPLE_TIME
from integrations.s3.fake_policy import enforce, evaluate, read_policy
from integrations.s3.fake_vendor import S3RefusedError

NOW = EXAMPLE_TIME
LATER = "2026-01-05T09:05:00Z"


def _policy(*conditions: Any, expiration: Any = LATER, **more: Any) -> str:
    document = {"expiration": expiration, "conditions": list(conditions), **more}
    return base64.b64encode(json.dumps(document).encode()).decode()


def _refusal(policy: str, fields: Mapping[str, str], size: int = 5, now: float = NOW) -> str:
    try:
        enforce(read_policy(policy), fields, size, now)
    except S3RefusedError as refused:
        return str(refused)
    return ""


KEY = {"key": "users/1/a.png"}
CASES: dict[str, tuple[list[Any], dict[str, str], str]] = {
    "object form": ([KEY], {"key": "users/1/a.png"}, ""),
    "eq": ([["eq", "$key", "a"]], {"key": "a"}, ""),
    "eq, any case of the operator": ([["EQ", "$Key", "a"]], {"key": "a"}, ""),
    "eq, other value": ([["eq", "$key", "a"]], {"key": "b"}, '["eq", "$key", "a"]'),
    "eq, any case of the value": ([["eq", "$key", "a"]], {"key": "A"}, "Policy Condition failed"),
    "starts-with": ([["starts-with", "$key", "users/1/"]], {"key": "users/1/x"}, ""),
    "starts-with, other": ([["starts-with", "$key", "users/1/"]], {"key": "users/2/x"}, "failed"),
    "starts-with, further in": (
        [["starts-with", "$key", "users/1/"]],
        {"key": "users/2/users/1/x"},
        "failed",
    ),
    "starts-with, anything": ([["starts-with", "$key", ""]], {"key": "x"}, ""),
    "starts-with, prefix of it": (
        [["starts-with", "$key", "users/1/"]],
        {"key": "users/1"},
        "fail",
    ),
    "missing field": ([KEY, {"acl": "private"}], {"key": "users/1/a.png"}, "failed"),
    "extra field": ([KEY], {"key": "users/1/a.png", "acl": "x"}, "Extra input fields: acl"),
    "extra metadata": ([["starts-with", "$key", ""]], {"key": "a", "x-amz-meta-a": "1"}, "Extra"),
    "key without a condition": ([], {"key": "a"}, "Extra input fields: key"),
    "ignored field": ([KEY], {"key": "users/1/a.png", "x-ignore-me": "1"}, ""),
    "types": (
        [["starts-with", "$key", ""], ["starts-with", "$Content-Type", "image/"]],
        {"key": "a", "content-type": "image/png"},
        "",
    ),
    "a list of types, one of them other": (
        [["starts-with", "$key", ""], ["starts-with", "$Content-Type", "image/"]],
        {"key": "a", "content-type": "image/png, text/html"},
        "failed",
    ),
    "exact type": (
        [["starts-with", "$key", ""], {"Content-Type": "image/png"}],
        {"key": "a", "content-type": "image/svg+xml"},
        "failed",
    ),
    "bucket": ([["starts-with", "$key", ""], {"bucket": "b"}], {"key": "a", "bucket": "b"}, ""),
    "other bucket": (
        [["starts-with", "$key", ""], {"bucket": "b"}],
        {"key": "a", "bucket": "c"},
        "failed",
    ),
}


@pytest.mark.parametrize(("conditions", "fields", "refusal"), CASES.values(), ids=CASES)
def test_conditions(conditions: list[Any], fields: dict[str, str], refusal: str) -> None:
    told = _refusal(_policy(*conditions), fields)
    assert (refusal in told) if refusal else not told


@pytest.mark.parametrize(
    ("size", "refusal"),
    [(0, "EntityTooSmall"), (1, ""), (10, ""), (11, "EntityTooLarge"), (10**12, "EntityTooLarge")],
)
def test_size(size: int, refusal: str) -> None:
    told = _refusal(_policy(KEY, ["content-length-range", 1, 10]), KEY, size)
    assert told.startswith(refusal) if refusal else not told


def test_limits_may_be_written_as_text() -> None:
    assert not _refusal(_policy(KEY, ["content-length-range", "1", "10"]), KEY)


def test_expiration_is_the_first_moment_that_is_too_late() -> None:
    policy = _policy(KEY)
    assert not _refusal(policy, KEY, now=NOW + 299)
    assert "Policy expired" in _refusal(policy, KEY, now=NOW + 300)


MALFORMED: dict[str, str] = {
    "not base64": "{}",
    "not JSON": base64.b64encode(b"{").decode(),
    "too deep": base64.b64encode(b"[" * 100_000).decode(),
    "a list": base64.b64encode(b"[]").decode(),
    "no expiration": base64.b64encode(b'{"conditions": []}').decode(),
    "no conditions": base64.b64encode(b'{"expiration": "2026-01-05T09:05:00Z"}').decode(),
    "something else": _policy(KEY, version="2"),
    "conditions no list": base64.b64encode(
        b'{"expiration": "2026-01-05T09:05:00Z", "conditions": {}}'
    ).decode(),
    "unknown operator": _policy(["ends-with", "$key", "a"]),
    "field without $": _policy(["eq", "key", "a"]),
    "number for a value": _policy({"key": 1}),
    "two of three": _policy(["eq", "$key"]),
    "text for a condition": _policy("key"),
    "empty condition": _policy({}),
    "odd limits": _policy(["content-length-range", -1, 10]),
    "true for a limit": _policy(["content-length-range", True, 10]),
    "odd time": _policy(KEY, expiration="tomorrow"),
    "time as a number": _policy(KEY, expiration=1_767_603_900),
}


@pytest.mark.parametrize("policy", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_policy_is_refused(policy: str) -> None:
    assert _refusal(policy, KEY).startswith("InvalidPolicyDocument")


NAMES = st.sampled_from(["key", "acl", "content-type", "x-amz-meta-a", "success_action_status"])
TEXTS = st.text(alphabet="ab/é", max_size=4)
LIMITS = st.integers(0, 9)
OPERATORS = st.sampled_from(["eq", "starts-with"])
CONDITIONS = st.lists(
    st.one_of(
        st.builds(lambda n, v: {n: v}, NAMES, TEXTS),
        st.builds(lambda o, n, v: [o, f"${n}", v], OPERATORS, NAMES, TEXTS),
        st.builds(lambda low, high: ["content-length-range", low, high], LIMITS, LIMITS),
    ),
    max_size=6,
)
FORMS = st.dictionaries(NAMES, TEXTS, max_size=4)


def _allows(conditions: list[Any], form: dict[str, str], size: int) -> bool:
    """Say the same from the documentation's words, in another way."""
    covered = set()
    for item in conditions:
        if isinstance(item, dict):
            ((name, value),) = item.items()
            operator, name = "eq", f"${name}"
        else:
            operator, name, value = item
        if operator == "content-length-range":
            if not name <= size <= value:
                return False
            continue
        covered.add(name[1:])
        held = form.get(name[1:])
        if held is None or (held != value if operator == "eq" else held[: len(value)] != value):
            return False
    return set(form) <= covered


@given(CONDITIONS, FORMS, st.integers(0, 9))
def test_a_form_passes_exactly_when_every_condition_holds_and_covers_every_field(
    conditions: list[Any], form: dict[str, str], size: int
) -> None:
    verdicts = evaluate(read_policy(_policy(*conditions)), form, size, NOW)
    assert all(each.met for each in verdicts) == _allows(conditions, form, size)


@given(CONDITIONS, FORMS, st.integers(0, 9), st.sampled_from(["zz", "x-amz-meta-zz", "tagging"]))
def test_a_field_more_never_makes_a_form_pass(
    conditions: list[Any], form: dict[str, str], size: int, name: str
) -> None:
    assert _refusal(_policy(*conditions), {**form, name: "1"}, size)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=8))
def test_whatever_stands_for_conditions_is_read_or_refused(value: Any) -> None:
    document = json.dumps({"expiration": LATER, "conditions": value}).encode()
    _refusal(base64.b64encode(document).decode(), KEY)


@given(st.binary(max_size=60))
def test_whatever_stands_for_a_policy_is_refused(junk: bytes) -> None:
    assert _refusal(base64.b64encode(junk).decode(), KEY)
    assert _refusal(junk.decode("latin-1"), KEY)
