"""The marked difference between a response and the answer."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.study.judging import SegmentKind, difference

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=40) | st.text(
    "ab e\u0301ß.\x00", max_size=40
)


def marked(segments):
    return "".join(text if kind is SegmentKind.SAME else f"[{text}]" for text, kind in segments)


@pytest.mark.parametrize(
    ("response", "answer", "ours", "theirs"),
    [
        ("mitochondira", "mitochondria", "mitochond[ir]a", "mitochond[ri]a"),
        ("the big dog", "dog", "[the big ]dog", "dog"),
        ("Napoleon", "Napoleon Bonaparte", "Napoleon", "Napoleon[ Bonaparte]"),
        ("Berlin", "Paris", "[Berlin]", "[Paris]"),
        ("L1 norm", "L2 norm", "L[1] norm", "L[2] norm"),
        ("PARIS", "Paris", "PARIS", "Paris"),
        ("cafe\u0301", "café", "cafe\u0301", "café"),
        ("cafe", "café", "caf[e]", "caf[é]"),
        ("", "Paris", "", "[Paris]"),
        ("東京", "東都", "東[京]", "東[都]"),
    ],
)
def test_difference_is_marked(response, answer, ours, theirs):
    assert tuple(map(marked, difference(response, answer))) == (ours, theirs)


def test_segments_are_labelled_by_kind():
    ours, theirs = difference("cat", "cot")
    assert [kind for _, kind in ours] == [SegmentKind.SAME, SegmentKind.EXTRA, SegmentKind.SAME]
    assert [kind for _, kind in theirs] == [SegmentKind.SAME, SegmentKind.MISSING, SegmentKind.SAME]


@given(ANY_TEXT, ANY_TEXT)
def test_segments_joined_are_the_texts(response, answer):
    ours, theirs = difference(response, answer)
    assert "".join(text for text, _ in ours) == response
    assert "".join(text for text, _ in theirs) == answer
    assert SegmentKind.MISSING not in {kind for _, kind in ours}
    assert SegmentKind.EXTRA not in {kind for _, kind in theirs}


@given(ANY_TEXT)
def test_text_does_not_differ_from_itself(text):
    assert {kind for segments in difference(text, text) for _, kind in segments} <= {SegmentKind.SAME}


@pytest.mark.parametrize("unit", ["a", "a ", "ab", ".", "\u0301", "中", "\ud800"])
@pytest.mark.parametrize("length", [2_000, 20_000])
def test_hostile_length_is_bounded(unit, length):
    text = (unit * length)[:length]
    begun = time.process_time()
    difference(text, text[: length // 2] + "x" * (length // 2))
    assert time.process_time() - begun < 0.5
