"""What is due and new today in all decks of a learner, and in which order they are studied."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import (
    Count,
    DateField,
    DateTimeField,
    Exists,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
)
from django.db.models.functions import Coalesce, Greatest, TruncDate

from cards.models import Deck, SideChoice
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
COLUMNS = ("deck", "unseen", "cards", "first_day", "first_at")
"""Of what is buried or waits in a deck; ``first_at`` is empty if it is buried."""


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
    buried, waiting = {}, {}
    for deck, unseen, cards, first_day, first_at in (
        queries[0].union(*queries[1:], all=True) if queries else ()
    ):
        if first_at is None:
            buried[deck] = Buried(unseen, cards, first_day)
        else:
            waiting[deck] = Waiting(cards, first_at)
    return buried, waiting


def _askable_in(learner: User, decks: Sequence[int]) -> CardProgressQuerySet:
    """As `askable_progress`, in several decks."""
    mine = Enrollment.objects.filter(learner=learner, deck=OuterRef("deck"))
    choice = Coalesce(
        Subquery(mine.values("side_choice")), Value(SideChoice.AUTO.value), output_field=TextField()
    )
    return CardProgress.objects.filter(learner=learner, deck__in=decks).asked(choice).active()


def _buried(learner: User, enrollments: Sequence[Enrollment], now: datetime) -> Rows | None:
    """For each deck with buried cards the figures of `Buried`, and no time; None if no deck has any."""
    decks = [each.deck_id for each in enrollments if each.buried_until and each.buried_until > now]
    if not decks:
        return None
    has_memory = Q(due_day__isnull=False)
    # As in `buried_cards`.
    back_on = TruncDate("buried_until", tzinfo=learner.zone)
    return (
        _askable_in(learner, decks)
        .filter(buried_until__gt=now)
        .order_by()
        .values("deck")
        .annotate(
            unseen=Count("pk", filter=~has_memory),
            cards=Count("pk", filter=has_memory),
            first_day=Min(Greatest("due_day", back_on), filter=has_memory),
            first_at=Value(None, DateTimeField()),
        )
        .values_list(*COLUMNS)
    )


def _waiting(learner: User, enrollments: Sequence[Enrollment], now: datetime) -> Rows | None:
    """For each deck the figures of `Waiting`, with nothing in the columns of `_buried`; None if no card is due.

    The decks may have different times by which a step may come early: one condition for each of these times.
    """
    by_minutes: dict[int, list[int]] = {}
    for enrollment in enrollments:
        if enrollment.due_count:  # type: ignore[attr-defined]
            by_minutes.setdefault(enrollment.learn_ahead, []).append(enrollment.deck_id)
    if not by_minutes:
        return None
    comes_later = Q()
    for minutes, decks in by_minutes.items():
        comes_later |= Q(deck__in=decks, due__gt=now + timedelta(minutes=minutes))
    steps = _askable_in(learner, [deck for decks in by_minutes.values() for deck in decks])
    steps = steps.unburied(now).filter(state__in=[State.LEARNING, State.RELEARNING])
    steps = steps.filter(comes_later, due_day__lte=study_day(now, learner.zone))
    counts = (
        steps.order_by()
        .values("deck")
        .annotate(unseen=Value(0), cards=Count("pk"), first_day=Value(None, DateField()), first_at=Min("due"))
    )
    return counts.values_list(*COLUMNS)
