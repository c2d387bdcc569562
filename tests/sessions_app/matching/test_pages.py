"""Matching's pages, with htmx and as plain forms."""

import re
from datetime import timedelta
from random import Random

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cards.editing.decks import refresh_deck
from cards.models import Card, Deck, TwinPair
from sessions_app.matching import services as matching
from sessions_app.matching.times import times_of
from sessions_app.models import CardProgress, Enrollment, MatchingBoard, Review, StudySession
from sessions_app.study.modes.matching import PAIRS
from studysite.accounts.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

HTMX = {"HX-Request": "true", "HX-Target": "question"}
# The last pair shows the times, too.
MOST_FOR_A_PAIR = 13
MOST_FOR_THE_DECK_PAGE = 10


class Playing:
    """A browser in a deck's Matching."""

    def __init__(self, client: Client, deck: Deck) -> None:
        self.client, self.deck, self.now = client, deck, timezone.now()
        self.page = reverse("matching", args=[deck.slug])
        self.address = reverse("matching_answer", args=[deck.slug])

    def start(self, *, htmx: bool = False, **choices: object):
        return self.client.post(self.page, choices, headers=HTMX if htmx else {})

    def board(self) -> MatchingBoard:
        return MatchingBoard.objects.filter(deck=self.deck).latest("pk")

    def send(self, *, htmx: bool = True, **values: object):
        return self.client.post(self.address, values, headers=HTMX if htmx else {})

    def attempt(self, term: object, definition: object, *, htmx: bool = True, **values: object):
        board = self.board()
        named = {"board": board.pk, "revision": board.revision, "term": term, "definition": definition}
        return self.send(htmx=htmx, **{**named, **values})

    def right(self, **values: object):
        board = self.board()
        found = {term for term, _ in board.found}
        term = next(number for number in range(board.pairs) if number not in found)
        return self.attempt(term, board.frozen().key[term], **values)

    def wrong(self, **values: object):
        key = self.board().frozen().key
        return self.attempt(0, (key[0] + 1) % len(key), **values)

    def finish(self, **values: object):
        while self.board().finished_at is None:
            response = self.right(**values)
        return response

    def play(self, seconds: float = 20, **choices: object) -> MatchingBoard:
        """A finished board that takes exactly this many seconds, a minute after the last one."""
        self.now += timedelta(minutes=1)
        with time_machine.travel(self.now, tick=False):
            self.start(**choices)
        self.now += timedelta(seconds=seconds)
        with time_machine.travel(self.now, tick=False):
            self.finish()
        return self.board()


@pytest.fixture
def deck(make_deck) -> Deck:
    return make_deck(12)


@pytest.fixture
def playing(learner_client, deck) -> Playing:
    return Playing(learner_client, deck)


# --- A whole board


def test_board_is_played_from_start_to_end(playing, learner):
    assert "start-form" in playing.client.get(playing.page).text
    assert playing.start().status_code == 302
    page = playing.client.get(playing.page).text
    assert page.count('name="term"') == page.count('name="definition"') == PAIRS
    for left in range(PAIRS - 1, 0, -1):
        page = playing.right().text
        assert f"Right: {left} left." in page
        assert page.count('name="term"') == page.count('name="definition"') == left
    assert "All pairs found" in playing.right().text
    board = playing.board()
    assert board.learner == learner
    assert board.is_ranked
    assert board.session.finished_at == board.finished_at == Enrollment.objects.get().last_studied_at


def test_board_writes_no_review_or_progress(playing):
    playing.play()
    playing.start()
    playing.wrong()
    assert not Review.objects.exists()
    assert not CardProgress.objects.exists()
    assert not any(Enrollment.objects.get().roll_up().values())


def test_wrong_pair_adds_a_second(playing):
    playing.start()
    assert "Not a pair: +1 s penalty." in playing.wrong().text
    assert "Not a pair" in playing.wrong().text
    assert playing.board().misses == 2
    playing.finish()
    board = playing.board()
    assert board.milliseconds - 2_000 == (board.finished_at - board.started_at) // timedelta(milliseconds=1)


