"""Evaluate the policy of a browser upload: every condition, every field, the expiration.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html, read 2026-11.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn

from integrations.s3.fake_vendor import S3RefusedError, refuse

# These need no condition: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html
_FREE = {"x-amz-signature", "file", "policy"}
# A field of a form may be one that S3 does not know, if its name starts so.
_IGNORED = "x-ignore-"


@dataclass(frozen=True)
class Condition:
    """One condition of a policy: ``eq``, ``starts-with`` or ``content-length-range``."""

    operator: str
    field: str
    value: str
    low: int = 0
    high: int = 0

    def __str__(self) -> str:
        """Write it as S3 does in its refusals."""
        if self.operator == "content-length-range":
            return f'["content-length-range", {self.low}, {self.high}]'
        return json.dumps([self.operator, f"${self.field}", self.value])


@dataclass(frozen=True)
class Policy:
    """A policy document, read."""

    expires_at: float
    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class Verdict:
    """What became of one condition, or of a field that none covers.

    ``code`` and ``message`` are S3's refusal; both are empty when it is met.
    """

    rule: str
    given: str
    code: str = ""
    message: str = ""

    @property
    def met(self) -> bool:
        """Whether the form satisfies it."""
        return not self.code


def read_policy(encoded: str) -> Policy:
    """Read a policy as it stands in the form, in base64.

    Raises:
        S3RefusedError: it is no policy.
    """
    try:
        document = json.loads(base64.b64decode(encoded, validate=True))
    except (ValueError, RecursionError):
        _invalid("Invalid JSON.")
    if not isinstance(document, dict):
        _invalid("Invalid JSON.")
    for name in ("expiration", "conditions"):
        if name not in document:
            _invalid(f"Policy missing {name}.")
    if unknown := set(document) - {"expiration", "conditions"}:
        _invalid(f"Unexpected: '{min(map(str, unknown))}'.")
    if not isinstance(document["conditions"], list):
        _invalid("Invalid 'conditions' value: must be a List.")
    conditions = tuple(each for item in document["conditions"] for each in _conditions(item))
    return Policy(_expiration(document["expiration"]), conditions)


def evaluate(policy: Policy, fields: Mapping[str, str], size: int, now: float) -> list[Verdict]:
    """Judge a form by its policy: the expiration, every condition, every field.

    Args:
        policy: what the form's owner has signed.
        fields: the form's fields with names in lower case, ``bucket`` among them.
        size: the file's size in bytes.
        now: the Unix time.
    """
    late = (
        ("AccessDenied", "Invalid according to Policy: Policy expired.")
        if now >= policy.expires_at
        else ("", "")
    )
    moment = datetime.fromtimestamp(policy.expires_at, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    at = datetime.fromtimestamp(now, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    verdicts = [Verdict(f"expiration {moment}", at, *late)]
    verdicts += [_judge(each, fields, size) for each in policy.conditions]
    covered = {each.field for each in policy.conditions}
    verdicts += [
        Verdict(
            "every field needs a condition",
            name,
            "AccessDenied",
            f"Invalid according to Policy: Extra input fields: {name}",
        )
        for name in sorted(fields)
        if name not in covered | _FREE and name != "bucket" and not name.startswith(_IGNORED)
    ]
    return verdicts


def enforce(policy: Policy, fields: Mapping[str, str], size: int, now: float) -> None:
    """Refuse the form for the first thing that its policy does not allow.

    Raises:
        S3RefusedError: naming the condition.
    """
    for verdict in evaluate(policy, fields, size, now):
        if not verdict.met:
            raise S3RefusedError(verdict.code, verdict.message, **_details(verdict, policy, size))


def _details(verdict: Verdict, policy: Policy, size: int) -> dict[str, str]:
    if verdict.code == "AccessDenied":
        return {}
    limit = next(each for each in policy.conditions if str(each) == verdict.rule)
    if verdict.code == "EntityTooLarge":
        return {"ProposedSize": str(size), "MaxSizeAllowed": str(limit.high)}
    return {"ProposedSize": str(size), "MinSizeAllowed": str(limit.low)}


def _judge(condition: Condition, fields: Mapping[str, str], size: int) -> Verdict:
    rule = str(condition)
    if condition.operator == "content-length-range":
        if size > condition.high:
            text = "Your proposed upload exceeds the maximum allowed size"
            return Verdict(rule, f"{size} bytes", "EntityTooLarge", text)
        if size < condition.low:
            text = "Your proposed upload is smaller than the minimum allowed size"
            return Verdict(rule, f"{size} bytes", "EntityTooSmall", text)
        return Verdict(rule, f"{size} bytes")
    given = fields.get(condition.field)
    if given is not None and _fits(condition, given):
        return Verdict(rule, given)
    text = f"Invalid according to Policy: Policy Condition failed: {rule}"
    return Verdict(rule, "(no such field)" if given is None else given, "AccessDenied", text)


def _fits(condition: Condition, given: str) -> bool:
    if condition.operator == "eq":
        return given == condition.value
    if condition.field == "content-type" and condition.value:
        # A list of types has to start that way in every member (same page, "Condition matching").
        return all(part.strip().startswith(condition.value) for part in given.split(","))
    return given.startswith(condition.value)


def _conditions(item: object) -> Iterator[Condition]:
    if isinstance(item, dict):
        if not item:
            _invalid("Invalid Simple-Condition: Simple-Conditions must have exactly one property.")
        for name, value in item.items():
            yield _simple("eq", str(name), value)
    elif isinstance(item, list) and len(item) == 3 and isinstance(item[0], str):
        yield _listed(item[0].lower(), item[1], item[2])
    else:
        _invalid("Invalid Condition: must be a simple condition or a list of three.")


def _listed(operator: str, second: Any, third: Any) -> Condition:
    if operator == "content-length-range":
        low, high = _number(second), _number(third)
        return Condition(operator, "content-length-range", "", low, high)
    if operator not in ("eq", "starts-with"):
        _invalid(f"Invalid Condition: unknown operation '{operator}'.")
    if not isinstance(second, str) or not second.startswith("$"):
        _invalid("Invalid Condition: the field's name must start with '$'.")
    return _simple(operator, second[1:], third)


def _simple(operator: str, name: str, value: object) -> Condition:
    if not isinstance(value, str):
        _invalid(f"Invalid Condition: the value of '{name}' must be a String.")
    return Condition(operator, name.lower(), value)


def _number(value: object) -> int:
    text = str(value)
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        _invalid("Invalid content-length-range: its limits must be whole numbers.")
    return int(text)


def _expiration(text: object) -> float:
    for form in ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%fZ"):
        try:
            return datetime.strptime(str(text), form).replace(tzinfo=UTC).timestamp()
        except ValueError:
            continue
    raise S3RefusedError(
        "InvalidPolicyDocument",
        "Invalid Policy: Invalid 'expiration' value: it must be like 2026-01-05T10:00:00Z.",
    )


def _invalid(text: str) -> NoReturn:
    refuse("InvalidPolicyDocument", f"Invalid Policy: {text}")
