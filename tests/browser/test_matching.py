"""Matching in Chromium: a board by mouse, by keyboard, on a phone, without JavaScript; axe on all of it."""

import pytest
from django.core.management import call_command
from playwright.sync_api import Locator, Page, Route, expect

from cards.models import Card
from sessions_app.models import MatchingBoard, Review
from tests.browser.steps import check

pytestmark = pytest.mark.django_db(transaction=True)

MATCHING = "/decks/deep-learning/matching/"
PAIRS = 6


@pytest.fixture(autouse=True)
def _library() -> None:
    call_command("load_library")


def start(page: Page) -> None:
    page.goto(MATCHING)
    page.get_by_role("button", name="Start").click()
    expect(page.locator("form.board")).to_be_visible()


def mark(page: Page) -> None:
    """Mark the page as it is loaded now, for `expect_marked`."""
    page.evaluate("window.isMarked = true")


def expect_marked(page: Page) -> None:
    """Check that the page was not loaded again: htmx has swapped its parts."""
    assert page.evaluate("window.isMarked") is True


def board() -> MatchingBoard:
    return MatchingBoard.objects.latest("pk")


def key() -> tuple[int, ...]:
    return board().frozen().key


def tile(page: Page, side: str, number: int) -> Locator:
    return page.locator(f".tile:has([name={side}][value='{number}']) label")


def radio(page: Page, side: str, number: int) -> Locator:
    return page.locator(f"[name={side}][value='{number}']")


def click_pair(page: Page, term: int, definition: int) -> None:
    tile(page, "term", term).click()
    tile(page, "definition", definition).click()


def expect_left(page: Page, left: int) -> None:
    expect(page.locator(".study-counts strong")).to_have_text(str(left))


def test_board_is_played_by_mouse(page: Page, learner, sign_in) -> None:
    sign_in(page.context, learner)
    start(page)
    mark(page)
    live = page.locator("#board-live")
    click_pair(page, 0, (key()[0] + 1) % PAIRS)
    expect(live).to_have_text("Not a pair: +1 s penalty.")
    expect(page.locator(".tile.shakes")).to_have_count(2)
    for term in range(PAIRS):
        click_pair(page, term, key()[term])
        if term < PAIRS - 1:
            expect(live).to_have_text(f"Right: {PAIRS - term - 1} left.")
            expect(page.locator(".tile.found")).to_have_count(2 * (term + 1))
    expect(page.get_by_role("heading", name="All pairs found")).to_be_focused()
    assert board().misses == 1
    assert not Review.objects.exists()
    page.get_by_role("button", name="Play again").click()
    expect_left(page, PAIRS)
    expect_marked(page)


def test_board_is_played_by_keys_alone(page: Page, learner, sign_in) -> None:
    sign_in(page.context, learner)
    page.goto(MATCHING)
    mark(page)
    page.get_by_role("button", name="Start").focus()
    page.keyboard.press("Enter")
    expect(radio(page, "term", 0)).to_be_focused()
    # Arrow keys move in a group of radio buttons; moving alone tries no pair.
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    expect(radio(page, "term", 0)).to_be_checked()
    radio(page, "definition", 0).focus()
    page.keyboard.press("Space")
    for _ in range(key()[0]):
        page.keyboard.press("ArrowDown")
    assert board().revision == 0
    page.keyboard.press("Enter")
    expect_left(page, PAIRS - 1)
    expect(radio(page, "term", 1)).to_be_focused()
    for term in range(1, PAIRS):
        page.keyboard.press(str(term + 1))
        page.keyboard.press("abcdef"[key()[term]])
        if term < PAIRS - 1:
            expect_left(page, PAIRS - term - 1)
            expect(radio(page, "term", term + 1)).to_be_focused()
    expect(page.get_by_role("heading", name="All pairs found")).to_be_focused()
    assert board().misses == 0
    page.keyboard.press("Enter")
    expect_left(page, PAIRS)
    expect(radio(page, "term", 0)).to_be_focused()
    expect_marked(page)


def test_miss_keeps_the_focus_on_the_term(page: Page, learner, sign_in) -> None:
    sign_in(page.context, learner)
    start(page)
    page.keyboard.press("3")
    page.keyboard.press("abcdef"[(key()[2] + 1) % PAIRS])
    expect(page.locator("#board-live")).to_have_text("Not a pair: +1 s penalty.")
    expect(radio(page, "term", 2)).to_be_focused()
    expect(page.locator(".tile-choice:checked")).to_have_count(0)


def test_same_tile_twice_and_two_terms_do_nothing(page: Page, learner, sign_in) -> None:
    sign_in(page.context, learner)
    start(page)
    for number in (0, 0, 1):
        tile(page, "term", number).click()
    expect(radio(page, "term", 1)).to_be_checked()
    page.get_by_role("button", name="Match").click()
    expect(page.locator("#board-live")).to_have_text("Choose a term and a definition.")
    expect(radio(page, "term", 1)).to_be_checked()
    assert (board().revision, board().misses) == (0, 0)


