"""Handing in with blanks: the page says how many there are, and lets the learner look at them."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from sessions_app.models import Paper
from tests.sessions_app.practice_test.pages.taking import filled


def hand_in(testing, fields=None, *, htmx=False):
    data = {"paper": testing.paper().pk} | (fields or {})
    headers = {"HX-Request": "true", "HX-Target": "paper"} if htmx else {}
    return testing.client.post(reverse("test_hand_in", args=[testing.deck.slug]), data, headers=headers)


def is_open(testing):
    return testing.paper().handed_in_at is None


@pytest.mark.parametrize("htmx", [True, False])
def test_blanks_are_counted_before_anything_is_handed_in(testing, htmx):
    testing.start(kinds=("typed",))
    steps = testing.steps()
    page = hand_in(testing, filled(steps[0], right=True), htmx=htmx).text
    assert f"{len(steps) - 1} answers are blank." in page
    assert 'href="#q1"' in page
    assert is_open(testing)
    # What was typed is saved.
    assert testing.steps()[0].filled == 1
    assert "1/" in page


def test_one_blank(testing):
    testing.start(kinds=("typed",))
    answers = {k: v for step in testing.steps()[:-1] for k, v in filled(step, right=True).items()}
    assert "1 answer is blank." in hand_in(testing, answers).text


def test_confirmed_blanks_are_handed_in(testing):
    testing.start(kinds=("choice",))
    hand_in(testing)
    hand_in(testing, {"confirm": "1"})
    assert not is_open(testing)


def test_full_paper_is_handed_in_at_once(testing):
    testing.start(kinds=("choice", "typed", "block"))
    hand_in(testing, testing.answers())
    assert not is_open(testing)


def test_end_of_the_time_asks_nothing(testing):
    testing.start(kinds=("choice",), minutes=1)
    paper = testing.paper()
    with time_machine.travel(paper.deadline - timedelta(seconds=1), tick=False):
        hand_in(testing)
    assert Paper.objects.get().handed_in_at


def test_second_hand_in_shows_the_score(testing):
    testing.start(kinds=("choice",))
    hand_in(testing, {"confirm": "1"})
    assert hand_in(testing).status_code == 302


def test_dots_name_every_question_and_its_state(testing):
    testing.start(kinds=("typed",))
    testing.post("save", filled(testing.steps()[0], right=True))
    page = testing.client.get(testing.page).text
    assert page.count("data-dot=") == len(testing.steps())
    assert page.count("<span data-state>answered</span>") == 1


@pytest.mark.parametrize("paper", ["", "x", 2**70, -1])
def test_bad_posts(testing, paper):
    testing.start()
    assert hand_in(testing, {"paper": paper}).status_code == 404


def test_help_stands_above_three_tests(testing):
    shown = []
    for _ in range(4):
        testing.start(kinds=("choice",))
        shown.append("study-hint" in testing.client.get(testing.page).text)
        hand_in(testing, {"confirm": "1"})
    assert shown == [True, True, True, False]
