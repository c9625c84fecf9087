"""Twilio: a send over loopback HTTP against the SDK alone, and segments counted in a second.

Run it with ``python bench/twilio_calls.py``. Not named after the SDK, which it would hide.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.run import ratio
from bench.server import serve
from integrations.twilio.client import TwilioClient
from integrations.twilio.segments import count_segments

ACCOUNT, TOKEN = "AC00000000000000000000000000000001", "00000000000000000000000000000002"
TO, FROM, TEXT = "+12025550142", "+15017122661", "Your order A-1001 is on its way. " * 9


def calls(url: str) -> tuple[Callable[[], object], Callable[[], object]]:
    env = {
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_FROM": FROM,
        "TWILIO_API_BASE": url,
    }
    kept = TwilioClient.from_env(env, mode="live")
    bare = Client(ACCOUNT, TOKEN, http_client=TwilioHttpClient(timeout=10))
    bare.api.base_url = url

    def ours() -> None:
        for _ in range(100):
            kept.send_message(TO, body=TEXT)

    def theirs() -> None:
        for _ in range(100):
            bare.messages.create(to=TO, from_=FROM, body=TEXT)

    return ours, theirs


def segments_a_second() -> float:
    texts = [TEXT, TEXT + "\u2019", "\U0001f44d" * 60, "10 \u20ac"] * 250
    count_segments(TEXT)
    start = time.perf_counter()
    for text in texts:
        count_segments(text)
    return len(texts) / (time.perf_counter() - start)


def main() -> None:
    """Print one row a benchmark."""
    with serve() as url:
        print(f"{'TwilioClient call':<24}{ratio(*calls(url)):8.2f}")
    print(f"{'segments, texts a second':<24}{segments_a_second():8,.0f}")


if __name__ == "__main__":
    main()
