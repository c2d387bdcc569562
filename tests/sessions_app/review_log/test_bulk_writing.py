"""Many lines of the log written at once have the same result as one after the other."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sessions_app.models import CardProgress, DayTotal, Enrollment, Review, Step, StudySession
from sessions_app.review_log import bulk_writing, writing
from sessions_app.study.days import study_day
from sessions_app.study.questions.types import Graded, Question
from sessions_app.study.types import Evidence, Kind, Side, Verdict
from studysite.accounts.models import User
from tests.sessions_app.conftest import Studying

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

CARDS = 5
ANSWERS = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 30) | st.integers(600, 3_000)), max_size=12)
KINDS = st.lists(st.sampled_from([Kind.TYPED, Kind.FLIP, Kind.CHOICE]), min_size=CARDS, max_size=CARDS)
RIGHT = st.lists(st.booleans(), min_size=CARDS, max_size=CARDS)


def study(learner: User, deck, answers) -> Studying:
    studying = Studying(learner, deck)
    for rating, minutes in answers:
        if studying.open_step() is None and studying.start(new_limit=2) is None:
            studying.now += timedelta(days=1)
        elif studying.open_step():
            studying.answer(rating, after=timedelta(minutes=minutes))
    return studying


def entries_of(studying: Studying, kinds, right) -> list[bulk_writing.Entry]:
    """One answer about each card, on a paper."""
    session = StudySession.objects.create(
        learner=studying.learner,
        deck=studying.deck,
        mode="test",
        seed=1,
        study_day=studying.now.date(),
        started_at=studying.now,
    )
    entries = []
    for position, card in enumerate(studying.deck.cards.in_order()):
        question = Question(kinds[position], card.pk, Side.DEFINITION, card.term, card.definition, "test")
        step = Step.objects.create(
            session=session,
            position=position,
            card=card,
            origin="test",
            question=question.to_json(),
            drawn_at=studying.now,
            on_paper=True,
        )
        recall = kinds[position] is not Kind.CHOICE
        evidence = Evidence.RECALL if recall else Evidence.RECOGNITION
        verdict = Verdict.CORRECT if right[position] else Verdict.WRONG
        entries.append(bulk_writing.Entry(step, question, Graded(card.pk, evidence, verdict)))
    return entries


def derived(learner: User):
    """The learner's log and all data derived from it, without keys."""
    rows = [*CardProgress.objects.filter(learner=learner).order_by("card", "side").values()]
    lines = [*Review.objects.filter(learner=learner).order_by("pk").values()]
    days = [*DayTotal.objects.filter(learner=learner).order_by("study_day").values()]
    unlike = {"id", "learner_id", "step_id", "elapsed_ms"}
    return [
        {name: value for name, value in row.items() if name not in unlike} for row in (*rows, *lines, *days)
    ]


@pytest.mark.long
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answers=ANSWERS, kinds=KINDS, right=RIGHT)
def test_bulk_writing_equals_single_writing(answers, kinds, right, learner, stranger, make_deck):
    with transaction.atomic():
        User.objects.update(time_zone="UTC")
        learner.time_zone = stranger.time_zone = "UTC"
        deck = make_deck(CARDS)
        one, other = study(learner, deck, answers), study(stranger, deck, answers)
        changes = [write_one_by_one(one, kinds, right), write_at_once(other, kinds, right)]
        assert changes[0] == changes[1]
        assert derived(learner) == derived(stranger)
        transaction.set_rollback(True)


def practise(studying: Studying, times: int) -> None:
    """Log practice about the deck's last card, as an import does, after what is logged already."""
    *_, card = studying.deck.cards.in_order()
    for minute in range(1, times + 1):
        Review.objects.create(
            learner=studying.learner,
            card=card,
            deck=studying.deck,
            mode="imported",
            side=Side.DEFINITION,
            kind=Kind.FLIP,
            evidence=Evidence.PRACTICE,
            verdict=Verdict.CORRECT,
            reviewed_at=studying.now + timedelta(seconds=minute),
            study_day=study_day(studying.now, studying.learner.zone),
            scheduler=Review.objects.latest("pk").scheduler,
        )


def test_practice_is_no_question_between_two_recalls(learner, stranger, make_deck):
    """Cards practised in another program, and imported since the last recall, do not set two recalls apart."""
    User.objects.update(time_zone="UTC")
    learner.time_zone = stranger.time_zone = "UTC"
    deck = make_deck(CARDS)
    for person, write in ((learner, write_one_by_one), (stranger, write_at_once)):
        studying = study(person, deck, [(3, 1)] * 2)
        practise(studying, times=3)
        write(studying, [Kind.TYPED] * CARDS, [True] * CARDS)
    assert derived(learner) == derived(stranger)
    gaps = [line.gap for line in Review.objects.filter(learner=stranger).exclude(gap=None)]
    assert gaps == [1, 1]


def enrollment_of(studying: Studying) -> Enrollment:
    enrollment, _ = Enrollment.objects.get_or_create(learner=studying.learner, deck=studying.deck)
    enrollment.learner, enrollment.deck = studying.learner, studying.deck
    return enrollment


def write_one_by_one(studying: Studying, kinds, right):
    enrollment, now = enrollment_of(studying), studying.now + timedelta(minutes=1)
    changes = Counter()
    for entry in entries_of(studying, kinds, right):
        _, change = writing.write(
            enrollment=enrollment,
            step=entry.step,
            question=entry.question,
            graded=entry.graded,
            now=now,
            today=study_day(now, studying.learner.zone),
        )
        changes.update(change)
    return changes


def write_at_once(studying: Studying, kinds, right):
    now = studying.now + timedelta(minutes=1)
    return bulk_writing.write_all(
        enrollment=enrollment_of(studying),
        entries=entries_of(studying, kinds, right),
        now=now,
        today=study_day(now, studying.learner.zone),
    )
