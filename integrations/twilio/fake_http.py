"""How a fake Twilio reads requests, and the shapes in which it refuses."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import parse_qs, urlsplit

from integrations.core.wire import Request

if TYPE_CHECKING:
    from integrations.twilio.fake_state import State

API, VERIFY, LOOKUPS = "api.twilio.com", "verify.twilio.com", "lookups.twilio.com"


class RefusedError(Exception):
    """An answer that is not a success."""

    def __init__(self, status: int, code: int, message: str) -> None:
        """Keep what is answered."""
        super().__init__(code)
        self.status = status
        self.body = {
            "code": code,
            "message": message,
            "more_info": f"https://www.twilio.com/docs/errors/{code}",
            "status": status,
        }


def fail(code: int, message: str, status: int = 400) -> NoReturn:
    """Refuse, in the shape of Twilio's errors."""
    raise RefusedError(status, code, message)


@dataclass(frozen=True)
class Call:
    """A request that has found its route.

    Attributes:
        request: as it came in.
        path: what the route's pattern names, such as ``call.path["sid"]``.
        now: Unix time.
    """

    request: Request
    path: dict[str, str]
    now: float

    @cached_property
    def params(self) -> dict[str, list[str]]:
        """Everything in the form, or in the query of a GET."""
        query = urlsplit(self.request.url).query
        sent = (
            query if self.request.method == "GET" else self.request.body.decode("utf-8", "replace")
        )
        return parse_qs(sent, keep_blank_values=True)

    def get(self, name: str) -> str | None:
        """Return a parameter; None when it is absent."""
        return self.params.get(name, [None])[-1]

    def need(self, name: str, code: int = 20001) -> str:
        """Return a parameter, and refuse when it is absent or empty."""
        value = self.get(name)
        if not value:
            fail(code, f"A '{name}' parameter is required.")
        return value


Answer = Callable[["State", Call], Any]


@dataclass(frozen=True)
class Route:
    """One endpoint: ``{name}`` in the pattern matches one part of a path.

    ``params`` are the parameters that the endpoint has; others are refused. The answer is what
    the handler returns, as JSON, with ``status``.
    """

    method: str
    host: str
    pattern: str
    answer: Answer
    params: Collection[str] = field(default_factory=frozenset)
    status: int = 200

    def match(self, request: Request) -> dict[str, str] | None:
        """Return the named parts when the request's path is this route's."""
        host = urlsplit(request.url).hostname or ""
        if host.endswith(".twilio.com") and host != self.host:
            return None
        found = _regex(self.pattern).fullmatch(request.path)
        return found.groupdict() if found else None


def _regex(pattern: str) -> re.Pattern[str]:
    escaped = re.escape(pattern).replace(r"\{", "{").replace(r"\}", "}")
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+?)", escaped))


def dispatch(routes: Sequence[Route], state: "State", request: Request, now: float) -> Any:
    """Return the status and the body of the route that the request is for."""
    found = [(route, path) for route in routes if (path := route.match(request)) is not None]
    if not found:
        fail(20404, f"The requested resource {request.path} was not found", 404)
    for route, path in found:
        if route.method == request.method:
            call = Call(request, path, now)
            for name in call.params:
                if name not in route.params:
                    fail(20001, f"Unknown parameter: {name}")
            return route.status, route.answer(state, call)
    return fail(20004, "Method not allowed", 405)
