"""Each mode lets out what it promises, and nothing else."""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from integrations.core import faults
from integrations.core.clock import ManualClock
from integrations.core.config import Mode, Secret
from integrations.core.errors import ConfigurationError, GuardError, NotSentError
from integrations.core.http import network_wire
from integrations.core.outbox import Outbox, Recorder
from integrations.core.wire import ReplyLostError, Request
from integrations.core.workbook import Mock
from integrations.loops.client import LoopsClient
from integrations.loops.fake import FakeLoops
from integrations.loops.settings import LoopsSettings

RESET: dict[str, Any] = {
    "transactional_id": "clpasswordreset01",
    "data_variables": {"resetUrl": "https://x.test/hush-link"},
}
KEY = "loopsmockkey0001"
NO_GZIP = httpx.ByteStream(b"no gzip")
Call = Callable[[LoopsClient], Any]

CHANGES: dict[str, Call] = {
    "send_transactional": lambda c: c.send_transactional("a@example.com", **RESET),
    "send_event": lambda c: c.send_event("e", email="a@example.com"),
    "create_contact": lambda c: c.create_contact("a@example.com"),
    "update_contact": lambda c: c.update_contact(email="a@example.com"),
    "delete_contact": lambda c: c.delete_contact(email="a@example.com"),
    "remove_suppression": lambda c: c.remove_suppression(email="a@example.com"),
    "create_contact_property": lambda c: c.create_contact_property("plan", type="string"),
}
READS: dict[str, Call] = {
    "test_api_key": lambda c: c.test_api_key(),
    "list_sending_ips": lambda c: c.list_sending_ips(),
    "list_transactional_emails": lambda c: list(c.list_transactional_emails()),
    "find_contact": lambda c: c.find_contact(email="a@example.com"),
    "get_suppression": lambda c: c.get_suppression(email="a@example.com"),
    "list_contact_properties": lambda c: c.list_contact_properties(),
    "list_mailing_lists": lambda c: c.list_mailing_lists(),
}
TO_STRANGERS: dict[str, Call] = {
    "email in the body": lambda c: c.send_transactional("a@acme.example", **RESET),
    "email of an event": lambda c: c.send_event("e", email="a@acme.example"),
    "user id in the body": lambda c: c.send_event("e", user_id="user-2"),
    "user id beside a known email": lambda c: c.update_contact(
        email="a@example.com", user_id="user-2"
    ),
    "email beside a known user id": lambda c: c.update_contact(
        email="a@acme.example", user_id="user-1"
    ),
    "email in the query": lambda c: c.find_contact(email="a@acme.example"),
    "user id in the query": lambda c: c.get_suppression(user_id="user-2"),
    "email to delete": lambda c: c.delete_contact(email="a@acme.example"),
    "suppression": lambda c: c.remove_suppression(user_id="user-2"),
    "subdomain": lambda c: c.create_contact("a@mail.example.com"),
    "longer domain": lambda c: c.create_contact("a@notexample.com"),
}


def test_every_call_of_the_client_is_in_one_of_these_tables() -> None:
    public = {name for name in vars(LoopsClient) if not name.startswith("_")}
    assert public == {*CHANGES, *READS, "from_env", "close"}


def debug_client(wire: FakeLoops) -> LoopsClient:
    return LoopsClient.from_env({}, mode="debug", wire=wire)


@pytest.mark.parametrize("name", CHANGES)
def test_debug_mode_records_a_change_and_says_that_it_was_not_made(
    fake: FakeLoops, name: str
) -> None:
    client = debug_client(fake)
    result = CHANGES[name](client)
    assert getattr(result, "sent", None) is False or getattr(result, "done", None) is False
    assert [each.outcome for each in client.outbox] == ["not sent"]
    assert fake.requests == []


@pytest.mark.parametrize("name", READS)
def test_debug_mode_does_not_make_up_answers(fake: FakeLoops, name: str) -> None:
    client = debug_client(fake)
    with pytest.raises(NotSentError, match="mode 'mock'"):
        READS[name](client)
    assert len(client.outbox) == 1
    assert fake.requests == []


def test_debug_mode_refuses_bad_arguments_like_every_mode(fake: FakeLoops) -> None:
    client = debug_client(fake)
    with pytest.raises(ValueError, match="email"):
        client.create_contact("nobody")
    assert len(client.outbox) == 0


