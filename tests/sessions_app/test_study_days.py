"""Study days on the site: when cards are due, what ends with a day, and progress by earlier rules."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.urls import reverse

from sessions_app.corrections import services as corrections
from sessions_app.models import CardProgress, Enrollment, Review, Step, StudySession
from sessions_app.questions import today
from sessions_app.review_log import replaying
from sessions_app.sessions import services as sessions
from sessions_app.sessions.responses import NEW_DAY
from sessions_app.study.modes.types import SessionSettings
from sessions_app.study.questions import grading
from sessions_app.study.questions.types import Question
from sessions_app.study.scheduling.fsrs_memory import VERSION
from sessions_app.study.types import Kind, Side, Verdict
from tests.sessions_app.conftest import NOON, Studying

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true", "HX-Target": "question"}


def due_count(studying: Studying) -> int:
    standing = today.scheduled_for(Enrollment.objects.all(), studying.learner, studying.now).get()
    return today.today(standing, studying.deck, now=studying.now).due


@pytest.mark.slow
@pytest.mark.parametrize("earlier", [timedelta(0), timedelta(minutes=5)])
def test_five_minutes_earlier_each_evening_counts_as_on_time(studying, earlier):
    studying.start(new_limit=1)
    studying.answer(1)
    studying.answer(3, after=timedelta(minutes=10))
    for evening in range(1, 31):
        studying.now = NOON + evening * (timedelta(days=1) - earlier)
        is_due = due_count(studying) == 1
        assert (studying.start(new_limit=0) is not None) == is_due
        if is_due:
            studying.answer(3)
    assert Review.objects.count() == 6
    assert replaying.rebuild(Enrollment.objects.get()) == 0


def test_due_day_holds_in_every_time_zone(studying, learner):
    """A card answered in New York is due on a date; in Auckland it is due when that date begins there."""
    studying.start(new_limit=1)
    studying.answer(3)
    assert CardProgress.objects.get().due_day == date(2026, 3, 4)
    auckland, honolulu = datetime(2026, 3, 3, 15, tzinfo=UTC), datetime(2026, 3, 4, 14, tzinfo=UTC)
    for zone, begins in (("Pacific/Auckland", auckland), ("Pacific/Honolulu", honolulu)):
        learner.time_zone = zone
        for minutes, due in ((-1, 0), (1, 1)):
            studying.now = begins + timedelta(minutes=minutes)
            learner.save()
            assert due_count(studying) == due
    assert replaying.rebuild(Enrollment.objects.get()) == 0


def test_study_days_follow_a_learner_across_time_zones(studying, learner):
    for zone, at in (
        ("Pacific/Auckland", datetime(2026, 3, 9, 23, tzinfo=UTC)),
        ("America/Los_Angeles", datetime(2026, 3, 10, 3, tzinfo=UTC)),
        ("Pacific/Auckland", datetime(2026, 3, 11, 7, tzinfo=UTC)),
    ):
        learner.time_zone, studying.now = zone, at
        learner.save()
        studying.start(queue="due" if not Review.objects.exists() else "weakest", new_limit=1)
        studying.answer(3)
    assert [line.study_day.day for line in Review.objects.in_order()] == [10, 9, 11]
    row = CardProgress.objects.get()
    assert (row.memory_day, row.recall_days) == (date(2026, 3, 11), 2)
    call_command("rebuild_progress", check=True)


def test_start_page_names_the_next_due_day(studying, learner_client):
    studying.start(new_limit=1)
    studying.answer(3)
    Enrollment.objects.update(new_per_day=0)
    with time_machine.travel(studying.now, tick=False):
        page = learner_client.get(reverse("study", args=[studying.deck.slug, "spaced"])).text
        assert "The next card is due next Wed." in page
        assert "next Wed" in learner_client.get(studying.deck.get_absolute_url()).text


# --- Over four in the morning


@pytest.fixture
def over_four(studying, learner_client):
    """A session of Spaced whose question is still open when the study day has ended."""
    studying.start()
    studying.answer(3)
    with time_machine.travel(studying.now + timedelta(days=1), tick=False):
        yield studying


@pytest.mark.parametrize("headers", [HTMX, {}])
def test_answer_after_the_day_ended_announces_a_new_day(over_four, learner_client, headers):
    address = reverse("study_answer", args=[over_four.deck.slug, "spaced"])
    fields = {"step": over_four.open_step().pk, "rating": "3"}
    page = learner_client.post(address, fields, headers=headers, follow=True).text
    assert NEW_DAY in page
    assert 'id="start-form"' in page
    assert Review.objects.count() == 1
    assert not StudySession.objects.open().exists()


def test_page_announces_a_new_day_and_writes_nothing(over_four, learner_client):
    page = learner_client.get(reverse("study", args=[over_four.deck.slug, "spaced"])).text
    assert NEW_DAY in page
    assert 'id="start-form"' in page
    assert StudySession.objects.open().exists()


@pytest.mark.parametrize("headers", [HTMX, {}])
def test_burying_after_the_day_ended_announces_a_new_day(over_four, learner_client, headers):
    address = reverse("study_aside", args=[over_four.deck.slug, "spaced"])
    fields = {"step": over_four.open_step().pk, "mark": "buried"}
    assert NEW_DAY in learner_client.post(address, fields, headers=headers, follow=True).text


def test_learn_continues_past_the_end_of_a_day(deck, learner, learner_client):
    with time_machine.travel(NOON, tick=False):
        learner_client.post(reverse("study", args=[deck.slug, "learn"]))
    with time_machine.travel(NOON + timedelta(days=1), tick=False):
        assert 'id="answer-form"' in learner_client.get(reverse("study", args=[deck.slug, "learn"])).text


# --- Who decided a verdict


QUESTION = {"card_id": 1, "side": Side.DEFINITION, "prompt": "France", "answer": "Paris", "origin": ""}
OPTIONS = {"options": ("Paris", "Rome"), "option_cards": (1, 2)}


@pytest.mark.parametrize(
    ("kind", "response", "judged_by"),
    [
        (Kind.CHOICE, {"option": "1"}, "choice"),
        (Kind.TRUE_FALSE, {"truth": "true"}, "choice"),
        (Kind.TYPED, {"typed": "Rome"}, "judge"),
        (Kind.TYPED, {"typed": "Rome", "held": "yes", "verdict": "correct"}, "judge"),
        (Kind.FLIP, {"knew": "no"}, "learner"),
        (Kind.TYPED, {"unknown": ""}, "learner"),
        (Kind.CHOICE, {"unknown": ""}, "learner"),
    ],
)
def test_verdict_records_who_judged(kind, response, judged_by):
    question = Question(kind, **QUESTION, **(OPTIONS if kind in (Kind.CHOICE, Kind.TRUE_FALSE) else {}))
    assert grading.grade(question, response).judged_by == judged_by


def test_doubtful_answer_is_judged_by_the_learner():
    doubtful = Question(Kind.TYPED, **QUESTION, twins=("Lutetia",))
    said = {"typed": "Lutetia", "held": "yes", "verdict": "correct"}
    assert grading.grade(doubtful, said).judged_by == "learner"


def test_overridden_answer_is_judged_by_the_learner(learner, deck):
    settings = SessionSettings(kinds=("typed",))
    sessions.session_start(learner=learner, deck=deck, mode="learn", settings=settings, now=NOON)
    step = Step.objects.unanswered().select_related("session__deck", "card").get()
    response = {"typed": "nothing of the kind"}
    (line,) = sessions.step_answer(learner=learner, step=step, response=response, now=NOON).lines
    assert line.judged_by == "judge"
    corrections.answer_override(learner=learner, line=line, verdict=Verdict.CORRECT, now=NOON)
    assert Review.objects.standing().get().judged_by == "learner"


# --- Progress of earlier rules


@pytest.fixture
def behind(studying):
    """An enrollment as a migration leaves it: without days, and with numbers by earlier rules."""
    studying.start()
    for rating in (1, 3, 3, 3):
        studying.answer(rating, after=timedelta(minutes=4))
    studying.learner.study_sessions.filter(deck=studying.deck, mode="spaced").finish(studying.now)
    CardProgress.objects.exclude(due=None).update(due_day=None, memory_day=None, stability=99)
    Enrollment.objects.update(replayed_with="")
    return studying


def test_first_answer_after_an_upgrade_replays_the_progress(behind):
    behind.start()
    behind.answer(3)
    enrollment = Enrollment.objects.get()
    assert enrollment.replayed_with == VERSION
    assert replaying.rebuild(enrollment) == 0


def test_changed_cards_replay_every_learner_after_an_upgrade(behind):
    from cards.editing.cards import remove_cards

    remove_cards(deck=behind.deck, cards=behind.deck.cards.filter(position=0))
    assert Enrollment.objects.get().replayed_with == VERSION
    assert not CardProgress.objects.filter(stability=99).exists()


def test_pages_open_before_progress_is_replayed(behind, learner_client):
    for page in (
        reverse("home"),
        behind.deck.get_absolute_url(),
        reverse("study", args=[behind.deck.slug, "spaced"]),
    ):
        assert learner_client.get(page).status_code == 200
    card = CardProgress.objects.exclude(due=None).first().card
    assert learner_client.get(f"{behind.deck.get_absolute_url()}cards/{card.pk}/").status_code == 200
    assert Enrollment.objects.get().replayed_with == ""


def test_command_replays_only_outdated_enrollments(behind, make_deck, capsys):
    other = Studying(behind.learner, make_deck(2, title="Other"))
    other.start()
    call_command("rebuild_progress", behind=True)
    assert "1 enrollments replayed" in capsys.readouterr().out
    call_command("rebuild_progress", behind=True)
    assert capsys.readouterr().out == ""
