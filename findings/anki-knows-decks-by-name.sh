#!/usr/bin/env bash
# What one would guess: Anki knows a deck of a package by its id. genanki asks for one that is chosen once and kept, and
#   Anki knows notes by their guid and note types by their id. So a deck that was renamed is the same deck, and a later
#   package of it brings its new cards there.
# What Anki 26.9.3 does with packages of genanki 0.13.1: it knows a deck by its name alone, and gives it an id of its
#   own. Of a renamed deck a later package makes a second one. Only the new cards come into it: those that were there
#   take the new text, and stay in the deck of the old name.
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


def bring_in(name: str, backs: dict[str, str], seconds: int) -> None:
    """Import a package of the deck ``DECK``, written at a time of its own: Anki takes what is newer."""
    deck = genanki.Deck(DECK, name)
    for guid, back in backs.items():
        deck.add_note(genanki.Note(model=MODEL, fields=[guid, back], guid=guid))
    genanki.Package(deck).write_to_file("deck.apkg", timestamp=seconds)
    collection.import_anki_package(ImportAnkiPackageRequest(package_path="deck.apkg"))


bring_in("Old name", {"a": "1", "b": "2"}, 1_700_000_000)
bring_in("New name", {"a": "1 corrected", "b": "2", "c": "3"}, 1_700_000_060)
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
