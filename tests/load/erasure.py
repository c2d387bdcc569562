"""How long it takes to erase a large deck, and its longest transaction: ``python -m tests.load.erasure``.

Exits with 1 if too much or too little data is left.

--cards N  --learners N   each learner has answered each card once (20,000 and 30: four minutes to build)
"""

import argparse
import io
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import django
from django.core.management import call_command

from tests.load.written import NotWrittenError, expect

AT_ONCE = 100


def build(cards: int, learners: int) -> None:
    """A removed deck that all learners have studied."""
    from django.db import transaction
    from django.utils import timezone

    from cards.models import Card, Deck
    from studysite.accounts.models import User

    owner = User.objects.create_user("owner@example.org", "x", name="Owner")
    removed_at = timezone.now() - timedelta(days=31)
    deck = Deck.objects.create(owner=owner, title="Large", card_count=cards, removed_at=removed_at)
    rows = [
        Card(
            deck=deck,
            position=n,
            term=f"Term {n}" * 5,
            definition=f"Text {n}" * 10,
            studied_side="definition",
        )
        for n in range(cards)
    ]
    Card.objects.bulk_create(rows, batch_size=5_000)
    keys = list(deck.cards.values_list("pk", flat=True))
    for number in range(learners):
        person = User.objects.create_user(f"{number}@example.org", None, name=f"Learner {number}")
        with transaction.atomic():
            study(person, deck, keys)


def study(person: object, deck: object, cards: list[int]) -> None:
    """Sessions of 100 questions, each answered once."""
    from django.utils import timezone

    from sessions_app.models import CardProgress, Enrollment, Review, Step, StudySession

    now = timezone.now()
    mine = {"learner": person, "deck": deck}
    question = {"kind": "choice", "card": 0, "side": "definition", "prompt": "p" * 40, "answer": "a" * 60}
    question |= {"origin": "new", "options": ["o" * 60] * 4, "option_cards": cards[:4]}
    said = {"side": "definition", "kind": "choice", "evidence": "recognition", "verdict": "correct"}
    Enrollment.objects.create(**mine, last_studied_at=now)
    for start in range(0, len(cards), AT_ONCE):
        session = StudySession.objects.create(
            **mine, mode="learn", seed=1, study_day=now.date(), finished_at=now
        )
        steps = Step.objects.bulk_create(
            Step(session=session, position=n, card_id=card, origin="new", question=question, answered_at=now)
            for n, card in enumerate(cards[start : start + AT_ONCE])
        )
        Review.objects.bulk_create(
            Review(
                **mine, **said, card_id=step.card_id, step=step, mode="learn", reviewed_at=now, study_day=now
            )
            for step in steps
        )
        CardProgress.objects.bulk_create(
            CardProgress(**mine, card_id=step.card_id, side="definition") for step in steps
        )


@contextmanager
def timed() -> Iterator[list[float]]:
    """The seconds that each transaction takes."""
    from django.db import connection
    from django.db.transaction import Atomic

    seconds: list[float] = []
    enter, leave = Atomic.__enter__, Atomic.__exit__

    def start(self: Atomic) -> None:
        self.began = None if connection.in_atomic_block else time.perf_counter()
        enter(self)

    def end(self: Atomic, *error: object) -> None:
        leave(self, *error)
        if self.began is not None:
            seconds.append(time.perf_counter() - self.began)

    Atomic.__enter__, Atomic.__exit__ = start, end
    try:
        yield seconds
    finally:
        Atomic.__enter__, Atomic.__exit__ = enter, leave


def report(what: str, run: Callable[[], object]) -> None:
    began = time.perf_counter()
    with timed() as seconds:
        run()
    took = time.perf_counter() - began
    print(f"{what}: {took:.1f} s, {len(seconds):,} transactions, the longest {max(seconds, default=0):.2f} s")


def leave(address: str) -> None:
    from django.utils import timezone

    from studysite.accounts.erasing import erase_person
    from studysite.accounts.models import User

    erase_person(person=User.objects.get(email=address), now=timezone.now())


def expect_rest(when: str, *, cards: int, reviews: int) -> None:
    """Raise NotWrittenError if other data is left; a frozen question about an erased card counts too."""
    from cards.models import Card
    from sessions_app.models import Review, Step

    expect(f"{when}, cards that say something", sent=cards, written=Card.objects.unerased().count())
    expect(f"{when}, reviews", sent=reviews, written=Review.objects.count())
    if not cards:
        expect(f"{when}, questions", sent=0, written=Step.objects.count())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cards", type=int, default=20_000)
    parser.add_argument("--learners", type=int, default=30)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="studysite-erasure-") as directory:
        os.environ |= {"DATA_DIR": directory, "SECRET_KEY": "for-measuring-alone-0123456789-abcdefgh"}
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studysite.settings")
        os.environ.pop("DATABASE_URL", None)
        django.setup()
        call_command("migrate", verbosity=0)
        build(options.cards, options.learners)
        size = Path(directory, "studysite.sqlite3").stat().st_size / 2**20
        quiet = {"stdout": io.StringIO()}
        cards, reviews = options.cards, options.cards * options.learners
        expect_rest("before", cards=cards, reviews=reviews)
        print(f"{reviews:,} reviews, {size:,.0f} MB")
        report("the deck", lambda: call_command("daily", **quiet))
        # The answers of other learners stay.
        expect_rest("without the deck", cards=0, reviews=reviews)
        report("its shell, a day later", lambda: call_command("daily", **quiet))
        leave("0@example.org")
        report("a learner", lambda: call_command("daily", **quiet))
        expect_rest("without the learner", cards=0, reviews=reviews - cards)


if __name__ == "__main__":
    try:
        main()
    except NotWrittenError as error:
        sys.exit(str(error))
