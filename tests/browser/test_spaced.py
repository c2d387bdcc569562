"""A new learner signs up, studies and sees their row: by pointer, by keyboard, without JavaScript."""

import re
from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect

from sessions_app.models import Review
from tests.browser.steps import LOOKS, check_looks, expect_step_gone, prompt, rate, start, take_look

pytestmark = pytest.mark.django_db(transaction=True)

DECK = "/decks/deep-learning/"
STUDY = f"{DECK}spaced/"


@pytest.fixture(autouse=True)
def _library() -> None:
    call_command("load_library")


def sign_up(page: Page) -> None:
    page.goto("/")
    page.get_by_role("banner").get_by_role("link", name="Sign up").click()
    page.get_by_label("E-mail").fill("ada@example.org")
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("Password", exact=True).fill("analytical engine 1843")
    page.get_by_role("main").get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("link", name="Deep Learning", exact=True)).to_be_visible()


def find_her_row(page: Page, mastery: str, spaced: str) -> None:
    page.goto(DECK)
    row = page.locator("#progress-table tbody tr")
    expect(row).to_have_count(1)
    expect(row.get_by_role("rowheader")).to_contain_text("Ada")
    expect(row).to_contain_text(mastery)
    expect(row).to_contain_text(spaced)


def study_five(page: Page) -> None:
    page.goto(STUDY)
    start(page)
    for name in ("Good", "Again", "Easy", "Hard", "Good"):
        rate(page, name)
    page.get_by_role("button", name="Finish").click()
    expect(page.locator("#start-form")).to_be_visible()


def test_new_learner_studies_five_cards_and_sees_the_row(page: Page) -> None:
    sign_up(page)
    study_five(page)
    assert Review.objects.count() == 5
    find_her_row(page, "4 %", "2 due")


def test_new_learner_studies_five_cards_without_javascript(plain_page: Page) -> None:
    sign_up(plain_page)
    study_five(plain_page)
    assert Review.objects.count() == 5
    find_her_row(plain_page, "4 %", "2 due")


def test_session_works_by_keys_alone(page: Page, learner, sign_in) -> None:
    sign_in(page.context, learner)
    page.goto(STUDY)
    start(page, key="Enter")
    for number, key in enumerate((" ", "1", "4"), start=1):
        expect(page.locator("#question .flashcard")).to_be_focused()
        asked = page.locator("#answer-form [name=step]").input_value()
        page.keyboard.press(" ")
        expect(page.locator(".flashcard-back")).to_be_visible()
        page.keyboard.press(key)
        expect_step_gone(page, asked)
        assert Review.objects.count() == number
    assert list(Review.objects.in_order().values_list("rating", flat=True)) == [3, 1, 4]


def test_keys_pressed_during_a_page_update_are_counted(page: Page, learner, sign_in) -> None:
    sign_in(page.context, learner)
    page.goto(STUDY)
    start(page)
    # A microtask runs before any key press that can follow the swap.
    page.evaluate("""
        globalThis.stays = true;
        document.addEventListener("htmx:afterSwap", () => queueMicrotask(() => {
            for (const key of [" ", "3"])
                document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
        }), { once: true });
    """)
    rate(page, "Good")
    expect(page.locator(".study-counts")).to_contain_text("18 new")
    assert page.evaluate("globalThis.stays")


def test_closed_tab_loses_no_answer(page: Page, learner, sign_in) -> None:
    sign_in(page.context, learner)
    page.goto(STUDY)
    start(page)
    rate(page, "Good")
    expect(page.locator(".study-counts")).to_contain_text("19 new")
    asked = prompt(page).inner_text()
    page.close()
    again = page.context.new_page()
    again.goto(STUDY)
    expect(prompt(again)).to_have_text(asked, use_inner_text=True)
    assert Review.objects.count() == 1


def test_two_tabs_count_one_answer(page: Page, learner, sign_in) -> None:
    sign_in(page.context, learner)
    page.goto(STUDY)
    start(page)
    other = page.context.new_page()
    other.goto(STUDY)
    rate(page, "Good")
    rate(other, "Again")
    expect(other.get_by_text("already answered")).to_be_visible()
    assert [line.rating for line in Review.objects.all()] == [3]


