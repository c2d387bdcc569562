"""Erasing stored texts of removed decks and cards, and everything that people who leave have studied.

Everything is done in transactions of some hundred rows, and the next run finds what is left (see
`cards.erasing.services` and `studysite.accounts.erasing`). The log and progress of other learners stay: a replay
must not give another result.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, QuerySet

from cards.erasing.services import REMOVED_CARD, drop_rows
from cards.models import Card, Deck
from sessions_app.models import (
    CardProgress,
    DayTotal,
    Enrollment,
    Folder,
    FolderDeck,
    LearnerSettings,
    MatchingBoard,
    OverriddenAnswer,
    Review,
    Step,
    StudySession,
)
from sessions_app.study.questions.frozen import board_without, question_without
from studysite.accounts.erasing import Belonging
from studysite.accounts.models import User
from studysite.queries.chunks import chunked
from studysite.slices import Slice

ROWS_AT_ONCE = 500
SESSIONS_AT_ONCE = 50


# --- Questions of other apps


def needed_cards(keys: Collection[int]) -> list[int]:
    """Those of the cards that any learner has answered or marked."""
    about = (Review.objects.filter(card=OuterRef("pk")), CardProgress.objects.filter(card=OuterRef("pk")))
    cards = Card.objects.filter(Exists(about[0]) | Exists(about[1]), pk__in=keys)
    return list(cards.values_list("pk", flat=True))


def needed_decks(keys: Collection[int]) -> list[int]:
    """Those of the decks in which anything was studied. Enrollments are searched first: there are fewest."""
    found = set(Enrollment.objects.filter(deck__in=keys).values_list("deck", flat=True))
    for rows in (StudySession, Review, CardProgress, DayTotal, MatchingBoard):
        if rest := set(keys) - found:
            mine = rows._default_manager.filter(deck=OuterRef("pk"))
            found |= set(Deck.objects.filter(Exists(mine), pk__in=rest).values_list("pk", flat=True))
    return list(found)


def belongings(people: Collection[int]) -> list[Belonging]:
    """The number of these people's answers, and of other learners with answers in their decks."""
    others = Enrollment.objects.filter(
        deck__owner__in=people, deck__removed_at=None, last_studied_at__isnull=False
    )
    learners = others.exclude(learner__in=people).aggregate(learners=Count("learner", distinct=True))[
        "learners"
    ]
    return [
        Belonging(Review.objects.filter(learner__in=people).count(), "answer", "answers"),
        Belonging(
            learners,
            "other learner who has answers in these decks",
            "other learners who have answers in these decks",
        ),
    ]


# --- Decks as a whole


def deck_erase(deck: Deck, *, slice_: Slice) -> bool:
    """Delete the sessions in an erased deck with their questions, and what its owner has studied in it.

    Like all functions here that take a ``slice_`` it stops when that time is over, and returns whether everything
    is deleted.
    """
    return (
        drop_rows(FolderDeck.objects.filter(deck=deck), slice_=slice_)
        and drop_sessions(StudySession.objects.filter(deck=deck), slice_=slice_)
        and drop_owners_log(deck, slice_=slice_)
        and drop_rows(unused_enrollments(deck), slice_=slice_)
    )


def unused_enrollments(deck: Deck) -> QuerySet[Enrollment]:
    """Enrollments of learners who have never answered or marked anything in the deck."""
    mine = CardProgress.objects.filter(learner=OuterRef("learner"), deck=deck)
    lines = Review.objects.filter(learner=OuterRef("learner"), deck=deck)
    return Enrollment.objects.filter(~Exists(mine), ~Exists(lines), deck=deck, last_studied_at=None)


def drop_owners_log(deck: Deck, *, slice_: Slice) -> bool:
    """Delete what the owner of an erased deck has studied in it.

    If cards were moved between it and another deck, nothing is deleted: answers in one count in the other.
    """
    own = {"learner": deck.owner_id, "deck": deck}
    # At least one of these rows is left until the last line is deleted.
    if not any(rows._default_manager.filter(**own).exists() for rows in (Enrollment, CardProgress, DayTotal)):
        return True
    mine = Review.objects.filter(learner=deck.owner_id)
    lines = mine.filter(card__deck=deck)
    if lines.exclude(deck=deck).exists() or mine.filter(deck=deck).exclude(card__deck=deck).exists():
        return True
    # The enrollment first: without it nothing is replayed.
    Enrollment.objects.filter(**own).delete()
    progress = CardProgress.objects.filter(learner=deck.owner_id, card__deck=deck)
    return (
        drop_reviews(lines, slice_=slice_)
        and drop_rows(progress, slice_=slice_)
        and drop_rows(DayTotal.objects.filter(**own), slice_=slice_)
    )


# --- Single cards


