"""What the page on production claims: its task, its alarms and its drills are run here."""

import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from integrations.core import faults
from integrations.core.drills import fresh
from integrations.core.errors import (
    AuthenticationError,
    DuplicateRequestError,
    InvalidRequestError,
    ProviderError,
)
from integrations.core.faults import Fault
from integrations.core.registry import discover
from integrations.core.workbook import Mock

PAGE = (Path(__file__).parents[1] / "book" / "production.md").read_text(encoding="utf-8")
RESET = "clpasswordreset01"


class RetryLaterError(Exception):
    """What Celery's ``self.retry`` raises."""


class App:
    """As much of Celery as the page's block needs: a task that may be delivered again."""

    def __init__(self) -> None:
        self.options: dict[str, Any] = {}
        self.countdowns: list[float] = []

    def task(self, **options: Any) -> Callable[[Any], Any]:
        self.options = options
        return lambda function: lambda *args: function(self, *args)

    def retry(self, *, countdown: float) -> Exception:
        self.countdowns.append(countdown)
        return RetryLaterError()


def page_task(lab: Mock) -> tuple[App, Any]:
    """Run the block of the page, and return the app and the task."""
    [block] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    app = App()
    known = {
        "app": app,
        "loops": lab.client,
        "email_of": lambda user_id: f"{user_id}@acme.example",
        "RESET": RESET,
        "DuplicateRequestError": DuplicateRequestError,
        "ProviderError": ProviderError,
    }
    exec(compile(block, "production.md", "exec"), known)  # noqa: S102  # our own text
    return app, known["send_reset"]


LINK = "https://app.example.com/reset/1"


def test_the_task_sends_once_however_often_it_is_delivered() -> None:
    lab = fresh("loops")
    app, send = page_task(lab)
    for _ in range(3):
        send("alex", LINK, "reset-1")
    assert [mail.to for mail in lab.fake.emails] == ["alex@acme.example"]
    assert app.options["acks_late"]
    assert app.options["reject_on_worker_lost"]
    assert app.options["autoretry_for"] == ()


@pytest.mark.parametrize("fault", [faults.timeout_lost, faults.html_502, faults.reply_lost])
def test_the_task_asks_to_come_again_and_still_sends_once(fault: Fault) -> None:
    lab = fresh("loops")
    app, send = page_task(lab)
    lab.faults.inject(*[fault] * 3)
    with pytest.raises(RetryLaterError):
        send("alex", LINK, "reset-1")
    send("alex", LINK, "reset-1")
    assert len(lab.fake.emails) == 1
    assert app.countdowns == [60]


def test_the_task_comes_again_when_the_service_said_so() -> None:
    lab = fresh("loops")
    app, send = page_task(lab)
    lab.faults.inject(faults.rate_limited("900"))
    with pytest.raises(RetryLaterError):
        send("alex", LINK, "reset-1")
    assert app.countdowns == [900]


def test_the_task_fails_for_good_where_trying_again_changes_nothing() -> None:
    lab = fresh("loops")
    app, send = page_task(lab)
    with pytest.raises(InvalidRequestError):
        send("no address ", LINK, "reset-1")
    assert app.countdowns == []


def _logged(caplog: pytest.LogCaptureFixture, event: str) -> list[logging.LogRecord]:
    return [each for each in caplog.records if getattr(each, "event", "") == event]


def test_the_alarms_have_their_log_lines(caplog: pytest.LogCaptureFixture) -> None:
    from integrations.loops.client import LoopsClient
    from integrations.loops.webhooks import webhook_pipeline

    caplog.set_level(logging.INFO, "integrations")
    lab = fresh("loops")
    stranger = LoopsClient.from_env(
        {"LOOPS_API_KEY": "someoneelse0001"}, mode="mock", wire=lab.fake
    )
    with pytest.raises(AuthenticationError):
        stranger.test_api_key()
    lab.faults.inject(faults.status(500))
    lab.client.test_api_key()
    webhook_pipeline(lab.client.settings, clock=lab.clock).receive(b"{}", {})
    assert "401" in [str(record.outcome) for record in _logged(caplog, "call")]  # type: ignore[attr-defined]
    assert _logged(caplog, "retry")
    [forged] = _logged(caplog, "webhook")
    assert forged.outcome == "forged"  # type: ignore[attr-defined]
    assert all(record.name == "integrations.loops" for record in caplog.records)


@pytest.mark.parametrize("name", discover())
def test_every_client_has_a_timeout_of_its_own(name: str) -> None:
    manifest = discover()[name]
    [timeout] = [s for s in manifest.settings if s.name == f"{name.upper()}_TIMEOUT"]
    assert 0 < float(timeout.default) <= 60
    assert fresh(name).client.settings.timeout == float(timeout.default)


def test_capacity_on_paper_is_the_limit_times_the_hour() -> None:
    from integrations.loops.fake import RATE_LIMIT

    assert f"{RATE_LIMIT * 3600:,} an hour" in PAGE


def test_what_one_of_each_costs_in_requests() -> None:
    shop, files = fresh("stripe"), fresh("s3")
    purchase, upload = _of_a_purchase(shop), _of_an_upload(files)
    assert f"| first purchases | {purchase} requests" in PAGE
    assert f"| 0 requests for the form, {upload} to complete it |" in PAGE
    begun = len(files.outbox)
    files.client.upload_bytes("a.bin", b"0" * 8 * 1024**2)
    assert len(files.outbox) - begun == 1
    files.client.upload_bytes("b.bin", b"0" * (16 * 1024**2 + 1))
    assert len(files.outbox) - begun == 1 + 3 + 2


def _of_a_purchase(shop: Mock) -> int:
    from integrations.stripe.checkout import Line
    from integrations.stripe.shortcuts import create_checkout_session
    from integrations.stripe.tests.client_lab import team_price
    from integrations.stripe.tests.test_shortcuts import User

    price = team_price(shop.client)
    begun = len(shop.outbox)
    create_checkout_session(
        User(),
        [Line(price)],
        success_url="https://app.example.com/ok",
        cancel_url="https://app.example.com/cart",
        reference="order-42",
        client=shop.client,
    )
    return len(shop.outbox) - begun


def _of_an_upload(files: Mock) -> int:
    from integrations.s3.tests.conftest import PNG
    from integrations.s3.upload_store import MemoryUploads
    from integrations.s3.uploads import complete_upload, get_direct_upload_form_data

    store = MemoryUploads()
    begun = get_direct_upload_form_data("a.png", owner="u7", store=store, client=files.client)
    assert not len(files.outbox)
    waiting = store.get(begun.upload_id)
    assert waiting
    files.fake.put_object(waiting.incoming_key, PNG, content_type="image/png")
    complete_upload(begun.upload_id, owner="u7", store=store, client=files.client)
    return len(files.outbox)
