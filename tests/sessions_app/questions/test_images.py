"""Images wherever a side is shown: the deck's page, the modes' questions and answers, papers, boards."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cards.editing import decks
from cards.models import Card, Deck
from sessions_app.models import MatchingBoard, Paper, Step
from sessions_app.questions.images import illustrated
from sessions_app.study.questions.types import Question
from sessions_app.study.types import Kind, Side
from sessions_app.templatetags.studying import images_of
from tests.cards.pictures import show, stored
from tests.sessions_app.practice_test.pages.taking import Sitting

pytestmark = pytest.mark.django_db

CITIES = "Paris London Madrid Lisbon Berlin Vienna Rome Athens Oslo Helsinki Warsaw Prague".split()
HTMX = {"HX-Request": "true", "HX-Target": "question"}


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path) -> None:
    settings.DATA_DIR = tmp_path


@pytest.fixture
def deck(owner) -> Deck:
    """Twelve capitals; each land shows a flag, each city a view."""
    deck = Deck.objects.create(owner=owner, title="Capitals", visibility="public", side_choice="definition")
    for position, city in enumerate(CITIES):
        land = "abcdefghijkl"[position] * 4
        card = Card.objects.create(deck=deck, position=position, term=f"Land {land}", definition=city)
        flag = stored("red").described(f"Flag of {land}")
        show(card, term=(flag,), definition=(stored("blue").described(f"View of {city}"),))
    decks.refresh_deck(deck=deck)
    return deck


def alts(html: str) -> list[str]:
    return re.findall(r'<img class="card-image"[^>]* alt="([^"]*)"', html)


def flag(term: str) -> str:
    return f"Flag of {term.removeprefix('Land ')}"


def test_viewer_and_term_list_show_images(client, deck):
    html = client.get(deck.get_absolute_url()).text
    shown = alts(html)
    assert shown[:2] == ["Flag of aaaa", "View of Paris"]
    assert {f"View of {city}" for city in CITIES} <= set(shown)
    assert 'width="40" height="30" loading="lazy"' in html


def study(client, deck, mode: str, **choices: object):
    page = reverse("study", args=[deck.slug, mode])
    client.post(page, choices)
    return client.get(page).text


def question_of(deck: Deck) -> Question:
    return Question.from_json(Step.objects.unanswered().get(session__deck=deck).question)


def test_spaced_shows_images_of_question_and_answer(learner_client, deck):
    html = study(learner_client, deck, "spaced")
    question = question_of(deck)
    assert alts(html) == [flag(question.prompt), f"View of {question.answer}"]


def answer(client, deck, mode: str, **response: object) -> str:
    step = Step.objects.unanswered().get(session__deck=deck)
    address = reverse("study_answer", args=[deck.slug, mode])
    return client.post(address, {"step": step.pk, **response}, headers=HTMX).text


def test_choice_and_feedback_show_images(learner_client, deck):
    html = study(learner_client, deck, "learn", learn_kinds="choice")
    question = question_of(deck)
    assert question.kind is Kind.CHOICE
    assert alts(html) == [flag(question.prompt), *(f"View of {option}" for option in question.options)]
    wrong = next(place for place, text in enumerate(question.options) if text != question.answer)
    told = alts(answer(learner_client, deck, "learn", option=wrong))
    assert told == [flag(question.prompt), *(f"View of {option}" for option in question.options)]


def test_feedback_on_a_typed_answer_shows_its_image(learner_client, deck):
    html = study(learner_client, deck, "learn", learn_kinds="typed")
    question = question_of(deck)
    assert question.kind is Kind.TYPED
    assert alts(html) == [flag(question.prompt)]
    told = alts(answer(learner_client, deck, "learn", typed="Nowhere"))
    assert told == [flag(question.prompt), f"View of {question.answer}"]


def test_line_by_line_answer_shows_the_image_below(learner_client, owner):
    deck = Deck.objects.create(owner=owner, title="One", visibility="public", side_choice="definition")
    card = Card.objects.create(deck=deck, term="Lines", definition="one\ntwo\nthree")
    show(card, definition=(stored(alt="All three"),))
    decks.refresh_deck(deck=deck)
    assert alts(study(learner_client, deck, "learn", learn_kinds="flip")) == ["All three"]


def paper(client, deck: Deck) -> tuple[str, list[Question]]:
    kinds = ["choice", "true_false", "block", "typed", "flip"]
    html = study(client, deck, "test", questions=10, kinds=kinds)
    return html, [Question.from_json(step.question) for step in Paper.objects.get().session.steps.on_paper()]


def test_test_print_key_and_results_show_images(learner_client, owner_client, deck):
    html, questions = paper(learner_client, deck)
    prompts = {flag(prompt) for each in questions for prompt in (each.prompt, *each.prompts) if prompt}
    options = {f"View of {option}" for each in questions for option in each.options}
    assert {question.kind for question in questions} >= {Kind.CHOICE, Kind.TRUE_FALSE, Kind.BLOCK, Kind.TYPED}
    assert prompts | options == set(alts(html))
    sitting, pk = Sitting(learner_client, deck), Paper.objects.get().pk
    printed = learner_client.get(reverse("test_print", args=[deck.slug, pk])).text
    assert prompts | options == set(alts(printed))
    sitting.post("hand_in", sitting.answers(right=False))
    answers = {f"View of {each.answer}" for each in questions if each.answer}
    # Self-graded questions are first shown with their answer, and all questions when there is a score.
    assert answers & set(alts(learner_client.get(sitting.page).text))
    sitting.post("judge", sitting.judgements())
    results = learner_client.get(reverse("test_results", args=[deck.slug, pk])).text
    assert prompts | answers <= set(alts(results))
    assert answers <= set(alts(learner_client.get(reverse("test_key", args=[deck.slug, pk])).text))


def test_matching_tiles_show_images(learner_client, deck):
    page = reverse("matching", args=[deck.slug])
    learner_client.post(page)
    board = MatchingBoard.objects.get().frozen()
    expected = [flag(term) for term in board.terms] + [f"View of {text}" for text in board.definitions]
    shown = alts(learner_client.get(page).text)
    assert list(dict.fromkeys(shown)) == expected
    assert len(shown) == 2 * len(expected)


def test_cards_with_equal_answers_show_their_own_image(learner_client, owner):
    deck = Deck.objects.create(owner=owner, title="Same", visibility="public", side_choice="definition")
    for position, term in enumerate(("First", "Second")):
        card = Card.objects.create(deck=deck, position=position, term=term, definition="Same")
        show(card, definition=(stored(alt=term),))
    decks.refresh_deck(deck=deck)
    html = study(learner_client, deck, "spaced")
    assert alts(html) == [question_of(deck).prompt]


def test_right_option_shows_the_asked_cards_image(deck):
    first, second, third = deck.cards.in_order()[:3]
    question = Question(
        *(Kind.CHOICE, second.pk, Side.DEFINITION, second.term, "Same", ""),
        options=("Same", third.definition),
        option_cards=(first.pk, third.pk),
    )
    (shown,) = illustrated([question], deck)
    assert (
        alts(images_of(shown.options[0])) == alts(images_of(shown.answer)) == [f"View of {second.definition}"]
    )
    assert alts(images_of(shown.options[1])) == [f"View of {third.definition}"]
    assert shown == question


def test_open_question_keeps_its_text(learner_client, deck):
    study(learner_client, deck, "spaced")
    question = question_of(deck)
    card = Card.objects.get(pk=question.card_id)
    card.definition = "Changed"
    show(card, definition=(stored(alt="New"),))
    html = learner_client.get(reverse("study", args=[deck.slug, "spaced"])).text
    assert question.answer in html
    assert alts(html) == ["New"]


@pytest.mark.slow
def test_images_add_one_query_whatever_their_number(learner_client, make_deck, owner):
    def queries(images: int) -> int:
        deck = make_deck(12, title=f"Deck {images}")
        for card in deck.cards.in_order()[:images]:
            show(card, term=(stored(alt="x"),), definition=(stored("blue"), stored("green")))
        study(learner_client, deck, "test", questions=10, kinds=["choice", "block"])
        with CaptureQueriesContext(connection) as seen:
            html = learner_client.get(reverse("study", args=[deck.slug, "test"])).text
            learner_client.get(deck.get_absolute_url())
        assert bool(alts(html)) is bool(images)
        return len(seen)

    assert queries(0) + 1 == queries(6) == queries(12)