def sandbox(wire: Any, key: str = KEY) -> LoopsClient:
    settings = LoopsSettings(
        Mode.SANDBOX, Secret(key), sandbox_recipients=("@example.com", "user-1")
    )
    return LoopsClient(settings, wire=wire)


@pytest.mark.parametrize("name", TO_STRANGERS)
def test_sandbox_mode_refuses_strangers_before_the_wire(fake: FakeLoops, name: str) -> None:
    client = sandbox(fake)
    with pytest.raises(GuardError, match="LOOPS_SANDBOX_RECIPIENTS"):
        TO_STRANGERS[name](client)
    assert fake.requests == []
    assert len(client.outbox) == 0


def test_sandbox_mode_reaches_those_on_the_list(fake: FakeLoops) -> None:
    client = sandbox(fake)
    assert client.update_contact(email="A@EXAMPLE.com", user_id="user-1").done
    assert client.create_contact_property("plan", type="string").done
    assert client.test_api_key().team_name


@pytest.mark.parametrize("prefix", ["sk_live_", "rk_live_"])
@pytest.mark.parametrize("call", [*CHANGES.values(), *READS.values()], ids=[*CHANGES, *READS])
def test_sandbox_mode_refuses_a_live_key_whoever_made_the_settings(
    fake: FakeLoops, prefix: str, call: Call
) -> None:
    client = sandbox(fake, f"{prefix}hushhush")
    with pytest.raises(GuardError, match="live key in sandbox mode") as raised:
        call(client)
    assert "hushhush" not in str(raised.value)
    assert fake.requests == []


@pytest.mark.parametrize("mode", ["sandbox", "live"])
def test_a_real_mode_needs_a_key(mode: str) -> None:
    with pytest.raises(ConfigurationError, match="LOOPS_API_KEY"):
        LoopsClient.from_env({"LOOPS_MODE": mode})
    settings = replace(LoopsSettings.from_env({}, mode="mock"), mode=Mode(mode), api_key=Secret(""))
    with pytest.raises(ConfigurationError, match="LOOPS_API_KEY"):
        LoopsClient(settings)


def test_everything_that_is_wrong_is_named_at_once_and_never_shown() -> None:
    env = {
        "LOOPS_API_KEY": "rk_live_hushhush",
        "LOOPS_SIGNING_SECRET": "hushhush",
        "LOOPS_PASSWORD_RESET_ID": "has spaces",
        "LOOPS_BASE_URL": "ftp://elsewhere",
        "LOOPS_TIMEOUT": "soon",
    }
    with pytest.raises(ConfigurationError) as raised:
        LoopsClient.from_env(env, mode="live")
    assert len(raised.value.problems) == len(env)
    assert all(name in str(raised.value) for name in env)
    assert "hushhush" not in str(raised.value)


def test_live_mode_keeps_no_record(lab: Mock) -> None:
    settings = replace(lab.client.settings, mode=Mode.LIVE)
    client = LoopsClient(settings, wire=lab.fake, clock=lab.clock)
    assert client.send_transactional("a@acme.example", **RESET).sent
    assert len(client.outbox) == 0


def test_the_client_logs_what_it_did_and_never_for_whom(
    lab: Mock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    lab.faults.inject(faults.rate_limited("1"))
    lab.client.send_transactional("hush@example.com", **RESET)
    lab.client.find_contact(email="hush@example.com")
    told = [r for r in caplog.records if r.name == "integrations.loops"]
    assert [r.__dict__["event"] for r in told] == ["call", "retry", "call", "call"]
    assert [r.__dict__.get("outcome") for r in told] == [429, None, 200, 200]
    assert not any("hush" in r.getMessage() + str(r.__dict__) for r in caplog.records)


def test_an_outbox_holds_no_key_not_even_unseen(lab: Mock) -> None:
    lab.client.test_api_key()
    kept = lab.outbox.last.request
    assert KEY not in str(dict(kept.headers))
    assert lab.fake.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_a_reply_that_cannot_be_unpacked_is_a_lost_reply_and_is_recorded() -> None:
    packed = httpx.Response(200, headers={"content-encoding": "gzip"}, stream=NO_GZIP)
    network = network_wire(httpx.Client(transport=httpx.MockTransport(lambda _: packed)))
    outbox = Outbox()
    with pytest.raises(ReplyLostError, match="DecodingError"):
        Recorder(network, outbox, ManualClock())(Request("GET", "https://app.loops.so/api"))
    assert outbox.last.outcome == "ReplyLost"
