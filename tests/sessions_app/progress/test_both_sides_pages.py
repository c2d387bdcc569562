"""The pages of a deck whose cards ask for both sides: questions are counted, and each has its own progress."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cards.editing.decks import refresh_deck
from cards.models import Card, Deck
from sessions_app.models import CardProgress, Enrollment
from sessions_app.study.types import Level
from tests.sessions_app.conftest import Studying

pytestmark = pytest.mark.django_db


@pytest.fixture
def both(make_deck) -> Deck:
    """Three cards that ask for both sides."""
    return make_deck(3, side_choice="both")


@pytest.fixture
def known(learner, both) -> Deck:
    """Lena's questions: 0 learned and new, 1 suspended and mastered but fading, 2 new, and new but suspended."""
    past = timezone.now() - timedelta(days=1)
    Enrollment.objects.create(learner=learner, deck=both, last_studied_at=past)
    for position, side, fields in (
        (0, "definition", {"level": Level.LEARNED, "starred": True}),
        (1, "definition", {"level": Level.RECALLED, "suspended": True}),
        (1, "term", {"level": Level.MASTERED, "fades_at": past}),
        (2, "term", {"suspended": True}),
    ):
        card = both.cards.get(position=position)
        CardProgress.objects.create(
            learner=learner, deck=both, card=card, side=side, peak=Level.MASTERED, **fields
        )
    Enrollment.objects.recount()
    return both


def body(client, deck, query="", **headers):
    response = client.get(f"{deck.get_absolute_url()}{query}", headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def words(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def levels(html):
    """What the list says of each term: the texts of its badges."""
    found = {}
    for item in re.findall(r'<li>\s*<div class="prose term" dir="auto">(.*?)</li>', html, re.DOTALL):
        foot = words(item.split('class="term-foot"', 1)[1].split(">", 1)[1])
        found[words(item)[:6]] = foot.partition(" Tag")[0].partition(" Open")[0]
    return found


# --- The header


def test_header_counts_cards_and_questions(client, learner_client, both):
    for somebody in (client, learner_client):
        assert "3 cards, 6 questions" in words(body(somebody, both))


def test_header_follows_the_learners_own_choice(client, learner, learner_client, both, deck):
    Enrollment.objects.create(learner=learner, deck=both, side_choice="term")
    Enrollment.objects.create(learner=learner, deck=deck, side_choice="both")
    assert "questions" not in words(body(learner_client, both)).partition("Terms")[0]
    assert "5 cards, 10 questions" in words(body(learner_client, deck))
    assert "questions" not in words(body(client, deck))


def test_home_counts_questions(client, owner_client, both):
    assert "3 cards, 6 questions" in words(client.get("/").content.decode())
    assert "3 cards, 6 questions" in words(owner_client.get("/").content.decode())


# --- The table and the levels


def test_explanations_speak_of_questions(learner_client, known):
    html = words(body(learner_client, known))
    assert "of 4 questions recalled" in html
    assert "The mean level of all questions." in html
    assert "Questions recalled twice without help" in html
    assert "0 of 6 questions scheduled." in html
    assert "A card that asks for both sides has two." in html


def test_explanations_of_one_side_speak_of_cards(learner, learner_client, deck):
    studying = Studying(learner, deck, now=timezone.now())
    studying.start()
    studying.answer(3, after=timedelta(0))
    html = words(body(learner_client, deck))
    assert "question" not in html.partition("Terms")[0]
    assert "1 of 5 cards scheduled." in html


# --- The list of terms


def test_list_shows_the_levels_of_both_questions(learner_client, known):
    assert levels(body(learner_client, known)) == {
        "Term 0": "starred Definition: learned Term: new",
        "Term 1": "Definition: suspended Term: mastered, fading",
        "Term 2": "Definition: new Term: suspended",
    }


def test_list_without_progress_shows_no_levels(client, owner_client, known):
    for somebody in (client, owner_client):
        assert "Definition: new" not in words(body(somebody, known))


def test_a_card_that_asks_one_side_shows_its_side_beside_others_that_ask_both(learner_client, known):
    Card.objects.filter(position=0).update(studied_side="term")
    refresh_deck(deck=known)
    found = levels(body(learner_client, known))
    assert found["Term 0"] == "Term: new"
    assert found["Term 2"] == "Definition: new Term: suspended"


@pytest.mark.parametrize(
    ("level", "found", "count"),
    [
        ("new", {"Term 0", "Term 2"}, "2 new questions on 2 cards"),
        ("learned", {"Term 0"}, "1 learned question on 1 card"),
        ("mastered", {"Term 1"}, "1 mastered question on 1 card"),
        ("fading", {"Term 1"}, "1 fading question on 1 card"),
        ("suspended", {"Term 1", "Term 2"}, "2 suspended questions on 2 cards"),
        ("recalled", set(), "0 recalled questions on 0 cards"),
    ],
)
def test_list_is_filtered_by_either_question(learner_client, known, level, found, count):
    html = body(learner_client, known, f"?level={level}")
    assert set(levels(html)) == found
    assert count in words(html)


def test_counts_of_the_filter_match_the_legend(learner_client, known):
    html = body(learner_client, known)
    links = dict(re.findall(r'<a href="\?level=(\w+)#terms"[^>]*>(\d+) ', html))
    assert links == {"new": "2", "learned": "1", "mastered": "1", "fading": "1", "suspended": "2"}


def test_empty_level_speaks_of_questions(learner_client, known):
    assert "No question is recognised at the moment." in body(learner_client, known, "?level=recognised")


def test_part_of_the_list_is_the_same_as_on_the_page(learner_client, known):
    part = body(learner_client, known, **{"HX-Request": "true", "HX-Target": "terms"})
    assert part.strip().startswith('<section id="terms"')
    assert levels(part) == levels(body(learner_client, known))


@pytest.mark.slow
def test_queries_of_the_deck_page_do_not_grow(learner, learner_client, make_deck):
    numbers = []
    for cards in (3, 40):
        deck = make_deck(cards, side_choice="both")
        studying = Studying(learner, deck, now=timezone.now() - timedelta(hours=1))
        studying.start()
        studying.answer(3)
        with CaptureQueriesContext(connection) as captured:
            body(learner_client, deck)
        numbers.append(len(captured))
    assert numbers[0] == numbers[1] <= 10


# --- A card's page


def card_page(client, card):
    return client.get(reverse("card", args=[card.deck.slug, card.pk])).content.decode()


@pytest.fixture
def studied(learner, both) -> Card:
    """Lena recalled the definition of the first card four days ago, and forgot its term today."""
    studying = Studying(learner, both, now=timezone.now() - timedelta(days=4))
    studying.start(new_limit=1)
    studying.answer(3)
    studying.now = timezone.now() - timedelta(minutes=5)
    CardProgress.objects.update(due_day=studying.now.date() + timedelta(days=5))
    card = both.cards.get(position=0)
    both.cards.exclude(pk=card.pk).update(removed_at=timezone.now())
    refresh_deck(deck=both)
    both.refresh_from_db()
    studying.deck = both
    studying.start()
    studying.answer(1)
    assert set(card.progress.values_list("side", flat=True)) == {"term", "definition"}
    return card


def sections(html):
    """The card's questions by side, each with the words of its section."""
    found = re.split(r'aria-labelledby="question-(\w+)"', html.partition('id="history"')[0])
    return {side: words(text) for side, text in zip(found[1::2], found[2::2], strict=True)}


def test_card_page_shows_both_questions(learner_client, studied):
    html = card_page(learner_client, studied)
    assert list(sections(html)) == ["definition", "term"]
    shown = sections(html)
    assert "Asks for the definition" in html
    assert "recalled" in shown["definition"]
    assert "times forgotten" in shown["definition"]
    assert "recalled One" not in shown["term"]
    assert html.count('class="recall-curve"') == 2
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids)), "each id is used once"


