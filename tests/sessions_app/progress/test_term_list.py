"""The list of terms: the learner's level of each card, and filtering the list by it."""

import re
from datetime import timedelta
from itertools import product

import pytest
from django.utils import timezone

from cards.models import Card
from sessions_app.models import CardProgress, Enrollment, predicted_recall
from sessions_app.progress import standing as progress_standing
from sessions_app.progress import term_list
from sessions_app.study.scheduling import fsrs_memory
from sessions_app.study.types import Level, State
from tests.sessions_app.conftest import NOON, Studying

pytestmark = pytest.mark.django_db


@pytest.fixture
def known(learner, deck):
    """Lena's cards: 0 mastered, 1 mastered and fading, 2 recalled, 3 recalled but suspended, 4 never studied."""
    Enrollment.objects.create(learner=learner, deck=deck, last_studied_at=timezone.now())
    past = timezone.now() - timedelta(days=1)
    for position, fields in enumerate(
        [
            {"level": Level.MASTERED, "fades_at": past + timedelta(days=30)},
            {"level": Level.MASTERED, "fades_at": past},
            {"level": Level.RECALLED, "starred": True},
            {"level": Level.RECALLED, "suspended": True},
        ]
    ):
        card = deck.cards.get(position=position)
        CardProgress.objects.create(
            learner=learner, deck=deck, card=card, side="definition", peak=Level.MASTERED, **fields
        )
    Enrollment.objects.recount()
    return deck


