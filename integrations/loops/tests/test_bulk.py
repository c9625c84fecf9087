import pytest

from integrations.core import faults as f
from integrations.core.bulk import BulkStoppedError
from integrations.core.config import Mode
from integrations.core.errors import InvalidRequestError
from integrations.core.workbook import Mock, Workbook
from integrations.loops.bulk import Message, Outcome, send_many
from integrations.loops.client import LoopsClient


def messages(count: int) -> list[Message]:
    return [
        Message(f"n{n}@example.com", "clpasswordreset01", {"resetUrl": f"https://x.test/{n}"})
        for n in range(count)
    ]


def test_each_message_has_an_end_in_order_and_a_failure_stops_nothing(lab: Mock) -> None:
    given = messages(5)
    given[1] = Message("nobody", "clpasswordreset01", {"resetUrl": "x"})
    given[3] = Message("a@example.com", "clnosuchtemplate")
    told: list[Outcome] = []
    result = send_many(given, batch="b", client=lab.client, on_progress=told.append)
    assert [o.status for o in result.outcomes] == ["sent", "failed", "sent", "failed", "sent"]
    assert [o.message for o in result.outcomes] == given
    assert tuple(told) == result.outcomes
    assert len(result.having("failed")) == 2
    assert len(lab.fake.emails) == 3
    assert "nobody" in result._repr_html_()


def test_a_second_run_sends_nothing_twice(lab: Mock) -> None:
    send_many(messages(3), batch="b", client=lab.client)
    again = send_many(reversed(messages(5)), batch="b", client=lab.client)
    assert [o.status for o in again.outcomes] == ["sent", "sent", *["already sent"] * 3]
    assert len(lab.fake.emails) == 5
    assert {o.status for o in send_many(messages(3), batch="c", client=lab.client).outcomes} == {
        "sent"
    }


def test_a_stopped_run_knows_what_was_sent_and_can_be_run_again(lab: Mock) -> None:
    def tell(outcome: Outcome) -> None:
        raise OSError

    with pytest.raises(BulkStoppedError) as stopped:
        send_many(messages(3), batch="b", client=lab.client, on_progress=tell)
    ends = stopped.value.result.outcomes
    assert [each.status for each in ends] == ["sent", "not tried", "not tried"]
    again = send_many(messages(3), batch="b", client=lab.client)
    assert [each.status for each in again.outcomes] == ["already sent", "sent", "sent"]
    assert [each.idempotency_key for each in again.outcomes] == [e.idempotency_key for e in ends]


def test_it_keeps_to_the_rate_without_being_refused() -> None:
    lab = Workbook(Mode.MOCK, {}).mock("loops", latency_s=0)
    start = lab.clock.time()
    result = send_many(messages(50), batch="b", client=lab.client)
    assert {o.status for o in result.outcomes} == {"sent"}
    assert all(each.outcome == "200" for each in lab.outbox)
    assert lab.clock.time() - start >= 4.9


def test_messages_with_one_key_are_refused_before_any_send(lab: Mock) -> None:
    with pytest.raises(InvalidRequestError, match=r"messages\[2\].*messages\[0\]"):
        send_many([*messages(2), messages(1)[0]], batch="b", client=lab.client)
    assert lab.fake.requests == []


@pytest.mark.parametrize("rate", [0, -1, 10.5])
def test_a_rate_beyond_the_limit_is_refused(lab: Mock, rate: float) -> None:
    with pytest.raises(InvalidRequestError, match="rate"):
        send_many(messages(1), batch="b", client=lab.client, rate=rate)
    with pytest.raises(InvalidRequestError, match="batch"):
        send_many(messages(1), batch="", client=lab.client)


def test_a_refused_key_ends_the_run_and_says_who_was_not_tried(lab: Mock) -> None:
    lab.faults.inject(f.status(401, "Invalid API key"))
    result = send_many(messages(3), batch="b", client=lab.client)
    assert [o.status for o in result.outcomes] == ["failed", "not tried", "not tried"]


def test_debug_mode_says_that_nothing_was_sent() -> None:
    client = LoopsClient.from_env({}, mode="debug")
    result = send_many(messages(2), batch="b", client=client, workers=1)
    assert [o.status for o in result.outcomes] == ["not sent"] * 2


def test_many_threads_send_each_message_once(lab: Mock) -> None:
    result = send_many(messages(40), batch="b", client=lab.client, workers=8)
    assert len(result.having("sent")) == 40
    assert len({email.to for email in lab.fake.emails}) == len(lab.fake.emails) == 40


def test_no_messages_are_no_work(lab: Mock) -> None:
    assert send_many([], batch="b", client=lab.client).outcomes == ()
