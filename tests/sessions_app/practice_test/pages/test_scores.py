"""The score of a test, and what changes it afterwards."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from cards.editing.decks import refresh_deck
from cards.erasing.services import REMOVED_CARD, old_cards_erase
from sessions_app.models import Enrollment, Review
from sessions_app.review_log import replaying
from sessions_app.sessions import undo
from studysite.slices import Slice
from tests.sessions_app.practice_test.pages.taking import CAPITALS, results, score, text
from tests.sessions_app.today.test_today_start import study_before

pytestmark = pytest.mark.django_db


def test_result_says_what_was_right_and_more_than_last_time(testing):
    score(testing, 1)
    page = results(testing)
    assert "Less than half right." in page
    assert '<h1 class="ring-text">25 %</h1>' in page
    assert 'stroke-dasharray="25 200"' in page
    score(testing, 2)
    assert "Half right, 25 points more than last time." in results(testing)
    score(testing, 1)
    assert "last time" not in results(testing)


def test_result_of_an_earlier_test_is_compared_with_the_one_before_it(testing):
    first, second = score(testing, 1), score(testing, 2)
    score(testing, 4)
    pages = [
        text(testing.client.get(reverse("test_results", args=[testing.deck.slug, paper.pk])))
        for paper in (first, second)
    ]
    assert ["last time" in page for page in pages] == [False, True]


def test_missed_answers_come_first_and_others_behind_a_fold(testing):
    score(testing, 2)
    missed, _, rest = results(testing).partition('<details class="other-answers">')
    assert [f'id="a{number}"' in missed for number in (1, 2, 3, 4)] == [False, False, True, True]
    assert [f'id="a{number}"' in rest for number in (1, 2, 3, 4)] == [True, True, False, False]
    assert "The other 2" in rest
    assert "Retake the 2 missed" in missed


def test_result_without_misses_leads_to_the_deck_that_is_due(testing, learner, make_deck):
    study_before(learner, make_deck(3, title="Biology"), 3)
    score(testing, 4)
    page = results(testing)
    assert '<details class="other-answers" open>' in page
    assert "Next: Biology, 3 due" in page
    assert "Retake" not in page
    score(testing, 3)
    assert "Next: Biology" not in results(testing)


def test_overriding_keeps_both_scores(testing):
    score(testing, 2)
    line = Review.objects.standing().filter(verdict="wrong").first()
    override = reverse("review_override", args=[line.pk])
    testing.client.post(override, {"verdict": "correct"})
    assert (testing.paper().graded, testing.paper().right) == (2, 3)
    page = results(testing)
    assert "75 %" in page
    assert "As graded: 50 %; 1 marked right by you." in page
    line = Review.objects.standing().filter(verdict="correct").first()
    testing.client.post(reverse("review_override", args=[line.pk]), {"verdict": "wrong"})
    assert (testing.paper().graded, testing.paper().right) == (2, 2)
    assert replaying.rebuild(Enrollment.objects.get()) == 0


def test_single_pair_of_a_block_can_be_overridden(testing):
    testing.start(questions=4, kinds=("block",))
    testing.post("hand_in", testing.answers())
    line = Review.objects.first()
    testing.client.post(reverse("review_override", args=[line.pk]), {"verdict": "wrong"})
    assert testing.paper().right == 3
    assert "graded as right" in results(testing)


def test_mine_is_right_too_takes_question_out_of_score(testing):
    score(testing, 2)
    line = Review.objects.filter(verdict="wrong").first()
    testing.client.post(reverse("review_right_too", args=[line.pk]))
    paper = testing.paper()
    assert (paper.right, paper.counted, paper.percent, paper.graded_percent) == (2, 3, 66, 50)
    assert "1 not counted" in results(testing)


def test_answer_on_a_test_cannot_be_undone(testing, learner):
    score(testing, 2)
    step = testing.steps()[0]
    assert undo.answer_undo(learner=learner, step=step, now=timezone.now()).is_stale
    assert 'id="undo-form"' not in text(testing.client.get(testing.page))


def test_missed_cards_can_be_taken_again(testing):
    score(testing, 1)
    missed = {line.card_id for line in Review.objects.filter(verdict="wrong")}
    old = testing.paper().pk
    testing.client.post(reverse("test_retake", args=[testing.deck.slug, old]))
    assert testing.paper().pk != old
    assert {step.card_id for step in testing.steps()} == missed


def test_retake_without_misses_starts_nothing(testing):
    paper = score(testing, 4)
    response = testing.client.post(reverse("test_retake", args=[testing.deck.slug, paper.pk]), follow=True)
    assert "You missed no card" in text(response)
    assert testing.paper() == paper


@pytest.mark.parametrize("position", [0, 1])
def test_results_and_key_open_after_a_card_with_the_same_answer_is_erased(testing, deck, position):
    deck.cards.filter(position=1).update(definition=CAPITALS[0])
    refresh_deck(deck=deck)
    paper = score(testing, 16, questions=16)
    deck.cards.filter(position=position).update(removed_at=timezone.now() - timedelta(days=31))
    old_cards_erase(now=timezone.now(), slice_=Slice(60))
    assert REMOVED_CARD in results(testing)
    key = reverse("test_key", args=[deck.slug, paper.pk])
    assert REMOVED_CARD in text(testing.client.get(key))


def test_earlier_tests_are_listed_and_plotted(testing):
    score(testing, 1)
    assert "<svg viewBox" not in text(testing.client.get(testing.page))
    score(testing, 3)
    page = text(testing.client.get(testing.page))
    assert page.count("<circle") == 2
    assert "25 %" in page
    assert "75 %" in page


def test_deck_table_shows_last_and_best_score(testing, deck):
    score(testing, 3)
    score(testing, 2)
    line = Review.objects.standing().filter(verdict="wrong").last()
    testing.client.post(reverse("review_override", args=[line.pk]), {"verdict": "correct"})
    score(testing, 1)
    line = Review.objects.standing().filter(verdict="wrong", step__session__paper=testing.paper()).first()
    testing.client.post(reverse("review_override", args=[line.pk]), {"verdict": "correct"})
    page = " ".join(text(testing.client.get(deck.get_absolute_url())).split())
    assert "50 % <small>best 75 %, 3 tests</small>" in page
    assert "As graded: 25 %; 1 marked right by the learner." in page
    assert '<span class="badge">50 %</span>' in page


def test_zero_is_shown_as_a_score(testing, deck):
    score(testing, 0)
    page = " ".join(text(testing.client.get(deck.get_absolute_url())).split())
    assert "0 % <small>best 0 %, 1 test</small>" in page
    assert '<span class="badge">0 %</span>' in page
