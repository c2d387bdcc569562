"""Furnishes the floor with the same decks and learners as the site."""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from studysite.accounts.models import User
from tests.load.bench.data import Plan, memories, plan_of, print_sessions, texts_of
from tests.load.floor.models import Card, Deck, Enrollment, Progress


@transaction.atomic
def furnish(decks: Sequence[str], learners: int) -> None:
    """Make the decks, and learners who have seen part of them; print the keys of their sessions."""
    people = [
        User(email=f"learner{number}@bench.example.org", name=f"Learner {number}", password="!")
        for number in range(learners + 1)
    ]
    User.objects.bulk_create(people)
    for plan in map(plan_of, decks):
        study(plan, people[1 : plan.learners + 1])
    # The first one stands for the owner of the decks.
    Enrollment.objects.bulk_create(Enrollment(learner=people[0], deck=deck) for deck in Deck.objects.all())
    print_sessions(people)


def study(plan: Plan, learners: Sequence[User]) -> None:
    now = timezone.now()
    deck = Deck.objects.create(slug=plan.slug, title=plan.slug, card_count=plan.cards)
    Card.objects.bulk_create(
        Card(deck=deck, position=place, term=term, definition=definition)
        for place, (term, definition) in enumerate(texts_of(plan))
    )
    cards = deck.cards.order_by("position")[: plan.seen]
    known = list(zip(memories(plan, now), cards, strict=True))
    enrollments = Enrollment.objects.bulk_create(
        Enrollment(learner=learner, deck=deck) for learner in learners
    )
    for enrollment in enrollments:
        Progress.objects.bulk_create(
            Progress(
                enrollment=enrollment,
                card=card,
                level=2,
                stability=one.stability,
                difficulty=one.difficulty,
                state=2,
                due=one.due,
                last_reviewed_at=one.last,
            )
            for one, card in known
        )
