"""Decks to study, and a way to study them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse

from cards.editing.decks import refresh_deck
from cards.models import Card, Deck, Visibility
from sessions_app.models import Paper, Step
from sessions_app.sessions import services as sessions
from sessions_app.sessions.state import SessionState
from sessions_app.study.modes.types import SessionSettings
from studysite.accounts.models import User

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def names_of(paper: Paper) -> dict[str, Any]:
    """How a form names a paper, for `practice_test.saving.save`."""
    return {"paper": paper.pk, "learner": paper.session.learner_id, "slug": paper.session.deck.slug}


def deck_of(owner: User, cards: int, **fields: object) -> Deck:
    """A public deck with this many cards, which ask for their definitions."""
    fields = {"title": "Capitals", "visibility": Visibility.PUBLIC, "side_choice": "definition"} | fields
    deck = Deck.objects.create(owner=owner, **fields)
    rows = [Card(deck=deck, position=n, term=f"Term {n}", definition=f"Definition {n}") for n in range(cards)]
    for row in rows:
        row.prepare()
    Card.objects.bulk_create(rows)
    refresh_deck(deck=deck)
    deck.refresh_from_db()
    return deck


@pytest.fixture
def make_deck(owner: User) -> Callable[..., Deck]:
    """``make_deck(46)``: a public deck of Olga's with this many cards, which ask for their definitions."""
    return lambda cards=5, **fields: deck_of(owner, cards, **fields)


@pytest.fixture
def deck(make_deck: Callable[..., Deck]) -> Deck:
    return make_deck(5)


@pytest.fixture
def study_url(deck: Deck) -> str:
    return reverse("study", args=[deck.slug, "spaced"])


@pytest.fixture
def answer_url(deck: Deck) -> str:
    return reverse("study_answer", args=[deck.slug, "spaced"])


class Studying:
    """A learner in a deck's Spaced mode, with their own clock."""

    def __init__(self, learner: User, deck: Deck, now: datetime = NOON) -> None:
        self.learner, self.deck, self.now = learner, deck, now

    def start(self, queue: str = "due", new_limit: int = 20, *, starred: bool = False):
        settings = SessionSettings(queue, new_limit, starred)
        return sessions.session_start(
            learner=self.learner, deck=self.deck, mode="spaced", settings=settings, now=self.now
        )

    def open_step(self) -> Step | None:
        steps = Step.objects.unanswered().filter(session__learner=self.learner, session__finished_at=None)
        return steps.select_related("session__deck", "card").first()

    def answer(
        self, rating: int, step: Step | None = None, after: timedelta = timedelta(seconds=20)
    ) -> SessionState:
        self.now += after
        return sessions.step_answer(
            learner=self.learner,
            step=step or self.open_step(),
            response={"rating": str(rating)},
            now=self.now,
        )


@pytest.fixture
def studying(learner: User, deck: Deck) -> Studying:
    return Studying(learner, deck)
