"""Time ``make test`` and ``make book`` in a fresh clone, the second run against the first."""

import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]


def seconds(target: str, folder: str) -> float:
    """Return how long a target takes; it must succeed."""
    start = time.perf_counter()
    subprocess.run(["make", target], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    """Print a row a target."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "clone", "--quiet", str(ROOT), folder], check=True)
        for target in ("test", "book"):
            first, second = seconds(target, folder), seconds(target, folder)
            print(f"make {target:<8} first {first:6.1f} s, second / first {second / first:5.2f}")


if __name__ == "__main__":
    main()
