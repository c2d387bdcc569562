"""Filling in a paper, saving it, handing it in, and self-grading."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cards.editing.decks import refresh_deck
from cards.models import Card, Deck
from sessions_app.models import CardProgress, Enrollment, Paper, Review
from sessions_app.review_log import replaying
from studysite.accounts.models import User
from tests.sessions_app.practice_test.pages.taking import Sitting, text

pytestmark = pytest.mark.django_db


def test_only_a_newer_revision_of_an_answer_is_saved(testing):
    testing.start(questions=4, kinds=("typed",))
    response = testing.post("save", {"q1-typed": "Rom", "q1-revision": 1}, htmx=True)
    assert response["Paper-Revision"] == "1"
    assert "<html" not in text(response)
    assert "1/4" in text(response)
    testing.post("save", {"q1-typed": "Rome", "q1-revision": 3}, htmx=True)
    response = testing.post("save", {"q1-typed": "Ro", "q1-revision": 2}, htmx=True)
    assert response["Paper-Revision"] == "3"
    assert testing.steps()[1].saved == {"typed": "Rome"}


def test_emptied_answer_is_blank_again(testing):
    testing.start(questions=4, kinds=("typed",))
    testing.post("save", {"q1-typed": "Rom", "q1-revision": 1}, htmx=True)
    response = testing.post("save", {"q1-typed": " ", "q1-revision": 2}, htmx=True)
    assert "0/4" in text(response)


def test_unknown_fields_are_ignored(testing):
    testing.start(questions=4, kinds=("choice",))
    fields = {
        "q0-option": "9",
        "q77-option": "0",
        "q1-typed": "x",
        "q2-revision": "x",
        "q2-option": "0",
        "zz": "1",
    }
    response = testing.post("save", fields | {"q0-revision": 1, "q1-revision": 1, "q77-revision": 1})
    assert response.status_code == 302
    assert [step.saved for step in testing.steps()] == [{}] * 4


def test_whole_form_saved_at_once_keeps_newer_answers(testing):
    testing.start(questions=8, kinds=("typed",))
    testing.post("save", {"q0-typed": "newer", "q0-revision": 5}, htmx=True)
    fields = {f"q{n}-typed": f"word {n}" for n in range(8)} | {f"q{n}-revision": 1 for n in range(8)}
    with CaptureQueriesContext(connection) as captured:
        testing.post("save", fields)
    assert sum("UPDATE" in query["sql"] and "step" in query["sql"] for query in captured) == 1
    assert [step.saved["typed"] for step in testing.steps()] == ["newer", *(f"word {n}" for n in range(1, 8))]


def test_too_long_answer_is_shown_with_an_error(testing):
    testing.start(questions=4, kinds=("typed",))
    long = "x" * 2_001
    fields = {"q0-typed": long, "q0-revision": 1, "q1-typed": "Rome", "q1-revision": 1}
    for what in ("save", "hand_in"):
        response = testing.post(what, fields)
        assert response.status_code == 200
        assert "At most 2,000 characters." in text(response)
        assert long in text(response)
    assert testing.steps()[1].saved == {"typed": "Rome"}
    assert testing.paper().handed_in_at is None


@pytest.mark.parametrize(
    "revision", [{}, *({"q1-revision": value} for value in ("", "²", "٣", "9" * 5_000, str(2**63)))]
)
@pytest.mark.parametrize("what", ["save", "hand_in"])
def test_answer_with_an_invalid_revision_is_ignored(testing, what, revision):
    testing.start(questions=4, kinds=("typed",))
    testing.post("save", {"q1-typed": "Rome", "q1-revision": 1}, htmx=True)
    assert testing.post(what, {"q1-typed": "Rom"} | revision).status_code == 302
    assert testing.steps()[1].saved == {"typed": "Rome"}


@pytest.mark.parametrize("value", ["", "x", "-1", "9" * 30, "9" * 5_000, str(2**63), "²", "0"])
def test_unknown_paper_returns_404(testing, value):
    testing.start(questions=4)
    for what in ("save", "hand_in", "judge", "discard"):
        data = {"paper": value, "q0-option": "0", "q0-revision": "1"}
        assert testing.client.post(reverse(f"test_{what}", args=[testing.deck.slug]), data).status_code == 404


@pytest.mark.parametrize("what", ["save", "hand_in", "judge", "discard"])
def test_get_of_post_addresses_returns_405(testing, what):
    assert testing.client.get(reverse(f"test_{what}", args=[testing.deck.slug])).status_code == 405


def test_save_queries_do_not_grow_with_questions(testing):
    numbers = []
    for questions in (4, 16):
        testing.start(questions=questions, kinds=("typed",))
        with CaptureQueriesContext(connection) as captured:
            testing.post("save", {"q1-typed": "Rom", "q1-revision": 1}, htmx=True, paper=testing.paper().pk)
        numbers.append(len(captured) - 1)  # The test itself queries the paper's key.
        testing.post("hand_in")
    assert max(numbers) <= 8
    assert numbers[0] == numbers[1]


# --- Handing in


def hand_in_queries(testing, questions: int) -> int:
    testing.start(questions=questions, kinds=("choice", "true_false", "block", "typed"))
    fields, paper = testing.answers(), testing.paper().pk
    with CaptureQueriesContext(connection) as captured:
        testing.post("hand_in", fields, paper=paper)
    assert Paper.objects.get(pk=paper).right == questions
    return len(captured)


@pytest.mark.slow
def test_hand_in_queries_do_not_grow_with_questions(learner_client, owner):
    """In decks without earlier answers, and with many."""
    fresh = [Sitting(learner_client, large_deck(owner)) for _ in range(2)]
    few, many = hand_in_queries(fresh[0], 8), hand_in_queries(fresh[1], 100)
    assert few == many
    again = [hand_in_queries(fresh[1], 100) for _ in range(2)]
    assert max(again) <= many + 4
    assert {replaying.rebuild(enrollment) for enrollment in Enrollment.objects.all()} == {0}


def large_deck(owner: User) -> Deck:
    deck = Deck.objects.create(owner=owner, title="Many", visibility="public", side_choice="definition")
    Card.objects.bulk_create(prepared(deck, number) for number in range(150))
    refresh_deck(deck=deck)
    return deck


def prepared(deck: Deck, number: int) -> Card:
    word = "".join("bcdfghklmnprstvw"[int(digit)] + "aeiou"[int(digit) % 5] for digit in f"{number:03}")
    card = Card(deck=deck, position=number, term=f"Land of {word}", definition=f"{word[::-1]} city")
    card.prepare()
    return card


def test_handing_in_twice_counts_once(testing, caplog):
    caplog.set_level("INFO", logger="sessions_app.practice_test")
    testing.start(questions=6, kinds=("typed",))
    testing.post("hand_in", testing.answers())
    assert testing.paper().right == 6
    for what in ("hand_in", "save", "judge"):
        response = testing.post(what, testing.answers(right=False))
        assert response.url == reverse("test_results", args=[testing.deck.slug, testing.paper().pk])
    response = testing.post("save", testing.answers(right=False), htmx=True)
    assert response["HX-Redirect"]
    assert testing.paper().right == 6
    assert Review.objects.count() == 6
    line = f"Paper {testing.paper().pk}: a post came too late and changed nothing."
    assert [message for message in caplog.messages if "Paper" in message] == 4 * [line]


def test_stale_tab_changes_no_later_test(testing):
    testing.start(questions=6, kinds=("typed",))
    old, fields = testing.paper().pk, testing.answers()
    testing.post("hand_in")
    testing.start(questions=6, kinds=("typed",))
    testing.post("save", fields, paper=old)
    testing.post("hand_in", fields, paper=old)
    assert [step.saved for step in testing.steps()] == [{}] * 6
    assert testing.paper().handed_in_at is None


def test_blanks_lower_the_score_without_a_review(testing):
    testing.start(questions=10, kinds=("typed",))
    fields = {
        name: value for name, value in testing.answers().items() if name.split("-")[0] in ("q0", "q1", "q2")
    }
    testing.post("hand_in", fields)
    paper = testing.paper()
    assert (paper.right, paper.questions, paper.percent) == (3, 10, 30)
    assert Review.objects.count() == 3
    assert CardProgress.objects.count() == 3
    page = text(testing.client.get(reverse("test_results", args=[testing.deck.slug, paper.pk])))
    assert "7 were left blank" in page


def test_reviews_record_recognition_and_recall(testing):
    testing.start(questions=16)
    testing.post("save", testing.answers())
    testing.post("hand_in")
    testing.post("judge", testing.judgements())
    evidence = {line.kind: line.evidence for line in Review.objects.all()}
    assert evidence == {
        "choice": "recognition",
        "true_false": "recognition",
        "block": "recognition",
        "typed": "recall",
        "flip": "recall",
    }
    assert set(Review.objects.values_list("mode", flat=True)) == {"test"}


def test_wrong_pair_records_the_mistaken_card(testing):
    testing.start(questions=4, kinds=("block",))
    testing.post("hand_in", testing.answers(right=False))
    assert testing.paper().right == 0
    lines = Review.objects.all()
    assert {line.card_id for line in lines} == {line.mistaken_for_id for line in lines}


def test_discarded_test_leaves_no_score_or_review(testing):
    testing.start(questions=6, kinds=("typed",))
    testing.post("save", testing.answers())
    testing.post("discard")
    assert testing.paper().graded is None
    assert not Review.objects.exists()
    assert 'id="start-form"' in text(testing.client.get(testing.page))


# --- Judging


def test_self_graded_answers_are_judged_before_the_score(testing):
    testing.start(questions=4, kinds=("flip",))
    testing.post("save", testing.answers())
    testing.post("hand_in")
    assert testing.paper().handed_in_at
    assert testing.paper().graded is None
    assert not Review.objects.exists()
    some = {name: value for name, value in testing.judgements().items() if name.startswith(("q0", "q1"))}
    response = testing.post("judge", some)
    assert response.status_code == 200
    assert text(response).count("Say whether your answer is right.") == 4
    assert testing.steps()[0].saved["knew"] == "yes"
    testing.post("judge", testing.judgements(right=False))
    assert testing.paper().right == 0


def test_answers_cannot_be_changed_while_judged(testing):
    testing.start(questions=4, kinds=("flip",))
    testing.post("save", testing.answers(right=False))
    testing.post("hand_in")
    fields = {"q0-typed": "Paris", "q0-revision": 9, "q0-knew": "yes"}
    response = testing.post("save", fields, htmx=True)
    assert response["HX-Redirect"] == testing.page
    assert testing.steps()[0].saved == {"typed": "Quito"}
    testing.post("save", fields | {"stage": "judge"}, htmx=True)
    assert testing.steps()[0].saved == {"typed": "Quito", "knew": "yes"}


def test_blank_self_graded_questions_are_not_judged(testing):
    testing.start(questions=4, kinds=("flip",))
    testing.post("hand_in", {"q0-said": "on", "q0-revision": 1})
    page = text(testing.client.get(testing.page))
    assert page.count('class="paper-item"') == 1


# --- The time


def test_saved_answers_are_handed_in_when_time_is_up(testing, learner, deck):
    with time_machine.travel("2026-03-02T12:00Z", tick=False) as clock:
        testing.start(questions=6, kinds=("typed",), minutes=5)
        answers = testing.answers()
        testing.post("save", {name: value for name, value in answers.items() if name.startswith("q0-")})
        clock.shift(299)
        assert 'data-seconds-left="1"' in text(testing.client.get(testing.page))
        clock.shift(timedelta(days=2))
        page = text(testing.client.get(testing.page))
        assert "Time is up" in page
        assert 'class="paper-item"' not in page
        testing.post("save", answers)
        assert [step.filled for step in testing.steps()] == [1, 0, 0, 0, 0, 0]
        testing.post("hand_in", answers)
    paper = testing.paper()
    assert paper.right == 1
    assert paper.handed_in_at == datetime(2026, 3, 2, 12, 5, tzinfo=UTC)
    assert str(Review.objects.get().study_day) == "2026-03-02"
    assert replaying.rebuild(Enrollment.objects.get()) == 0


def test_new_test_hands_in_an_expired_one(testing):
    with time_machine.travel("2026-03-02T12:00Z", tick=False) as clock:
        testing.start(questions=6, kinds=("typed",), minutes=5)
        testing.post("save", testing.answers())
        first = testing.paper().pk
        clock.shift(600)
        testing.start(questions=3, kinds=("typed",))
    assert Paper.objects.get(pk=first).right == 6
    assert testing.paper().pk != first