def test_page_does_not_reveal_the_pairs(playing):
    playing.start()
    page = playing.client.get(playing.page).text
    values = re.findall(r'value="(\d+)"', page)
    assert sorted(values[-2 * PAIRS :]) == sorted([str(number) for number in range(PAIRS)] * 2)
    assert str(list(playing.board().frozen().key)) not in page


def test_try_without_htmx_redirects_to_the_board_or_result(playing):
    playing.start()
    response = playing.wrong(htmx=False)
    assert (response.status_code, response.url) == (302, playing.page)
    assert "Not a pair: +1 s penalty." in playing.client.get(playing.page).text
    response = playing.finish(htmx=False)
    assert response.url == f"{playing.page}?board={playing.board().pk}"
    page = playing.client.get(response.url).text
    assert "All pairs found" in page
    assert "1 wrong pair: " in page


def test_open_board_continues_on_another_device(playing, learner):
    playing.start()
    playing.right()
    other = Client()
    other.force_login(learner)
    assert other.get(playing.page).text.count('name="term"') == PAIRS - 1
    other.post(playing.page)
    assert MatchingBoard.objects.count() == 1


def test_abandoned_board_has_no_time(playing):
    playing.start()
    playing.right()
    response = playing.client.post(reverse("matching_finish", args=[playing.deck.slug]), headers=HTMX)
    assert "start-form" in response.text
    board = playing.board()
    assert (board.finished_at, board.milliseconds) == (None, None)
    assert board.session.finished_at
    assert "nothing was counted twice" in playing.right().text
    assert len(playing.board().found) == 1
    playing.start()
    assert MatchingBoard.objects.count() == 2


def test_starting_over_ends_the_board_and_keeps_times(playing):
    playing.play()
    playing.start()
    playing.client.post(reverse("deck_start_over", args=[playing.deck.slug]), {"sure": "1"})
    assert not MatchingBoard.objects.open().exists()
    assert MatchingBoard.objects.ranked().count() == 1


def test_editing_a_card_changes_no_open_board(playing):
    playing.start()
    before = playing.client.get(playing.page).text.count("Definition")
    for card in Card.objects.all():
        card.definition = "the same for all"
        card.save()
    assert playing.client.get(playing.page).text.count("Definition") == before
    playing.finish()
    assert playing.board().misses == 0


# --- What is sent twice, late, or wrong


def test_try_sent_twice_counts_once(playing):
    playing.start()
    board = playing.board()
    for _ in range(3):
        response = playing.attempt(0, (board.frozen().key[0] + 1) % PAIRS, revision=0)
    assert "nothing was counted twice" in response.text
    assert playing.board().misses == 1


def test_stale_tab_shows_the_current_board(playing):
    playing.start()
    playing.right()
    response = playing.wrong(revision=0)
    assert "nothing was counted twice" in response.text
    assert response.text.count('name="term"') == PAIRS - 1
    assert playing.wrong(revision=0, htmx=False).url == playing.page
    assert playing.board().misses == 0


def test_last_pair_sent_twice_shows_the_result(playing):
    playing.start()
    playing.finish()
    board = playing.board()
    last = {"board": board.pk, "revision": board.revision - 1, "term": 0, "definition": board.frozen().key[0]}
    assert "All pairs found" in playing.send(**last).text
    assert playing.send(htmx=False, **last).url == f"{playing.page}?board={board.pk}"
    assert playing.board().finished_at == board.finished_at


def test_one_of_two_simultaneous_tries_counts(playing, caplog):
    caplog.set_level("INFO", logger="sessions_app.matching")
    playing.start()
    first, second = playing.board(), playing.board()
    wrong = matching.Try(0, (first.frozen().key[0] + 1) % PAIRS)
    now = timezone.now()
    assert matching.board_try(board=first, pair=wrong, revision=0, now=now) == "wrong"
    assert matching.board_try(board=second, pair=wrong, revision=0, now=now) == "stale"
    assert playing.board().misses == 1
    assert caplog.messages[-1:] == [
        f"Board {first.pk}: a try at revision 0 came too late and changed nothing."
    ]


