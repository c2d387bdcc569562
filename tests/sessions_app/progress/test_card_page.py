"""A card's page: its sides for everyone; its level, curve and answers for learners who studied it."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cards.models import Card, Deck, Tag
from sessions_app.models import CardProgress, Enrollment, Review
from sessions_app.progress import card as progress_card
from sessions_app.progress import charts
from sessions_app.study.scheduling import fsrs_memory
from sessions_app.study.types import Rating, Side
from tests.sessions_app.conftest import NOON, Studying

pytestmark = pytest.mark.django_db

MOST_QUERIES = 10


@pytest.fixture
def card(deck) -> Card:
    return deck.cards.get(position=0)


@pytest.fixture
def studied(learner, deck) -> Studying:
    """Lena rated the first card Good, eight days and four days ago."""
    studying = Studying(learner, deck, now=timezone.now() - timedelta(days=8))
    for new_limit in (1, 0):
        studying.start(new_limit=new_limit)
        studying.answer(3)
        studying.now += timedelta(days=4)
    return studying


def url(card, slug=None):
    return reverse("card", args=[slug or card.deck.slug, card.pk])


def body(client, card, query="", **headers):
    response = client.get(url(card) + query, headers=headers)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def words(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


# --- Who sees what


def test_public_card_is_visible_to_everyone(client, stranger_client, card):
    for somebody in (client, stranger_client):
        html = body(somebody, card)
        assert "<p>Term 0</p>" in html
        assert "<p>Definition 0</p>" in html
        assert "Not studied yet." in html


def test_private_card_returns_404_to_others(client, owner_client, learner_client, card):
    Deck.objects.update(visibility="private")
    assert client.get(url(card)).status_code == learner_client.get(url(card)).status_code == 404
    assert owner_client.get(url(card)).status_code == 200


def test_removed_card_returns_404(owner_client, card):
    Card.objects.filter(pk=card.pk).update(removed_at=timezone.now())
    assert owner_client.get(url(card)).status_code == 404


def test_card_in_another_deck_returns_404(client, card, make_deck):
    assert client.get(url(card, make_deck(1).slug)).status_code == 404


@pytest.mark.parametrize("pk", ["999999", "9" * 40, "0"])
def test_unknown_card_returns_404(client, deck, pk):
    assert client.get(f"{deck.get_absolute_url()}cards/{pk}/").status_code == 404


def test_post_returns_405(learner_client, card):
    assert learner_client.post(url(card)).status_code == 405


def test_answers_are_private_to_the_learner(client, owner_client, stranger_client, card, studied):
    Enrollment.objects.update(shares_progress=True)
    for other in (client, owner_client, stranger_client):
        assert "Not studied yet." in body(other, card)


def test_page_shows_tags_of_the_owner_and_the_learner(client, learner_client, owner, learner, card):
    card.tags.add(
        Tag.objects.create(owner=owner, name="exam"), Tag.objects.create(owner=learner, name="mine")
    )
    assert "exam" in body(client, card)
    assert "mine</li>" not in body(client, card)
    assert "mine</li>" in body(learner_client, card)


# --- Its level and memory


def test_page_shows_level_next_step_and_memory(learner_client, card, studied):
    text = words(body(learner_client, card))
    assert "learned" in text
    assert "One more recall makes it Mastered." in text
    row = CardProgress.objects.get()
    assert f"{row.stability:.1f}" in text
    assert "goal, 90 %" in text


def test_dates_are_shown_in_the_learners_time_zone(learner_client, card, studied):
    row = CardProgress.objects.get()
    falls_at = fsrs_memory.falls_to(row.memory, 0.9)
    text = words(body(learner_client, card))
    with timezone.override("America/New_York"):
        day = timezone.localtime(falls_at)
    assert f"Recall falls to 90 % on {day:%-d %B %Y}" in text


def test_past_forgetting_is_shown_in_the_past_tense(learner_client, card, studied):
    CardProgress.objects.update(last_recalled_at=timezone.now() - timedelta(days=900))
    assert "Recall fell to 90 % on" in body(learner_client, card)


def test_leech_shows_advice(learner_client, card, studied):
    assert "Leech:" not in body(learner_client, card)
    CardProgress.objects.update(lapses=8)
    assert "forgotten 8 times" in words(body(learner_client, card))


def test_fading_card_is_shown_as_fading(learner_client, card, studied):
    CardProgress.objects.update(level=4, peak=4, fades_at=timezone.now() - timedelta(minutes=1))
    assert "mastered, fading" in words(body(learner_client, card))


def test_suspended_card_is_shown_as_suspended(learner_client, card, studied):
    CardProgress.objects.update(suspended=True, starred=True)
    text = words(body(learner_client, card))
    assert "starred, suspended" in text


# --- Its answers


def answers(html):
    return re.findall(r"<strong>(Again|Hard|Good|Easy)</strong>", html)


def test_history_is_newest_first_in_the_learners_time_zone(learner, learner_client, card, studied):
    studied.start(new_limit=0)
    Review.objects.filter(pk=Review.objects.latest("reviewed_at").pk).update(rating=4, response="a guess")
    html = body(learner_client, card)
    assert answers(html) == ["Easy", "Good"]
    line = Review.objects.latest("reviewed_at")
    with timezone.override("America/New_York"):
        assert f"{timezone.localtime(line.reviewed_at):%H:%M} , took 20 s" in words(html)
    assert '<q lang="en">a guess</q>' in html


def test_undone_answer_is_not_shown(learner_client, card, studied):
    Review.objects.update(voided_at=timezone.now())
    assert "Not studied yet." in body(learner_client, card)


def test_answer_to_the_other_side_is_marked(learner_client, card, studied):
    Review.objects.filter(pk=Review.objects.earliest("reviewed_at").pk).update(side=Side.TERM)
    assert body(learner_client, card).count("asked for the term: not counted here") == 1


def test_answers_before_reasking_are_marked(learner_client, card, studied):
    Card.objects.filter(pk=card.pk).update(asked_since=timezone.now() - timedelta(days=6))
    assert body(learner_client, card).count("before you started over: not counted") == 1


def test_long_history_is_paginated(learner_client, card, studied):
    line = Review.objects.first()
    for number in range(60):
        line.pk, line.step, line.reviewed_at = None, None, NOON + timedelta(minutes=number)
        line.save(force_insert=True)
    html = body(learner_client, card, "?page=3", **{"HX-Request": "true", "HX-Target": "history"})
    assert html.startswith('<section id="history"')
    assert "Page 3 of 3" in html
    assert len(answers(html)) == 62 - 50


def test_history_too_long_to_replay_shows_todays_curve(monkeypatch, learner_client, card, studied):
    assert body(learner_client, card).count('scope="row"') == 2
    monkeypatch.setattr(progress_card, "MOST_REPLAYED", 1)
    assert body(learner_client, card).count('scope="row"') == 1


def test_queries_do_not_grow_with_history(learner_client, card, studied):
    numbers = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            body(learner_client, card)
        numbers.append(len(captured))
        studied.start(queue="weakest", new_limit=0)
        studied.answer(2)
    assert numbers[0] == numbers[1] <= MOST_QUERIES


# --- The curve


def chart(days=(0, 3, 10), now=NOON + timedelta(days=12), goal=0.9):
    recalls, held = [], None
    for day in days:
        at = NOON + timedelta(days=day)
        held = fsrs_memory.review(held, Rating.GOOD, at, at.date())
        recalls.append(held)
    return charts.recall_chart(recalls, goal=goal, falls_at=fsrs_memory.falls_to(held, goal), now=now)


def points(path):
    return [tuple(map(float, pair)) for pair in re.findall(r"([\d.]+) ([\d.]+)", path)]


def test_curve_spans_the_chart():
    drawn = chart()
    past, ahead = points(drawn.past), points(drawn.ahead)
    assert past[0] == (0, 0)
    assert past[-1] == ahead[0]
    assert ahead[-1][0] == charts.PLOT.width
    assert all(0 <= x <= charts.PLOT.width and 0 <= y <= charts.PLOT.height for x, y in past + ahead)


def test_chart_looks_ahead_as_far_as_back_or_a_week():
    assert chart(days=(0,), now=NOON, goal=0.7).end == NOON + timedelta(days=7)
    assert chart(now=NOON + timedelta(days=12), goal=0.7).end == NOON + timedelta(days=24)


def test_scale_starts_at_zero_only_for_low_recall():
    assert chart().floor_percent == 50
    assert chart(days=(0, 2000)).floor_percent == 0


def test_table_shows_recall_before_each_review():
    rows = chart().rows
    assert [row.at for row in rows] == [NOON + timedelta(days=day) for day in (10, 3, 0)]
    assert rows[-1].before_percent is None
    assert all(0 < row.before_percent < 100 for row in rows[:-1])


def test_clock_set_back_still_gives_a_curve():
    drawn = chart(now=NOON - timedelta(days=1))
    assert points(drawn.ahead)[-1][0] == charts.PLOT.width


# --- Marks


def test_card_page_sets_and_removes_marks(learner_client, card):
    for mark, sets, takes_away in (
        ("starred", "Star", "Remove star"),
        ("suspended", "Suspend", "Unsuspend"),
        ("buried", "Bury until tomorrow", "Unbury"),
    ):
        assert f"> {sets} </button>" in body(learner_client, card)
        address = reverse("card_mark", args=[card.deck.slug, card.pk])
        posted = {"mark": mark, "on": "on", "next": url(card)}
        assert learner_client.post(address, posted)["Location"] == url(card)
        assert f"> {takes_away} </button>" in body(learner_client, card)
        learner_client.post(address, {"mark": mark})
        assert f"> {sets} </button>" in body(learner_client, card)


def test_visitors_are_offered_no_marks(client, card):
    assert "/mark/" not in body(client, card)
