"""Answer a browser that asks whether a page of another origin may talk to a bucket.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html, read 2026-11.
"""

import fnmatch
from collections.abc import Iterable
from typing import Any

from integrations.core.wire import Request, Response
from integrations.s3.fake_vendor import refuse


def _list(value: object) -> list[str]:
    if value is None:
        return []
    return [str(each) for each in value] if isinstance(value, (list, tuple)) else [str(value)]


def _matching(rules: Iterable[Any], origin: str, method: str, headers: list[str]) -> Any:
    """Return the first rule that allows it all; None when there is none."""
    for rule in rules:
        allowed = [each.lower() for each in _list(rule.allowed_headers)]
        if (
            any(fnmatch.fnmatchcase(origin, each) for each in _list(rule.allowed_origins))
            and method in _list(rule.allowed_methods)
            and all(any(fnmatch.fnmatchcase(name, each) for each in allowed) for name in headers)
        ):
            return rule
    return None


def preflight(request: Request, rules: Iterable[Any]) -> Response:
    """Answer an ``OPTIONS`` request.

    Raises:
        S3RefusedError: no rule of the bucket allows it.
    """
    origin = request.headers.get("origin", "")
    method = request.headers.get("access-control-request-method", "")
    asked = request.headers.get("access-control-request-headers", "")
    names = [name.strip().lower() for name in asked.split(",") if name.strip()]
    rules = list(rules)
    if not rules:
        refuse("AccessForbidden", "CORSResponse: CORS is not enabled for this bucket.")
    rule = _matching(rules, origin, method, names) if origin and method else None
    if rule is None:
        refuse(
            "AccessForbidden",
            "CORSResponse: This CORS request is not allowed. This is usually because the evalution "
            "of Origin, request method / Access-Control-Request-Method or "
            "Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.",
        )
    headers = _headers(rule, origin)
    if names:
        headers["access-control-allow-headers"] = ", ".join(names)
    if rule.max_age_seconds is not None:
        headers["access-control-max-age"] = str(rule.max_age_seconds)
    return Response(200, headers)


def cors_headers(request: Request, rules: Iterable[Any]) -> dict[str, str]:
    """Return what lets the page read the answer; nothing when no rule allows it to."""
    origin = request.headers.get("origin")
    rule = _matching(rules, origin, request.method, []) if origin else None
    return _headers(rule, origin or "") if rule else {}


def _headers(rule: Any, origin: str) -> dict[str, str]:
    everybody = "*" in _list(rule.allowed_origins)
    headers = {
        "access-control-allow-origin": "*" if everybody else origin,
        "access-control-allow-methods": ", ".join(_list(rule.allowed_methods)),
        "vary": "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
    }
    if not everybody:
        headers["access-control-allow-credentials"] = "true"
    if exposed := _list(rule.exposed_headers):
        headers["access-control-expose-headers"] = ", ".join(exposed)
    return headers
