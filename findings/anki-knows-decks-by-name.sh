#!/usr/bin/env bash
# What one would guess: Anki recognises a deck of a package by its id. genanki asks for an id that is chosen once and
#   kept, and Anki recognises notes by their guid and note types by their id. So a renamed deck would stay the same
#   deck, and a later package would add its new cards to it.
# What Anki 26.9.3 does with packages of genanki 0.13.1: it recognises a deck by its name only, and gives it another id.
#   If the deck was renamed, a later package creates a second deck, which gets only the new cards. The existing cards
#   take the new text and stay in the deck with the old name.
# Seen on Python 3.11: "Old name": 1 corrected, 2; "New name": 3. Neither has the package's id.
# Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check anki==26.9.3 genanki==0.13.1
cd "$folder"
venv/bin/python - <<'PYTHON'
import genanki
from anki.collection import Collection, ImportAnkiPackageRequest

DECK = 2_059_400_110
MODEL = genanki.Model(
    1_607_392_319,
    "Two sides",
    fields=[{"name": "Front"}, {"name": "Back"}],
    templates=[{"name": "Card", "qfmt": "{{Front}}", "afmt": "{{Back}}"}],
)
collection = Collection("collection.anki2")


def import_package(name: str, backs: dict[str, str], seconds: int) -> None:
    """Import a package of the deck ``DECK``, written at this time: Anki takes the newer of two notes."""
    deck = genanki.Deck(DECK, name)
    for guid, back in backs.items():
        deck.add_note(genanki.Note(model=MODEL, fields=[guid, back], guid=guid))
    genanki.Package(deck).write_to_file("deck.apkg", timestamp=seconds)
    collection.import_anki_package(ImportAnkiPackageRequest(package_path="deck.apkg"))


import_package("Old name", {"a": "1", "b": "2"}, 1_700_000_000)
import_package("New name", {"a": "1 corrected", "b": "2", "c": "3"}, 1_700_000_060)
seen = {}
for deck in collection.decks.all_names_and_ids():
    assert deck.id != DECK
    cards = [collection.get_card(card) for card in collection.find_cards(f'deck:"{deck.name}"')]
    if cards:
        seen[deck.name] = sorted(card.note()["Back"] for card in cards)
for name, backs in sorted(seen.items(), reverse=True):
    print(f"{name!r}: {', '.join(backs)}")
assert seen == {"Old name": ["1 corrected", "2"], "New name": ["3"]}, seen
PYTHON
