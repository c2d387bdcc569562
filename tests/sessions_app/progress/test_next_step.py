"""What a deck's page offers first, and modes that start with one press."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cards.models import Deck
from sessions_app.models import CardProgress, Enrollment, MatchingBoard, Step, StudySession
from sessions_app.study.types import Kind
from studysite.accounts.models import User
from tests.sessions_app.conftest import Studying

pytestmark = pytest.mark.django_db

WORDS = "apple bridge candle desert engine forest guitar hammer island jungle kettle lemon mirror".split()


def primary(client: Client, deck: Deck) -> tuple[str, str]:
    """The mode that the first button of the page starts, and what it says."""
    html = client.get(deck.get_absolute_url()).text
    form = re.search(
        r'class="cluster deck-ways".*?action="([^"]+)".*?primary">([^<]+)</button>', html, re.DOTALL
    )
    assert form
    return form[1].rstrip("/").rsplit("/", 1)[1], form[2]


def press(client: Client, deck: Deck, mode: str, **fields: object):
    return client.post(reverse("study", args=[deck.slug, mode]), fields, follow=True)


def level(learner: User, deck: Deck, value: int, **fields: object) -> None:
    for card in deck.cards.all():
        values = {"level": value, "peak": value, **fields}
        CardProgress.objects.create(learner=learner, deck=deck, card=card, side="definition", **values)
    Enrollment.objects.set_for(learner, deck, last_studied_at=timezone.now())
    Enrollment.objects.filter(learner=learner).recount()


def test_first_step_follows_the_learners_standing(learner_client, learner, deck, client):
    assert primary(client, deck) == ("learn", "Start learning")
    assert primary(learner_client, deck) == ("learn", "Start learning")
    press(learner_client, deck, "learn")
    step = Step.objects.get()
    learner_client.post(reverse("study_answer", args=[deck.slug, "learn"]), {"step": step.pk, "unknown": 1})
    assert primary(learner_client, deck) == ("learn", "Round 1 of Learn: go on")
    learner_client.post(reverse("study_finish", args=[deck.slug, "learn"]))
    # The card that was missed.
    assert primary(learner_client, deck) == ("spaced", "Review 1 due")
    CardProgress.objects.update(due_day="2100-01-01")
    assert primary(learner_client, deck) == ("learn", "Learn new cards")


def test_due_cards_come_first(learner_client, learner, deck):
    studying = Studying(learner, deck, timezone.now())
    studying.start()
    for _ in range(2):
        studying.answer(3)
    CardProgress.objects.exclude(due_day=None).update(due_day="2020-01-01")
    assert primary(learner_client, deck) == ("spaced", "Review 2 due")


@pytest.mark.parametrize(("value", "label"), [(1, "Go on learning"), (3, "Test yourself")])
def test_without_new_cards(learner_client, learner, deck, value, label):
    level(learner, deck, value)
    assert primary(learner_client, deck)[1] == label


def test_empty_deck_offers_nothing(client, make_deck):
    assert "mode-tile" not in client.get(make_deck(0).get_absolute_url()).text


@pytest.mark.parametrize("somebody", ["client", "learner_client", "owner_client"])
@pytest.mark.parametrize(
    ("mode", "mark"),
    [("learn", "answer-form"), ("spaced", "answer-form"), ("test", "paper-form"), ("matching", "board")],
)
def test_every_mode_starts_at_once_and_goes_on(request, make_deck, somebody, mode, mark):
    somebody, deck = request.getfixturevalue(somebody), make_deck(12)
    for _ in range(2):
        page = press(somebody, deck, mode)
        assert mark in page.text
        assert 'id="start-form"' not in page.text
    assert StudySession.objects.count() == 1


def test_quick_test_has_ten_questions(learner_client, make_deck):
    deck = make_deck(len(WORDS))
    for card, word in zip(deck.cards.in_order(), WORDS, strict=True):
        card.definition = word
        card.prepare()
        card.save()
    press(learner_client, deck, "test")
    assert Step.objects.count() == 10
    kinds = set(Step.objects.values_list("kind", flat=True))
    assert kinds <= {Kind.CHOICE.value, Kind.TRUE_FALSE.value}


@pytest.mark.parametrize("preset", ["quick", "all", "written", "", "other", "\x00"])
@pytest.mark.parametrize("cards", [1, 2, 5])
def test_presets_suit_small_decks(learner_client, make_deck, preset, cards):
    press(learner_client, make_deck(cards), "test", preset=preset)
    assert Step.objects.count() >= 1


@pytest.mark.parametrize("mode", ["learn", "spaced", "matching"])
def test_starting_at_once_keeps_the_settings(learner_client, learner, make_deck, mode):
    deck = make_deck(12)
    kept = {"learn_kinds": ["typed"], "strict": True, "retype": True, "new_per_day": 3, "untimed": True}
    Enrollment.objects.set_for(learner, deck, **kept)
    press(learner_client, deck, mode)
    assert Enrollment.objects.values(*kept).get() == kept


def test_form_with_settings_can_untick_them(learner_client, learner, deck):
    Enrollment.objects.set_for(learner, deck, learn_kinds=["typed"], strict=True, retype=True)
    press(learner_client, deck, "learn", has_settings="on")
    kept = Enrollment.objects.get()
    assert (kept.learn_kinds, kept.strict, kept.retype) == ([], False, False)


def test_options_are_shown_while_a_session_is_open_and_start_anew(learner_client, deck):
    page = reverse("study", args=[deck.slug, "learn"])
    press(learner_client, deck, "learn")
    html = learner_client.get(f"{page}?options=1").text
    assert 'id="start-form"' in html
    assert "You have an open session here" in html
    press(learner_client, deck, "learn", has_settings="on", learn_kinds="typed")
    assert StudySession.objects.open().count() == 1
    assert StudySession.objects.count() == 2
    assert Step.objects.unanswered().get().kind == "typed"


def test_board_goes_on(learner_client, make_deck):
    deck = make_deck(12)
    press(learner_client, deck, "matching")
    press(learner_client, deck, "matching")
    assert MatchingBoard.objects.count() == 1


@pytest.mark.parametrize("mode", ["learn", "spaced"])
def test_form_that_is_sent_twice_starts_one_session(learner_client, deck, mode):
    for _ in range(2):
        press(learner_client, deck, mode, has_settings="on", learn_kinds="typed")
    assert StudySession.objects.count() == 1
