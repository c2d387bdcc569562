"""Eight threads on one step: one succeeds each time, and the log agrees with the threads' results."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from cards.editing.moving import move_cards
from cards.models import Card, Deck
from sessions_app.corrections import services as corrections
from sessions_app.matching import services as matching
from sessions_app.models import Enrollment, MatchingBoard, Review, Step, StudySession
from sessions_app.review_log import replaying
from sessions_app.sessions.services import session_start, step_answer
from sessions_app.sessions.undo import answer_undo
from sessions_app.study.modes.types import SessionSettings
from sessions_app.study.types import Verdict
from tests.sessions_app.conftest import NOON, Studying

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

THREADS = 8


def race(*calls: Callable[[], object]) -> list[object]:
    """The results of ``calls``, all started at once, each in its own thread with its own connection."""
    barrier = threading.Barrier(len(calls))
    results: list[object] = [None] * len(calls)

    def run(number: int, call: Callable[[], object]) -> None:
        barrier.wait()
        try:
            results[number] = call()
        except Exception as error:
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    errors = [result for result in results if isinstance(result, Exception)]
    assert not errors, errors
    return results


def answer(studying, step, rating):
    # Each thread loads its own objects, as a request does.
    own = Step.objects.select_related("session__deck", "card").get(pk=step.pk)
    return step_answer(learner=studying.learner, step=own, response={"rating": str(rating)}, now=studying.now)


def undo(studying, step):
    own = Step.objects.select_related("session__deck", "card").get(pk=step.pk)
    return answer_undo(learner=studying.learner, step=own, now=studying.now)


def override(studying, line, verdict):
    own = Review.objects.select_related("card__deck").get(pk=line.pk)
    return corrections.answer_override(learner=studying.learner, line=own, verdict=verdict, now=studying.now)


def winners(states) -> int:
    return sum(not state.is_stale for state in states)


def assert_replay_changes_nothing() -> None:
    assert [replaying.rebuild(enrollment) for enrollment in Enrollment.objects.all()] == [
        0
    ] * Enrollment.objects.count()


def test_one_of_eight_answers_counts(studying):
    studying.start()
    step = studying.open_step()
    states = race(*[lambda n=n: answer(studying, step, n % 4 + 1) for n in range(THREADS)])
    assert winners(states) == 1
    assert Review.objects.count() == 1
    assert Step.objects.count() == 2
    assert_replay_changes_nothing()


def test_one_of_eight_undos_counts(studying):
    studying.start()
    studying.answer(3)
    studying.answer(1)
    step = Step.objects.get(position=1)
    states = race(*[lambda: undo(studying, step)] * THREADS)
    assert winners(states) == 1
    assert Review.objects.standing().count() == 1
    assert Step.objects.unanswered().count() == 1
    assert_replay_changes_nothing()


def test_one_of_eight_overrides_counts(studying):
    studying.start()
    studying.answer(3)
    line = Review.objects.get()
    told = race(*[lambda: override(studying, line, Verdict.WRONG)] * THREADS)
    assert sum(told) == 1
    assert Review.objects.count() == 2
    assert Review.objects.standing().get().verdict == Verdict.WRONG
    assert_replay_changes_nothing()


@pytest.mark.parametrize("attempt", range(4))
def test_simultaneous_actions_agree_with_the_log(studying, attempt):
    studying.start()
    studying.answer(3)
    done, line, step = Step.objects.get(position=0), Review.objects.get(), studying.open_step()
    results = race(
        *[lambda: answer(studying, step, 3)] * 3,
        *[lambda: undo(studying, done)] * 3,
        *[lambda: override(studying, line, Verdict.WRONG)] * 2,
    )
    answered, undone = winners(results[:3]), winners(results[3:6])
    # The first request makes the other stale: undo takes the last answer first, and retires the open question.
    assert (answered, undone) in {(1, 0), (0, 1)}
    assert Review.objects.standing().count() == 1 + answered - undone
    assert_replay_changes_nothing()


def test_eight_starts_make_one_session(learner, deck):
    settings = SessionSettings("due", 5)
    sessions = race(
        *[lambda: session_start(learner=learner, deck=deck, mode="spaced", settings=settings, now=NOON)]
        * THREADS
    )
    assert len({session.pk for session in sessions}) == 1
    assert StudySession.objects.count() == Enrollment.objects.count() == Step.objects.count() == 1


def test_simultaneous_learners_lose_no_answers(owner, learner, stranger, deck):
    everyone = [Studying(user, deck) for user in (owner, learner, stranger)]
    for one in everyone:
        one.start()

    def study(one):
        for rating in (3, 1, 4):
            one.answer(rating)

    race(*[lambda one=one: study(one) for one in everyone])
    assert Review.objects.count() == 9
    assert_replay_changes_nothing()


@pytest.mark.parametrize("attempt", range(4))
def test_cards_can_move_while_they_are_answered(owner, learner, stranger, make_deck, attempt):
    """Both lock an enrollment and a card. In different orders, PostgreSQL would end one of them (a deadlock)."""
    home, other = make_deck(5), make_deck(5)
    everyone = [Studying(user, home) for user in (owner, learner, stranger)]
    for one in everyone:
        one.start()
        one.answer(3)
    keys = list(home.cards.values_list("pk", flat=True))

    def study(one):
        for rating in (3, 1, 3):
            if step := one.open_step():
                one.answer(rating, step)

    def move(deck):
        for _ in range(2):
            move_cards(cards=Card.objects.filter(pk__in=keys), to=Deck.objects.get(pk=deck.pk), now=NOON)

    race(*[lambda one=one: study(one) for one in everyone], *[lambda to=to: move(to) for to in (other, home)])
    assert_replay_changes_nothing()


def test_simultaneous_starts_make_one_board_and_tries_count_once(learner, deck):
    def start():
        return matching.board_start(learner=learner, deck=deck, untimed=False, now=NOON)

    assert len({board.pk for board in race(*[start] * THREADS)}) == 1
    key = MatchingBoard.objects.get().frozen().key
    wrong = matching.Try(0, (key[0] + 1) % len(key))

    def attempt():
        board = MatchingBoard.objects.select_related("session").get()
        return matching.board_try(board=board, pair=wrong, revision=0, now=NOON)

    results = race(*[attempt] * THREADS)
    assert sorted(results) == ["stale"] * (THREADS - 1) + ["wrong"]
    assert MatchingBoard.objects.get().misses == 1
