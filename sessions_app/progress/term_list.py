"""The list of a deck's terms, with the learner's progress on each card."""

from datetime import datetime

from django.db.models import BooleanField, Case, Prefetch, Q, Subquery, Value, When
from django.db.models.functions import Coalesce

from cards.models import Card, CardQuerySet, Deck, SideChoice
from sessions_app.models import CardProgress, CardProgressQuerySet
from sessions_app.study.types import Level
from studysite.accounts.models import User

LEVELS = {level.name.lower(): level for level in Level}
FADING, SUSPENDED = "fading", "suspended"
# What the list can be narrowed to.
STANDINGS = (*LEVELS, FADING, SUSPENDED)


def progress_in(deck: Deck, learner: User) -> CardProgressQuerySet:
    """The learner's progress on the deck's cards, on the side that each asks them for."""
    wishes = learner.enrollments.filter(deck=deck).values("side_choice")
    progress = CardProgress.objects.filter(learner=learner, deck=deck)
    return progress.asked(Coalesce(Subquery(wishes), Value(SideChoice.AUTO)))


def is_starred(card: Card | None, deck: Deck, learner: User) -> bool:
    """Whether the learner has starred the card; ``card`` is None in an empty deck."""
    return card is not None and progress_in(deck, learner).filter(card=card, starred=True).exists()


def with_standing(cards: CardQuerySet, deck: Deck, learner: User, *, now: datetime) -> CardQuerySet:
    """``cards`` with ``standing``: a list with the learner's row of progress, empty for a card without one.

    The row's ``is_fading`` says whether it is fading at ``now``.
    """
    is_fading = Case(When(fades_at__lte=now, then=True), default=False, output_field=BooleanField())
    progress = progress_in(deck, learner).annotate(is_fading=is_fading)
    return cards.prefetch_related(Prefetch("progress", progress, to_attr="standing"))


def narrowed(cards: CardQuerySet, standing: str, deck: Deck, learner: User, *, now: datetime) -> CardQuerySet:
    """The ``cards`` with one ``standing`` for the learner: a level, fading or suspended (`STANDINGS`)."""
    progress = progress_in(deck, learner)
    if standing == SUSPENDED:
        return cards.filter(pk__in=progress.filter(suspended=True).values("card"))
    if standing == FADING:
        return cards.filter(pk__in=progress.active().fading(now).values("card"))
    level = LEVELS[standing]
    if level is Level.NEW:
        # Most new cards have no row.
        return cards.exclude(pk__in=progress.filter(Q(level__gt=level) | Q(suspended=True)).values("card"))
    return cards.filter(pk__in=progress.active().filter(level=level).values("card"))
