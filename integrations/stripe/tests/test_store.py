"""The store's protocol is enough for a database: one in SQLite, in forty lines."""

import itertools
import sqlite3
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from integrations.core.clock import ManualClock
from integrations.stripe.facts import Fact, dumped, loaded
from integrations.stripe.handlers import default_handlers
from integrations.stripe.records import Payment, Subscription
from integrations.stripe.store import MemoryStore, R, Record, Store, learn
from integrations.stripe.tests import deliveries as made
from integrations.stripe.tests.deliveries import event, pipeline, signed

SCHEMA = """
create table if not exists record (id integer primary key, kind text, facts text);
create table if not exists name (kind text, name text, record integer, primary key (kind, name));
"""


class SqliteStore:
    """Records in SQLite: a row for each, and a row for each name, which is unique."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._open() as db:
            db.executescript(SCHEMA)

    def find(self, kind: type[R], names: Collection[str]) -> tuple[R, ...]:
        with self._open() as db:
            return tuple(record for _, record in self._found(db, kind, names))

    def swap(self, old: Sequence[Record], new: Record) -> bool:
        with self._open() as db:
            db.execute("begin immediate")
            rows = self._found(db, type(new), new.names)
            if tuple(record for _, record in rows) != tuple(old):
                return False
            for number, _ in rows:
                db.execute("delete from record where id = ?", [number])
                db.execute("delete from name where record = ?", [number])
            kind = type(new).__name__
            added = db.execute(
                "insert into record (kind, facts) values (?, ?)", [kind, dumped(new.facts)]
            )
            every = [(kind, name, added.lastrowid) for name in new.names]
            db.executemany("insert into name values (?, ?, ?)", every)
            return True

    def all(self, kind: type[R]) -> Iterator[R]:
        with self._open() as db:
            names = db.execute("select name from name where kind = ?", [kind.__name__]).fetchall()
        return iter(self.find(kind, [name for (name,) in names]))

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        db = sqlite3.connect(self._path, timeout=30, isolation_level="DEFERRED")
        with closing(db), db:
            yield db

    @staticmethod
    def _found(db: Any, kind: type[R], names: Collection[str]) -> list[tuple[int, R]]:
        found = {}
        for name in names:
            query = "select r.id, r.facts from name n join record r on r.id = n.record"
            where = " where n.kind = ? and n.name = ?"
            for number, facts in db.execute(query + where, [kind.__name__, name]):
                rows = db.execute("select name from name where record = ?", [number])
                found[number] = kind.of([each for (each,) in rows], loaded(facts))
        return sorted(found.items(), key=lambda each: min(each[1].names))  # type: ignore[arg-type]


LIFE = [
    event("customer.subscription.created", made.subscription(status="active")),
    event(
        "checkout.session.completed",
        made.session(
            mode="subscription", payment_intent=None, subscription="sub_1", invoice="in_1"
        ),
    ),
    event("payment_intent.succeeded", made.intent()),
    event("invoice.paid", made.invoice()),
    event("invoice_payment.paid", made.invoice_payment()),
]


def _run(store: Store, events: Sequence[dict[str, Any]]) -> list[str]:
    hooks, bought = pipeline(), list[str]()
    default_handlers(
        hooks, store, on_fulfil=lambda each: bought.append(each.purchase), clock=ManualClock()
    )
    waiting = list(events)
    while waiting:
        waiting = [each for each in waiting if hooks.receive(*signed(each)).status >= 500]
    return bought


def test_records_in_a_database_are_those_in_memory(tmp_path: Path) -> None:
    for number, order in enumerate(itertools.islice(itertools.permutations(LIFE), 0, 120, 17)):
        memory, database = MemoryStore(), SqliteStore(tmp_path / f"{number}.db")
        assert _run(memory, order) == _run(database, order) == ["in_1"]
        for kind in (Payment, Subscription):
            assert list(memory.all(kind)) == list(database.all(kind))


def test_workers_with_one_database_fulfil_once(tmp_path: Path) -> None:
    # Each has a pipeline of its own, so nothing but the records' store keeps them apart.
    store, start, bought = SqliteStore(tmp_path / "shop.db"), threading.Barrier(6), list[str]()

    def work(number: int) -> None:
        start.wait()
        bought.extend(_run(store, LIFE[number % 5 :] + LIFE[: number % 5]))

    workers = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    assert bought == ["in_1"]
    (kept,) = store.all(Payment)
    assert (kept.id, kept.fulfilled, kept.status) == ("pi_1", True, "paid")


@given(
    st.dictionaries(
        st.text(max_size=5),
        st.builds(Fact, st.integers(0, 3), st.integers(0), st.dictionaries(st.text(), st.text())),
    )
)
def test_facts_survive_a_column(facts: dict[str, Fact]) -> None:
    assert loaded(dumped(facts)) == facts


def test_learning_the_same_again_writes_nothing(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "shop.db")
    first = learn(store, Payment, ["pi_1"], {})
    assert learn(store, Payment, ["pi_1"], {}) == first
