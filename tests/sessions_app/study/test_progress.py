"""The fold of outcomes: levels, counts, and a study day's totals."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.study.scheduling import fsrs_memory, progress
from sessions_app.study.scheduling.types import Memory, Progress, Tally
from sessions_app.study.types import Evidence, Kind, Level, Rating, State
from tests.sessions_app.study.build import NOON, folded, histories, outcome


def test_unanswered_card_is_new():
    assert folded() == Progress()


def test_right_choice_makes_a_new_card_recognised():
    assert folded(outcome(kind=Kind.CHOICE)).level is Level.RECOGNISED


def test_true_false_raises_no_level():
    assert folded(outcome(kind=Kind.TRUE_FALSE)).level is Level.NEW


def test_right_recall_makes_a_new_card_recalled():
    assert folded(outcome()).level is Level.RECALLED


def test_recognition_never_raises_a_card_above_recognised():
    assert folded(*[outcome(kind=Kind.CHOICE, day=day) for day in range(5)]).level is Level.RECOGNISED


@pytest.mark.parametrize(
    ("gap", "needed", "level"), [(3, 3, 3), (2, 3, 2), (0, 0, 3), (1, 1, 3), (None, 3, 2)]
)
def test_learned_in_one_evening_needs_a_gap_between_recalls(gap, needed, level):
    second = outcome(minute=9, gap=gap, gap_needed=needed)
    assert folded(outcome(), second).level == level


def test_recalls_on_two_days_make_a_card_learned():
    assert folded(outcome(), outcome(day=1)).level is Level.LEARNED


def test_mastery_needs_three_days():
    evening = [outcome(minute=10 * n, gap=9) for n in range(10)]
    assert folded(*evening).level is Level.LEARNED
    assert folded(outcome(), outcome(day=1), outcome(day=2)).level is Level.MASTERED


def test_miss_lowers_one_level_down_to_recognised():
    recalled = outcome()
    assert folded(recalled, outcome(day=1), outcome(day=2, right=False)).level is Level.RECALLED
    assert folded(recalled, *[outcome(day=day, right=False) for day in range(1, 5)]).level is Level.RECOGNISED


def test_missed_new_card_stays_new():
    assert folded(outcome(right=False)).level is Level.NEW


def test_one_recall_regains_a_lost_level():
    lost = [outcome(), outcome(day=1), outcome(day=1, minute=5, right=False)]
    assert folded(*lost).level is Level.RECALLED
    assert folded(*lost, outcome(day=1, minute=6, gap=0)).level is Level.LEARNED


def test_mastered_is_regained_only_on_a_new_study_day():
    mastered = [outcome(day=day) for day in range(3)]
    missed = [*mastered, outcome(day=3, right=False)]
    assert folded(*missed, outcome(day=3, minute=9, gap=5)).level is Level.LEARNED
    assert folded(*missed, outcome(day=3, minute=9, gap=5), outcome(day=4)).level is Level.MASTERED


def test_repeated_study_day_is_no_new_day():
    westward = replace(outcome(day=1, minute=90), study_day=outcome(day=0).study_day)
    assert folded(outcome(day=1), westward, outcome(day=1, minute=99)).recall_days == 1


def test_imported_memory_is_taken_and_built_on():
    due = NOON + timedelta(days=33)
    held = Memory(40.0, 3.5, State.REVIEW, None, due, due.date(), NOON, NOON.date())
    taken = replace(outcome(rating=Rating.AGAIN, right=False), memory=held)
    assert folded(outcome(day=-9), taken).memory == held
    later = outcome(day=33)
    assert folded(taken, later).memory == fsrs_memory.review(
        held, Rating.GOOD, later.reviewed_at, later.study_day
    )


def test_recognition_does_not_change_the_memory():
    recalled = folded(outcome())
    assert folded(outcome(), outcome(day=1, kind=Kind.CHOICE)).memory == recalled.memory


def test_missed_choice_makes_a_card_due_at_once():
    miss = outcome(day=1, kind=Kind.CHOICE, right=False)
    after = folded(outcome(), miss).memory
    assert after.due_day == miss.study_day
    assert after.stability == folded(outcome()).memory.stability


def test_missed_choice_never_postpones_an_overdue_card():
    overdue = folded(outcome(), outcome(day=30, kind=Kind.CHOICE, right=False)).memory
    assert overdue.due_day == folded(outcome()).memory.due_day


def test_missed_choice_makes_same_day_step_due_at_once():
    missed = outcome(right=False)
    miss = outcome(minute=3, kind=Kind.CHOICE, right=False)
    assert folded(missed, miss).memory.due == miss.reviewed_at


@pytest.mark.parametrize(("right", "least", "most"), [(True, 1.0, 1.42), (False, 0.27, 0.48)])
def test_second_recall_of_a_day_updates_the_memory(right, least, most):
    """By the formula for the same day; docs/engine.md has its factors."""
    for days in ((), (2,), (2, 9)):
        before = [outcome(), *[outcome(day=day) for day in days]]
        again = outcome(day=days[-1] if days else 0, minute=5, kind=Kind.TYPED, right=right)
        once, twice = folded(*before).memory, folded(*before, again).memory
        assert twice.last_review == again.reviewed_at
        assert least <= twice.stability / once.stability <= most


def test_recall_dated_to_an_earlier_day_keeps_the_memory_day():
    """A study day before the last update of the memory counts as the day of that update."""
    westward = replace(outcome(day=1, minute=90), study_day=outcome(day=0).study_day)
    after = folded(outcome(), outcome(day=1), westward).memory
    assert (after.last_review, after.day) == (westward.reviewed_at, outcome(day=1).study_day)


def test_recall_after_a_same_day_choice_keeps_the_memory():
    before = folded(outcome())
    assert (
        folded(outcome(), outcome(day=3, kind=Kind.CHOICE), outcome(day=3, minute=5)).memory == before.memory
    )


def test_rated_recall_always_updates_the_memory():
    again = outcome(minute=5, rating=Rating.GOOD)
    assert folded(outcome(), again).memory.last_review == again.reviewed_at


def test_first_recall_makes_a_memory_after_a_choice():
    assert folded(outcome(kind=Kind.CHOICE), outcome(minute=3)).memory is not None


def test_lapse_needs_a_card_beyond_same_day_steps():
    good = outcome(rating=Rating.GOOD)
    forgotten = outcome(day=5, right=False, rating=Rating.AGAIN)
    again = outcome(day=5, minute=10, right=False, rating=Rating.AGAIN)
    assert folded(good).memory.state is State.REVIEW
    assert folded(good, forgotten, again).lapses == 1
    assert folded(outcome(right=False, rating=Rating.AGAIN)).lapses == 0


def test_repeated_misses_in_a_session_are_one_lapse():
    sitting = [
        outcome(day=5, minute=20 * n, right=n % 2 == 1, rating=Rating(1 + 2 * (n % 2))) for n in range(10)
    ]
    assert folded(outcome(), *sitting).lapses == 1
    assert folded(outcome(), *sitting, outcome(day=20, right=False)).lapses == 2


def test_eight_lapses_make_a_leech():
    assert not progress.is_leech(Progress(lapses=7))
    assert progress.is_leech(Progress(lapses=8))


def test_only_mastered_cards_fade():
    mastered = folded(outcome(), outcome(day=1), outcome(day=2))
    fades = progress.fades_at(mastered)
    assert fsrs_memory.retrievability(mastered.memory, fades) == pytest.approx(0.8)
    assert progress.fades_at(folded(outcome(), outcome(day=1))) is None


@pytest.mark.parametrize(("size", "needed"), [(0, 0), (1, 0), (2, 1), (3, 2), (4, 3), (10_000, 3)])
def test_small_decks_need_a_smaller_gap(size, needed):
    assert progress.gap_needed(size) == needed


def test_day_total_counts_answers_new_cards_and_recalls():
    history = [
        outcome(),
        outcome(minute=9, rating=Rating.GOOD),
        outcome(day=2),
        outcome(day=2, minute=9, right=False),
        outcome(day=4, right=False),
    ]
    assert progress.replay(history, 0.9).tallies == [
        Tally(answers=1, introduced=1),
        Tally(answers=1),
        Tally(answers=1, recalls=1, recalls_right=1),
        Tally(answers=1),
        Tally(answers=1, recalls=1),
    ]


def test_answers_before_starting_over_do_not_count():
    over = NOON + timedelta(days=5)
    again = [replace(outcome(day=day), since=over) for day in (6, 7)]
    assert (
        progress.replay([outcome(), *again], 0.9, over).progress == progress.replay(again, 0.9, over).progress
    )
    assert progress.replay([outcome(), *again], 0.9, over).tallies[1].introduced == 1


def test_starting_over_after_last_answer_makes_a_new_card():
    assert progress.replay([outcome()], 0.9, NOON + timedelta(days=5)).progress == Progress()


def test_starting_over_applies_to_merged_answers():
    """As after a merge with a guest's log, or after a move from a deck in which the learner had started over."""
    over = NOON + timedelta(days=2)
    knew, did_not = replace(outcome(day=3), since=over), outcome(day=4)
    after = progress.replay([outcome(), knew, did_not], 0.9, over).progress
    assert after == progress.replay([knew, did_not], 0.9, over).progress
    assert after.recalls == 2


