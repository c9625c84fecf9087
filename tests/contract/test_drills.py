"""Every error and event of the tables has happened, in a notebook whose outputs are compared."""

import pytest

from integrations.core.drills import HERE, delivered, provoked
from integrations.core.registry import Integration
from tests.contract.parity import cells, handled_events, provoked_answers

CELLS = cells()


def _answers(manifest: Integration) -> set[str]:
    return {answer for row in manifest.error_rows() for answer in row.status.split(", ")}


def test_every_answer_of_the_error_map_is_provoked_in_a_notebook(manifest: Integration) -> None:
    seen = provoked_answers(CELLS, manifest.name)
    missing = sorted(
        row.status for row in manifest.error_rows() if not seen & set(row.status.split(", "))
    )
    assert not missing, f"no notebook provokes {missing}: add a Mistake, and error_table(...)"


def test_what_is_provoked_is_in_the_error_map(manifest: Integration) -> None:
    known = _answers(manifest) | {HERE}
    strange = sorted({each.mistake.answer for each in provoked(manifest.name)} - known)
    assert not strange, f"drills.py names {strange}, and ERRORS does not"


def test_each_error_is_of_the_class_that_the_map_promises(manifest: Integration) -> None:
    promised = {
        answer: row.error for row in manifest.error_rows() for answer in row.status.split(", ")
    }
    for each in provoked(manifest.name):
        if each.error is not None and each.mistake.answer != HERE:
            assert isinstance(each.error, promised[each.mistake.answer]), each
        assert each.message


@pytest.mark.needs("webhooks")
def test_every_event_is_handled_in_a_notebook(manifest: Integration) -> None:
    missing = sorted(set(manifest.event_types()) - handled_events(CELLS))
    assert not missing, f"no notebook shows that {missing} are handled: see drills.py, event_table"


@pytest.mark.needs("webhooks")
def test_every_event_goes_through_the_pipeline(manifest: Integration) -> None:
    found = delivered(manifest.name)
    assert [each.event for each in found] == list(manifest.event_types())
    assert {each.outcome for each in found} == {"handled"}
