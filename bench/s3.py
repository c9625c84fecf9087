"""Transfers against boto3's own, on a loopback server: ``python bench/s3.py``."""

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

from bench.s3_server import serve
from integrations.s3.client import S3Client
from integrations.s3.many import download_many, upload_many

MB = 1024 * 1024
BIG = 256 * MB
SMALL, FILES, DELAY_S = 4096, 1000, 0.02
BUCKET = "bench-files"
Runs = Mapping[str, Callable[[], object]]


def plain(url: str, pool: int = 10, **config: Any) -> Any:
    chosen = Config(signature_version="s3v4", max_pool_connections=pool, **config)
    keys = {"aws_access_key_id": "bench", "aws_secret_access_key": "bench"}
    return boto3.client("s3", endpoint_url=url, region_name="us-east-1", config=chosen, **keys)


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
    path, key = folder / "big.bin", f"size-{BIG}.bin"
    configs = {
        "boto3": TransferConfig(preferred_transfer_client="classic"),
        "boto3, 64 MB x 4": TransferConfig(
            multipart_chunksize=64 * MB, max_concurrency=4, preferred_transfer_client="classic"
        ),
        "boto3, 16 MB x 4": TransferConfig(
            multipart_chunksize=16 * MB, max_concurrency=4, preferred_transfer_client="classic"
        ),
        "CRT": TransferConfig(preferred_transfer_client="crt"),
    }
    client, mine = plain(url), ours(url)

    def theirs(config: TransferConfig) -> Callable[[], object]:
        if up:
            return lambda: client.upload_file(str(path), BUCKET, key, Config=config)
        return lambda: client.download_file(BUCKET, key, str(folder / "down"), Config=config)

    runs: dict[str, Callable[[], object]] = {n: theirs(c) for n, c in configs.items()}
    runs["ours"] = (
        (lambda: mine.upload_file(path, key))
        if up
        else (lambda: mine.download_file(key, folder / "down"))
    )
    return runs


def small_runs(url: str, folder: Path, *, up: bool) -> Runs:
    pairs = [(folder / f"{n}-{SMALL}.bin", f"{n}-{SMALL}.bin") for n in range(FILES)]
    mine = ours(url)

    def pool(workers: int) -> Callable[[], object]:
        client = plain(url, workers)

        def one(pair: tuple[Path, str]) -> None:
            if up:
                client.upload_file(str(pair[0]), BUCKET, pair[1])
            else:
                client.download_file(BUCKET, pair[1], str(pair[0]))

        def put(pair: tuple[Path, str]) -> None:
            # The leanest that boto3 has: no transfer manager.
            if up:
                client.put_object(Bucket=BUCKET, Key=pair[1], Body=pair[0].read_bytes())
            else:
                body = client.get_object(Bucket=BUCKET, Key=pair[1])["Body"].read()
                pair[0].write_bytes(body)

        step = one if workers == 10 else put

        def run() -> None:
            with ThreadPoolExecutor(workers) as threads:
                list(threads.map(step, pairs))

        return run

    def all_ok() -> None:
        ends = (
            upload_many(pairs, client=mine)
            if up
            else download_many([(key, path) for path, key in pairs], client=mine)
        )
        assert all(each.ok for each in ends), next(each.error for each in ends if not each.ok)

    return {"boto3, 1": pool(1), "boto3, 10": pool(10), "boto3, 32": pool(32), "ours, 32": all_ok}


def works(name: str, run: Callable[[], object]) -> bool:
    """Tell whether a peer runs here, and warm it up; ours must."""
    if name.startswith("ours"):
        run()
        return True
    try:
        run()
    except Exception as error:
        print(f"({name} does not run here: {error})")
        return False
    return True


def compare(title: str, runs: Runs, rounds: int) -> None:
    """Print the median time of each, and ours against the best of the others."""
    runs = {name: run for name, run in runs.items() if works(name, run)}
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(found) for name, found in times.items()}
    *others, mine = medians
    best = min(others, key=medians.__getitem__)
    cells = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in medians.items())
    print(f"{title:<24}{medians[mine] / medians[best]:6.2f} of the best ({best}); {cells}")


def main(rounds: int = 5) -> None:
    """Print one row a benchmark."""
    with tempfile.TemporaryDirectory() as name, serve(DELAY_S) as url:
        folder = Path(name)
        (folder / "big.bin").write_bytes(bytes(BIG))
        for number in range(FILES):
            (folder / f"{number}-{SMALL}.bin").write_bytes(bytes(SMALL))
        compare("upload 256 MB", big_runs(url, folder, up=True), rounds)
        compare("download 256 MB", big_runs(url, folder, up=False), rounds)
        compare("upload 1,000 files", small_runs(url, folder, up=True), max(1, rounds // 2))
        compare("download 1,000 files", small_runs(url, folder, up=False), max(1, rounds // 2))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
