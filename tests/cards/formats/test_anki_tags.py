"""Tags in our Anki packages: what Anki shows, and that they come back as they were."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.formats.anki.tags import from_anki, to_anki

SPACE = "\N{NO-BREAK SPACE}"
parts = st.sampled_from(["a", "B", " ", "_", ":", "::", '"', "ˮ", "∷", "marked", "Leech", "日本"])
tags = st.lists(parts, min_size=1, max_size=8).map(lambda some: " ".join("".join(some).split()))


@pytest.mark.parametrize(
    ("tag", "shown"),
    [
        ("verbs", "verbs"),
        ("Irregular verbs", f"Irregular{SPACE}verbs"),
        ("ideographic\N{IDEOGRAPHIC SPACE}space", f"ideographic{SPACE}space"),
        ("a_b", "a_b"),
        ("Grammar::Verbs", "Grammar::Verbs"),
        ("::a", "∷a"),
        ("a::", "a∷"),
        ("a :: b", f"a{SPACE}∷{SPACE}b"),
        ("a::::b", "a∷∷b"),
        ('say "no"', f"say{SPACE}ˮnoˮ"),
        ("leech", "leech\N{WORD JOINER}"),
    ],
)
def test_tags_look_alike_in_anki(tag: str, shown: str) -> None:
    assert to_anki(tag) == shown


@given(st.lists(tags.filter(bool), max_size=5))
def test_tags_come_back_as_they_were(names: list[str]) -> None:
    column = f" {' '.join(map(to_anki, names))} "
    back, is_marked = from_anki(column, is_own=True)
    assert [" ".join(name.split()) for name in back] == names
    assert not is_marked


def test_signs_in_tags_of_others_stay() -> None:
    assert from_anki(" a∷ two_words Marked leech x\N{IDEOGRAPHIC SPACE}y ", is_own=False) == (
        ["a∷", "two_words", "x", "y"],
        True,
    )