def test_answer_after_starting_over_counts():
    later = outcome(day=4)
    assert progress.replay([outcome(), later], 0.9, NOON + timedelta(days=2)).progress == folded(later)


def test_starting_over_survives_a_move():
    last = replace(outcome(day=3), since=NOON + timedelta(days=2))
    assert progress.replay([outcome(), last], 0.9).progress.recalls == 1


@given(histories())
def test_levels_stay_in_range_and_below_the_peak(history):
    result = folded(*history)
    assert Level.NEW <= result.level <= result.peak <= Level.MASTERED


@given(histories())
def test_card_is_new_only_without_answers_that_raise_it(history):
    lifting = [o for o in history if o.is_correct and o.kind is not Kind.TRUE_FALSE]
    assert (folded(*history).level is Level.NEW) == (not lifting)


@given(histories(), st.integers(0, 12))
def test_computing_in_two_parts_equals_computing_at_once(history, cut):
    first = folded(*history[:cut])
    for item in history[cut:]:
        first = progress.fold(first, item, 0.9)
    assert first == folded(*history)


@given(histories())
def test_mastered_needs_right_recalls_on_three_days(history):
    days = {o.study_day for o in history if o.is_recall and o.is_correct}
    assert folded(*history).level < Level.MASTERED or len(days) >= 3