def test_viewer_works_by_keys(page: Page) -> None:
    page.goto(DECK)
    page.keyboard.press(" ")
    expect(page.locator(".flashcard-back")).to_be_visible()
    expect(page.locator(".flashcard-front")).to_be_hidden()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#card-counter")).to_have_text("2/46")
    expect(page).to_have_url(re.compile(r"\?card=2$"))
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#card-counter")).to_have_text("46/46")
    expect(page).to_have_url(re.compile(r"\?card=46$"))
    page.reload()
    expect(page.locator("#card-counter")).to_have_text("46/46")


def test_viewer_works_without_javascript(plain_page: Page) -> None:
    plain_page.goto(DECK)
    plain_page.get_by_text("Flip").click()
    expect(plain_page.locator(".flashcard-back")).to_be_visible()
    expect(plain_page.locator(".flashcard-front")).to_be_hidden()
    plain_page.get_by_role("link", name="Next card").click()
    expect(plain_page.locator("#card-counter")).to_have_text("2/46")
    plain_page.get_by_role("link", name="Shuffle").click()
    expect(plain_page.get_by_role("link", name="Shuffled")).to_be_visible()
    expect(plain_page.locator("#viewer-autoplay")).to_be_hidden()


def test_back_button_shows_the_previous_card(page: Page) -> None:
    page.goto(DECK)
    page.get_by_role("link", name="Next card").click()
    expect(page.locator("#card-counter")).to_have_text("2/46")
    page.get_by_role("link", name="Next card").click()
    expect(page.locator("#card-counter")).to_have_text("3/46")
    page.go_back()
    expect(page.locator("#card-counter")).to_have_text("2/46")
    expect(page.get_by_role("heading", name="Deep Learning")).to_be_visible()


def test_autoplay_runs_until_stopped(own_page: Page) -> None:
    page = own_page
    page.clock.install(time=datetime(2026, 3, 2, tzinfo=UTC))
    page.goto(DECK)
    # From here on only the test moves the clock. On a busy machine, Autoplay would flip cards by itself.
    page.clock.pause_at(datetime(2026, 3, 3, tzinfo=UTC))
    autoplay = page.get_by_role("button", name="Autoplay")
    autoplay.click()
    page.clock.run_for(4100)
    expect(page.locator(".flashcard-back")).to_be_visible()
    page.clock.run_for(6100)
    expect(page.locator("#card-counter")).to_have_text("2/46")
    expect(autoplay).to_have_attribute("aria-pressed", "true")
    autoplay.click()
    page.clock.run_for(20_000)
    expect(page.locator("#card-counter")).to_have_text("2/46")


def test_formulas_are_typeset(page: Page) -> None:
    page.goto(f"{DECK}?card=26")
    page.keyboard.press(" ")
    fraction = page.locator(".flashcard-back math mfrac")
    expect(fraction).to_be_visible()
    numerator, denominator = fraction.locator("> *").all()
    assert numerator.bounding_box()["y"] < denominator.bounding_box()["y"]


def test_axe_finds_nothing_in_spaced(page: Page, learner, sign_in, console_errors) -> None:
    take_look(page, *LOOKS[-1])
    for path in ("/", DECK, "/accounts/login/", "/accounts/signup/", "/nothing/"):
        page.goto(path)
        check_looks(page)
    console_errors.clear()  # a page that does not exist
    sign_in(page.context, learner)
    page.goto(STUDY)
    check_looks(page)
    start(page)
    check_looks(page)
    page.get_by_text("Show answer").click()
    check_looks(page)
    page.get_by_role("button", name=re.compile("Good")).click()
    expect(page.locator(".study-counts")).to_contain_text("19 new")
    page.get_by_role("button", name="Finish").click()
    expect(page.locator("#start-form")).to_be_visible()
    check_looks(page)
    page.goto(DECK)
    page.get_by_label("About Mastery", exact=True).click()
    check_looks(page)
    page.goto("/")
    check_looks(page)
