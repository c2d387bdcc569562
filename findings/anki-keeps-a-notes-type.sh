#!/usr/bin/env bash
# What one would guess: Anki recognises a note by its guid, and takes the newer of two. So if a later package has the
#   note with another type, one that makes two cards, the note gets the new text and the second card.
# What Anki 26.9.3 does with packages of genanki 0.13.1: a note whose type has changed is skipped as "conflicting",
#   with the corrected text too, although it is newer. Nothing is said but a number in the import's log. Only the
#   option "Merge note types" (off by default) takes it.
# Seen on Python 3.11: default: 1 card(s), text 1, 1 conflicting; merged: 2 card(s), text 1 corrected, 0 conflicting.
# Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check anki==26.9.3 genanki==0.13.1
cd "$folder"
venv/bin/python - <<'PYTHON'
import genanki
from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest

FIELDS = [{"name": "Front"}, {"name": "Back"}]
FORWARD = {"name": "Forward", "qfmt": "{{Front}}", "afmt": "{{Back}}"}
BACKWARD = {"name": "Backward", "qfmt": "{{Back}}", "afmt": "{{Front}}"}
ONE_WAY = genanki.Model(1_607_392_319, "One way", fields=FIELDS, templates=[FORWARD])
TWO_WAY = genanki.Model(1_607_392_320, "Two way", fields=FIELDS, templates=[FORWARD, BACKWARD])


def import_package(into: Collection, model: genanki.Model, back: str, seconds: int, *, merge: bool) -> int:
    """Import the one note as this type with this text; return how many notes were conflicting."""
    deck = genanki.Deck(2_059_400_110, "Deck")
    deck.add_note(genanki.Note(model=model, fields=["a", back], guid="a"))
    genanki.Package(deck).write_to_file("deck.apkg", timestamp=seconds)
    options = ImportAnkiPackageOptions(merge_notetypes=merge)
    log = into.import_anki_package(ImportAnkiPackageRequest(package_path="deck.apkg", options=options)).log
    return len(log.conflicting)


seen = {}
for name, merge in (("default", False), ("merged", True)):
    collection = Collection(f"{name}.anki2")
    import_package(collection, ONE_WAY, "1", 1_700_000_000, merge=merge)
    conflicting = import_package(collection, TWO_WAY, "1 corrected", 1_700_000_060, merge=merge)
    (note,) = [collection.get_note(note) for note in collection.find_notes("")]
    seen[name] = (len(note.card_ids()), note["Back"], conflicting)
    print(f"{name}: {seen[name][0]} card(s), text {seen[name][1]}, {conflicting} conflicting")
    collection.close()
assert seen == {"default": (1, "1", 1), "merged": (2, "1 corrected", 0)}, seen
PYTHON
