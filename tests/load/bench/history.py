"""A long history of one learner, for `rebuild_progress`; made as `tests.load.bench.furnish` makes the rest."""

from datetime import UTC, datetime, timedelta

from django.core.management import call_command

from cards.models import Card, Deck
from sessions_app.models import Enrollment, Review
from sessions_app.study.types import Evidence, JudgedBy, Kind, Rating, Verdict
from studysite.accounts.models import User
from tests.load.bench.data import HISTORY_CARDS, HISTORY_EACH, HISTORY_OF, Plan
from tests.load.bench.furnish import make_deck

FIRST = datetime(2024, 1, 1, 12, tzinfo=UTC)


def make_history() -> None:
    """Write the recalls, and the progress that follows from them."""
    learner = User.objects.create_user(HISTORY_OF, name="Hanna")
    deck = make_deck(learner, Plan("history", HISTORY_CARDS, 0, 0, 1))
    Enrollment.objects.create(learner=learner, deck=deck)
    cards = list(deck.cards.in_order())
    lines = [
        recall(learner, deck, card, number, place)
        for number in range(HISTORY_EACH)
        for place, card in enumerate(cards)
    ]
    Review.objects.bulk_create(lines, batch_size=500)
    call_command("rebuild_progress", learner=HISTORY_OF, verbosity=0)


def recall(learner: User, deck: Deck, card: Card, number: int, place: int) -> Review:
    """A recall of a card, every nine days; each tenth was wrong."""
    at = FIRST + timedelta(days=9 * number, seconds=place)
    is_wrong = (number + place) % 10 == 0
    return Review(
        learner=learner,
        card=card,
        deck=deck,
        mode="spaced",
        side=card.studied_side,
        kind=Kind.FLIP,
        evidence=Evidence.RECALL,
        verdict=Verdict.WRONG if is_wrong else Verdict.CORRECT,
        rating=Rating.AGAIN if is_wrong else Rating.GOOD,
        judged_by=JudgedBy.LEARNER,
        reviewed_at=at,
        study_day=at.date(),
    )
