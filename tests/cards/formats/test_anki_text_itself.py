"""Text exports that Anki itself writes, in some of its languages: they give the cards of its packages."""

from pathlib import Path

import pytest

from cards.formats.detect import read_file
from cards.formats.types import ParsedCard

pytest.importorskip("anki", reason="Anki's package is installed by hand: pip install anki")
import anki.lang
from anki.collection import Collection, ExportAnkiPackageOptions

FIELDS = {
    1: [('Rome {{c1::is}} in {{c2::Italy::where?}}, "a"', "b<br>\\(c\\)"), ("{{c3::a}}\t{{c1::b}}", "")],
    0: [('Hund<br>\n"Tier"', "dog &amp; <b>pet</b>"), ("#a", "=b"), ("x < y", "{{c1::d}}"), ("q", "")],
}
"""Fields of notes, for types with deletions (1) and for others (0)."""


def told(path: Path) -> list[tuple[object, ...]]:
    """What is the same for a text and a package."""

    def of(card: ParsedCard) -> tuple[object, ...]:
        sides = (card.term, card.definition, card.accepted_definitions)
        return card.key, *sides, card.side_choice, card.tags, card.deck

    with read_file(path) as parsed:
        return sorted(map(of, parsed), key=str)


@pytest.mark.parametrize("language", ["en", "de", "ja", "zh_TW", "ru", "he"])
def test_text_export_gives_the_cards_of_the_package(language: str, tmp_path: Path) -> None:
    anki.lang.set_lang(language)
    try:
        collection = Collection(str(tmp_path / "collection.anki2"))
        for note_type in collection.models.all():
            # Drawings have more fields, and no text.
            for number, fields in enumerate(FIELDS[note_type["type"]] if len(note_type["flds"]) < 4 else ()):
                note = collection.new_note(note_type)
                note.fields = [*fields, "y" if number % 2 else ""][: len(note_type["flds"])]
                note.tags = ["a::b", "c"][:number]
                collection.add_note(note, collection.decks.id("Deck::Inner"))
        names = ("html", "tags", "deck", "notetype", "guid")
        with_all = {f"with_{name}": True for name in names}
        collection.export_note_csv(out_path=str(tmp_path / "a.txt"), limit=None, **with_all)
        options = ExportAnkiPackageOptions(legacy=True)
        collection.export_anki_package(out_path=str(tmp_path / "a.apkg"), options=options, limit=None)
        collection.close()
    finally:
        anki.lang.set_lang("en")
    cards = told(tmp_path / "a.txt")
    assert len(cards) > 15
    assert cards == told(tmp_path / "a.apkg")
