from hypothesis import given
from hypothesis import strategies as st

from integrations.twilio.calculator import EXAMPLE, calculation, calculator


def test_the_costly_characters_are_marked() -> None:
    shown = calculation(EXAMPLE)
    assert "UCS-2" in shown
    assert shown.count("<span") == 2
    assert ">👍</span>" in shown
    assert calculation("10 € only").count("<span") == 1
    assert "<span" not in calculation("plain")


def test_one_odd_character_shows_what_it_costs() -> None:
    assert "<b>1</b> segment of 160" in calculation("a" * 160)
    assert "<b>3</b> segments of 67" in calculation("a" * 159 + "’")  # noqa: RUF001
    assert "refused" in calculation("a" * 1601)


@given(st.text(max_size=50))
def test_whatever_is_written_is_escaped(body: str) -> None:
    assert "<script" not in calculation(f"<script>{body}</script>")


def test_the_widget_follows_what_is_written() -> None:
    box = calculator()
    field, shown = box.children
    assert shown.value == calculation(EXAMPLE)
    field.value = "plain"
    assert shown.value == calculation("plain")
