import xml.etree.ElementTree as ET

import pytest

from integrations.twilio.stepper import states, stepper, steps, strip, view


def test_the_steps_are_a_real_verification() -> None:
    told = [(step.answer, step.state) for step in steps()]
    assert told == [
        ("", "nothing"),
        ("sent", "sent"),
        ("wrong, 2 left", "sent"),
        ("wrong, 1 left", "sent"),
        ("approved", "approved"),
        ("gone", "gone"),
        ("spent", "spent"),
        ("spent", "spent"),
        ("gone", "gone"),
    ]


def test_the_steps_are_the_same_each_time() -> None:
    assert steps() == steps()
    assert strip() == strip()


@pytest.mark.parametrize("state", ["nothing", "sent", "approved", "spent", "gone"])
def test_the_drawing_marks_the_state_it_is_in(state: str) -> None:
    drawing = ET.fromstring(states(state).html)  # noqa: S314
    marked = [each.text for each in drawing.iter("text") if each.get("font-weight") == "700"]
    assert marked == [state]


def test_every_state_of_a_step_is_in_the_drawing() -> None:
    for number, step in enumerate(steps(), start=1):
        page = ET.fromstring(view(step, number, 9))  # noqa: S314
        assert [e.text for e in page.iter("text") if e.get("font-weight") == "700"] == [step.state]


def test_the_slider_shows_the_step_it_stands_at() -> None:
    widget = stepper()
    slider, shown = widget.children
    assert "Nobody has asked yet" in shown.value
    slider.value = 5
    assert "5/9" in shown.value
    assert "approved" in shown.value
    assert "0/9" not in shown.value