def test_fast_pairs_are_all_saved(page: Page, learner, sign_in) -> None:
    sign_in(page.context, learner)
    start(page)
    mark(page)
    waiting: list[Route] = []
    page.route("**/matching/answer/", lambda route: route.continue_() if waiting else waiting.append(route))
    click_pair(page, 0, key()[0])
    expect(page.locator(".tile-choice:checked")).to_have_count(0)
    click_pair(page, 1, key()[1])
    waiting[0].continue_()
    expect_left(page, PAIRS - 2)
    assert (board().misses, board().revision) == (0, 2)
    expect_marked(page)


def test_unsaved_pair_stays_chosen(page: Page, learner, sign_in, console_errors) -> None:
    sign_in(page.context, learner)
    start(page)
    page.route("**/matching/answer/", lambda route: route.abort())
    click_pair(page, 2, key()[2])
    expect(page.get_by_role("alert")).to_have_text("Not saved: no connection. Try again.")
    expect(radio(page, "term", 2)).to_be_checked()
    console_errors.clear()
    page.unroute("**/matching/answer/")
    page.get_by_role("button", name="Match").click()
    expect_left(page, PAIRS - 1)


@pytest.mark.parametrize("width", [320, 360])
def test_board_fits_a_phone_and_passes_axe(page: Page, learner, sign_in, width) -> None:
    sign_in(page.context, learner)
    page.set_viewport_size({"width": width, "height": 740})
    page.goto(MATCHING)
    check(page)
    start(page)
    check(page)
    for term in range(PAIRS):
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        click_pair(page, term, key()[term])
        if term < PAIRS - 1:
            expect_left(page, PAIRS - term - 1)
    expect(page.get_by_role("heading", name="All pairs found")).to_be_visible()
    check(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_long_tile_can_be_read_in_full(page: Page, learner, sign_in) -> None:
    sign_in(page.context, learner)
    for card in Card.objects.all():
        card.definition = f"{card.pk} " + "and so on, as far as it goes, " * 30 + "to its end"
        card.save()
    start(page)
    page.set_viewport_size({"width": 360, "height": 740})
    expect(page.locator(".tile-text").last).to_have_css("overflow", "hidden")
    button = page.get_by_label("Read definition A in full")
    assert button.evaluate("it => getComputedStyle(it, '::after').content") == "none"
    button.click()
    expect(page.locator(".tile-full[open] .info-text")).to_contain_text("to its end")
    check(page)
    assert (board().revision, page.locator(".tile-choice:checked").count()) == (0, 0)
    page.keyboard.press("Escape")
    expect(page.locator(".tile-full[open]")).to_have_count(0)


def test_board_works_without_javascript(plain_page: Page, learner, sign_in) -> None:
    page = plain_page
    sign_in(page.context, learner)
    start(page)
    click_pair(page, 0, (key()[0] + 1) % PAIRS)
    page.get_by_role("button", name="Match").click()
    expect(page.locator("#messages")).to_have_text("Not a pair: +1 s penalty.")
    for term in range(PAIRS):
        click_pair(page, term, key()[term])
        page.get_by_role("button", name="Match").click()
        if term < PAIRS - 1:
            expect(page.locator("#messages")).to_have_text(f"Right: {PAIRS - term - 1} left.")
    expect(page.get_by_role("heading", name="All pairs found")).to_be_visible()
    assert board().misses == 1
    page.get_by_role("button", name="Play again").click()
    expect_left(page, PAIRS)


def test_board_without_clock_shows_no_time(page: Page, learner, sign_in) -> None:
    sign_in(page.context, learner)
    start(page)
    expect(page.get_by_role("timer")).to_be_visible()
    page.get_by_role("button", name="Give up").click()
    page.get_by_text("Settings", exact=True).click()
    page.get_by_label("Without a clock").check()
    page.get_by_role("button", name="Start").click()
    expect_left(page, PAIRS)
    expect(page.get_by_role("timer")).to_have_count(0)


def test_board_that_is_not_seen_is_paused(page: Page, learner, sign_in) -> None:
    sign_in(page.context, learner)
    start(page)
    for state in ("hidden", "visible"):
        page.evaluate(
            """state => {
                Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
                document.dispatchEvent(new Event("visibilitychange"));
            }""",
            state,
        )
    expect(page.get_by_role("heading", name="Paused")).to_be_visible()
    check(page)
    page.keyboard.press("Enter")
    expect_left(page, PAIRS)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("heading", name="Paused")).to_be_visible()
    page.get_by_role("button", name="New board").click()
    expect_left(page, PAIRS)


def test_guest_sees_the_times_of_their_boards(page: Page) -> None:
    for _ in range(4):
        start(page)
        for term in range(PAIRS):
            click_pair(page, term, key()[term])
            if term < PAIRS - 1:
                expect_left(page, PAIRS - term - 1)
        expect(page.locator(".study-summary h1")).to_be_focused()
    expect(page.locator(".board-trend")).to_be_visible()
    page.get_by_text("The times in numbers").click()
    expect(page.locator("tbody tr")).to_have_count(4)
    check(page)
    page.goto("/decks/deep-learning/")
    expect(page.locator("#progress-table")).to_contain_text("6 pairs")
