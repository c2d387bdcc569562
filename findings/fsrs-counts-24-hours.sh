#!/usr/bin/env bash
# What one would guess: if py-fsrs gets two times on two calendar days, it counts one day between them. Anki and fsrs-rs
#   do so, because they are given days.
# What fsrs 6.3.2 does: it counts whole periods of 24 hours. An answer 23 hours and 55 minutes after the last one is
#   updated by the formula for the same day. An answer ten minutes later is updated by the formula for another day. A
#   learner who studies a little earlier every evening stays on the same day for ever.
# Seen on Python 3.11: 23:55 h -> stability 2.3065, 24:05 h -> stability 7.3153 (both from 2.3065).
# Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check fsrs==6.3.2
"$folder/venv/bin/python" - <<'PYTHON'
from datetime import UTC, datetime, timedelta

from fsrs import Card, Rating, Scheduler

scheduler = Scheduler(learning_steps=(), enable_fuzzing=False)
evening = datetime(2026, 3, 2, 21, tzinfo=UTC)
first, _ = scheduler.review_card(Card(card_id=1, due=evening), Rating.Good, evening)
seen = []
for wait in (timedelta(hours=23, minutes=55), timedelta(hours=24, minutes=5)):
    second, _ = scheduler.review_card(first, Rating.Good, evening + wait)
    seen.append(round(second.stability, 4))
    print(f"{wait} after stability {first.stability:.4f}: {second.stability:.4f}")
assert evening.date() != (evening + timedelta(hours=23, minutes=55)).date()
assert seen[0] < first.stability * 1.5 < 3 * first.stability < seen[1], seen
PYTHON