def test_history_names_the_side_of_each_answer(learner_client, studied):
    history = words(card_page(learner_client, studied).partition('id="history"')[2])
    assert history.index("asked for the term") < history.index("asked for the definition")
    assert "not counted" not in history


def test_history_of_a_card_started_over_says_what_does_not_count(learner_client, studied):
    CardProgress.objects.filter(side="definition").update(reset_at=timezone.now())
    history = words(card_page(learner_client, studied).partition('id="history"')[2])
    assert "asked for the definition, before you started over: not counted" in history
    assert "asked for the term, before" not in history


def test_card_never_answered_offers_marks_of_both_questions(learner_client, both):
    html = card_page(learner_client, both.cards.first())
    assert "Not studied yet." in html
    assert {side: "Suspend Bury until tomorrow" in text for side, text in sections(html).items()} == {
        "definition": True,
        "term": True,
    }
    assert html.count('name="mark" value="starred"') == 1


def test_visitors_see_no_questions(client, both):
    assert "Asks for the" not in card_page(client, both.cards.first())


def test_card_page_suspends_one_question(learner_client, studied):
    html = card_page(learner_client, studied)
    wanted = r'<form method="post" action="([^"]+mark/)">(?:(?!</form>).)*value="suspended".*?</form>'
    form = re.search(wanted, html, re.DOTALL)
    assert form
    data = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[0]))
    assert data["side"] == "definition"
    response = learner_client.post(form[1], data, follow=True)
    assert "Suspended: the question is not asked any more." in response.content.decode()
    assert dict(studied.progress.values_list("side", "suspended")) == {"definition": True, "term": False}
    shown = sections(card_page(learner_client, studied))
    assert "Unsuspend" in shown["definition"]
    assert "Unsuspend" not in shown["term"]


def test_star_is_one_on_the_card(learner_client, studied):
    mark_url = reverse("card_mark", args=[studied.deck.slug, studied.pk])
    studied.progress.filter(side="term").update(starred=True)
    assert "Remove star" in card_page(learner_client, studied)
    learner_client.post(mark_url, {"mark": "starred"})
    assert not CardProgress.objects.filter(starred=True).exists()
    assert "Remove star" not in card_page(learner_client, studied)


def test_queries_of_a_card_of_two_questions_are_few(learner_client, studied):
    with CaptureQueriesContext(connection) as captured:
        card_page(learner_client, studied)
    assert len(captured) <= 11
