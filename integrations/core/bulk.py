"""Many messages at a pace, each with an end of its own, and no end lost."""

import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from integrations.core.errors import AuthenticationError, ConfigurationError, IntegrationError
from integrations.core.pacer import Pacer
from integrations.core.views import table

M = TypeVar("M")


@dataclass(frozen=True)
class Outcome(Generic[M]):
    """The end of one message.

    Attributes:
        message: what was to be sent.
        status: one word or two, such as ``sent``, ``failed`` or ``not tried``.
        error: what kept it from being sent.
    """

    message: M
    status: str
    error: Exception | None = None

    def row(self) -> Mapping[str, object]:
        """Return what a notebook shows of it, by column."""
        return {"message": self.message, "status": self.status, "reason": self.error or ""}


Ended = TypeVar("Ended", bound=Outcome[Any])


@dataclass(frozen=True)
class BulkResult(Generic[Ended]):
    """The end of every message, in the order given."""

    outcomes: tuple[Ended, ...]

    def having(self, status: str) -> tuple[Ended, ...]:
        """Return the outcomes with a status."""
        return tuple(each for each in self.outcomes if each.status == status)

    def _repr_html_(self) -> str:
        rows = [each.row() for each in self.outcomes]
        return table([*rows[0]] if rows else [], [[*row.values()] for row in rows], "send_many")


class BulkStoppedError(IntegrationError):
    """A bulk send ended early, by an exception that is no end of a message: see the cause.

    ``result`` has the end of every message all the same: what was sent stays sent.
    """

    def __init__(self, result: BulkResult[Any]) -> None:
        """Count the ends of ``result``."""
        self.result = result
        counts: dict[str, int] = {}
        for each in result.outcomes:
            counts[each.status] = counts.get(each.status, 0) + 1
        told = ", ".join(f"{count} {status}" for status, count in counts.items())
        super().__init__(f"the bulk send was stopped ({told}); .result has the end of each message")


class BulkRun(Generic[M, Ended]):
    """One run over many messages."""

    def __init__(
        self,
        attempt: Callable[[M], Ended],
        end: Callable[[M, Exception | None], Ended],
        *,
        pacer: Pacer,
        on_progress: Callable[[Ended], object] | None = None,
    ) -> None:
        """Send each by ``attempt``.

        Args:
            attempt: sends one message.
            end: makes the outcome of one that ``attempt`` failed on, or, with None, of one that
                was not tried.
            pacer: says when the next may start.
            on_progress: called with each outcome as it happens, from one thread at a time, until
                it raises.
        """
        self._attempt = attempt
        self._end = end
        self._pacer = pacer
        self._on_progress = on_progress
        self._stopped = threading.Event()
        self._cause: BaseException | None = None
        self._lock = threading.Lock()

    def run(self, messages: Iterable[M], *, workers: int) -> BulkResult[Ended]:
        """Send them all, and return the end of each.

        After credentials that are refused, the rest is not tried: it would fail the same way.

        Raises:
            BulkStoppedError: ``on_progress`` raised, or ``attempt`` did what is no error of this
                package; it is the cause. What had begun is ended, and the rest is not tried.
        """
        with ThreadPoolExecutor(workers, thread_name_prefix="send_many") as pool:
            try:
                ends = [pool.submit(self._one, message) for message in messages]
                wait(ends)
            except BaseException:  # Ctrl-C: on_progress hears of what has begun
                self._stopped.set()
                raise
        result = BulkResult(tuple(end.result() for end in ends))
        if self._cause:
            raise BulkStoppedError(result) from self._cause
        return result

    def _one(self, message: M) -> Ended:
        outcome = self._sent(message)
        with self._lock:
            if self._on_progress:
                try:
                    self._on_progress(outcome)
                except BaseException as error:  # the caller's; raised by run(), with every end
                    self._on_progress = None
                    self._stop(error)
        return outcome

    def _sent(self, message: M) -> Ended:
        if not self._stopped.is_set():
            self._pacer.wait()
        if self._stopped.is_set():
            return self._end(message, None)
        try:
            return self._attempt(message)
        except IntegrationError as error:
            if isinstance(error, (AuthenticationError, ConfigurationError)):
                self._stopped.set()
            return self._end(message, error)
        except Exception as error:  # raised by run(), with every end
            outcome = self._end(message, error)
            with self._lock:
                self._stop(error)
            return outcome

    def _stop(self, cause: BaseException) -> None:
        self._cause = self._cause or cause
        self._stopped.set()
