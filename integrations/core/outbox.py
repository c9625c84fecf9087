"""A recorder on the wire: what left, or would have left, and what came back."""

import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

from integrations.core.clock import Clock
from integrations.core.log import redact_headers
from integrations.core.wire import Request, Response, Wire


@dataclass(frozen=True)
class Exchange:
    """One request as it stood on the wire, and its end.

    Attributes:
        at: Unix time.
        request: the request; headers that carry secrets are replaced.
        response: None when no reply came.
        outcome: ``"not sent"``, the status as text, or the name of what went wrong.
    """

    at: float
    request: Request
    response: Response | None
    outcome: str

    def _repr_html_(self) -> str:
        from integrations.core.exchanges import exchange

        return exchange(self.request, self.response, self.outcome)


class Outbox:
    """The last exchanges of a client, oldest first. Safe in threads."""

    def __init__(self, limit: int = 1000) -> None:
        """Keep at most ``limit`` exchanges; older ones are dropped."""
        self._exchanges: deque[Exchange] = deque(maxlen=limit)
        self._lock = threading.Lock()

    def add(self, exchange: Exchange) -> None:
        """Append an exchange."""
        with self._lock:
            self._exchanges.append(exchange)

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._exchanges.clear()

    @property
    def last(self) -> Exchange:
        """The newest exchange."""
        if not self._exchanges:
            raise LookupError("the outbox is empty: nothing has been sent through this client")
        return self._exchanges[-1]

    def __iter__(self) -> Iterator[Exchange]:
        """Walk over a copy, oldest first."""
        with self._lock:
            return iter(tuple(self._exchanges))

    def __len__(self) -> int:
        """Count what is kept."""
        return len(self._exchanges)

    def __repr__(self) -> str:
        """Show the count."""
        return f"Outbox({len(self)} exchanges)"

    def _repr_html_(self) -> str:
        from integrations.core.exchanges import outbox

        return outbox(self)


@dataclass(frozen=True)
class Recorder:
    """Pass a request to ``wire`` and keep the exchange in ``outbox``."""

    wire: Wire
    outbox: Outbox
    clock: Clock
    dry: bool = False

    def __call__(self, request: Request) -> Response:
        """Record the request whatever becomes of it."""
        at = self.clock.time()
        kept = replace(request, headers=redact_headers(request.headers))
        try:
            response = self.wire(request)
        except Exception as lost:  # whatever went wrong: what left, or nearly did, is kept
            self.outbox.add(Exchange(at, kept, None, type(lost).__name__.removesuffix("Error")))
            raise
        outcome = "not sent" if self.dry else str(response.status)
        self.outbox.add(Exchange(at, kept, None if self.dry else response, outcome))
        return response
