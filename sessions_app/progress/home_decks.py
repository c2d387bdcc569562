"""The decks on a learner's home page: read once, for the list of decks and for the day's plan."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cards.models import Deck
from cards.reporting.services import pending_feedback
from sessions_app.models import Enrollment
from sessions_app.progress.standing import Figures, Row, decks_of, my_decks
from sessions_app.questions.every_deck import EveryDeck, with_day
from studysite.accounts.models import User


@dataclass(frozen=True)
class HomeDecks:
    """``rows`` are the learner's decks with their standing, ``planned`` the enrollments in the day's plan."""

    rows: Sequence[tuple[Deck, Row[Figures] | None]] = ()
    planned: Sequence[Enrollment] = ()


def home_decks(learner: User, *, now: datetime) -> HomeDecks:
    """The decks that the learner owns or has studied, in two queries, and two more for an owner."""
    decks = list(decks_of(learner).select_related("owner").defer("words"))
    enrollments = enrollments_in(decks, learner, now=now) if decks else []
    note_pending_feedback(learner, decks)
    planned = [enrollment for enrollment in enrollments if enrollment.is_in_plan]
    return HomeDecks(my_decks(decks, enrollments), planned)


def enrollments_in(decks: Sequence[Deck], learner: User, *, now: datetime) -> list[Enrollment]:
    """The learner's enrollments in ``decks``, with what is due today and with the decks themselves."""
    by_pk = {deck.pk: deck for deck in decks}
    enrollments = list(with_day(learner.enrollments.filter(deck__in=by_pk), learner, now))
    for enrollment in enrollments:
        enrollment.deck, enrollment.learner = by_pk[enrollment.deck_id], learner
    return enrollments


def note_due(plan: EveryDeck) -> None:
    """Set ``due`` on the decks of ``plan``: how many of their cards can be asked now."""
    for each in plan.decks:
        each.deck.due = each.due  # type: ignore[attr-defined]


def note_pending_feedback(owner: User, decks: Sequence[Deck]) -> None:
    """Set ``pending`` on the owner's decks: what learners have reported and the owner has not dealt with."""
    own = {deck.pk: deck for deck in decks if deck.owner_id == owner.pk}
    for pk, pending in pending_feedback(own).items():
        own[pk].pending = pending  # type: ignore[attr-defined]
