"""What a client sent, or would have sent: names of commands and keys, never values."""

import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from integrations.core.views import moment, table


@dataclass(frozen=True)
class Sent:
    """One command.

    Attributes:
        at: Unix time.
        name: the command, or the script's name.
        keys: the keys it concerns; personal data in them is hashed.
        outcome: ``"ok"``, ``"not sent"``, or the name of the error.
    """

    at: float
    name: str
    keys: tuple[str, ...]
    outcome: str


class CommandLog:
    """The last commands of a client, oldest first. Safe in threads."""

    def __init__(self, limit: int = 1000) -> None:
        """Keep at most ``limit`` commands; older ones are dropped."""
        self._sent: deque[Sent] = deque(maxlen=limit)
        self._lock = threading.Lock()

    def add(self, sent: Sent) -> None:
        """Append a command."""
        with self._lock:
            self._sent.append(sent)

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._sent.clear()

    def __iter__(self) -> Iterator[Sent]:
        """Walk over a copy, oldest first."""
        with self._lock:
            return iter(tuple(self._sent))

    def __len__(self) -> int:
        """Count what is kept."""
        return len(self._sent)

    def __repr__(self) -> str:
        """Show the count."""
        return f"CommandLog({len(self)} commands)"

    def _repr_html_(self) -> str:
        rows = [(moment(each.at), each.name, ", ".join(each.keys), each.outcome) for each in self]
        return table(("when", "command", "keys", "outcome"), rows)
