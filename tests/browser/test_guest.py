"""A new visitor studies at once and signs up later, with and without JavaScript."""

import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect

from sessions_app.models import Review
from studysite.accounts.models import User
from tests.browser.steps import LOOKS, check, check_looks, prompt, rate, start, take_look
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]

DECK = "/decks/deep-learning/"


@pytest.fixture(autouse=True)
def _library() -> None:
    call_command("load_library")


def study(page: Page, cards: int) -> None:
    page.goto(f"{DECK}spaced/")
    start(page)
    for _ in range(cards):
        rate(page, "Good")


def open_menu(page: Page) -> None:
    page.goto("/")
    page.get_by_role("banner").get_by_text("Guest", exact=True).click()


def sign_up(page: Page) -> None:
    page.get_by_role("banner").get_by_role("link", name="Sign up to keep your answers").click()
    page.get_by_label("E-mail").fill("ada@example.org")
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("Password", exact=True).fill("analytical engine 1843")
    page.get_by_role("main").get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("link", name="Deep Learning", exact=True)).to_be_visible()


def study_and_sign_up(page: Page) -> None:
    study(page, 3)
    page.goto(DECK)
    row = page.locator("#progress-table tbody tr")
    expect(row).to_contain_text("Guest")
    sign_up(page)
    page.goto(DECK)
    expect(row).to_have_count(1)
    expect(row).to_contain_text("Ada")
    expect(row).to_contain_text("3 %")
    expect(row).to_contain_text("done")
    assert set(Review.objects.values_list("learner__name", flat=True)) == {"Ada"}


def test_guest_keeps_progress_after_sign_up(page: Page) -> None:
    study_and_sign_up(page)


def test_guest_keeps_progress_after_sign_up_without_javascript(plain_page: Page) -> None:
    study_and_sign_up(plain_page)


def test_guest_gets_the_browsers_time_zone(new_context, live_server) -> None:
    page = new_context(timezone_id="Asia/Tokyo").new_page()
    study(page, 1)
    assert User.objects.get(is_guest=True).time_zone == "Asia/Tokyo"


def test_start_form_sends_the_time_zone(new_context) -> None:
    page = new_context(timezone_id="Asia/Tokyo").new_page()
    page.goto(f"{DECK}spaced/")
    start(page)
    assert User.objects.get(is_guest=True).time_zone == "Asia/Tokyo"


def test_login_asks_what_happens_to_guest_answers(page: Page, learner) -> None:
    study(page, 2)
    open_menu(page)
    page.get_by_role("link", name="Log in").click()
    page.get_by_label("E-mail").fill(learner.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Add the 2 answers")
    page.get_by_role("link", name="Decide later").click()
    page.get_by_role("link", name="Add or discard").click()
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("are now in your account")).to_be_visible()
    assert Review.objects.filter(learner=learner).count() == 2


def test_start_fresh_forgets_the_guest(page: Page) -> None:
    study(page, 1)
    open_menu(page)
    page.get_by_role("button", name="Not you? Start fresh").click()
    page.get_by_role("button", name="Start fresh", exact=True).click()
    expect(page.get_by_role("banner").get_by_role("link", name="Log in")).to_be_visible()
    expect(page.get_by_role("button", name="Study now")).to_be_visible()


def choose_at_once(page: Page) -> None:
    """From the front page one click leads to a question, with one line of explanation until three are answered."""
    page.goto("/")
    start(page, "Study now")
    for _ in range(3):
        expect(page.locator(".study-hint")).to_have_text("Choose the right answer. Seven cards a round.")
        page.locator("#answer-form button").first.click()
        expect(page.locator("#feedback")).to_be_visible()
        page.locator("#go-on").click()
        expect(prompt(page)).to_be_visible()
    expect(page.locator(".study-hint")).to_have_count(0)


def test_first_question_of_a_guest_is_a_choice(page: Page) -> None:
    choose_at_once(page)


def test_first_question_is_a_choice_without_javascript(plain_page: Page) -> None:
    choose_at_once(plain_page)


@pytest.mark.parametrize(("scheme", "width"), [("light", 360), ("dark", 1280)])
def test_unstudied_deck_page_passes_axe_with_an_empty_table(page: Page, scheme, width) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 740})
    page.goto(DECK)
    check(page)
    expect(page.locator("#progress-table thead")).to_be_visible()
    empty = page.get_by_role("cell", name="No study sessions yet.", exact=True)
    table = page.locator("#progress-table").bounding_box()
    assert empty.bounding_box()["width"] == pytest.approx(table["width"], abs=40)
    page.goto("/")
    start(page, "Study now")
    check(page)


def test_axe_finds_nothing_on_guest_pages(page: Page, learner, sign_in) -> None:
    take_look(page, *LOOKS[-1])
    page.goto("/")
    check_looks(page)
    page.goto(f"{DECK}spaced/")
    check_looks(page)
    study(page, 1)
    check_looks(page)
    page.goto("/guest/fresh/")
    check_looks(page)
    open_menu(page)
    check_looks(page)
    page.goto("/accounts/login/")
    page.get_by_label("E-mail").fill(learner.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Add the 1 answer from")
    check_looks(page)
    page.goto("/")
    expect(page.get_by_role("link", name="Add or discard")).to_be_visible()
    check_looks(page)
