"""Run every benchmark and print the ratios: ``make bench``."""

import hashlib
import hmac
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench import stripe_calls, stripe_webhooks
from bench.server import serve
from integrations.core.clock import ManualClock
from integrations.core.config import Secret
from integrations.core.webhooks import Incoming
from integrations.loops.client import LoopsClient
from integrations.loops.fake import MOCK_SIGNING_SECRET, FakeLoops
from integrations.loops.signatures import loops_webhooks

KEY = "loopsmockkey0001"
EMAIL, DATA = "clbench0001", {"resetUrl": "https://x.test/reset"}
BODY = {"email": "a@example.com", "transactionalId": EMAIL, "dataVariables": DATA}


def ratio(ours: Callable[[], object], theirs: Callable[[], object], rounds: int = 9) -> float:
    """Return the median of time(ours) / time(theirs), measured in turn."""
    found = []
    ours(), theirs()
    for _ in range(rounds):
        times = []
        for run in (ours, theirs):
            start = time.perf_counter()
            run()
            times.append(time.perf_counter() - start)
        found.append(times[0] / times[1])
    return statistics.median(found)


def process(code: str) -> Callable[[], object]:
    return lambda: subprocess.run([sys.executable, "-c", code], check=True)


def calls(url: str) -> tuple[Callable[[], object], Callable[[], object], Callable[[], object]]:
    env = {"LOOPS_API_KEY": KEY, "LOOPS_BASE_URL": url}
    kept = LoopsClient.from_env(env, mode="live")
    bare = httpx.Client(timeout=10, headers={"authorization": f"Bearer {KEY}"})

    def ours() -> None:
        for _ in range(200):
            kept.send_transactional("a@example.com", transactional_id=EMAIL, data_variables=DATA)

    def theirs() -> None:
        for number in range(200):
            key = {"idempotency-key": f"bench-{number}"}
            bare.post(f"{url}/v1/transactional", json=BODY, headers=key).raise_for_status().json()

    def built_each_time() -> None:
        for _ in range(200):
            with LoopsClient.from_env(env, mode="live") as client:
                client.send_transactional(
                    "a@example.com", transactional_id=EMAIL, data_variables=DATA
                )

    return ours, theirs, built_each_time


def verification() -> tuple[Callable[[], object], Callable[[], object]]:
    clock = ManualClock()
    fake = FakeLoops(clock=clock)
    body = b'{"eventName": "email.delivered", "eventTime": 1, "pad": "%s"}' % (b"x" * 960)
    headers = fake.webhooks.sign(body, message_id="msg_1")
    scheme, now = loops_webhooks([Secret(MOCK_SIGNING_SECRET)]), clock.time()

    def ours() -> None:
        for _ in range(2000):
            scheme.verify(Incoming(body, headers, now))

    def theirs() -> None:
        for _ in range(2000):
            hmac.new(b"k" * 32, body, hashlib.sha256).digest()

    return ours, theirs


def main() -> None:
    """Print one row a benchmark."""
    print(f"{'what':<24}{'ratio':>8}")
    imported = ratio(process("import integrations"), process("pass"), 15)
    print(f"{'import integrations':<24}{imported:8.2f}")
    with serve() as url:
        ours, theirs, built = calls(url)
        print(f"{'LoopsClient call':<24}{ratio(ours, theirs):8.2f}")
        print(f"{'new client per call':<24}{ratio(built, ours, 3):8.2f}")
        origin = url.removesuffix("/api")
        print(f"{'StripeClient call':<24}{ratio(*stripe_calls.calls(origin)):8.2f}")
    print(f"{'verify a webhook':<24}{ratio(*verification()):8.2f}")
    _, _, times = stripe_webhooks.compare(4096)
    print(f"{'construct_event':<24}{times:8.2f}")


if __name__ == "__main__":
    main()
