"""Who has said STOP. Twilio refuses to text them (21610); asking first saves the call."""

import threading
from collections.abc import Iterator
from typing import Protocol

from integrations.twilio.phone import bare


class OptOuts(Protocol):
    """A set of phone numbers in E.164 that must not be texted. Keep it in your database."""

    def add(self, number: str) -> None:
        """Remember that ``number`` said STOP."""
        ...

    def remove(self, number: str) -> None:
        """Forget it: ``number`` said START. An unknown number is no error."""
        ...

    def __contains__(self, number: object) -> bool:
        """Tell whether ``number`` must not be texted."""
        ...


class MemoryOptOuts:
    """Opt-outs in this process, for tests and examples. Safe in threads."""

    def __init__(self) -> None:
        """Start with nobody."""
        self._numbers: set[str] = set()
        self._lock = threading.Lock()

    def add(self, number: str) -> None:
        """Remember that ``number`` said STOP."""
        with self._lock:
            self._numbers.add(bare(number))

    def remove(self, number: str) -> None:
        """Forget it: ``number`` said START."""
        with self._lock:
            self._numbers.discard(bare(number))

    def __contains__(self, number: object) -> bool:
        """Tell whether ``number`` must not be texted."""
        return isinstance(number, str) and bare(number) in self._numbers

    def __iter__(self) -> Iterator[str]:
        """Walk over a sorted copy."""
        with self._lock:
            return iter(sorted(self._numbers))

    def __len__(self) -> int:
        """Count them."""
        return len(self._numbers)

    def __bool__(self) -> bool:
        """Be true even when empty, so that ``given or default`` keeps the one that is given."""
        return True
