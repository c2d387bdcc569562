"""Undoing answers and overriding verdicts: services and pages."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from sessions_app.corrections import services as corrections
from sessions_app.learners import settings
from sessions_app.models import CardProgress, Enrollment, Review, Step, StudySession
from sessions_app.review_log import replaying
from sessions_app.sessions import undo as sessions_undo
from sessions_app.study.types import Level, Verdict
from tests.sessions_app.conftest import NOON, Studying
from tests.sessions_app.review_log.test_replaying import derived

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true", "HX-Target": "question"}


def undo(studying, step=None):
    step = step or Step.objects.standing().exclude(answered_at=None).order_by("position").last()
    return sessions_undo.answer_undo(learner=studying.learner, step=step, now=studying.now)


def override(studying, line, verdict):
    return corrections.answer_override(
        learner=studying.learner, line=line, verdict=Verdict(verdict), now=studying.now
    )


def values(rows):
    """Derived values, without those that only the time or the creation of a row sets."""
    progress, days, enrollments = rows
    progress = [row for row in progress if row["last_reviewed_at"]]
    days = [row for row in days if row["answers"]]
    return [
        [
            {name: value for name, value in row.items() if name not in {"id", "last_studied_at"}}
            for row in table
        ]
        for table in (progress, days, enrollments)
    ]


# --- Undo


def test_undo_restores_everything_and_asks_again(studying):
    studying.start()
    studying.answer(3)
    before = values(derived())
    step = studying.open_step()
    studying.answer(1)
    state = undo(studying)
    assert values(derived()) == before
    assert (state.step.card, state.step.position) == (step.card, 3)
    assert Review.objects.standing().count() == 1


def test_undo_reaches_back_through_the_session(studying):
    studying.start()
    for rating in (3, 1, 4, 2):
        studying.answer(rating)
    for _ in range(4):
        undo(studying)
    assert not Review.objects.standing().exists()
    assert studying.open_step().card.position == 0
    assert Enrollment.objects.get().roll_up() == dict.fromkeys(Enrollment.objects.get().roll_up(), 0)


def test_undo_of_the_last_card_reopens_the_session(studying):
    studying.start(new_limit=1)
    studying.answer(4)
    assert StudySession.objects.get().finished_at
    assert undo(studying).step.card.position == 0
    assert StudySession.objects.get().finished_at is None


def test_session_followed_by_another_is_not_reopened(studying):
    studying.start(new_limit=1)
    studying.answer(4)
    step = Step.objects.get()
    studying.now += timedelta(minutes=1)
    studying.start(new_limit=1)
    assert undo(studying, step).is_stale
    assert Review.objects.standing().count() == 1


def undoable(studying):
    return sessions_undo.undoable(
        learner=studying.learner, enrollment=Enrollment.objects.get(), mode="spaced", now=studying.now
    )


def test_session_followed_by_an_unanswered_one_is_reopened(studying):
    studying.start(new_limit=1)
    studying.answer(4)
    step = Step.objects.get()
    studying.now += timedelta(minutes=1)
    studying.start(new_limit=1)
    studying.learner.study_sessions.filter(deck=studying.deck, mode="spaced").finish(studying.now)
    assert undoable(studying) == step.pk
    assert undo(studying, step).step.card == step.card
    assert not Review.objects.standing().exists()


def test_clock_set_back_does_not_prevent_undo(studying):
    studying.start(new_limit=1)
    studying.answer(4)
    settings.start_over(learner=studying.learner, deck=studying.deck, now=studying.now)
    studying.now -= timedelta(hours=1)
    studying.start()
    studying.answer(3)
    assert not undo(studying, Step.objects.get(session__finished_at=None, answered_at__isnull=False)).is_stale


def test_answers_before_starting_over_cannot_be_undone(studying):
    studying.start(new_limit=1)
    studying.answer(4)
    step = Step.objects.get()
    settings.start_over(learner=studying.learner, deck=studying.deck, now=studying.now + timedelta(minutes=1))
    assert undoable(studying) is None
    assert undo(studying, step).is_stale


def test_session_of_another_day_is_not_reopened(studying):
    studying.start(new_limit=1)
    studying.answer(4)
    assert undoable(studying)
    studying.now += timedelta(days=1)
    assert undoable(studying) is None
    assert undo(studying).is_stale


def test_only_the_last_answer_is_undone_and_only_once(studying):
    studying.start()
    studying.answer(3)
    first = Step.objects.exclude(answered_at=None).get()
    studying.answer(3)
    assert undo(studying, first).is_stale
    second = Step.objects.exclude(answered_at=None).get(position=1)
    assert not undo(studying, second).is_stale
    assert undo(studying, second).is_stale
    assert Review.objects.standing().count() == 1


def test_answer_to_a_question_retired_by_undo_is_stale(studying):
    studying.start()
    studying.answer(3)
    put_away = studying.open_step()
    undo(studying)
    assert studying.answer(3, put_away).is_stale
    assert not Review.objects.standing().exists()


def test_answer_after_undo_counts_as_the_first(studying):
    studying.start()
    studying.answer(1)
    undo(studying)
    studying.answer(3)
    progress = CardProgress.objects.get()
    assert (progress.level, progress.misses, progress.recalls) == (Level.RECALLED, 0, 1)


def test_undone_new_card_is_new_again(studying):
    studying.start(new_limit=2)
    studying.answer(4)
    studying.answer(4)
    undo(studying)
    undo(studying)
    studying.learner.study_sessions.filter(deck=studying.deck, mode="spaced").finish(studying.now)
    studying.now += timedelta(minutes=5)
    assert studying.start(new_limit=2).steps.get().card.position == 0


# --- Override


def test_wrong_overridden_to_right_counts_as_good(studying):
    studying.start()
    studying.answer(1)
    assert override(studying, Review.objects.get(), "correct")
    line = Review.objects.standing().get()
    assert (line.verdict, line.rating) == ("correct", 3)
    progress = CardProgress.objects.get()
    assert (progress.level, progress.misses) == (Level.RECALLED, 0)
    assert Step.objects.get(position=0).verdict == "correct"


def test_overriding_keeps_the_answers_place_in_the_log(studying):
    studying.start(new_limit=3)
    for rating in (1, 3, 3, 3):
        studying.answer(rating)
    old = Review.objects.in_order().last()
    override(studying, old, "wrong")
    new = Review.objects.standing().in_order().last()
    frozen = (
        "reviewed_at",
        "study_day",
        "gap",
        "gap_needed",
        "step_id",
        "elapsed_ms",
        "deck_id",
        "side",
        "kind",
    )
    assert new.pk != old.pk
    assert [getattr(new, name) for name in frozen] == [
        getattr(Review.objects.get(pk=old.pk), name) for name in frozen
    ]


def test_overriding_with_the_same_verdict_changes_nothing(studying):
    studying.start()
    studying.answer(4)
    assert override(studying, Review.objects.get(), "correct")
    assert Review.objects.get().rating == 4


@pytest.mark.parametrize("rating", [2, 3, 4])
def test_overriding_twice_restores_the_progress(studying, rating):
    studying.start()
    studying.answer(rating)
    before = values(derived())
    override(studying, Review.objects.get(), "wrong")
    assert values(derived()) != before
    override(studying, Review.objects.standing().get(), "correct")
    assert values(derived()) == before


def test_overriding_an_earlier_answer_replays_later_ones(studying):
    studying.start(new_limit=1)
    studying.answer(3)
    for day in (3, 30):
        studying.now = NOON + timedelta(days=day)
        studying.start(new_limit=0)
        studying.answer(3)
    assert CardProgress.objects.get().level == Level.MASTERED
    override(studying, Review.objects.in_order().first(), "wrong")
    assert CardProgress.objects.get().level == Level.LEARNED
    assert replaying.rebuild(Enrollment.objects.get()) == 0


def test_undone_answer_cannot_be_overridden(studying):
    studying.start()
    studying.answer(3)
    line = Review.objects.get()
    undo(studying)
    assert not override(studying, line, "wrong")
    assert not Review.objects.standing().exists()


def test_undo_after_overriding_voids_the_new_verdict(studying):
    studying.start()
    studying.answer(3)
    override(studying, Review.objects.get(), "wrong")
    undo(studying)
    assert not Review.objects.standing().exists()
    assert replaying.rebuild(Enrollment.objects.get()) == 0


# --- Pages


@pytest.fixture
def answered(learner_client, deck):
    """A session with one answer, and the address to undo it."""
    learner_client.post(reverse("study", args=[deck.slug, "spaced"]))
    step = Step.objects.get()
    learner_client.post(reverse("study_answer", args=[deck.slug, "spaced"]), {"step": step.pk, "rating": "1"})
    return reverse("study_undo", args=[deck.slug, "spaced"]), step


def test_undo_works_with_and_without_htmx(learner_client, answered):
    url, step = answered
    body = learner_client.post(url, {"step": step.pk}, headers=HTMX).content.decode()
    assert "Undone." in body
    assert "Term 0" in body
    assert "undo-form" not in body
    again = learner_client.post(url, {"step": step.pk}, follow=True).content.decode()
    assert "already undone" in again


def test_answer_of_another_learner_cannot_be_undone(client, stranger_client, owner_client, answered):
    url, step = answered
    assert client.post(url, {"step": step.pk}).status_code == 302
    for other in (stranger_client, owner_client):
        assert other.post(url, {"step": step.pk}).status_code == 404
    assert Review.objects.standing().count() == 1


def test_undo_and_overriding_need_post(learner_client, answered):
    assert learner_client.get(answered[0]).status_code == 405
    assert learner_client.get(reverse("review_override", args=[Review.objects.get().pk])).status_code == 405


def test_overriding_redirects_to_the_given_page_of_the_site(learner_client, deck, answered):
    url = reverse("review_override", args=[Review.objects.get().pk])
    page = f"{deck.get_absolute_url()}spaced/"
    assert learner_client.post(url, {"verdict": "correct", "next": page})["Location"] == page
    assert Review.objects.standing().get().verdict == "correct"
    late = learner_client.post(url, {"verdict": "wrong", "next": "https://elsewhere.example/"}, follow=True)
    assert late.redirect_chain[0][0] == deck.get_absolute_url()
    assert "changed in the meantime" in late.content.decode()


def test_overriding_form_returns_to_its_place_in_the_list(learner_client, deck, answered):
    _, step = answered
    learner_client.post(reverse("study_finish", args=[deck.slug, "spaced"]))
    card = reverse("card", args=[deck.slug, step.card_id])
    for page in (reverse("study", args=[deck.slug, "spaced"]), card):
        html = learner_client.get(page).content.decode()
        assert f'<li id="line-{step.pk}">' in html
        assert f'name="next" value="{page}#line-{step.pk}"' in html


@pytest.mark.parametrize("verdict", ["", "ask", "RIGHT", "\0", "x" * 100_000])
def test_unknown_verdict_changes_nothing(learner_client, answered, verdict):
    url = reverse("review_override", args=[Review.objects.get().pk])
    body = learner_client.post(url, {"verdict": verdict}, follow=True).content.decode()
    assert "right or wrong" in body
    assert Review.objects.get().verdict == "wrong"


def test_answer_of_another_learner_cannot_be_overridden(client, stranger_client, owner_client, answered):
    url = reverse("review_override", args=[Review.objects.get().pk])
    assert client.post(url, {"verdict": "correct"}).status_code == 302
    for other in (stranger_client, owner_client):
        assert other.post(url, {"verdict": "correct"}).status_code == 404
    assert Review.objects.get().verdict == "wrong"


@pytest.mark.parametrize(("cards", "answers", "new"), [(3, 2, 30), (40, 25, 30), (40, 25, 25)])
def test_undo_takes_at_most_27_queries(learner, learner_client, make_deck, cards, answers, new):
    """The last of them reopens a session that has ended."""
    studying = Studying(learner, make_deck(cards), now=timezone.now() - timedelta(minutes=30))
    studying.start(new_limit=new)
    for _ in range(answers):
        studying.answer(3)
    step = Step.objects.exclude(answered_at=None).order_by("position").last()
    url = reverse("study_undo", args=[studying.deck.slug, "spaced"])
    with CaptureQueriesContext(connection) as captured:
        assert learner_client.post(url, {"step": step.pk}, headers=HTMX).status_code == 200
    assert len(captured) <= 27
