"""Single flight within a process: one thread works, the others get what it found."""

import threading
from collections.abc import Callable
from typing import Any


class _Flight:
    def __init__(self) -> None:
        self.landed = threading.Event()
        self.value: Any = None
        self.error: BaseException | None = None


class Flights:
    """Run one function for a key at a time; who comes meanwhile waits for its result."""

    def __init__(self) -> None:
        """Begin with nothing under way."""
        self._flights: dict[str, _Flight] = {}
        self._lock = threading.Lock()

    def join(self, key: str, work: Callable[[], Any]) -> Any:
        """Return what ``work`` returns, or what it returns to the thread that is at it already.

        An exception of the work is raised in every thread that waited for it.
        """
        with self._lock:
            flight = self._flights.get(key)
            leads = flight is None
            if flight is None:
                flight = self._flights[key] = _Flight()
        if leads:
            return self._lead(key, flight, work)
        flight.landed.wait()
        if flight.error is not None:
            raise flight.error
        return flight.value

    def forget(self, key: str) -> None:
        """Let whoever comes from now on begin anew: what is under way may be outdated."""
        with self._lock:
            self._flights.pop(key, None)

    def _lead(self, key: str, flight: _Flight, work: Callable[[], Any]) -> Any:
        try:
            flight.value = work()
        except BaseException as error:  # whatever ends the work ends the wait of the others
            flight.error = error
            raise
        finally:
            with self._lock:
                if self._flights.get(key) is flight:
                    del self._flights[key]
            flight.landed.set()
        return flight.value