def body(client, deck, query="", **headers):
    response = client.get(f"{deck.get_absolute_url()}{query}", headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def listed(html):
    """The terms on the list, each with its level."""
    items = re.findall(r'<li>\s*<div class="prose term" dir="auto">.*?</li>', html, re.DOTALL)
    texts = [" ".join(re.sub(r"<[^>]+>", " ", item).split()) for item in items]
    return {text[:6]: text.partition("Definition ")[2][2:].partition(" Tag this")[0] for text in texts}


def test_each_term_shows_its_level(learner_client, known):
    assert listed(body(learner_client, known)) == {
        "Term 0": "mastered",
        "Term 1": "mastered, fading",
        "Term 2": "starred, recalled",
        "Term 3": "suspended",
        "Term 4": "new",
    }


def test_list_without_progress_shows_no_levels(client, owner_client, stranger_client, known):
    for somebody in (client, owner_client, stranger_client):
        html = body(somebody, known)
        assert 'class="badge plain"' not in html[html.index('id="terms"') :]
        assert "level-legend" not in html


def test_each_term_links_to_its_card(client, known):
    card = known.cards.get(position=3)
    assert f'href="{known.get_absolute_url()}cards/{card.pk}/"' in body(client, known)


@pytest.mark.parametrize(
    ("level", "found"),
    [
        ("new", {"Term 4"}),
        ("recognised", set()),
        ("recalled", {"Term 2"}),
        ("mastered", {"Term 0", "Term 1"}),
        ("fading", {"Term 1"}),
        ("suspended", {"Term 3"}),
        ("", {f"Term {n}" for n in range(5)}),
        ("nonsense", {f"Term {n}" for n in range(5)}),
        ("%00", {f"Term {n}" for n in range(5)}),
    ],
)
def test_list_is_filtered_by_level(learner_client, known, level, found):
    assert set(listed(body(learner_client, known, f"?level={level}"))) == found


def test_legend_counts_match_its_links(learner_client, known):
    html = body(learner_client, known)
    links = dict(re.findall(r'<a href="\?level=(\w+)#terms"[^>]*>(\d+) ', html))
    assert set(links) == {"new", "recalled", "mastered", "fading", "suspended"}
    for level, count in links.items():
        assert len(listed(body(learner_client, known, f"?level={level}"))) == int(count)


def test_buried_card_still_counts_as_fading(learner_client, known):
    CardProgress.objects.update(buried_until=timezone.now() + timedelta(days=1))
    assert "1 fading" in body(learner_client, known)


def test_empty_level_shows_a_message(learner_client, known):
    assert "No card is learned at the moment." in body(learner_client, known, "?level=learned")


def test_level_filter_is_ignored_for_visitors(client, known):
    assert len(listed(body(client, known, "?level=mastered"))) == 5


def test_filtered_list_is_paginated(learner, learner_client, make_deck):
    deck = make_deck(120)
    Studying(learner, deck, now=timezone.now()).start()
    html = body(learner_client, deck, "?level=new&page=2", **{"HX-Request": "true", "HX-Target": "terms"})
    assert html.strip().startswith('<section id="terms"')
    assert "Page 2 of 3" in html
    assert 'href="?level=new&amp;page=3"' in html


def test_new_filter_resets_the_page_and_keeps_the_viewed_card(learner_client, known):
    html = body(learner_client, known, "?card=3&page=2&level=new")
    assert 'href="?card=3&amp;level=fading#terms"' in html


def test_levels_are_of_the_studied_side(known):
    Enrollment.objects.update(side_choice="term")
    cards = term_list.narrowed(known.cards.all(), "new", Enrollment.objects.get(), now=timezone.now())
    assert cards.count() == 5


def test_removed_card_has_no_level(known):
    Card.objects.update(removed_at=NOON)
    present = known.cards.present()
    for standing in term_list.STANDINGS:
        assert not term_list.narrowed(present, standing, Enrollment.objects.get(), now=timezone.now())


# --- Mastery and predicted recall


def test_suspended_cards_are_named_apart_and_not_counted(learner, learner_client, known):
    (row,) = progress_standing.table_rows(known, learner, now=timezone.now())
    assert (row.questions, row.mastery) == (4, 100 * (4 + 4 + 2) // 16)
    html = body(learner_client, known)
    assert "1 suspended" in html
    assert "not counted" in html


def row_of(learner, deck, now):
    return progress_standing.table_rows(deck, learner, now=now)[0]


def test_cards_never_recalled_count_as_unknown(learner, studying):
    studying.start(new_limit=2)
    studying.answer(3, after=timedelta(0))
    assert row_of(learner, studying.deck, studying.now).recall_percent == 20
    later = studying.now + timedelta(days=30)
    assert 10 < row_of(learner, studying.deck, later).recall_percent < 20


def test_overview_begins_with_the_learned_cards(learner_client, known):
    shown = " ".join(re.sub(r"<[^>]+>", " ", body(learner_client, known)).split())
    overview = shown.partition("Progress ")[2]
    assert "2 of 4 cards learned" in overview.partition("mastery")[0]


def test_predicted_recall_is_shown_beside_mastery(learner, learner_client, deck):
    studying = Studying(learner, deck, now=timezone.now())
    studying.start()
    studying.answer(3, after=timedelta(0))
    html = " ".join(re.sub(r"<[^>]+>", " ", body(learner_client, deck)).split())
    assert "predicted recall now, 1 of 5 cards recalled 20 %" in html


def test_predicted_recall_is_not_computed_for_others(owner, learner, studying):
    studying.start()
    studying.answer(3)
    Enrollment.objects.update(shares_progress=True)
    (row,) = progress_standing.table_rows(studying.deck, owner, now=studying.now)
    assert row.recall_percent is None


def test_fully_suspended_deck_has_no_predicted_recall(learner, known):
    CardProgress.objects.filter(card__position=4).delete()
    Enrollment.objects.update(suspended=5)
    assert row_of(learner, known, NOON).recall_percent is None


def test_own_row_comes_first(monkeypatch, owner, learner, deck):
    monkeypatch.setattr(progress_standing, "MOST_ROWS", 1)
    for number, user in enumerate((owner, learner)):
        Enrollment.objects.create(
            learner=user, deck=deck, shares_progress=True, last_studied_at=NOON + timedelta(days=number)
        )
    assert [row.enrollment.learner_id for row in progress_standing.table_rows(deck, owner, now=NOON)] == [
        owner.pk
    ]


STABILITIES = (0.01, 0.4, 1, 12.5, 300, 36_500)
ELAPSED = [timedelta(-1), timedelta(0), *(timedelta(seconds=10**power) for power in range(10))]


def test_database_and_engine_predict_the_same_recall(learner, make_deck):
    """The times include a clock that was set back, seconds, and centuries."""
    deck = make_deck(len(STABILITIES) * len(ELAPSED))
    pairs = product(STABILITIES, ELAPSED)
    for card, (stability, elapsed) in zip(deck.cards.all(), pairs, strict=True):
        row = CardProgress(learner=learner, deck=deck, card=card, side="definition", stability=stability)
        row.difficulty, row.state, row.due, row.last_recalled_at = 5, State.REVIEW, NOON, NOON - elapsed
        row.save()
    for row in CardProgress.objects.annotate(recall=predicted_recall(NOON)):
        assert row.recall == pytest.approx(fsrs_memory.retrievability(row.memory, NOON), abs=1e-4)
