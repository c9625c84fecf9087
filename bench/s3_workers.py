"""Small files by the number of workers; processor time: ``python bench/s3_workers.py``."""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.s3 import FILES, MEMORY, SMALL, Pair, ours, plain, small_step
from bench.s3_server import serve
from integrations.s3.many import download_many, upload_many

Move = Callable[[list[Pair], int], object]


def moves(url: str, *, up: bool) -> tuple[Callable[[Pair], object], Move]:
    """Return the step of a serial loop with bare boto3, and ours."""
    mine = ours(url)

    def move(pairs: list[Pair], workers: int) -> None:
        if up:
            ends = upload_many(pairs, client=mine, workers=workers)
        else:
            wanted = [(key, path) for path, key in pairs]
            ends = download_many(wanted, client=mine, workers=workers)
        assert all(each.ok for each in ends)

    return small_step(plain(url), up=up), move


def taken(run: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    start = clock()
    run()
    return clock() - start


def speed_up(pairs: list[Pair], url: str, *, up: bool, workers: int, rounds: int) -> float:
    """Return how many times as fast as a serial loop ours is."""
    step, move = moves(url, up=up)
    move(pairs[:100], workers)
    found = []
    for _ in range(rounds):
        serial = 10 * taken(lambda: [*map(step, pairs[: FILES // 10])])
        found.append(serial / taken(lambda: move(pairs, workers)))
    return statistics.median(found)


def processor(pairs: list[Pair], url: str, *, up: bool, workers: int, rounds: int) -> float:
    """Return our processor time against that of boto3 in as many threads."""
    step, move = moves(url, up=up)

    def theirs() -> None:
        with ThreadPoolExecutor(workers) as threads:
            list(threads.map(step, pairs[:300]))

    runs = {"theirs": theirs, "ours": lambda: move(pairs[:300], workers)}
    found = []
    for turn in range(rounds + 1):
        order = sorted(runs, reverse=bool(turn % 2))
        took = {name: taken(runs[name], time.process_time) for name in order}
        found.append(took["ours"] / took["theirs"])
    return statistics.median(found[1:])


def main(rounds: str = "3") -> None:
    """Print one line a direction and a number of workers."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as name:
        pairs = [(Path(name) / f"{n}-{SMALL}.bin", f"{n}-{SMALL}.bin") for n in range(FILES)]
        for path, _ in pairs:
            path.write_bytes(bytes(SMALL))
        for up in (True, False):
            for workers in (8, 16, 32):
                told = "upload" if up else "download"
                with serve(0) as url:
                    cpu = processor(pairs, url, up=up, workers=workers, rounds=8 * int(rounds))
                line = f"{told:<9}{workers:>3} workers: {cpu:.2f} of boto3's processor time"
                for delay in (0.02, 0.05):
                    with serve(delay) as url:
                        fast = speed_up(pairs, url, up=up, workers=workers, rounds=int(rounds))
                    line += f", {fast:.1f} times a serial loop at {1000 * delay:.0f} ms"
                print(line, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
