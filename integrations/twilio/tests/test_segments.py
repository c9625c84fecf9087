# The look-alikes are what is tested.
# ruff: noqa: RUF001
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.core.errors import InvalidRequestError
from integrations.twilio.segments import GSM_BASIC, GSM_EXTENSION, Segments, count_segments

# Text, encoding, units, segments: by 3GPP TS 23.038 and 23.040, worked out by hand.
VECTORS = [
    ("", "GSM-7", 0, 0),
    ("a", "GSM-7", 1, 1),
    ("a" * 160, "GSM-7", 160, 1),
    ("a" * 161, "GSM-7", 161, 2),
    ("a" * 306, "GSM-7", 306, 2),
    ("a" * 307, "GSM-7", 307, 3),
    ("€" * 80, "GSM-7", 160, 1),
    ("€" * 81, "GSM-7", 162, 2),
    # 153 is odd: the escape and its character do not fit, so a place stays empty.
    ("a" * 152 + "€" + "a" * 152, "GSM-7", 306, 3),
    ("a" * 151 + "€" + "a" * 153, "GSM-7", 306, 2),
    ("Grüße aus Köln, Ñandu!", "GSM-7", 22, 1),
    ("ç", "UCS-2", 1, 1),
    ("我" * 70, "UCS-2", 70, 1),
    ("我" * 71, "UCS-2", 71, 2),
    ("我" * 134, "UCS-2", 134, 2),
    ("我" * 135, "UCS-2", 135, 3),
    ("👍", "UCS-2", 2, 1),
    ("👍" * 35, "UCS-2", 70, 1),
    ("👍" * 36, "UCS-2", 72, 2),
    # 67 is odd as well: 33 emoji to a segment.
    ("👍" * 67, "UCS-2", 134, 3),
    ("a" * 69 + "’", "UCS-2", 70, 1),
    ("\n\r", "GSM-7", 2, 1),
    ("`", "UCS-2", 1, 1),
]


@pytest.mark.parametrize(("body", "encoding", "units", "segments"), VECTORS)
def test_known_vectors(body: str, encoding: str, units: int, segments: int) -> None:
    found = count_segments(body)
    assert (found.encoding, found.units, found.segments) == (encoding, units, segments)
    assert found.characters == len(body)


def test_the_alphabet_is_that_of_the_standard() -> None:
    # 128 places, of which one is the escape; ten more behind it.
    assert len(GSM_BASIC) == 127
    assert len(GSM_EXTENSION) == 10
    assert not GSM_BASIC & GSM_EXTENSION


def test_what_forces_ucs2_is_named_once_each_in_order() -> None:
    found = count_segments("It’s “fine” – it’s 👍")
    assert found.odd == ("’", "“", "”", "–", "👍")
    assert "UCS-2" in found._repr_html_()


def test_what_is_left_over_is_told() -> None:
    assert count_segments("a" * 150).remaining == 10
    assert count_segments("a" * 161).remaining == 145
    assert count_segments("a" * 152 + "€" + "a" * 152).remaining == 152


@pytest.mark.parametrize("body", [None, b"hello", 7])
def test_what_is_no_text_is_refused(body: object) -> None:
    with pytest.raises(InvalidRequestError, match="body"):
        count_segments(body)  # type: ignore[arg-type]


gsm = st.text(st.sampled_from(sorted(GSM_BASIC | GSM_EXTENSION)), max_size=1000)
anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=600)


def _bounds(found: Segments) -> None:
    room = found.per_segment
    assert found.segments >= -(-found.units // room)
    # At most one place a segment is lost to keeping pairs together.
    assert found.units + found.segments > (found.segments - 1) * room
    assert 0 <= found.remaining <= room


@given(gsm)
def test_text_of_the_alphabet_stays_in_it(body: str) -> None:
    found = count_segments(body)
    assert found.encoding == "GSM-7"
    assert found.odd == ()
    assert found.units == len(body) + sum(c in GSM_EXTENSION for c in body)
    _bounds(found)


@given(anything)
def test_units_of_ucs2_are_those_of_utf_16(body: str) -> None:
    found = count_segments(body)
    if found.encoding == "UCS-2":
        assert found.units == len(body.encode("utf-16-le")) // 2
        assert found.odd
    _bounds(found)


@given(anything, anything)
def test_more_text_never_takes_fewer_segments(first: str, second: str) -> None:
    assert count_segments(first + second).segments >= count_segments(first).segments
