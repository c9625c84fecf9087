"""Transfers against boto3's own and the CRT's, on a loopback server: ``python bench/s3.py``."""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.s3_crt import CrtMissingError, crt_manager
from bench.s3_server import serve
from integrations.s3.client import S3Client
from integrations.s3.many import download_many, upload_many

MB = 1024 * 1024
BIG = 256 * MB
SMALL, FILES, DELAY_S = 4096, 1000, 0.02
BUCKET = "bench-files"
# In memory, where there is such a place: a disk would be what is measured.
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
Runs = Mapping[str, Callable[[], object]]
Pair = tuple[Path, str]
SERIAL = "a serial loop"


def plain(url: str, pool: int = 64) -> Any:
    """Return bare boto3 with its checksums on, as by default, and no want of connections."""
    chosen = Config(signature_version="s3v4", max_pool_connections=pool)
    session = boto3.Session("bench", "bench", region_name="us-east-1")
    return session.client("s3", endpoint_url=url, config=chosen)


def ours(url: str) -> S3Client:
    env = {
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL_S3": url,
        "S3_BUCKET": BUCKET,
        "S3_ADDRESSING": "path",
    }
    return S3Client.from_env(env, mode="live")


def big_runs(url: str, folder: Path, *, up: bool) -> Runs:
    path, down, key = folder / "big.bin", str(folder / "down"), f"size-{BIG}.bin"
    client, mine = plain(url), ours(url)

    def theirs(chunk: int, workers: int) -> Callable[[], object]:
        config = TransferConfig(
            multipart_chunksize=chunk * MB,
            max_concurrency=workers,
            preferred_transfer_client="classic",
        )
        if up:
            return lambda: client.upload_file(str(path), BUCKET, key, Config=config)
        return lambda: client.download_file(BUCKET, key, down, Config=config)

    runs: dict[str, Callable[[], object]] = {
        f"boto3 {chunk} MB x {workers}": theirs(chunk, workers)
        for chunk, workers in ((8, 10), (16, 4), (64, 4))
    }
    if crt := crt_or_none(url):
        runs["CRT"] = (
            (lambda: crt.upload(str(path), BUCKET, key).result())
            if up
            else (lambda: crt.download(BUCKET, key, down).result())
        )
    runs["ours"] = (
        (lambda: mine.upload_file(path, key)) if up else (lambda: mine.download_file(key, down))
    )
    return runs


def small_runs(url: str, folder: Path, *, up: bool) -> Runs:
    pairs = [(folder / f"{n}-{SMALL}.bin", f"{n}-{SMALL}.bin") for n in range(FILES)]
    client, mine = plain(url), ours(url)
    step = small_step(client, up=up)

    def many(workers: int) -> Callable[[], object]:
        def run() -> None:
            with ThreadPoolExecutor(workers) as threads:
                list(threads.map(step, pairs))

        return run

    def all_ok() -> None:
        if up:
            ends = upload_many(pairs, client=mine)
        else:
            ends = download_many([(key, path) for path, key in pairs], client=mine)
        assert all(each.ok for each in ends), next(each.error for each in ends if not each.ok)

    runs: dict[str, Callable[[], object]] = {f"boto3 in {n}": many(n) for n in (16, 32, 64)}
    if crt := crt_or_none(url):
        runs["CRT"] = lambda: by_crt(crt, pairs, up=up)
    # A tenth of them, one after the other; the line tells ten times that.
    runs[SERIAL] = lambda: [*map(step, pairs[: FILES // 10])]
    runs["ours"] = all_ok
    return runs


def small_step(client: Any, *, up: bool) -> Callable[[Pair], object]:
    """Return the leanest that boto3 has for one file: no transfer manager."""

    def put(pair: Pair) -> None:
        client.put_object(Bucket=BUCKET, Key=pair[1], Body=pair[0].read_bytes())

    def get(pair: Pair) -> None:
        pair[0].write_bytes(client.get_object(Bucket=BUCKET, Key=pair[1])["Body"].read())

    return put if up else get


def by_crt(crt: Any, pairs: list[Pair], *, up: bool) -> None:
    ends = [
        crt.upload(str(path), BUCKET, key) if up else crt.download(BUCKET, key, str(path))
        for path, key in pairs
    ]
    for end in ends:
        end.result()


def crt_or_none(url: str) -> Any:
    try:
        return crt_manager(url)
    except CrtMissingError as missing:
        print(f"({missing})")
        return None


def compare(title: str, runs: Runs, rounds: int) -> None:
    """Print ours against boto3's best and the CRT: the median of the ratios of each round."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(rounds + 1):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            if turn:  # the first one warms up
                times[name].append((time.perf_counter() - start) * (10 if name == SERIAL else 1))
    medians = {name: statistics.median(found) for name, found in times.items()}
    best = min((name for name in medians if name.startswith("boto3")), key=medians.__getitem__)
    cells = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in medians.items())
    told = f"{ratio(times, best):5.2f} of the best ({best})"
    if "CRT" in times:
        told += f", {ratio(times, 'CRT'):.2f} of the CRT"
    if SERIAL in times:
        told += f", {1 / ratio(times, SERIAL):.0f} times as fast as a serial loop"
    print(f"{title:<22}{told}; {cells}", flush=True)


def ratio(times: Mapping[str, list[float]], other: str) -> float:
    """Return ours against another, each round by itself: noise hits both."""
    pairs = zip(times["ours"], times[other], strict=True)
    return statistics.median(mine / theirs for mine, theirs in pairs)


def main(rounds: str = "7", *only: str) -> None:
    """Print one row a benchmark; ``only`` picks those whose name has one of these words."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as name, serve(DELAY_S) as url:
        folder = Path(name)
        (folder / "big.bin").write_bytes(bytes(BIG))
        for number in range(FILES):
            (folder / f"{number}-{SMALL}.bin").write_bytes(bytes(SMALL))
        for what, runs, count in (
            ("256 MB", big_runs, int(rounds)),
            ("1,000 files", small_runs, max(1, int(rounds) // 2)),
        ):
            for direction in ("upload", "download"):
                title = f"{direction} {what}"
                if not only or any(word in title for word in only):
                    compare(title, runs(url, folder, up=direction == "upload"), count)


if __name__ == "__main__":
    main(*sys.argv[1:])
