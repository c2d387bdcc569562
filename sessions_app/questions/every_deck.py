"""What is due and new today in all decks of a learner, and in which order they are studied."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import (
    Case,
    Count,
    DateField,
    Exists,
    F,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from cards.models import Deck
from cards.text.natural_order import natural_key
from sessions_app.models import (
    CardProgress,
    CardProgressQuerySet,
    DayTotal,
    Enrollment,
    EnrollmentQuerySet,
    Step,
    StudySession,
)
from sessions_app.questions.today import Buried, Today, Waiting, scheduled_for, today_of
from sessions_app.study.days import study_day
from sessions_app.study.modes import SPACED
from sessions_app.study.types import State
from studysite.accounts.models import User

Rows = QuerySet[Any, tuple[Any, ...]]
COLUMNS = ("deck", "is_buried", "until", "unseen", "cards", "first_day")
"""Of what is buried or waits in a deck until an instant; ``first_day`` is the first due day of the buried ones."""


@dataclass(frozen=True)
class DeckToday:
    """What Spaced has for a learner today in one deck.

    ``is_open`` if they have begun a session in it today and not finished it. ``next_due`` as in `Today`.
    """

    deck: Deck
    due: int
    new: int
    next_due: date | datetime | None
    is_open: bool = False

    @property
    def total(self) -> int:
        return self.due + self.new


@dataclass(frozen=True)
class EveryDeck:
    """All decks of a learner today.

    ``decks`` are those with something to study, in the order in which they are studied; ``due`` and ``new`` are
    their sums. ``next_deck`` is the one of which a card is due first after that, None without one.
    """

    decks: Sequence[DeckToday] = field(default_factory=list)
    next_deck: DeckToday | None = None

    @property
    def due(self) -> int:
        return sum(deck.due for deck in self.decks)

    @property
    def new(self) -> int:
        return sum(deck.new for deck in self.decks)

    @property
    def total(self) -> int:
        return self.due + self.new


def planned_enrollments(learner: User, *, now: datetime) -> list[Enrollment]:
    """The learner's enrollments in the decks that a day's study is made of, with decks and schedules.

    These are the decks that they have studied and may still open.
    """
    open_decks = Deck.objects.visible_to(learner).values("pk")
    mine = learner.enrollments.in_plan().filter(deck__in=open_decks)
    return list(with_day(mine, learner, now).select_related("deck").defer("deck__words"))


def with_day(enrollments: EnrollmentQuerySet, learner: User, now: datetime) -> EnrollmentQuerySet:
    """``enrollments`` of ``learner`` as `scheduled_for` annotates them, and with what was begun today.

    ``new_today`` cards were introduced in the study day, ``is_open`` if a session of Spaced is not finished.
    """
    mine = {
        "learner": OuterRef("learner"),
        "deck": OuterRef("deck"),
        "study_day": study_day(now, learner.zone),
    }
    # A retired question leaves an open session without one: nothing is left to continue.
    asking = Step.objects.unanswered().filter(session=OuterRef("pk"))
    sessions = StudySession.objects.open().filter(**mine, mode=SPACED.name)
    return scheduled_for(enrollments, learner, now).annotate(
        new_today=Coalesce(Subquery(DayTotal.objects.filter(**mine).values("introduced")), 0),
        is_open=Exists(sessions.filter(Exists(asking))),
    )


def every_deck(learner: User, *, now: datetime, enrollments: Sequence[Enrollment] | None = None) -> EveryDeck:
    """What ``learner`` can study at ``now``, in two queries for any number of decks and cards.

    ``enrollments`` are those in the plan, with their decks, as `with_day` annotates them. Without them
    `planned_enrollments` reads them.
    """
    if enrollments is None:
        enrollments = planned_enrollments(learner, now=now)
    decks = [
        DeckToday(enrollment.deck, today.due, today.new, today.next_due, is_open)
        for enrollment, today, is_open in _todays(learner, enrollments, now)
    ]
    to_study = sorted((deck for deck in decks if deck.total or deck.is_open), key=_place)
    later = [deck for deck in decks if deck.next_due is not None]
    return EveryDeck(to_study, min(later, key=_when, default=None))


def next_deck(learner: User, *, after: Deck, now: datetime) -> DeckToday | None:
    """What to study after a session in the deck ``after``: the first of the others; None if nothing is left."""
    return next((deck for deck in every_deck(learner, now=now).decks if deck.deck.pk != after.pk), None)


def _place(deck: DeckToday) -> tuple[object, ...]:
    """An open session first, then the deck with the most due cards."""
    return (not deck.is_open, -deck.due, natural_key(deck.deck.title), deck.deck.pk)


def _when(deck: DeckToday) -> tuple[object, ...]:
    """An instant is one of today, a date is one of a later day."""
    due = deck.next_due
    return (0, due, deck.deck.pk) if isinstance(due, datetime) else (1, due, deck.deck.pk)


def _todays(
    learner: User, enrollments: Sequence[Enrollment], now: datetime
) -> list[tuple[Enrollment, Today, bool]]:
    buried, waiting = _held_back(learner, enrollments, now)
    return [
        (
            enrollment,
            today_of(
                enrollment,
                introduced=enrollment.new_today,  # type: ignore[attr-defined]
                buried=buried.get(enrollment.deck_id, Buried()),
                waiting=waiting.get(enrollment.deck_id, Waiting()),
            ),
            enrollment.is_open,  # type: ignore[attr-defined]
        )
        for enrollment in enrollments
    ]


def _held_back(
    learner: User, enrollments: Sequence[Enrollment], now: datetime
) -> tuple[dict[int, Buried], dict[int, Waiting]]:
    """What is buried and what waits, by deck, in one query; in none if no deck can have any."""
    found = [_buried(learner, enrollments, now), _waiting(learner, enrollments, now)]
    queries = [query for query in found if query is not None]
    rows = queries[0].union(*queries[1:], all=True) if queries else ()
    buried: dict[int, Buried] = {}
    waiting: dict[int, Waiting] = {}
    for deck, is_buried, until, unseen, cards, first_day in rows:
        if is_buried:
            # As in `buried_cards`: the date of that instant is the day on which the card comes back.
            back_on = first_day and max(first_day, until.astimezone(learner.zone).date())
            earlier = buried.get(deck, Buried())
            days = filter(None, (earlier.first_day, back_on))
            buried[deck] = Buried(earlier.unseen + unseen, earlier.scheduled + cards, min(days, default=None))
        else:
            waiting[deck] = Waiting(cards, until)
    return buried, waiting


def _askable_in(learner: User, enrollments: Sequence[Enrollment]) -> CardProgressQuerySet:
    """As `askable_progress`, in the decks of several enrollments."""
    by_choice: dict[str, list[int]] = {}
    for each in enrollments:
        by_choice.setdefault(each.side_choice, []).append(each.deck_id)
    mine = CardProgress.objects.filter(learner=learner, deck__in=[each.deck_id for each in enrollments])
    # Usually all decks have the same choice, and the database need not look it up for each card.
    choice = Case(*(When(deck__in=decks, then=Value(choice)) for choice, decks in by_choice.items()))
    return mine.asked(choice if len(by_choice) > 1 else next(iter(by_choice))).active()


def _buried(learner: User, enrollments: Sequence[Enrollment], now: datetime) -> Rows | None:
    """How many cards are buried, by deck and by when they come back; None if no deck has any."""
    some = [each for each in enrollments if each.buried_until and each.buried_until > now]
    if not some:
        return None
    has_memory = Q(due_day__isnull=False)
    rows = _askable_in(learner, some).filter(buried_until__gt=now).order_by()
    # Not the day of each card, for which SQLite would call Python.
    counts = rows.values("deck", until=F("buried_until")).annotate(
        is_buried=Value(value=True),
        unseen=Count("pk", filter=~has_memory),
        cards=Count("pk", filter=has_memory),
        first_day=Min("due_day"),
    )
    return counts.values_list(*COLUMNS)


def _waiting(learner: User, enrollments: Sequence[Enrollment], now: datetime) -> Rows | None:
    """How many same-day steps come too late to be asked now, by deck; None if no card is due.

    The decks may have different times by which a step may come early: one condition for each of these times.
    """
    some = [each for each in enrollments if each.due_count]  # type: ignore[attr-defined]
    if not some:
        return None
    by_minutes: dict[int, list[int]] = {}
    for each in some:
        by_minutes.setdefault(each.learn_ahead, []).append(each.deck_id)
    comes_later = Q()
    for minutes, decks in by_minutes.items():
        comes_later |= Q(deck__in=decks, due__gt=now + timedelta(minutes=minutes))
    rows = _askable_in(learner, some).unburied(now).filter(state__in=[State.LEARNING, State.RELEARNING])
    rows = rows.filter(comes_later, due_day__lte=study_day(now, learner.zone)).order_by()
    counts = rows.values("deck").annotate(
        is_buried=Value(value=False),
        until=Min("due"),
        unseen=Value(0),
        cards=Count("pk"),
        first_day=Value(None, DateField()),
    )
    return counts.values_list(*COLUMNS)
