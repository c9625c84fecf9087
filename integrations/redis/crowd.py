"""A crowd: the same work in many threads that begin at once, as on a busy morning."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def together(count: int, work: Callable[[threading.Barrier], T]) -> list[T]:
    """Call ``work`` in ``count`` threads at once, and return what they return.

    ``work`` gets a barrier for all of them: waiting at it puts the threads into the one order that
    a demonstration is about, every time.

    Args:
        count: how many threads.
        work: what each does.
    """
    begin, inside = threading.Barrier(count), threading.Barrier(count)

    def one(_: int) -> T:
        begin.wait()
        return work(inside)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))
