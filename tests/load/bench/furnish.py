"""Furnishes a site with decks and learners; called through `manage.py shell` in a process of its own."""

from collections.abc import Sequence

from django.db import connection, transaction
from django.utils import timezone

from cards.editing.decks import refresh_deck
from cards.models import Card, Deck, Visibility
from cards.text.studied_side import sides_of
from sessions_app.models import CardProgress, Enrollment
from sessions_app.study.days import study_day
from sessions_app.study.types import Level, State
from studysite.accounts.models import User
from tests.load.bench.data import Known, Plan, memories, plan_of, print_sessions, texts_of


@transaction.atomic
def furnish(decks: Sequence[str], learners: int) -> None:
    """Make the decks, their owner, and learners who have seen part of them; print the keys of their sessions."""
    owner = User.objects.create_user("owner@bench.example.org", name="Olga")
    people = [
        User(email=f"learner{number}@bench.example.org", name=f"Learner {number}", password="!")
        for number in range(learners)
    ]
    User.objects.bulk_create(people)
    for plan in map(plan_of, decks):
        study(make_deck(owner, plan), people[: plan.learners], plan)
    print_sessions([owner, *people])


def make_deck(owner: User, plan: Plan) -> Deck:
    fields = {"title": plan.slug, "visibility": Visibility.PUBLIC}
    deck = Deck.objects.create(owner=owner, slug=plan.slug, **fields)
    cards = [
        Card(deck=deck, position=place, term=term, definition=definition)
        for place, (term, definition) in enumerate(texts_of(plan))
    ]
    for card in cards:
        card.prepare()
    Card.objects.bulk_create(cards, batch_size=500)
    refresh_deck(deck=deck)
    return deck


def study(deck: Deck, learners: Sequence[User], plan: Plan) -> None:
    """Let the first learner know some of the cards, and the others the same: copying is faster than making."""
    now, first = timezone.now(), learners[0]
    cards = deck.cards.in_order()[: plan.seen]
    today = study_day(now, first.zone)
    rows = [
        CardProgress(
            learner=first,
            deck=deck,
            card=card,
            side=sides_of(card.studied_side)[0],
            due_day=today + (known.due - now),
            **remembered(known),
        )
        for known, card in zip(memories(plan, now), cards, strict=True)
    ]
    CardProgress.objects.bulk_create(rows, batch_size=500)
    for learner in learners[1:]:
        copy_progress(deck, first, learner)
    Enrollment.objects.bulk_create(
        Enrollment(learner=learner, deck=deck, last_studied_at=now, new_per_day=999) for learner in learners
    )
    Enrollment.objects.filter(deck=deck).recount()


def remembered(known: Known) -> dict[str, object]:
    """The fields of a card that was recalled once."""
    day = known.last.date()
    return {
        "level": Level.RECALLED,
        "peak": Level.RECALLED,
        "recalls": 1,
        "recall_days": 1,
        "last_recall_day": day,
        "last_day": day,
        "memory_day": day,
        "last_reviewed_at": known.last,
        "last_recalled_at": known.last,
        "state": State.REVIEW,
        "stability": known.stability,
        "difficulty": known.difficulty,
        "due": known.due,
    }


def copy_progress(deck: Deck, giver: User, taker: User) -> None:
    table, fields = CardProgress._meta.db_table, CardProgress._meta.concrete_fields
    names = ", ".join(field.column for field in fields if field.name not in ("id", "learner"))
    where = "deck_id = %s AND learner_id = %s"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (learner_id, {names}) SELECT %s, {names} FROM {table} WHERE {where}",
            [taker.pk, deck.pk, giver.pk],
        )