@given(histories(), st.sampled_from([0.7, 0.8, 0.9, 0.97]))
def test_retention_changes_only_due_dates(history, retention):
    usual, other = folded(*history), folded(*history, retention=retention)
    assert (other.level, other.recalls, other.misses, other.recall_days) == (
        usual.level,
        usual.recalls,
        usual.misses,
        usual.recall_days,
    )
    if usual.memory:
        assert other.memory.stability == usual.memory.stability
        assert other.memory.day == usual.memory.day


@given(histories(), st.integers(0, 2**12 - 1))
def test_practice_only_counts_as_an_answer(history, chosen):
    """A cram of Anki, wherever it is: never for level, memory, due day or gap."""
    as_practice = [
        replace(each, evidence=Evidence.PRACTICE) if chosen >> place & 1 else each
        for place, each in enumerate(history)
    ]
    rest = [each for each in as_practice if not each.is_practice]
    after, without = progress.replay(as_practice, 0.9), progress.replay(rest, 0.9)
    assert after.progress == without.progress
    tallies = iter(without.tallies)
    assert list(after.tallies) == [
        Tally(answers=1) if each.is_practice else next(tallies) for each in as_practice
    ]


# --- Starting over

MOMENTS = st.none() | st.integers(0, 60 * 24 * 40).map(lambda minutes: NOON + timedelta(minutes=minutes))


def step_by_step(outcomes, retention):
    """The rule, outcome by outcome: after a new start, only outcomes from that moment on count."""
    known, in_force, earlier, tallies = Progress(), None, [], []
    for each in outcomes:
        if each.since and (in_force is None or each.since > in_force):
            in_force = each.since
            known = folded(*[replace(one, since=None) for one in earlier if one.reviewed_at >= in_force])
        tallies.append(progress.tally(known, each))
        known = progress.fold(known, each, retention)
        earlier.append(each)
    return known, tallies


@given(histories(), st.lists(MOMENTS, min_size=12, max_size=12), st.sets(st.integers(0, 12), max_size=4))
def test_replaying_equals_computing_answer_by_answer(history, moments, practised):
    since = [min(at, each.reviewed_at) if at else None for each, at in zip(history, moments, strict=False)]
    history = [replace(each, since=at) for each, at in zip(history, since, strict=True)]
    history = [
        replace(each, evidence=Evidence.PRACTICE) if place in practised else each
        for place, each in enumerate(history)
    ]
    replayed = progress.replay(history, 0.9)
    assert (replayed.progress, replayed.tallies) == step_by_step(history, 0.9)


def test_replay_with_many_resets_computes_no_answer_twice(monkeypatch):
    fold, folds = progress.fold, []
    monkeypatch.setattr(progress, "fold", lambda *given, **more: folds.append(1) or fold(*given, **more))
    history = [replace(outcome(minute=n), since=NOON + timedelta(minutes=n // 2)) for n in range(200)]
    progress.replay(history, 0.9)
    assert len(folds) <= len(history)
