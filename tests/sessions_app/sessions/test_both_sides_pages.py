"""Studying a deck whose cards ask for both sides: marks on one question, words that count questions, settings."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from cards.models import CardReport, Deck
from sessions_app.learners.settings import settings_change
from sessions_app.models import CardProgress, Enrollment, Review, Step
from sessions_app.study.types import Side, Verdict
from tests.sessions_app.conftest import Studying

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true", "HX-Target": "question"}


@pytest.fixture
def both(make_deck) -> Deck:
    """Four cards that ask for both sides."""
    return make_deck(4, side_choice="both")


@pytest.fixture
def studied(learner, both) -> Studying:
    """Lena answers one question today, and has the next one open."""
    studying = Studying(learner, both, now=timezone.now() - timedelta(minutes=1))
    studying.start()
    studying.answer(3)
    return studying


def text(response):
    return " ".join(response.content.decode().split())


def words(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def study_page(client, deck, mode="spaced", query=""):
    return client.get(reverse("study", args=[deck.slug, mode]) + query)


def suspended(deck):
    """The suspended questions, by position and side."""
    rows = CardProgress.objects.filter(deck=deck, suspended=True)
    return set(rows.values_list("card__position", "side"))


def suspend_all(client, deck, position, **more):
    url = reverse("card_mark", args=[deck.slug, deck.cards.get(position=position).pk])
    return client.post(url, {"mark": "suspended", "on": "on", **more})


# --- Marks


@pytest.mark.parametrize("side", list(Side))
def test_mark_with_a_side_is_set_on_that_question(learner_client, both, side):
    suspend_all(learner_client, both, 1, side=side)
    assert suspended(both) == {(1, side)}


def test_mark_without_a_side_is_set_on_both_questions(learner_client, both):
    suspend_all(learner_client, both, 1)
    assert suspended(both) == {(1, "term"), (1, "definition")}


@pytest.mark.parametrize("side", ["both", "auto", "x", "\0", "TERM"])
def test_mark_of_an_unknown_side_returns_404(learner_client, both, side):
    assert suspend_all(learner_client, both, 1, side=side).status_code == 404
    assert not suspended(both)


def test_suspending_while_studying_can_be_undone_for_that_question_alone(learner_client, both, studied):
    step = studied.open_step()
    side = step.question["side"]
    other = "term" if side == "definition" else "definition"
    CardProgress.objects.create(
        learner=studied.learner, deck=both, card=step.card, side=other, suspended=True
    )
    url = reverse("study_aside", args=[both.slug, "spaced"])
    response = learner_client.post(url, {"step": step.pk, "mark": "suspended"})
    page = study_page(learner_client, both, query=response["Location"].partition("spaced/")[2])
    assert "that question is not asked any more" in words(page)
    form = text(page).partition('id="aside-form"')[2].partition("</form>")[0]
    data = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    assert data["side"] == side
    learner_client.post(re.findall(r'action="([^"]+)"', form)[0], data)
    assert suspended(both) == {(step.card.position, other)}


def test_htmx_undo_names_the_side_too(learner_client, both, studied):
    step = studied.open_step()
    url = reverse("study_aside", args=[both.slug, "spaced"])
    html = text(learner_client.post(url, {"step": step.pk, "mark": "buried"}, headers=HTMX))
    assert f'name="side" value="{step.question["side"]}"' in html.partition('id="aside-form"')[2]


@pytest.mark.parametrize("side", ["", "x", "\0"])
def test_address_without_a_side_still_offers_to_undo(learner_client, both, side):
    suspend_all(learner_client, both, 1, side="term")
    card = both.cards.get(position=1)
    html = text(study_page(learner_client, both, query=f"?aside={card.pk}&side={side}"))
    assert 'name="side" value="term"' in html


def test_star_on_the_other_question_shows_while_studying(learner_client, both, studied):
    step = studied.open_step()
    assert 'aria-pressed="false" aria-label="Starred"' in text(study_page(learner_client, both))
    other = "term" if step.question["side"] == "definition" else "definition"
    CardProgress.objects.create(learner=studied.learner, deck=both, card=step.card, side=other, starred=True)
    assert 'aria-pressed="true" aria-label="Starred"' in text(study_page(learner_client, both))


@pytest.mark.parametrize("is_scheduled", [False, True])
def test_star_on_the_other_question_shows_on_the_next_question(learner_client, both, studied, is_scheduled):
    step, next_card = studied.open_step(), both.cards.get(position=2)
    asked = ["definition", "term"]
    if is_scheduled:
        long_ago = timezone.now() - timedelta(days=9)
        row = CardProgress.objects.get(side="definition")
        row.pk, row.card, row.due_day, row.due = None, next_card, long_ago.date(), long_ago
        row.last_day = row.memory_day = long_ago.date()
        row.save()
    CardProgress.objects.create(
        learner=studied.learner, deck=both, card=next_card, side=asked[1], starred=True
    )
    url = reverse("study_answer", args=[both.slug, "spaced"])
    html = text(learner_client.post(url, {"step": step.pk, "rating": 3}, headers=HTMX))
    assert "Term 2" in html
    assert 'aria-pressed="true" aria-label="Starred"' in html


def test_star_stays_on_the_card_when_the_deck_asks_its_other_side(learner, learner_client, deck):
    card = deck.cards.get(position=0)
    mark = reverse("card_mark", args=[deck.slug, card.pk])
    learner_client.post(mark, {"mark": "starred", "on": "on"})
    settings_change(learner=learner, deck=deck, side_choice="term")
    for mode in ("spaced", "learn"):
        learner_client.post(reverse("study", args=[deck.slug, mode]), {"starred": "on"})
        assert 'aria-pressed="true" aria-label="Starred"' in text(study_page(learner_client, deck, mode))


# --- The list of marked cards


def marked(client, deck, query=""):
    html = text(client.get(reverse("deck_marked", args=[deck.slug]) + query))
    return [
        " ".join(re.sub(r"<[^>]+>", " ", item).split()) for item in html.split("<li>")[1:] if "Term" in item
    ]


def test_starred_card_is_listed_once(learner_client, both):
    card = both.cards.get(position=2)
    learner_client.post(reverse("card_mark", args=[both.slug, card.pk]), {"mark": "starred", "on": "on"})
    assert CardProgress.objects.filter(starred=True).count() == 2
    for query in ("", "?mark=starred"):
        (item,) = marked(learner_client, both, query)
        assert item.count("Remove star") == 1
        assert "Asked for" not in item
    assert not marked(learner_client, both, "?mark=suspended")


def test_suspended_question_is_listed_with_its_side(learner_client, both):
    suspend_all(learner_client, both, 1, side="term")
    suspend_all(learner_client, both, 3)
    one, two = marked(learner_client, both, "?mark=suspended")
    assert "Asked for the term: Unsuspend" in one
    assert "definition:" not in one
    assert "Asked for the definition: Unsuspend Asked for the term: Unsuspend" in two


def test_list_of_a_deck_that_asks_one_side_names_no_side(learner_client, deck):
    suspend_all(learner_client, deck, 1)
    (item,) = marked(learner_client, deck)
    assert item.startswith("Term 1 Definition 1 Unsuspend")


def test_question_is_unsuspended_from_the_list(learner_client, both):
    suspend_all(learner_client, both, 3)
    html = text(learner_client.get(reverse("deck_marked", args=[both.slug])))
    form = re.findall(r'action="([^"]+/mark/)">(.*?)</form>', html)[0]
    data = dict(re.findall(r'name="(side)" value="([^"]*)"', form[1]))
    learner_client.post(form[0], data | {"mark": "suspended"})
    assert suspended(both) == {(3, "term")}


# --- Words


def test_spaced_counts_questions(learner_client, client, both, studied):
    assert "8 new questions today" in words(study_page(client, both))
    learner_client.post(reverse("study_finish", args=[both.slug, "spaced"]))
    page = words(study_page(learner_client, both))
    assert "7 new questions today" in page
    assert "New questions a day" in page
    assert "1 new question." in page
    assert "Study the weakest questions" in page
    assert "asked for the definition" in page


def test_learn_counts_questions(learner_client, both, studied):
    assert "Each round has seven questions." in words(study_page(learner_client, both, "learn"))
    CardProgress.objects.update(level=3, peak=3)
    Enrollment.objects.recount()
    assert "1 of 8 questions are Learned." in words(study_page(learner_client, both, "learn"))
    Enrollment.objects.update(learned=8)
    assert "All 8 questions are Learned." in words(study_page(learner_client, both, "learn"))


@pytest.mark.parametrize("mode", ["spaced", "learn"])
def test_pages_of_a_deck_that_asks_one_side_count_cards(learner, learner_client, deck, mode):
    studying = Studying(learner, deck, now=timezone.now() - timedelta(minutes=1))
    studying.start()
    studying.answer(3)
    learner_client.post(reverse("study_finish", args=[deck.slug, "spaced"]))
    page = words(study_page(learner_client, deck, mode))
    assert "questions" not in page.replace("Kinds of question", "")
    assert "asked for" not in page


def test_round_lists_questions_with_their_sides(learner_client, both):
    learner_client.post(reverse("study", args=[both.slug, "learn"]))
    for _ in range(3):
        step = Step.objects.unanswered().get()
        url = reverse("study_answer", args=[both.slug, "learn"])
        learner_client.post(
            url, {"step": step.pk, "option": "0", "truth": "true", "knew": "no", "typed": "x"}
        )
    answered = {(card, side) for card, side in Review.objects.values_list("card__position", "side")}
    page = words(study_page(learner_client, both, "learn", "?round=1")).partition("Questions of this round")[
        2
    ]
    for position, side in answered:
        assert f"Term {position} Definition {position} asked for the {side}" in page


# --- Settings


def test_settings_offer_both_and_explain_it(learner_client, deck):
    url = reverse("deck_settings", args=[deck.slug])
    page = text(learner_client.get(url))
    assert "Automatic follows the deck." in page
    assert '<option value="both">Both</option>' in page
    assert "a question waits while the card’s other side was asked today" in page
    assert "New cards a day" in page
    data = {"new_per_day": "7", "percent": "90", "side_choice": "both", "learn_ahead": "5"}
    assert learner_client.post(url, data).status_code == 302
    assert Enrollment.objects.get().question_count == 10
    assert "New questions a day" in text(learner_client.get(url))


# --- Corrections


def test_corrections_concern_the_side_that_was_asked(learner_client, studied):
    first = Review.objects.get()
    card, side = first.card, first.side
    learner_client.post(reverse("review_override", args=[first.pk]), {"verdict": Verdict.WRONG.value})
    rows = {row.side: row for row in CardProgress.objects.filter(card=card)}
    assert rows[side].misses == 1
    assert set(rows) == {side}
    line = Review.objects.standing().get()
    Review.objects.filter(pk=line.pk).update(response="Something else")
    learner_client.post(reverse("review_right_too", args=[line.pk]))
    assert CardReport.objects.get().side == side
