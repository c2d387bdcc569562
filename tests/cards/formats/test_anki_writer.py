"""Our exports for Anki: the content of the fields, and that our own reader reads the same cards."""

import io
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cards.formats.anki.reader import read_anki
from cards.formats.anki.writer import side_html, write_anki
from cards.formats.markdown.escaping import escape_plain
from cards.formats.types import ImageRef, ParsedCard
from cards.text.markdown import plain, render

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def written(cards: list[ParsedCard]) -> bytes:
    file = io.BytesIO()
    write_anki(file, title="A::deck", deck_key="deck", cards=cards, now=NOW, read_image=str.encode)
    return file.getvalue()


@pytest.mark.parametrize(
    ("source", "marked"),
    [
        ("**a** and $x < 1$", "<strong>a</strong> and \\(x &lt; 1\\)"),
        ("$$\\frac{1}{2}$$", "\\[\\frac{1}{2}\\]"),
        ("a\nb", "a<br>b"),
        ("a\n\nb", "<p>a</p><p>b</p>"),
        ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
        ("```python\nx = 1\n```", "<pre><code>x = 1\n</code></pre>"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
    ],
)
def test_sides_become_anki_html(source: str, marked: str) -> None:
    assert side_html(source) == marked


def test_written_cards_are_read_back_equal() -> None:
    cards = [
        ParsedCard(
            "**Hund**", "dog\n\n- big\n- small", key="k1", tags=("two_words", "x"), side_choice="definition"
        ),
        ParsedCard("term $x^2$", "a long description", key="k2", side_choice="term"),
        ParsedCard("both", "sides", key="k3", side_choice="both"),
        ParsedCard("", "b", key="k4", side_choice="definition", term_images=(ImageRef("a b.png", "A"),)),
    ]
    with read_anki(written(cards)) as parsed:
        back = list(parsed)
        assert parsed.read_image("a b.png") == b"a b.png"
    for card in back:
        assert card.deck == ("A: :deck",)
        card.deck, card.where, card.schedules = (), "", ()
    assert back == cards


# Without the characters that begin a formula or a sound in Anki: its fields have no escaping.
characters = st.characters(exclude_categories=("C", "Z"), exclude_characters="\\[")
lines = st.text(characters, min_size=1, max_size=20)


@pytest.mark.slow
@settings(max_examples=50)
@given(st.lists(lines, min_size=1, max_size=4))
def test_plain_texts_survive_a_round_trip(texts: list[str]) -> None:
    cards = [ParsedCard(escape_plain(text), "b", key=f"k{n}") for n, text in enumerate(texts)]
    with read_anki(written(cards)) as parsed:
        assert [plain(card.term) for card in parsed] == [plain(card.term) for card in cards]


def test_formulas_survive_a_round_trip() -> None:
    sources = ["a $x_1$ b $$y$$", r"$\text{if } a \le b$", "costs \\$5"]
    with read_anki(written([ParsedCard(source, "b", key=source) for source in sources])) as parsed:
        assert [render(card.term) for card in parsed] == [render(source) for source in sources]
