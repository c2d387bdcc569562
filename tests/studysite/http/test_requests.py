"""Numbers that browsers send."""

import pytest
from django.http import Http404
from django.urls.converters import get_converters
from hypothesis import given
from hypothesis import strategies as st

from studysite import urls
from studysite.numbers import MAX_KEY, whole_number


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("7", 7), ("007", 7), (str(2**63 - 1), 2**63 - 1), ("9" * 18, 10**18 - 1)]
)
def test_digits_are_read_as_a_number(text, number):
    assert whole_number(text) == number


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            "-1",
            "+1",
            " 1",
            "1\n",
            "1.0",
            "1e3",
            "1_0",
            "0x1",
            "NaN",
            "²",
            "٣",
            "１",
            "1²",
            "\ud800",
        ),
        *(str(2**63), "9" * 19, "9" * 4_301, "0" * 5_000 + "1"),
    ],
)
def test_other_text_is_no_number(text):
    assert whole_number(text) is None


@pytest.mark.parametrize(("text", "number"), [("12", 12), ("13", None), ("120", None)])
def test_caller_sets_the_largest_number(text, number):
    assert whole_number(text, most=12) == number


@given(st.text() | st.text("0123456789²٣", max_size=30))
def test_any_text_gives_a_key_or_none(text):
    number = whole_number(text)
    assert number is None or (0 <= number <= MAX_KEY and int(text) == number)


def test_key_converter_takes_only_keys():
    assert urls.urlpatterns
    converter = get_converters()["key"]
    assert converter.to_python("12") == 12
    assert converter.to_url(12) == "12"
    with pytest.raises(Http404):
        converter.to_python(str(2**63))
