"""How many answers a second `rebuild_progress` replays on one core.

    python -m tests.load.replaying                             # 30 answers to each of 1,000 cards
    python -m tests.load.replaying --cards 20 --answers 10     # an enrollment with few

Processor time of replaying one enrollment whose progress is right already, the best of several rounds. The answers
come from a fixed seed. Ends with 1 if the replay changes anything.
"""

import argparse
import atexit
import itertools
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

ROUNDS = 5
FIRST = datetime(2024, 1, 1, 9, tzinfo=UTC)


def answers_to(card, learner, count: int, chance: random.Random) -> Iterator:
    """``count`` unsaved lines about one card: mostly rated recalls, some unrated, some choices."""
    from sessions_app.models import Review

    at, interval = FIRST + timedelta(minutes=chance.randint(0, 5_000)), 1.0
    for _ in range(count):
        is_recall, is_rated, is_right = chance.random() < 0.8, chance.random() < 0.75, chance.random() < 0.88
        yield Review(
            learner=learner,
            card=card,
            deck_id=card.deck_id,
            mode="spaced" if is_rated else "learn",
            side="term",
            kind="flip" if is_recall else "choice",
            evidence="recall" if is_recall else "recognition",
            verdict="correct" if is_right else "wrong",
            rating=(3 if is_right else 1) if is_recall and is_rated else None,
            reviewed_at=at,
            study_day=at.date(),
            gap=chance.choice([None, 2, 9]),
            gap_needed=3,
        )
        interval = min(2.2 * interval, 30) if is_right else 1
        at += timedelta(days=chance.choice([0, interval]), minutes=chance.randint(5, 90))


def measure(cards: int, answers: int) -> int:
    """Print the answers a second; the number of rows that the last replay has changed, which must be none."""
    from django.db import transaction

    from cards.models import Card, Deck
    from sessions_app.models import Enrollment, Review
    from sessions_app.review_log import replaying
    from studysite.accounts.models import User

    learner, chance = User.objects.create_user("replay@example.org", name="Rea Replay"), random.Random(1)
    deck = Deck.objects.create(owner=learner, title="Replayed", slug="replayed")
    rows = [Card(deck=deck, position=n, term="t", definition="d", studied_side="term") for n in range(cards)]
    Card.objects.bulk_create(rows, batch_size=500)
    enrollment = Enrollment.objects.create(learner=learner, deck=deck)
    lines = itertools.chain.from_iterable(answers_to(card, learner, answers, chance) for card in rows)
    Review.objects.bulk_create(lines, batch_size=500)
    seconds, changed = [], 0
    for _ in range(ROUNDS + 1):
        started = time.process_time()
        with transaction.atomic():
            changed = replaying.rebuild(enrollment)
        seconds.append(time.process_time() - started)
    # The first round has written the progress.
    print(f"{cards * answers:,} answers: {cards * answers / min(seconds[1:]):,.0f} replayed a second")
    return changed


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cards", type=int, default=1_000)
    parser.add_argument("--answers", type=int, default=30, help="to each card")
    chosen = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="studysite-replaying-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ.pop("DATABASE_URL", None)
    os.environ |= {"DATA_DIR": folder, "LOG_LEVEL": "ERROR"}
    from studysite.server.prepare import prepare, start_django

    start_django()
    prepare()
    if measure(chosen.cards, chosen.answers):
        sys.exit("The second replay has changed something.")


if __name__ == "__main__":
    main()
