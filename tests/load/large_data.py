"""Fills an empty database with many learners, cards, progress and reviews, in minutes.

    python -m tests.load.large_data                                # 10,000 learners, 1,000,000 cards ...
    python -m tests.load.large_data --learners 100 --cards 50000 --progress 200000 --reviews 200000

The first writes 3 GB into DATA_DIR (or DATABASE_URL), where nobody may have studied yet. All rows are as the
site would have written them after learners' archives were imported: progress, day totals and counts follow from
the reviews, so `rebuild_progress --check` changes nothing. A few rows of each kind are made by the site's own
code. All others are copies of them, made by the database.

Decks are named by their size: ``deck-100000-1``, ``deck-10000-1``, ``deck-1000-1`` ... Learners are
``learner-1@example.org`` and so on. The first has seen half of the first deck of each size. Half of the learners
have studied 100 cards of ``deck-1000-1``, and share their progress.
"""

import argparse
import itertools
import random
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

if __name__ == "__main__":
    from studysite.server.prepare import prepare, start_django

    start_django()

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import connection, models, transaction
from django.utils import timezone

from cards.models import Card, Deck, Tag, TagLink, Visibility
from sessions_app.models import CardProgress, DayTotal, Enrollment, Review, StudySession
from studysite.accounts.models import User
from tests.load.bulk_sql import columns_of, copies, fill, helper_table, insert
from tests.load.large_histories import HISTORIES, Written, histories

PASSWORD = "Answers-thousand"
MOST_TEXTS = 200
"""Cards that the site renders; all others have the same texts with another number."""
MOST_CARDS = 1_000
"""Cards that most learners have studied of a deck."""
TAGS = 20
LEVELS = ("recognised", "recalled", "learned", "mastered")
WORDS = (
    "river mountain treaty kingdom battle theorem function integral vector gradient descent harbour "
    "Straße café naïve 東京 ひらがな Москва forest engine protein enzyme granite sonata tariff ballad"
).split()
NEXT_CARD = """CASE WHEN model.mistaken_for_id IS NOT NULL THEN
    (SELECT id FROM cards_card AS other WHERE other.deck_id = card.deck_id AND other.position = card.position + 1
        AND other.removed_at IS NULL) END"""
"""The SQL of the card that a card is mistaken for."""
BATCH = 1_000
AT_ONCE = 250_000
"""Rows of progress that are written in one statement."""


@dataclass(frozen=True)
class Studied:
    """A learner's progress in a deck: on the cards from position ``start`` to before ``end``.

    ``first`` is the number of the history of the card at position 0.
    """

    learner: int
    deck: int
    start: int
    end: int
    first: int


def make(
    *, learners: int, cards: int, progress: int, reviews: int, sizes: Sequence[int] | None = None
) -> dict[str, int]:
    """Fill the database, and return how many rows it then has of each kind.

    ``sizes`` are those of the decks; they add up to ``cards``. Reviews beyond those that the
    progress follows from are answers that were taken back.

    Raises:
        ValueError: the numbers do not fit together, or somebody has studied already.
    """
    sizes = sorted(sizes or deck_sizes(cards), reverse=True)
    if Enrollment.objects.exists():
        raise ValueError("Somebody has studied already: this needs an empty database.")
    if sum(sizes) != cards or min(learners, cards, progress) < 1:
        raise ValueError("The sizes must add up to the cards, and everything needs at least one.")
    with connection.constraint_checks_disabled(), transaction.atomic():
        people = make_learners(learners)
        decks = make_decks(people, sizes)
        make_cards(decks)
        tag(decks[0])
        plan = list(studied(people, decks, progress))
        enroll(plan)
        make_progress(decks[0], plan)
        take_back(reviews - Review.objects.count())
        count()
    with connection.cursor() as cursor:
        # A database of this size has had time to look at its tables.
        cursor.execute("ANALYZE")
    kinds = (User, Deck, Card, Enrollment, CardProgress, Review)
    return {str(each._meta.verbose_name): each._default_manager.count() for each in kinds}


