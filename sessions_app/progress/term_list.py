"""The list of a deck's terms, with the learner's progress on each question of a card."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import BooleanField, Case, Count, Exists, Prefetch, Q, When

from cards.models import Card, CardQuerySet, Deck
from sessions_app.models import CardProgress, Enrollment
from sessions_app.questions.sides import AskedSide, DeckSides, progress_on
from sessions_app.study.types import Level, Side
from studysite.accounts.models import User

LEVELS = {level.name.lower(): level for level in Level}
FADING, SUSPENDED = "fading", "suspended"
# What the list can be narrowed to.
STANDINGS = (*LEVELS, FADING, SUSPENDED)


@dataclass(frozen=True)
class QuestionStanding:
    """The learner's standing on one question of a card; ``progress`` is None for one that was never answered."""

    side: Side
    progress: CardProgress | None


def enrollment_and_star(
    deck: Deck, learner: User | AnonymousUser, card: Card | None = None
) -> tuple[Enrollment, bool]:
    """The learner's enrollment in the deck, and whether they have starred ``card``, in one query.

    Without an enrollment, and for a visitor, it is an unsaved one.
    """
    if not learner.is_authenticated:
        return Enrollment(deck=deck), False
    stars = CardProgress.objects.filter(learner=learner, card=card, starred=True)
    enrollment = learner.enrollments.filter(deck=deck).annotate(has_star=Exists(stars)).first()
    if enrollment is None:
        return Enrollment(learner=learner, deck=deck), False
    enrollment.deck = deck
    return enrollment, enrollment.has_star


def with_standing(cards: CardQuerySet, enrollment: Enrollment, *, now: datetime) -> CardQuerySet:
    """``cards`` with ``standing``: a list of the learner's rows of progress on what each asks them for.

    A card that they have neither answered nor marked has none. A row's ``is_fading`` says whether it is fading at
    ``now``.
    """
    is_fading = Case(When(fades_at__lte=now, then=True), default=False, output_field=BooleanField())
    mine = CardProgress.objects.filter(learner=enrollment.learner_id, deck=enrollment.deck_id)
    progress = mine.asked(enrollment.side_choice).annotate(is_fading=is_fading)
    return cards.prefetch_related(Prefetch("progress", progress, to_attr="standing"))


def note_questions(cards: Iterable[Any], enrollment: Enrollment) -> None:
    """Set ``questions`` on the ``cards`` of `with_standing`: the standing of each question of a card, by its side.

    It is empty if no card of the deck has two questions for the learner: then a standing needs no side.
    ``has_star`` says whether one of them has the card's star.
    """
    for card in cards:
        card.has_star = any(row.starred for row in card.standing)
        sides, rows = enrollment.asked_sides(card), {row.side: row for row in card.standing}
        card.questions = [QuestionStanding(side, rows.get(side)) for side in sides if enrollment.has_siblings]


def narrowed(cards: CardQuerySet, standing: str, enrollment: Enrollment, *, now: datetime) -> CardQuerySet:
    """The ``cards`` with a question of one ``standing`` for the learner: a level, fading or suspended."""
    mine = CardProgress.objects.filter(learner=enrollment.learner_id, deck=enrollment.deck_id)
    # These are few and have an index. So not each card of the deck has to be looked at.
    few = {FADING: mine.fading(now), SUSPENDED: mine.filter(suspended=True)}
    if standing in few:
        cards = cards.filter(pk__in=few[standing].values("card"))
    return DeckSides.of(enrollment).having(cards, _has_standing(standing, enrollment.learner_id, now))


def known_count(standing: str, enrollment: Enrollment) -> int | None:
    """How many questions `narrowed` finds, if the enrollment has counted them; else None."""
    return {"new": enrollment.new_count, SUSPENDED: enrollment.suspended, **enrollment.roll_up()}.get(
        standing
    )


def narrowed_question_count(cards: CardQuerySet, enrollment: Enrollment) -> int:
    """How many questions of the ``cards`` have the standing that `narrowed` chose them by; one query."""
    names = DeckSides.of(enrollment).flags
    counts = {f"{name}_count": Count("pk", filter=Q(**{name: True})) for name in names}
    return sum(cards.order_by().aggregate(**counts).values())


def _has_standing(standing: str, learner: int, now: datetime) -> Callable[[AskedSide], Q]:
    """Whether a card's question on a side has the ``standing``."""
    if standing == SUSPENDED:
        return lambda side: Q(Exists(progress_on(side, learner).filter(suspended=True)))
    if standing == FADING:
        return lambda side: Q(Exists(progress_on(side, learner).active().fading(now)))
    level = LEVELS[standing]
    if level is Level.NEW:
        # Most new questions have no row.
        return lambda side: (
            ~Q(Exists(progress_on(side, learner).filter(Q(level__gt=level) | Q(suspended=True))))
        )
    return lambda side: Q(Exists(progress_on(side, learner).active().filter(level=level)))