def test_late_last_pair_shows_the_time(playing, monkeypatch):
    playing.start()
    for _ in range(PAIRS - 1):
        playing.right()
    really = matching.board_try

    def after_another(*, board, **values):
        other = MatchingBoard.objects.select_related("session").get(pk=board.pk)
        assert really(board=other, **values) == "right"
        return really(board=board, **values)

    monkeypatch.setattr("sessions_app.matching.views.board_try", after_another)
    page = playing.right().text
    assert 'class="gained"' in page
    assert "more than ten minutes" not in page


@pytest.mark.parametrize(
    ("term", "definition"),
    [
        ("", ""),
        ("0", ""),
        ("", "0"),
        ("x", "0"),
        ("-1", "0"),
        ("9", "0"),
        ("0", "6"),
        ("0", 2**70),
        ("\0", "٣x"),
    ],
)
def test_values_not_on_the_board_are_ignored(playing, term, definition):
    playing.start()
    for htmx in (True, False):
        response = playing.attempt(term, definition, htmx=htmx)
        assert response.status_code == 200
        assert 'class="board-said" data-said=""' not in response.text
    assert (playing.board().misses, playing.board().revision) == (0, 0)


def test_single_chosen_tile_stays_chosen(playing):
    playing.start()
    assert playing.attempt("3", "").text.count(" checked") == 1
    assert 'name="term" value="3" data-tile-key="4" checked' in playing.attempt("3", "").text


def test_found_tile_counts_no_miss(playing):
    playing.start()
    playing.right()
    (term, definition) = playing.board().found[0]
    assert "found already" in playing.attempt(term, definition).text
    assert "found already" in playing.attempt(term, (definition + 1) % PAIRS).text
    assert (playing.board().misses, len(playing.board().found)) == (0, 1)


@pytest.mark.parametrize("board", [None, "x", 0, 10**30])
def test_try_on_an_unknown_board_returns_404(playing, board):
    playing.start()
    known = {} if board is None else {"board": board}
    assert playing.send(revision=0, term=0, definition=0, **known).status_code == 404


@pytest.mark.parametrize("revision", ["", "x", "-1", 10**30])
def test_try_with_an_invalid_revision_returns_404(playing, revision):
    playing.start()
    assert playing.right(revision=revision).status_code == 404


def test_board_of_another_learner_returns_404(playing, stranger_client, owner_client, make_deck):
    playing.start()
    for client in (stranger_client, owner_client):
        other = Playing(client, playing.deck)
        assert other.right().status_code == 404
        assert client.get(f"{playing.page}?board={playing.board().pk}").text.count("All pairs found") == 0
    elsewhere = Playing(playing.client, make_deck(8))
    board = playing.board()
    assert elsewhere.send(board=board.pk, revision=0, term=0, definition=0).status_code == 404
    assert playing.board().revision == 0


def test_private_deck_returns_404_to_others(playing, stranger_client, owner_client):
    playing.start()
    Deck.objects.update(visibility="private")
    for client in (stranger_client, playing.client):
        for call in (client.get, client.post):
            assert call(playing.page).status_code == 404
    assert playing.right().status_code == 404
    assert Playing(owner_client, playing.deck).start().status_code == 302


def test_get_writes_nothing(playing):
    for name in ("matching_answer", "matching_finish"):
        assert playing.client.get(reverse(name, args=[playing.deck.slug])).status_code == 405
    assert not StudySession.objects.exists()


def test_post_without_csrf_token_is_refused(deck, learner):
    client = Client(enforce_csrf_checks=True)
    client.force_login(learner)
    assert Playing(client, deck).start().status_code == 403


@pytest.mark.parametrize("name", ["study_undo", "study_aside", "study_instead", "study_retype"])
def test_question_addresses_return_404_for_matching(playing, name):
    playing.start()
    address = reverse(name, args=[playing.deck.slug, "matching"])
    for step in ("", "1", str(playing.board().pk)):
        assert playing.client.post(address, {"step": step, "mark": "buried"}).status_code == 404
    assert MatchingBoard.objects.open().exists()


# --- Which cards


