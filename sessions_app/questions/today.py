"""What is due, new, buried or waiting today."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q
from django.db.models.functions import Greatest, TruncDate

from cards.models import Deck
from sessions_app.models import CardProgress, CardProgressQuerySet, DayTotal, Enrollment, EnrollmentQuerySet
from sessions_app.study.days import study_day
from sessions_app.study.types import State
from studysite.accounts.models import User
from studysite.queries.counting import MOST_COUNTED

RECALL_DAYS = 30
"""The study days that the "91 % right" of a table counts."""


@dataclass(frozen=True)
class Today:
    """How many questions of a deck Spaced has for a learner today; a card that asks for both sides has two.

    ``due`` ones can be asked now; above MOST_COUNTED it only says that they are more. ``new`` is what is left of
    today's new ones. ``unseen`` ones have no memory yet, ``scheduled`` ones have; suspended and buried ones are in
    neither. ``next_due`` is when the next one is due; None without one.
    """

    due: int
    new: int
    unseen: int
    scheduled: int
    next_due: date | datetime | None


def scheduled_for(enrollments: EnrollmentQuerySet, learner: User, now: datetime) -> EnrollmentQuerySet:
    """``enrollments`` annotated with their schedules for the learner's study day."""
    today = study_day(now, learner.zone)
    return enrollments.with_schedule(now=now, today=today, recalls_after=today - timedelta(days=RECALL_DAYS))


def today(enrollment: Any, deck: Deck, *, now: datetime) -> Today:
    """The learner's cards of today. ``enrollment`` comes from `scheduled_for`, or is not saved yet."""
    questions = deck.question_count(enrollment.side_choice)
    if enrollment.pk is None:
        return Today(0, min(questions, enrollment.new_per_day), questions, 0, None)
    return today_of(
        enrollment,
        introduced=introduced_today(enrollment, now),
        buried=buried_cards(enrollment, now),
        waiting=waiting_steps(enrollment, now),
    )


def today_of(enrollment: Any, *, introduced: int, buried: "Buried", waiting: "Waiting") -> Today:
    """The learner's cards of today in the deck of ``enrollment``, which comes from `scheduled_for` with its deck.

    ``introduced`` of its new cards have been asked today already.
    """
    questions = enrollment.deck.question_count(enrollment.side_choice)
    unseen = max(0, questions - enrollment.suspended - enrollment.scheduled - buried.unseen)
    left_today = max(0, enrollment.new_per_day - introduced)
    # A waiting step is due today, so it comes before anything that is due on a later day.
    next_due = waiting.first_at or min(filter(None, (enrollment.next_due, buried.first_day)), default=None)
    # A count that has stopped at its limit stays above it.
    is_capped = enrollment.due_count > MOST_COUNTED
    return Today(
        due=enrollment.due_count if is_capped else max(0, enrollment.due_count - waiting.scheduled),
        new=min(unseen, left_today),
        unseen=unseen,
        scheduled=max(0, enrollment.scheduled - buried.scheduled),
        next_due=next_due,
    )


@dataclass(frozen=True)
class Buried:
    """How many cards are buried; the first of the ``scheduled`` ones can be asked on ``first_day``."""

    unseen: int = 0
    scheduled: int = 0
    first_day: date | None = None


@dataclass(frozen=True)
class Waiting:
    """How many cards are due today in a same-day step that comes later, the first of them at ``first_at``."""

    scheduled: int = 0
    first_at: datetime | None = None


def askable_progress(enrollment: Enrollment) -> CardProgressQuerySet:
    """The learner's progress on what the deck's cards ask them for, without what is suspended."""
    mine = CardProgress.objects.filter(learner=enrollment.learner_id, deck=enrollment.deck_id)
    return mine.asked(enrollment.side_choice).active()


def buried_cards(enrollment: Enrollment, now: datetime) -> Buried:
    """The cards that are buried at ``now``."""
    if enrollment.buried_until is None or enrollment.buried_until <= now:
        return Buried()
    has_memory = Q(due_day__isnull=False)
    # A card is buried until the start of a study day, so the date of that instant is the day it comes back.
    back_on = TruncDate("buried_until", tzinfo=enrollment.learner.zone)
    found = (
        askable_progress(enrollment)
        .filter(buried_until__gt=now)
        .aggregate(
            unseen=Count("pk", filter=~has_memory),
            scheduled=Count("pk", filter=has_memory),
            first_day=Min(Greatest("due_day", back_on), filter=has_memory),
        )
    )
    return Buried(**found)


def waiting_steps(enrollment: Any, now: datetime) -> Waiting:
    """The cards that count as due today, but whose same-day step comes too late to be asked now."""
    if not enrollment.due_count:
        return Waiting()
    soon = now + timedelta(minutes=enrollment.learn_ahead)
    # Named, so that the index by state finds them.
    steps = askable_progress(enrollment).unburied(now).filter(state__in=[State.LEARNING, State.RELEARNING])
    steps = steps.filter(due__gt=soon, due_day__lte=study_day(now, enrollment.learner.zone))
    return Waiting(**steps.aggregate(scheduled=Count("pk"), first_at=Min("due")))


def introduced_today(enrollment: Enrollment, now: datetime) -> int:
    """How many cards got a memory in the learner's study day that contains ``now``."""
    day = study_day(now, enrollment.learner.zone)
    totals = DayTotal.objects.filter(learner=enrollment.learner_id, deck=enrollment.deck_id, study_day=day)
    return totals.values_list("introduced", flat=True).first() or 0
