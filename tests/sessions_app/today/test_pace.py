"""A learner's pace, and how a time is put into words."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.models import Deck
from sessions_app.models import Review
from sessions_app.questions.every_deck import DeckToday, EveryDeck
from sessions_app.today.pace import RECENT_ANSWERS, SLOWEST_PACE, USUAL_PACE, in_words, pace, time_for


def log(learner, deck, times, mode="spaced"):
    """Lines of the log with these times, in milliseconds, the last one latest."""
    line = Review.objects.filter(learner=learner).latest("pk")
    for number, elapsed in enumerate(times):
        line.pk, line.step, line.mode, line.elapsed_ms = None, None, mode, elapsed
        line.reviewed_at += timedelta(seconds=1 + number)
        line.save()


@pytest.fixture
def answered(learner, studying):
    """The learner, after one answer that took 20 seconds."""
    studying.start()
    studying.answer(3)
    return learner


def test_usual_pace_without_answers(learner):
    assert pace(learner) == USUAL_PACE


def test_pace_is_the_median(answered, deck):
    log(answered, deck, [4_000, 6_000, 3_600_000, None])
    # 4, 6, 20 seconds and an hour.
    assert pace(answered) == timedelta(seconds=13)


def test_pace_has_a_limit(answered, deck):
    log(answered, deck, [3_600_000] * 3)
    assert pace(answered) == SLOWEST_PACE


def test_other_modes_do_not_count(answered, deck):
    log(answered, deck, [1_000] * 5, mode="learn")
    assert pace(answered) == timedelta(seconds=20)


def test_only_recent_answers_count(answered, deck, django_assert_num_queries):
    Review.objects.update(elapsed_ms=50_000)
    line = Review.objects.get()
    rows = [Review(**{**values_of(line), "reviewed_at": later(line, n)}) for n in range(RECENT_ANSWERS)]
    Review.objects.bulk_create([*rows])
    Review.objects.exclude(pk=line.pk).update(elapsed_ms=3_000)
    with django_assert_num_queries(1):
        assert pace(answered) == timedelta(seconds=3)


def values_of(line):
    names = ("learner_id", "card_id", "deck_id", "mode", "side", "kind", "evidence", "verdict", "study_day")
    return {name: getattr(line, name) for name in names}


def later(line, number):
    return line.reviewed_at + timedelta(seconds=1 + number)


def test_new_cards_take_longer():
    due, new = (EveryDeck([DeckToday(Deck(), *counts, None)]) for counts in ((10, 0), (0, 10)))
    assert time_for(due, timedelta(seconds=10)) < time_for(new, timedelta(seconds=10))
    assert time_for(EveryDeck(), USUAL_PACE) == timedelta(0)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "less than a minute"),
        (59, "less than a minute"),
        (60, "about 1 minute"),
        (356, "about 6 minutes"),
        (19.4 * 60, "about 19 minutes"),
        (22 * 60, "about 20 minutes"),
        (57 * 60, "about 55 minutes"),
        (58 * 60, "about 1 hour"),
        (80 * 60, "about 1 hour 20 minutes"),
        (120 * 60, "about 2 hours"),
    ],
)
def test_time_in_words(seconds, words):
    assert in_words(timedelta(seconds=seconds)) == words


@given(st.floats(0, 10_000_000))
def test_every_time_has_words_without_zeros(seconds):
    assert " 0 " not in f" {in_words(timedelta(seconds=seconds))} "
    assert "60 minutes" not in in_words(timedelta(seconds=seconds))