def test_next_board_has_other_cards(learner_client, make_deck):
    playing = Playing(learner_client, make_deck(24))
    first, second = playing.play(), playing.play()
    assert not set(first.frozen().cards) & set(second.frozen().cards)


def test_twins_and_suspended_cards_are_not_on_a_board(playing, learner):
    cards = list(Card.objects.order_by("position"))
    TwinPair.objects.create(first=cards[0], second=cards[1])
    row = {"learner": learner, "deck": playing.deck, "side": "definition", "suspended": True}
    CardProgress.objects.bulk_create(CardProgress(card=card, **row) for card in cards[8:])
    enrollment = Enrollment(learner=learner, deck=playing.deck)
    for seed in range(20):
        chosen = set(matching.draw(enrollment, Random(seed), timezone.now()).cards)
        assert not chosen & {card.pk for card in cards[8:]}
        assert not {cards[0].pk, cards[1].pk} <= chosen


@pytest.mark.parametrize("texts", [[], ["a 1"], ["a 1", "b 2"], ["a 1"] * 4, ["a b", "b a", "c c"]])
def test_deck_that_allows_no_board_shows_a_message(learner_client, owner, texts):
    deck = Deck.objects.create(owner=owner, title="Small", visibility="public")
    for position, text in enumerate(texts):
        term, definition = text.split()
        Card.objects.create(deck=deck, position=position, term=term, definition=definition)
    refresh_deck(deck=deck)
    playing = Playing(learner_client, deck)
    assert "This deck is not suited to Matching" in learner_client.get(playing.page).text
    assert "This deck is not suited to Matching" in playing.start(htmx=True).text
    assert playing.start().status_code == 302
    assert not MatchingBoard.objects.exists()


def test_times_are_ranked_separately_by_number_of_pairs(learner_client, learner, make_deck):
    deck = make_deck(8)
    playing = Playing(learner_client, deck)
    playing.play(seconds=30)
    Card.objects.filter(deck=deck, position__gte=4).update(removed_at=timezone.now())
    refresh_deck(deck=deck)
    assert playing.play(seconds=5).pairs == 4
    assert times_of(learner, deck).pairs == PAIRS
    assert len(times_of(learner, deck, 4).boards) == 1
    assert "30 s <small>6 pairs" in learner_client.get(deck.get_absolute_url()).text


# --- Times


def test_untimed_setting_hides_the_clock(playing):
    playing.start(untimed="on")
    page = playing.client.get(playing.page).text
    assert "board-clock" not in page
    assert "Not a pair.<" in playing.wrong().text
    page = playing.finish().text
    assert 'class="gained"' not in page
    assert "not ranked" in page
    assert Enrollment.objects.get().untimed
    assert 'name="untimed"' in page
    assert " checked" in page
    assert playing.board().milliseconds is None


def test_board_of_more_than_ten_minutes_is_not_ranked(playing, learner):
    playing.play(seconds=601)
    assert "not ranked" in playing.client.get(f"{playing.page}?board={playing.board().pk}").text
    assert times_of(learner, playing.deck) is None
    assert "not ranked" in playing.client.get(playing.deck.get_absolute_url()).text


def test_clock_set_back_counts_as_zero_time(playing):
    assert playing.play(seconds=-3_600).milliseconds == 0


@pytest.mark.slow
def test_result_shows_the_best_time_and_earlier_times(playing):
    for seconds in (40, 30, 35, 36):
        board = playing.play(seconds=seconds)
    page = playing.client.get(f"{playing.page}?board={board.pk}").text
    assert '<ol class="podium"><li>30.0 s</li><li>35.0 s</li><li>36.0 s</li></ol>' in page
    assert "All pairs found" in page
    assert "36.0 s, 6.0 s behind your best." in page
    assert page.count('<tr><th scope="row">') == 4
    board = playing.play(seconds=20)
    page = playing.client.get(f"{playing.page}?board={board.pk}").text
    assert "New best!</h1>" in page
    assert "20.0 s, 10.0 s faster." in page