def cards_erase(cards: Sequence[int], deck: Deck, *, slice_: Slice) -> bool:
    """Erase the texts of ``cards`` from the frozen questions and boards of every deck in which they were asked.

    Their own ``deck`` is left out if it is erased as a whole. Overridden answers to the cards are deleted, too.
    """
    if not drop_rows(OverriddenAnswer.objects.filter(card__in=cards), slice_=slice_):
        return False
    homes = set(Step.objects.filter(card__in=cards).values_list("session__deck", flat=True).distinct())
    homes |= set(Review.objects.filter(card__in=cards).values_list("deck", flat=True).distinct())
    homes = homes - {deck.pk} if deck.erased_at else homes | {deck.pk}
    hidden, texts = frozenset(cards), texts_of(cards) if homes else frozenset()

    def without(question: dict[str, Any]) -> dict[str, Any]:
        return question_without(question, hidden, texts, REMOVED_CARD)

    def bare(board: dict[str, Any]) -> dict[str, Any]:
        return board_without(board, hidden, REMOVED_CARD)

    for home in sorted(homes):
        keys = list(StudySession.objects.filter(deck=home).order_by("pk").values_list("pk", flat=True))
        for chunk in chunked(keys, SESSIONS_AT_ONCE):
            if slice_.is_over:
                return False
            rewrite(Step.objects.filter(session__in=chunk), "question", without)
            rewrite(MatchingBoard.objects.filter(session__in=chunk), "board", bare)
    return True


def texts_of(cards: Collection[int]) -> frozenset[str]:
    """All source texts of these cards."""
    rows = Card.objects.filter(pk__in=cards).values_list(
        "term", "definition", "accepted_terms", "accepted_definitions"
    )
    found: set[str] = set()
    for term, definition, *accepted in rows:
        found |= {term, definition, *(text for texts in accepted for text in texts)}
    return frozenset(found)


def rewrite(rows: QuerySet[Any], field: str, change: Callable[[Any], Any]) -> None:
    """Apply ``change`` to ``field`` of ``rows``; only rows that differ are written."""
    changed = []
    for row in rows.only(field):
        new = change(getattr(row, field))
        if new != getattr(row, field):
            setattr(row, field, new)
            changed.append(row)
    for chunk in chunked(changed, ROWS_AT_ONCE):
        rows.model.objects.bulk_update(chunk, [field])


# --- People


def unenroll(person: User) -> None:
    """Delete the person's enrollments, so that no table shows them and nothing of theirs is replayed."""
    Enrollment.objects.filter(learner=person).delete()


def person_erase(person: User, *, slice_: Slice) -> bool:
    """Delete all answers, marks, settings and folders of the person."""
    unenroll(person)
    LearnerSettings.objects.filter(learner=person).delete()
    return (
        drop_rows(FolderDeck.objects.filter(folder__learner=person), slice_=slice_)
        and drop_rows(Folder.objects.filter(learner=person), slice_=slice_)
        and drop_reviews(Review.objects.filter(learner=person), slice_=slice_)
        and drop_sessions(StudySession.objects.filter(learner=person), slice_=slice_)
        and drop_rows(CardProgress.objects.filter(learner=person), slice_=slice_)
        and drop_rows(DayTotal.objects.filter(learner=person), slice_=slice_)
    )


# --- Rows


def drop_reviews(lines: QuerySet[Review], *, slice_: Slice) -> bool:
    """Delete ``lines``, and the overridden answers that no other line refers to."""
    while found := dict(lines.order_by().values_list("pk", "overridden")[:ROWS_AT_ONCE]):
        if slice_.is_over:
            return False
        with transaction.atomic():
            Review.objects.filter(pk__in=found).delete()
            others = Review.objects.filter(overridden=OuterRef("pk"))
            answers = OverriddenAnswer.objects.filter(pk__in=set(found.values()) - {None})
            answers.filter(~Exists(others)).delete()
    return True


def drop_sessions(sessions: QuerySet[StudySession], *, slice_: Slice) -> bool:
    """Delete ``sessions`` with their questions, papers and boards; the lines of the log stay."""
    while chunk := list(sessions.order_by()[:SESSIONS_AT_ONCE]):
        while _drop_steps(chunk):
            if slice_.is_over:
                return False
        with transaction.atomic():
            _lock_enrollments(chunk)
            StudySession.objects.filter(pk__in=[session.pk for session in chunk]).delete()
        if slice_.is_over:
            return False
    return True


@transaction.atomic
def _drop_steps(sessions: Sequence[StudySession]) -> int:
    """Delete some steps of ``sessions``, and return their number."""
    _lock_enrollments(sessions)
    keys = list(
        Step.objects.filter(session__in=sessions).order_by().values_list("pk", flat=True)[:ROWS_AT_ONCE]
    )
    Step.objects.filter(pk__in=keys).delete()
    return len(keys)


def _lock_enrollments(sessions: Sequence[StudySession]) -> None:
    """Wait for answers that are being written, because they refer to these sessions."""
    learners, decks = ({getattr(one, name) for one in sessions} for name in ("learner_id", "deck_id"))
    mine = Enrollment.objects.filter(learner__in=learners, deck__in=decks)
    list(mine.locked().values_list("pk"))
