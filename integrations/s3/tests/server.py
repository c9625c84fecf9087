"""An S3 server that is not ours: SeaweedFS, over a real socket, in a folder that is thrown away."""

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

KEY, SECRET, BUCKET = (
    "AKIASEAWEEDWORKBOOK1",
    "seaweedsecret0123456789abcdefghijklmnopq",
    "socket-bucket",
)
_ACTIONS = ["Admin", "Read", "Write", "List", "Tagging"]


def program() -> str | None:
    """Return where the server is, or None when it is not installed."""
    beside = Path(sys.executable).parent / "weed"
    return str(beside) if beside.is_file() else shutil.which("weed")


def _free_ports(count: int) -> list[int]:
    # All are held at once, or the system may hand out the same one twice.
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


@contextmanager
def serve(folder: Path) -> Iterator[dict[str, str]]:
    """Start the server in ``folder`` and yield the settings of a client for it."""
    weed = program()
    assert weed
    known = {"name": "test", "credentials": [{"accessKey": KEY, "secretKey": SECRET}]}
    config = folder / "s3.json"
    config.write_text(json.dumps({"identities": [{**known, "actions": _ACTIONS}]}))
    names = ("master", "volume", "filer", "s3")
    free = _free_ports(2 * len(names))
    ports = dict(zip(names, free, strict=False))
    command = [
        weed,
        "server",
        f"-dir={folder}",
        "-s3",
        f"-s3.config={config}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        "-master.telemetry=false",
        "-master.volumeSizeLimitMB=64",
        "-volume.max=200",
        *(f"-{name}.port={port}" for name, port in ports.items()),
        *(f"-{name}.port.grpc={port}" for name, port in zip(names, free[4:], strict=True)),
    ]
    log = (folder / "log").open("wb")
    process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    try:
        _wait(ports["s3"], process, folder / "log")
        yield {
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{ports['s3']}",
            "S3_BUCKET": BUCKET,
            "S3_SANDBOX_BUCKETS": BUCKET,
            "S3_PROVIDER": "minio",
        }
    finally:
        # It takes half a minute to end politely, and its folder is thrown away.
        process.kill()
        process.wait()
        log.close()


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError(f"the S3 server did not start: {log.read_text()[-800:]}")