def test_chart_begins_with_four_boards(playing):
    pages = []
    for seconds in (40, 30, 35, 36):
        board = playing.play(seconds=seconds)
        pages.append(playing.client.get(f"{playing.page}?board={board.pk}").text)
    assert "40.0 s, your first time." in pages[0]
    assert ["board-trend" in page for page in pages] == [False, False, False, True]


def test_result_names_the_penalty(playing):
    playing.start()
    playing.wrong()
    page = playing.finish().text
    assert "6 pairs. 1 wrong pair: the time includes a penalty of +1 s." in page


def test_trend_runs_from_the_oldest_to_the_latest(playing, learner):
    for seconds in (40, 20, 10):
        playing.play(seconds=seconds)
    times = times_of(learner, playing.deck)
    assert [round(x) for x, _ in times.points] == [0, 300, 600]
    heights = [y for _, y in times.points]
    assert heights == sorted(heights)
    assert times.best_y == heights[-1]


def test_fastest_time_is_among_those_who_share(playing, deck, stranger_client, stranger):
    Playing(stranger_client, deck).play(seconds=10)
    playing.play(seconds=20)
    assert "fastest" not in playing.client.get(playing.page).text
    Enrollment.objects.filter(learner=stranger).update(shares_progress=True)
    page = playing.client.get(playing.page).text
    assert "of all who share their progress: 10.0 s" in page
    assert stranger.name not in page


def test_deck_table_and_button_show_the_best_time(playing):
    page = playing.client.get(playing.deck.get_absolute_url()).text
    assert page.count("not started") == 0
    playing.play(seconds=30)
    playing.play(seconds=24)
    page = playing.client.get(playing.deck.get_absolute_url()).text
    assert "24 s <small>6 pairs</small>" in page
    assert '<span class="badge">24 s</span>' in page


# --- Guests


def test_guest_keeps_their_boards_after_sign_up(client, deck):
    playing = Playing(client, deck)
    assert "start-form" in client.get(playing.page).text
    board = playing.play(seconds=15)
    assert board.learner.is_guest
    who = {"email": "gina@example.org", "name": "Gina", "password1": "correct horse battery"}
    client.post("/accounts/signup/", who)
    user = User.objects.get(email=who["email"])
    assert MatchingBoard.objects.get().learner == user
    assert not User.objects.filter(is_guest=True).exists()


@pytest.mark.slow
def test_login_asks_about_the_guests_boards(client, deck, learner):
    Playing(client, deck).play()
    Playing(client, deck).play()
    client.force_login(learner)
    assert "Add the 2 boards from this device to your account?" in client.get("/guest/").text
    client.post("/guest/", {"decision": "add"})
    assert learner.matching_boards.count() == 2


def test_try_without_a_learner_redirects_to_the_start(client, playing):
    playing.start()
    response = Playing(client, playing.deck).right(htmx=False)
    assert (response.status_code, response.url) == (302, playing.page)


# --- Queries


def queries(call) -> int:
    with CaptureQueriesContext(connection) as captured:
        response = call()
    assert response.status_code == 200
    return len(captured)


@pytest.mark.parametrize("cards", [8, 60, 400])
def test_try_queries_do_not_grow_with_the_deck(learner_client, make_deck, cards):
    playing = Playing(learner_client, make_deck(cards))
    playing.play()
    playing.start()
    numbers = [queries(playing.wrong), *(queries(playing.right) for _ in range(PAIRS))]
    # One query is the test's own.
    assert max(numbers) - 1 <= MOST_FOR_A_PAIR
    assert len(set(numbers[:-1])) == 1


def test_start_queries_do_not_grow_with_the_deck(learner_client, make_deck):
    numbers = []
    for cards in (12, 400):
        playing = Playing(learner_client, make_deck(cards))
        playing.play()
        numbers.append(queries(lambda: playing.start(htmx=True)))  # noqa: B023
    assert numbers[0] == numbers[1]


def test_deck_page_queries_do_not_grow_with_boards(playing):
    address = playing.deck.get_absolute_url()
    playing.play()
    first = queries(lambda: playing.client.get(address))
    playing.play()
    assert queries(lambda: playing.client.get(address)) == first <= MOST_FOR_THE_DECK_PAGE
