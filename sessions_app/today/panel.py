"""What the home page tells a learner about their day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from cards.models import Deck
from sessions_app.models import CardProgress, Enrollment
from sessions_app.questions.every_deck import DeckToday, EveryDeck, every_deck
from sessions_app.questions.mixups import has_mixups
from sessions_app.today.habit import Habit, habit_of
from sessions_app.today.pace import in_words, pace, time_for
from studysite.accounts.models import User
from studysite.queries.counting import MOST_COUNTED, count_up_to

NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Next:
    """The deck of which a card is due first, when nothing is left for now.

    ``count`` cards are due on that day; None if a same-day step of a card comes later today.
    """

    deck: Deck
    due: date | datetime
    count: int | None


@dataclass(frozen=True)
class Ideas:
    """What is worth doing when nothing is due, in decks that the learner has studied last; each may be None."""

    to_learn: Enrollment | None
    weakest_in: Deck | None
    mixed_up_in: Deck | None


@dataclass(frozen=True)
class Panel:
    """``time`` says how long the cards of ``plan`` take; it is empty without cards, and if they are too many.

    ``next`` and ``ideas`` are None while there is something to study.
    """

    plan: EveryDeck
    habit: Habit
    time: str = ""
    next: Next | None = None
    ideas: Ideas | None = None


def panel_of(learner: User, enrollments: Sequence[Enrollment], *, now: datetime) -> Panel:
    """The learner's panel, in six queries at most; ``enrollments`` as `every_deck` takes them."""
    plan, habit = every_deck(learner, now=now, enrollments=enrollments), habit_of(learner, now=now)
    if plan.decks:
        # A count that has stopped at its limit says nothing about the time.
        is_known = plan.total and all(each.due <= MOST_COUNTED for each in plan.decks)
        return Panel(plan, habit, time=in_words(time_for(plan, pace(learner))) if is_known else "")
    by_deck = {enrollment.deck_id: enrollment for enrollment in enrollments}
    first = plan.next_deck
    coming = _next(first, by_deck[first.deck.pk], now) if first else None
    return Panel(plan, habit, next=coming, ideas=_ideas(enrollments))


def _next(first: DeckToday, enrollment: Enrollment, now: datetime) -> Next | None:
    due = first.next_due
    if due is None:
        return None
    if isinstance(due, datetime):
        return Next(first.deck, due, None)
    mine = CardProgress.objects.filter(learner=enrollment.learner_id, deck=first.deck, due_day=due)
    found = count_up_to(mine.asked(enrollment.side_choice).active().unburied(now))
    return Next(first.deck, due, found or None)


def _ideas(enrollments: Sequence[Enrollment]) -> Ideas:
    by_recency = sorted(enrollments, key=lambda each: each.last_studied_at or NEVER, reverse=True)
    unlearned = (each for each in by_recency if each.learned_count < each.active_count)
    known = (each.deck for each in by_recency if each.scheduled)
    last = by_recency[0] if by_recency else None
    return Ideas(
        to_learn=next(unlearned, None),
        weakest_in=next(known, None),
        mixed_up_in=last.deck if last and has_mixups(last) else None,
    )
