"""A board that nobody plays: its clock stands still, its tiles are hidden, and no time is gained."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from sessions_app.models import MatchingBoard
from tests.sessions_app.matching.test_pages import HTMX, Playing

pytestmark = pytest.mark.django_db

START = timezone.now()


@pytest.fixture
def playing(learner_client, make_deck):
    return Playing(learner_client, make_deck(12))


def at(seconds: float):
    return time_machine.travel(START + timedelta(seconds=seconds), tick=False)


def pause(playing: Playing, *, client=None, htmx: bool = True, **fields: object):
    board = playing.board()
    data = {"board": board.pk, "revision": board.revision} | fields
    address = reverse("matching_pause", args=[playing.deck.slug])
    return (client or playing.client).post(address, data, headers=HTMX if htmx else {})


def played(playing: Playing, *, until: float) -> int | None:
    """Find all pairs at this second; the board's time in milliseconds."""
    with at(until):
        playing.finish()
    return playing.board().milliseconds


def test_pause_does_not_count(playing):
    with at(0):
        playing.start()
    with at(5):
        assert "Paused" in pause(playing).text
    with at(3_600):
        assert "tile" not in playing.client.get(playing.page).text.split("<main")[1]
        assert "0:05" in playing.client.get(playing.page).text or "5" in playing.client.get(playing.page).text
        assert 'class="board"' in pause(playing, resume="1").text
    assert played(playing, until=3_610) == 15_000


def test_pausing_twice_counts_from_the_first(playing):
    with at(0):
        playing.start()
    for second in (5, 8):
        with at(second):
            pause(playing)
    with at(20):
        pause(playing, resume="1")
        pause(playing, resume="1")
    assert played(playing, until=25) == 10_000


def test_who_tries_a_pair_was_not_away(playing):
    with at(0):
        playing.start()
    with at(5):
        pause(playing)
    with at(30):
        playing.right()
    assert played(playing, until=40) == 40_000


def test_last_pair_takes_a_pause_back(playing):
    with at(0):
        playing.start()
        for _ in range(playing.board().pairs - 1):
            playing.right()
    with at(5):
        pause(playing)
    with at(100):
        playing.right()
    assert playing.board().milliseconds == 100_000


@pytest.mark.parametrize("reports", [True, False], ids=["pause that comes late", "no pause"])
def test_absence_that_was_not_reported_is_not_ranked(playing, reports):
    with at(0):
        playing.start()
    if reports:
        with at(300):
            pause(playing)
            pause(playing, resume="1")
    assert played(playing, until=310) is None


def test_board_without_a_clock_is_never_left_open(playing):
    with at(0):
        playing.start(untimed="on")
    with at(5_000):
        assert 'class="tile' in playing.client.get(playing.page).text


def test_second_press_for_a_new_board_keeps_the_first_one(playing):
    with at(0):
        playing.start()
    old = playing.board().pk
    with at(500):
        playing.start(new=old)
        new = playing.board().pk
        playing.start(new=old)
    assert playing.board().pk == new
    assert MatchingBoard.objects.open().count() == 1


def test_board_left_open_is_not_ranked(playing):
    with at(0):
        playing.start()
    with at(130):
        page = playing.client.get(playing.page).text
        assert "New board" in page
        assert 'class="tile' not in page
        pause(playing, resume="1")
    assert played(playing, until=140) is None


def test_board_with_a_try_within_two_minutes_goes_on(playing):
    with at(0):
        playing.start()
    with at(100):
        playing.right()
    with at(210):
        assert 'class="tile' in playing.client.get(playing.page).text


@pytest.mark.parametrize("htmx", [True, False])
def test_new_board_ends_the_old_one(playing, htmx):
    with at(0):
        playing.start()
    old = playing.board()
    with at(500):
        playing.start(htmx=htmx, new=old.pk)
    assert playing.board().pk != old.pk
    assert MatchingBoard.objects.open().get() == playing.board()


def test_pause_without_htmx(playing):
    playing.start()
    assert pause(playing, htmx=False)["Location"] == playing.page
    assert "Paused" in playing.client.get(playing.page).text
    pause(playing, htmx=False, resume="1")
    assert 'class="board"' in playing.client.get(playing.page).text


def test_only_the_player_can_pause(playing, stranger_client, client):
    playing.start()
    assert pause(playing, client=stranger_client).status_code == 404
    assert pause(playing, client=client, htmx=False).status_code == 302
    assert playing.board().paused_at is None
    assert playing.client.get(reverse("matching_pause", args=[playing.deck.slug])).status_code == 405


@pytest.mark.parametrize("fields", [{"board": ""}, {"board": "x"}, {"board": 2**70}, {"revision": "-1"}])
def test_bad_posts(playing, fields):
    playing.start()
    assert pause(playing, **fields).status_code in (200, 404)


def test_finished_board_cannot_be_paused(playing):
    with at(0):
        playing.start()
    assert played(playing, until=10) == 10_000
    with at(20):
        assert pause(playing).status_code == 200
    assert playing.board().paused_at is None


def test_help_stands_above_three_boards(playing):
    shown = []
    for _ in range(4):
        playing.start()
        shown.append("study-hint" in playing.client.get(playing.page).text)
        playing.right()
        assert "study-hint" not in playing.client.get(playing.page).text
        playing.finish()
    assert shown == [True, True, True, False]