def deck_sizes(cards: int) -> list[int]:
    """One of up to 100,000 cards, a tenth in decks of 10,000, three tenths in decks of 1,000, the rest of 46."""
    largest = max(1, min(100_000, cards // 10))
    sizes = [largest, *[10_000] * (cards // 10 // 10_000), *[1_000] * (3 * cards // 10 // 1_000)]
    rest = cards - sum(sizes)
    sizes += [46] * (rest // 46)
    return [*sizes, rest % 46] if rest % 46 else sizes


# --- People, decks and cards


def make_learners(count: int) -> list[User]:
    password = make_password(PASSWORD)
    emails = [f"learner-{number}@example.org" for number in range(1, count + 1)]
    people = [
        User(email=email, name=f"Learner {number}", password=password)
        for number, email in enumerate(emails, 1)
    ]
    User.objects.bulk_create(people, batch_size=BATCH)
    addresses = (EmailAddress(user=user, email=user.email, primary=True, verified=True) for user in people)
    EmailAddress.objects.bulk_create(addresses, batch_size=BATCH)
    return people


def make_decks(people: Sequence[User], sizes: Sequence[int]) -> list[Deck]:
    """A deck of each size; of those of 46 cards, a quarter is shared by link, and a quarter private."""
    numbers: dict[int, int] = {}
    small = (Visibility.PUBLIC, Visibility.PUBLIC, Visibility.LINK, Visibility.PRIVATE)
    decks = []
    for place, size in enumerate(sizes):
        number = numbers[size] = numbers.get(size, 0) + 1
        visibility = small[(number - 1) % 4] if size <= 46 and len(sizes) > 1 else Visibility.PUBLIC
        decks.append(
            Deck(
                owner=people[place % len(people)],
                slug=f"deck-{size}-{number}",
                title=f"{WORDS[place % len(WORDS)].title()} {number} ({size:,} cards)",
                visibility=visibility,
                card_count=size,
            )
        )
    return Deck.objects.bulk_create(decks, batch_size=BATCH)


def make_cards(decks: Sequence[Deck]) -> None:
    """The first cards of the first deck by the site's own code, and all others as their copies."""
    largest, chance = decks[0], random.Random(1)
    models_ = [text_of(largest, position, chance) for position in range(min(MOST_TEXTS, largest.card_count))]
    for card in models_:
        card.prepare()
    Card.objects.bulk_create(models_, batch_size=BATCH)
    texts = len(models_)
    with helper_table("places", ("deck", "size", "first")), helper_table("numbers", ("number",)):
        fill("numbers", ((number,) for number in range(max(deck.card_count for deck in decks))))
        firsts = itertools.accumulate((deck.card_count for deck in decks), initial=0)
        fill(
            "places", ((deck.pk, deck.card_count, first) for deck, first in zip(decks, firsts, strict=False))
        )
        # A text column of the copy is that of its model, with its own number instead of the model's.
        names = [
            each.column for each in columns_of(Card) if type(each) in (models.TextField, models.CharField)
        ]
        number = "CAST(1000000 + places.first + numbers.number AS text)"
        of_model = "CAST(1000000 + model.position AS text)"
        copied = {name: f"REPLACE(model.{name}, {of_model}, {number})" for name in names}
        insert(
            Card(deck=largest),
            {**copied, "key": f"'card-' || {number}", "deck_id": "places.deck", "position": "numbers.number"},
            source=f"""places CROSS JOIN numbers CROSS JOIN cards_card AS model
                WHERE numbers.number < places.size AND places.first + numbers.number >= {texts}
                    AND model.deck_id = {largest.pk} AND model.removed_at IS NULL
                    AND model.position = (places.first + numbers.number) % {texts}""",
        )


def text_of(deck: Deck, position: int, chance: random.Random) -> Card:
    """An unsaved card with random words and, as every copy will have, its own number."""
    number, words = 1_000_000 + position, chance.choices(WORDS, k=12)
    definition = " ".join(words[2:])
    if position % 10 == 3:
        definition = f"The **{words[2]}** of $x_{{{number}}}$ and {definition}."
    key = f"card-{number}"
    return Card(deck=deck, position=position, key=key, term=f"{words[0]} {number}", definition=definition)


def tag(deck: Deck) -> None:
    """Some tags of the owner's, each on a twentieth of the deck's cards."""
    tags = [Tag(owner_id=deck.owner_id, name=f"Topic {n}", key=f"topic {n}") for n in range(TAGS)]
    for place, made in enumerate(Tag.objects.bulk_create(tags)):
        insert(
            TagLink(tag=made),
            {"card_id": "card.id"},
            source=f"cards_card AS card WHERE card.deck_id = {deck.pk} AND card.position % {TAGS} = {place}",
        )


# --- Studying


def studied(people: Sequence[User], decks: Sequence[Deck], progress: int) -> Iterator[Studied]:
    """Who has studied what, as many rows of progress as wanted.

    Raises ValueError if all decks have not enough cards for the learners.
    """
    first, have = 0, set[tuple[int, int]]()
    for learner, deck, wanted in wishes(people, decks):
        if progress == 0:
            return
        if (learner.pk, deck.pk) in have:
            continue
        have.add((learner.pk, deck.pk))
        rows = min(wanted, deck.card_count, progress)
        yield Studied(learner.pk, deck.pk, 0, rows, first)
        progress, first = progress - rows, first + rows
    if progress:
        raise ValueError(f"The learners cannot have {progress:,} more rows of progress on these cards.")


def wishes(people: Sequence[User], decks: Sequence[Deck]) -> Iterator[tuple[User, Deck, int]]:
    """Learners, decks, and how many cards they would like to study, the most important ones first."""
    firsts: dict[int, Deck] = {}
    for deck in decks:
        firsts.setdefault(deck.card_count, deck)
    for deck in firsts.values():
        yield people[0], deck, -(-deck.card_count // 2)
    of_class = firsts.get(1_000, decks[0])
    for learner in people[: max(1, len(people) // 2)]:
        yield learner, of_class, 100
    yield from wishes_for_large_decks(people, decks)
    first_own = {deck.owner_id: deck for deck in reversed(decks)}
    for learner in people:
        if learner.pk in first_own:
            yield learner, first_own[learner.pk], MOST_CARDS
    # Each learner studies other decks than their neighbours, until the progress is used up.
    shared = [deck for deck in decks if deck.visibility != Visibility.PRIVATE]
    for turn, (place, learner) in itertools.product(range(len(shared)), enumerate(people)):
        yield learner, shared[(7 * place + turn) % len(shared)], MOST_CARDS


def wishes_for_large_decks(people: Sequence[User], decks: Sequence[Deck]) -> Iterator[tuple[User, Deck, int]]:
    """Some learners study all decks of more than 1,000 cards."""
    for deck, learner in itertools.product(decks, people[1:20]):
        if deck.card_count > MOST_CARDS:
            yield learner, deck, MOST_CARDS


def enroll(plan: Iterable[Studied]) -> None:
    made = [Enrollment(learner_id=one.learner, deck_id=one.deck, shares_progress=True) for one in plan]
    Enrollment.objects.bulk_create(made, batch_size=BATCH)


def make_progress(largest: Deck, plan: Sequence[Studied]) -> None:
    """The progress and the reviews of ``plan``. The first are written as values, all others copied from them."""
    written = write_models(largest, plan[0])
    rest = [replace(plan[0], start=len(written)), *plan[1:]]
    with helper_table("studied", ("first", "learner", "deck", "start_position", "end_position")):
        fill("studied", ((one.first, one.learner, one.deck, one.start, one.end) for one in rest))
        with helper_table("models", ("number", "progress")), helper_table("lines", ("number", "review")):
            fill("models", ((each.number, each.row.pk) for each in written))
            fill("lines", ((each.number, line.pk) for each in written for line in each.lines))
            for first in range(0, sum(one.end for one in plan), AT_ONCE):
                copy_models(first, len(written))
        # The days of those that are written as values count, too.
        fill("studied", [(plan[0].first, plan[0].learner, plan[0].deck, 0, len(written))])
        add_days(written)


def studied_cards(helper: str, histories: int, model: type[models.Model] | None = None) -> str:
    """The SQL of all studied cards, each with the rows of a helper table that have its history's number.

    With ``model`` its table is there, too, as "model". CROSS JOIN is the same as JOIN, but makes SQLite read the
    tables in this order.
    """
    table = f"CROSS JOIN {model._meta.db_table} AS model" if model else ""
    return f"""studied CROSS JOIN cards_card AS card CROSS JOIN {helper} {table}
        WHERE card.deck_id = studied.deck AND card.removed_at IS NULL
            AND card.position >= studied.start_position AND card.position < studied.end_position
            AND {helper}.number = (studied.first + card.position) % {histories}"""


def copy_models(first: int, histories: int) -> None:
    """Write the progress and the reviews of the studied cards that are numbered from ``first`` on."""
    keys = {
        "learner_id": "studied.learner",
        "deck_id": "studied.deck",
        "card_id": "card.id",
        "side": "card.studied_side",
    }
    for model, helper, column, given in (
        (CardProgress, "models", "progress", keys),
        (Review, "lines", "review", {**keys, "mistaken_for_id": NEXT_CARD}),
    ):
        insert(
            model(),
            {**copies(model, given), **given},
            source=f"""{studied_cards(helper, histories, model)} AND model.id = {helper}.{column}
                AND studied.first >= {first} AND studied.first < {first + AT_ONCE}
                ORDER BY studied.first, card.position, model.id""",
        )


def write_models(deck: Deck, plan: Studied) -> list[Written]:
    """Each kind of history once, on the first cards of the first learner."""
    cards = list(deck.cards.in_order().defer("term_html", "definition_html")[: min(plan.end, HISTORIES)])
    written = list(histories(plan.learner, cards, timezone.now()))
    CardProgress.objects.bulk_create([each.row for each in written], batch_size=BATCH)
    Review.objects.bulk_create([line for each in written for line in each.lines], batch_size=BATCH)
    return written


def add_days(written: Collection[Written]) -> None:
    """The totals of the study days."""
    sums = ("answers", "introduced", "recalls", "recalls_right")
    with helper_table("days", ("number", "day", *sums)):
        fill(
            "days",
            (
                (each.number, day.toordinal(), *(getattr(tally, name) for name in sums))
                for each in written
                for day, tally in each.days
            ),
        )
        day = "date('0001-01-01', (days.day - 1) || ' days')"
        if connection.vendor == "postgresql":
            day = "DATE '0001-01-01' + CAST(days.day - 1 AS integer)"
        insert(
            DayTotal(),
            {
                "learner_id": "studied.learner",
                "deck_id": "studied.deck",
                "study_day": day,
                **{name: f"SUM(days.{name})" for name in sums},
            },
            source=f"{studied_cards('days', len(written))} GROUP BY studied.learner, studied.deck, days.day",
        )


def take_back(count: int) -> None:
    """Write this many answers that were taken back, so they change no progress.

    Raises ValueError for less than none.
    """
    if count < 0:
        raise ValueError(f"The progress follows from {-count:,} more reviews.")
    void = Review(voided_at=timezone.now())
    have = Review.objects.standing().count()
    for left in range(count, 0, -have):
        source = f"sessions_app_review AS model WHERE voided_at IS NULL ORDER BY id LIMIT {min(left, have)}"
        insert(void, copies(Review, {"voided_at"}), source=source)


def count() -> None:
    """What the enrollments count, in one statement; and a finished session for each."""
    levels = {
        name: f"COUNT(CASE WHEN level = {n} AND NOT suspended THEN 1 END)" for n, name in enumerate(LEVELS, 1)
    }
    counts = levels | {
        "scheduled": "COUNT(CASE WHEN due IS NOT NULL AND NOT suspended THEN 1 END)",
        "suspended": "COUNT(CASE WHEN suspended THEN 1 END)",
        "last_studied_at": "MAX(last_reviewed_at)",
    }
    with connection.cursor() as cursor:
        cursor.execute(
            f"""UPDATE sessions_app_enrollment AS mine SET {", ".join(f"{name} = found.{name}" for name in counts)}
            FROM (SELECT learner_id, deck_id, {", ".join(f"{sql} AS {name}" for name, sql in counts.items())}
                FROM sessions_app_cardprogress GROUP BY learner_id, deck_id) AS found
            WHERE found.learner_id = mine.learner_id AND found.deck_id = mine.deck_id"""
        )
    now = timezone.now()
    insert(
        StudySession(mode="spaced", seed=1, study_day=now.date(), started_at=now, finished_at=now),
        {"learner_id": "mine.learner_id", "deck_id": "mine.deck_id"},
        source="sessions_app_enrollment AS mine ORDER BY mine.id",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Fill an empty database.")
    parser.add_argument("--learners", type=int, default=10_000)
    parser.add_argument("--cards", type=int, default=1_000_000)
    parser.add_argument("--progress", type=int, default=5_000_000)
    parser.add_argument("--reviews", type=int, default=5_000_000)
    chosen = parser.parse_args()
    started = time.monotonic()
    prepare()
    for name, number in make(**vars(chosen)).items():
        print(f"{name:<14}{number:>12,}")
    print(f"{time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
