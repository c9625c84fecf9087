"""Idempotency keys: the first answer again, whatever it was, for 24 hours.

https://docs.stripe.com/api/idempotent_requests (read 2026-11): status and body of the first
request are kept, a 500 too; other parameters under the same key are refused.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from integrations.core.wire import Request, Response
from integrations.stripe.fake_state import State, fail

KEPT_S = 24 * 3600
MAX_LENGTH = 255


@dataclass
class Kept:
    """The first request under a key, and its answer once there is one."""

    request: str
    at: float
    answer: Response | None = None


def once(
    state: State, lock: threading.RLock, request: Request, now: float, act: Callable[[], Response]
) -> Response:
    """Answer a POST by ``act``, or by what was answered to its key before.

    Raises:
        ~integrations.stripe.fake_state.RefusedError: another request under the key, one still under
            way, or a key too long.
    """
    key = request.headers.get("idempotency-key")
    if not key or request.method != "POST":
        return act()
    if len(key) > MAX_LENGTH:
        fail(f"Idempotency key too long: the limit is {MAX_LENGTH} characters.")
    digest = sha256(f"{request.method} {request.path}\n".encode() + request.body).hexdigest()
    with lock:
        kept = state.keys.get(key)
        if kept is None or now - kept.at >= KEPT_S:
            kept = state.keys[key] = Kept(digest, now)
        else:
            return _again(kept, digest, key, request)
    answer = act()
    with lock:
        _keep(state, key, kept, answer)
    return answer


def _keep(state: State, key: str, kept: Kept, answer: Response) -> None:
    # Kept only once an endpoint has begun to work: a refused parameter or a rate limit leaves the
    # key free (https://docs.stripe.com/api/idempotent_requests).
    if answer.status in (400, 401, 403, 404, 429):
        state.keys.pop(key, None)
    else:
        kept.answer = answer


def _again(kept: Kept, digest: str, key: str, request: Request) -> Response:
    if kept.request != digest:
        fail(
            "Keys for idempotent requests can only be used with the same parameters they were "
            f"first used with. Try using a key other than '{key}' if you meant to execute a "
            "different request.",
            type="idempotency_error",
        )
    if kept.answer is None:
        fail(
            "There is currently another in-progress request using this Idempotent Key (that "
            "probably means you submitted twice, and the other request is still going through): "
            f"{key}. Please try again later.",
            status=409,
            type="idempotency_error",
            code="idempotency_key_in_use",
        )
    headers = {"idempotent-replayed": "true", "original-request": kept.answer.headers["request-id"]}
    return Response(kept.answer.status, {**kept.answer.headers, **headers}, kept.answer.body)
