"""Decks whose cards ask for both sides: their queries are few, and do not grow with cards or history."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from sessions_app.models import CardProgress, Enrollment, Step, StudySession
from sessions_app.practice_test import handing_in, starting
from sessions_app.study.days import study_day
from sessions_app.study.modes.types import SessionSettings
from sessions_app.study.questions.types import Question
from tests.sessions_app.sessions.test_machine import response_to
from tests.sessions_app.test_queries import MOST_FOR_AN_ANSWER, queries

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

# Learn plans a second time if only siblings are left.
MOST = {"spaced": MOST_FOR_AN_ANSWER + 1, "learn": MOST_FOR_AN_ANSWER + 7}


def response(mode, question):
    return {"rating": "4"} if mode == "spaced" else response_to(question, right=True)


def answer_queries(client, deck, mode):
    step = Step.objects.unanswered().get(session__deck=deck, session__mode=mode)
    url = reverse("study_answer", args=[deck.slug, mode])
    headers = {"HX-Request": "true", "HX-Target": "question"}
    data = {"step": step.pk} | response(mode, Question.from_json(step.question))
    return queries(lambda: client.post(url, data, headers=headers))


def start(client, deck, mode):
    client.post(reverse("study", args=[deck.slug, mode]))


def is_open(deck):
    return StudySession.objects.open().filter(deck=deck).exists()


@pytest.mark.parametrize("mode", MOST)
def test_every_answer_of_a_session_stays_within_the_limit(learner_client, make_deck, mode):
    deck = make_deck(4, side_choice="both")
    start(learner_client, deck, mode)
    numbers = []
    while is_open(deck):
        numbers.append(answer_queries(learner_client, deck, mode))
    assert len(numbers) >= 8
    # The last one shows the summary.
    assert max(numbers[:-1]) <= MOST[mode]


def sided(learner, deck, *, answered_today):
    """The definitions are learned, today or days ago, and the terms are new."""
    now = timezone.now()
    day, due = study_day(now, learner.zone), now + timedelta(days=9)
    memory = {"stability": 9.0, "difficulty": 5.0, "state": 2, "due": due, "due_day": due.date(),
              "last_recalled_at": now, "memory_day": day, "level": 3, "peak": 3,
              "last_day": day if answered_today else day - timedelta(days=3)}  # fmt: skip
    CardProgress.objects.bulk_create(
        CardProgress(learner=learner, deck=deck, card_id=card, side="definition", **memory)
        for card in deck.cards.values_list("pk", flat=True)
    )
    Enrollment.objects.update_or_create(learner=learner, deck=deck, defaults={"new_per_day": 999})
    Enrollment.objects.recount()


def long_history(learner, deck, card):
    """A hundred sessions of earlier days, with ten answers each."""
    long_ago = timezone.now() - timedelta(days=40)
    sessions = StudySession.objects.bulk_create(
        StudySession(learner=learner, deck=deck, mode="spaced", seed=1, study_day=long_ago.date(),
                     started_at=long_ago, finished_at=long_ago) for _ in range(100)
    )  # fmt: skip
    question = {
        "kind": "flip",
        "card": card,
        "side": "definition",
        "prompt": "",
        "answer": "",
        "origin": "new",
    }
    Step.objects.bulk_create(
        Step(session=session, position=place, card_id=card, origin="new", question=question,
             verdict="correct", drawn_at=long_ago, answered_at=long_ago)
        for session in sessions for place in range(10)
    )  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("mode", MOST)
@pytest.mark.parametrize("answered_today", [False, True])
def test_answer_queries_do_not_grow_with_cards_and_history(
    learner, learner_client, make_deck, mode, answered_today
):
    """If the definitions were answered today, only their siblings are left."""
    numbers = []
    for cards in (5, 500, 2_000):
        deck = make_deck(cards, side_choice="both")
        sided(learner, deck, answered_today=answered_today)
        start(learner_client, deck, mode)
        answer_queries(learner_client, deck, mode)
        numbers.append([answer_queries(learner_client, deck, mode)])
        long_history(learner, deck, deck.cards.first().pk)
        numbers[-1].append(answer_queries(learner_client, deck, mode))
    assert max(map(max, numbers)) <= MOST[mode]
    assert numbers[1] == numbers[2]
    # The first three questions of a session take one more, for the line of help.
    assert all(after <= before for before, after in numbers), "history costs nothing"


def paper_queries(learner, deck, questions):
    """The queries of the start of a test, and of handing it in with nothing filled in."""
    wish = SessionSettings(questions=questions, kinds=("choice", "block", "typed"))
    now = timezone.now()
    with CaptureQueriesContext(connection) as started:
        session = starting.start(learner=learner, deck=deck, settings=wish, now=now)
    with CaptureQueriesContext(connection) as handed_in:
        handing_in.hand_in(learner=learner, paper=session.paper, filled={}, now=now)
    return len(started), len(handed_in)


@pytest.mark.long
def test_paper_queries_do_not_grow_with_cards_and_questions(learner, make_deck):
    numbers = {}
    for cards, questions in ((8, 4), (50, 4), (50, 40), (400, 40), (2_000, 40), (2_000, 100)):
        deck = make_deck(cards, side_choice="both")
        sided(learner, deck, answered_today=True)
        numbers[cards, questions] = paper_queries(learner, deck, questions)
    assert numbers[50, 40] == numbers[50, 4] == numbers[8, 4]
    # Of more than 1,000 cards a sample is read first.
    started, handed_in = numbers[400, 40]
    assert numbers[2_000, 100] == numbers[2_000, 40] == (started + 3, handed_in)
    assert max(started for started, _ in numbers.values()) <= 19, numbers
