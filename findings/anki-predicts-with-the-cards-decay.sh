#!/usr/bin/env bash
# What one would guess: with FSRS-6, Anki predicts the recall of a card with its memory and with the parameters of its
#   deck's preset, the last of which is the decay of the forgetting curve. So a package needs the stability, the
#   difficulty and the time of the last review ("s", "d" and "lrt" beside the card).
# What Anki 26.9.3 does: it takes the decay from the card as well ("decay"). For a card without one it takes 0.5, that of
#   FSRS-5, whatever the preset says. At the stability both curves are at 90 %; long after it they are far apart.
# Seen on Python 3.11: a stability of 10 days, 100 days after the review: 0.547 without "decay", 0.693 with 0.1542.
# Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check anki==26.9.3
cd "$folder"
venv/bin/python - <<'PYTHON'
import json
import time

from anki.collection import Collection

collection = Collection("collection.anki2")
collection.set_config("fsrs", True)
STABILITY, DAYS, DECAY = 10, 100, 0.1542


def predicted(**more: float) -> float:
    """The recall that Anki predicts for a card of the default preset, whose parameters are those of FSRS-6."""
    note = collection.new_note(collection.models.by_name("Basic"))
    note.fields[0] = "question"
    collection.add_note(note, 1)
    (card,) = note.card_ids()
    reviewed = int(time.time()) - DAYS * 86_400
    memory = {"s": STABILITY, "d": 5, "lrt": reviewed} | more
    update = "UPDATE cards SET type = 2, queue = 2, due = 0, ivl = 10, data = ? WHERE id = ?"
    collection.db.execute(update, json.dumps(memory), card)
    collection.db.execute(
        "INSERT INTO revlog VALUES (?, ?, -1, 3, 10, 0, 2500, 1000, 1)", reviewed * 1000 + card % 1000, card
    )
    return collection.card_stats_data(card).fsrs_retrievability


def curve(decay: float) -> float:
    return (1 + (0.9 ** (-1 / decay) - 1) * DAYS / STABILITY) ** -decay


without, with_decay = predicted(), predicted(decay=DECAY)
print(f"without a decay {without:.3f}, with {DECAY}: {with_decay:.3f}")
assert abs(without - curve(0.5)) < 0.01, curve(0.5)
assert abs(with_decay - curve(DECAY)) < 0.01, curve(DECAY)
PYTHON
