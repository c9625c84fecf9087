import pytest

from integrations.core import faults as f
from integrations.core.bulk import BulkStoppedError
from integrations.core.clock import ManualClock
from integrations.core.errors import InvalidRequestError
from integrations.core.workbook import Mock
from integrations.twilio.bulk import Outcome, TextMessage, send_many
from integrations.twilio.client import TwilioClient
from integrations.twilio.fake import FakeTwilio
from integrations.twilio.optout import MemoryOptOuts
from integrations.twilio.tests.conftest import NUMBER


def texts(count: int) -> list[TextMessage]:
    return [TextMessage(f"+120255501{n:02d}", f"Hello {n}") for n in range(count)]


def test_each_message_has_an_end_in_order_and_a_failure_stops_nothing(lab: Mock) -> None:
    given = texts(5)
    given[1] = TextMessage("nobody", "Hello")
    lab.client.opt_outs.add(given[2].to)
    lab.fake.phone(given[3].to).send("STOP", to=NUMBER)
    told: list[Outcome] = []
    result = send_many(given, client=lab.client, on_progress=told.append)
    ends = [o.status for o in result.outcomes]
    assert ends == ["sent", "failed", "opted out", "opted out", "sent"]
    assert tuple(told) == result.outcomes
    assert len(result.having("sent")) == len(lab.fake.messages) == 2
    assert all(each.sid for each in result.having("sent"))
    assert "nobody" in result._repr_html_()
    assert "Hello" not in repr(result)


def test_a_lost_reply_is_unknown_and_is_not_sent_again(lab: Mock) -> None:
    lab.faults.inject(f.reply_lost)
    result = send_many(texts(2), client=lab.client)
    assert [o.status for o in result.outcomes] == ["unknown", "sent"]
    assert len(lab.fake.messages) == 2


def test_what_was_sent_is_known_when_on_progress_raises(lab: Mock) -> None:
    def tell(outcome: Outcome) -> None:
        if outcome.message.to.endswith("01"):
            raise OSError

    with pytest.raises(BulkStoppedError, match=r"2 sent, 2 not tried") as stopped:
        send_many(texts(4), client=lab.client, on_progress=tell)
    assert isinstance(stopped.value.__cause__, OSError)
    sids = [each.sid for each in stopped.value.result.having("sent")]
    assert sids == [each.sid for each in lab.fake.messages]


def test_a_store_of_opt_outs_that_fails_stops_the_run(lab: Mock) -> None:
    class Broken(MemoryOptOuts):
        def __contains__(self, number: object) -> bool:
            raise OSError

    lab.client.opt_outs = Broken()
    with pytest.raises(BulkStoppedError) as stopped:
        send_many(texts(2), client=lab.client)
    assert [o.status for o in stopped.value.result.outcomes] == ["unknown", "not tried"]
    assert lab.fake.requests == []


def test_it_keeps_to_the_rate(lab: Mock) -> None:
    start = lab.clock.time()
    send_many(texts(21), client=lab.client, rate=2)
    assert 10 <= lab.clock.time() - start < 10.5


def test_after_refused_credentials_nothing_more_is_tried(lab: Mock) -> None:
    client = TwilioClient.from_env(
        {"TWILIO_AUTH_TOKEN": "f" * 32}, mode="mock", wire=lab.fake, clock=lab.clock
    )
    result = send_many(texts(4), client=client)
    assert [o.status for o in result.outcomes] == ["failed", *["not tried"] * 3]
    assert len(lab.fake.requests) == 1


def test_in_debug_mode_nothing_is_sent(lab: Mock) -> None:
    client = TwilioClient.from_env({"TWILIO_FROM": NUMBER}, mode="debug", clock=lab.clock)
    assert {o.status for o in send_many(texts(2), client=client).outcomes} == {"not sent"}


@pytest.mark.parametrize("rate", [0, -1, 101, True, "5", float("nan")])
def test_a_rate_that_makes_no_sense_is_refused(lab: Mock, rate: float) -> None:
    with pytest.raises(InvalidRequestError, match="rate"):
        send_many(texts(1), client=lab.client, rate=rate)


def test_a_number_comes_once_however_it_is_written(lab: Mock) -> None:
    twice = [*texts(2), TextMessage("+1 (202) 555-0101", "Again")]
    with pytest.raises(InvalidRequestError, match=r"messages\[2\].*messages\[1\]"):
        send_many(twice, client=lab.client)
    with pytest.raises(InvalidRequestError, match=r"messages\[0\]"):
        send_many(["+12025550101"], client=lab.client)  # type: ignore[list-item]
    assert lab.fake.requests == []


def test_workers_share_one_pace() -> None:
    clock = ManualClock()
    fake, start = FakeTwilio(clock=clock), clock.time()
    client = TwilioClient.from_env({}, mode="mock", wire=fake, clock=clock)
    result = send_many(texts(6), client=client, rate=100, workers=6)
    assert len(result.having("sent")) == len(fake.messages) == 6
    assert clock.time() - start >= 5 / 100
