"""What learners are asked, and what their answers lead to, is what was recorded before.

After a change of the order on purpose, record the sittings anew, and say why: see `tests.sessions_app.recorded`.
"""

import os
from collections.abc import Callable
from itertools import zip_longest

import pytest
from django.core.cache import cache

from studysite.accounts.models import User
from tests.sessions_app.recorded import asking, at_once, recordings
from tests.sessions_app.recorded.player import Player, fixed_seeds

pytestmark = pytest.mark.django_db

QUICK = (asking.short_spaced, asking.short_learn, at_once.short_test, at_once.short_board)
LONG = (
    *(asking.spaced_days, asking.spaced_settings, asking.spaced_large, asking.learn_rounds),
    *(asking.learn_everything, asking.learn_large, asking.mixed_up, asking.both_sides, asking.other_side),
    *(asking.edited_deck, asking.guest),
    *(at_once.papers, at_once.papers_of_both_sides, at_once.papers_of_a_large_deck, at_once.boards),
)

Sitting = Callable[[Player], None]


@pytest.mark.parametrize("sitting", QUICK, ids=lambda sitting: sitting.__name__)
def test_short_sitting_is_as_recorded(sitting: Sitting, owner: User, learner: User) -> None:
    compare(sitting, owner, learner)


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("sitting", LONG, ids=lambda sitting: sitting.__name__)
def test_sitting_is_as_recorded(sitting: Sitting, owner: User, learner: User) -> None:
    compare(sitting, owner, learner)


def test_difference_is_told_with_the_lines_before_it() -> None:
    told = first_difference("day", ["a", "b", "c"], ["a", "b", "d"])
    assert told == "day differs in line 3:\n      a\n      b\nwas:  c\nnow:  d"
    assert (
        first_difference("day", ["a"], ["a", "b"])
        == "day differs in line 2:\n      a\nwas:  (the end)\nnow:  b"
    )
    assert first_difference("day", ["a"], ["a"]) == ""


def compare(sitting: Sitting, owner: User, learner: User) -> None:
    """Play the sitting, and compare it with its record; when recording, write the record instead."""
    cache.clear()
    name = sitting.__name__
    player = Player(name, owner, learner)
    with fixed_seeds(name):
        sitting(player)
    if os.environ.get(recordings.RECORD):
        recordings.write(name, player.lines)
    difference = first_difference(name, recordings.read(name), player.lines)
    if difference:
        pytest.fail(difference, pytrace=False)


def first_difference(name: str, before: list[str], now: list[str]) -> str:
    """Where two records differ first, in words; empty if they do not."""
    end = "(the end)"
    for number, (was, got) in enumerate(zip_longest(before, now, fillvalue=end)):
        if was != got:
            context = [f"      {line}" for line in before[max(0, number - 8) : number]]
            return "\n".join(
                [f"{name} differs in line {number + 1}:", *context, f"was:  {was}", f"now:  {got}"]
            )
    return ""
