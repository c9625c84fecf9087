"""Where records are kept: in this process here, in your database if you write its three methods."""

import threading
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Protocol, TypeVar

from integrations.stripe.facts import Facts, joined


class Record(Protocol):
    """What a store keeps: names, no two records sharing one, and facts."""

    @property
    def names(self) -> frozenset[str]:
        """Every id of Stripe's that means this record."""
        ...

    @property
    def facts(self) -> Facts:
        """What is known."""
        ...

    @classmethod
    def of(cls, names: Collection[str], facts: Facts) -> "Record":
        """Return the record of these facts."""
        ...


R = TypeVar("R", bound=Record)


class Store(Protocol):
    """What the handlers ask of a store.

    In a database: a row for each record, and a row for each name under a unique constraint.
    ``swap`` is one transaction that locks the old rows.
    """

    def find(self, kind: type[R], names: Collection[str]) -> tuple[R, ...]:
        """Return every record that has one of these names, each once, ordered by id."""
        ...

    def swap(self, old: Sequence[Record], new: Record) -> bool:
        """Put ``new`` in the place of ``old``, all or nothing.

        Returns False, and changes nothing, unless ``old`` is exactly what is stored under the
        names of ``new``: somebody else was faster.
        """
        ...

    def all(self, kind: type[R]) -> Iterator[R]:
        """Walk over the records of a kind."""
        ...


class MemoryStore:
    """A store in this process, for tests, notebooks and single-process services."""

    def __init__(self) -> None:
        """Start empty."""
        self._by_name: dict[tuple[type, str], Any] = {}
        self._lock = threading.Lock()

    def find(self, kind: type[R], names: Collection[str]) -> tuple[R, ...]:
        """Return every record that has one of these names; see :class:`Store`."""
        with self._lock:
            return self._find(kind, names)

    def swap(self, old: Sequence[Record], new: Record) -> bool:
        """Put ``new`` in the place of ``old``; see :class:`Store`."""
        kind = type(new)
        with self._lock:
            if self._find(kind, new.names) != tuple(old):
                return False
            for name in new.names:
                self._by_name[kind, name] = new
            return True

    def all(self, kind: type[R]) -> Iterator[R]:
        """Walk over a copy, ordered by id."""
        with self._lock:
            return iter(self._find(kind, [name for of, name in self._by_name if of is kind]))

    def _find(self, kind: type[R], names: Collection[str]) -> tuple[R, ...]:
        held = [self._by_name.get((kind, name)) for name in names]
        found = {id(each): each for each in held if each is not None}
        return tuple(sorted(found.values(), key=lambda each: min(each.names)))


# More than the threads of any one process; a store that never agrees is broken.
_TRIES = 1000


def learn(store: Store, kind: type[R], names: Collection[str], facts: Facts) -> R:
    """Join ``facts`` to what is known under ``names``, and return the record.

    Safe in threads and processes, as far as ``store.swap`` is.
    """
    for _ in range(_TRIES):
        old = store.find(kind, names)
        every = frozenset(names).union(*(each.names for each in old))
        new = kind.of(every, joined(facts, *(each.facts for each in old)))
        if len(old) == 1 and new == old[0]:
            return old[0]
        if store.swap(old, new):
            return new  # type: ignore[return-value]  # of() of a kind returns that kind
    raise RuntimeError(f"{type(store).__name__}.swap() refused {_TRIES} times")
