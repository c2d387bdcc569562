"""The questions that cards ask the app above, and that cards work without that app."""

import pytest
from django.utils import timezone

from cards import hooks
from cards.erasing.services import erase_now
from cards.models import Card, Deck
from cards.reporting.services import PendingFeedback, pending_feedback_in
from sessions_app.hooks import StudyAnswers
from sessions_app.models import Enrollment, Review

pytestmark = pytest.mark.django_db


def test_studying_answers() -> None:
    assert isinstance(hooks.study, StudyAnswers)


def test_without_studying_nothing_is_known_and_nothing_is_kept(monkeypatch, make_deck):
    deck = make_deck(2)
    monkeypatch.setattr(hooks, "study", hooks.NothingStudied())
    assert hooks.study.learner_count(Card.objects.all()) == 0
    assert pending_feedback_in(deck) == PendingFeedback(0, 0)
    erase_now([deck.pk], now=timezone.now())
    assert not Deck.objects.exists()
    assert not Card.objects.exists()
    assert not Enrollment.objects.exists()
    assert not Review.objects.exists()
