"""Searching and the list of shortcuts in Chromium: as one types, by keys, and without JavaScript."""

import re

import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect

from tests.browser.steps import check_looks

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]


@pytest.fixture(autouse=True)
def _library() -> None:
    call_command("load_library")


def test_results_come_as_one_types(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("/")
    expect(page.locator("#search-field")).to_be_focused()
    page.keyboard.type("pool")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/search/\?q=pool"))
    expect(page.locator("mark").first).to_be_visible()
    field = page.locator("#search-field")
    field.click()
    field.fill("")
    field.press_sequentially("gradient")
    expect(page.locator(".search-hit mark").first).to_have_text(re.compile("gradient", re.IGNORECASE))
    expect(page).to_have_url(re.compile("q=gradient"))
    expect(field).to_be_focused()
    check_looks(page)
    page.locator(".search-hit a").first.click()
    expect(page).to_have_url(re.compile("/decks/deep-learning/"))


@pytest.mark.long
def test_search_without_javascript(plain_page: Page) -> None:
    page = plain_page
    page.goto("/")
    page.locator("#search-field").fill("softmax")
    page.locator("#search-field").press("Enter")
    expect(page.locator("mark").first).to_be_visible()
    page.get_by_role("link", name="Shortcuts").click()
    expect(page.get_by_role("heading", name="Shortcuts")).to_be_visible()


@pytest.mark.long
def test_search_on_a_phone_starts_with_an_icon(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/")
    page.get_by_role("link", name="Search").click()
    expect(page.locator("#search-field")).to_be_focused()


def test_escape_leaves_the_field_and_keeps_the_text(page: Page) -> None:
    page.goto("/search/?q=gradient")
    page.keyboard.press("/")
    field = page.locator("#search-field")
    expect(field).to_be_focused()
    page.keyboard.press("Escape")
    expect(field).not_to_be_focused()
    expect(field).to_have_value("gradient")


def test_number_of_results_is_told(page: Page) -> None:
    page.goto("/search/")
    status = page.get_by_role("status").filter(has_text="Finds")
    handle = status.element_handle()
    page.keyboard.type("gradient")
    expect(page.locator("#search-status")).to_have_text(re.compile("results for “gradient”"))
    assert handle.evaluate("element => element.isConnected")


def test_question_mark_shows_the_shortcuts(page: Page) -> None:
    page.goto("/decks/deep-learning/")
    page.keyboard.press("?")
    box = page.get_by_role("dialog", name="Shortcuts")
    expect(box.get_by_text("Flip the card")).to_be_visible()
    expect(box.get_by_text("Choose a term")).to_have_count(0)
    check_looks(page)
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    page.set_viewport_size({"width": 1280, "height": 740})
    page.locator("#search-field").click()
    page.keyboard.type("?/")
    expect(box).to_be_hidden()
    expect(page.locator("#search-field")).to_have_value("?/")


def test_shortcuts_are_switched_off_in_their_box(page: Page) -> None:
    page.goto("/decks/deep-learning/")
    link = page.get_by_role("link", name="Shortcuts")
    link.click()
    box = page.get_by_role("dialog", name="Shortcuts")
    box.get_by_role("button", name="Shortcuts: on").click()
    expect(box.locator("kbd").first).to_be_visible()
    box.get_by_role("button", name="Close").click()
    expect(link).to_be_focused()
    page.reload()
    page.keyboard.press("/")
    expect(page.locator("#search-field")).not_to_be_focused()
    link.click()
    expect(box.get_by_role("button", name="Shortcuts: off")).to_be_visible()


def test_keys_in_the_box_answer_nothing(page: Page) -> None:
    page.goto("/decks/deep-learning/learn/")
    page.get_by_role("button", name=re.compile("Start")).click()
    expect(page.locator("#answer-form")).to_be_visible()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.keyboard.press("?")
    box = page.get_by_role("dialog", name="Shortcuts")
    expect(box.get_by_text("Choose an answer")).to_be_visible()
    page.keyboard.press("1")
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    # While a question is open there is no search field, and / does not leave the question.
    page.keyboard.press("/")
    expect(page.locator("#answer-form")).to_be_visible()
    assert not sent
    page.keyboard.press("1")
    expect(page.locator("#go-on")).to_be_visible()
    assert len(sent) == 1


def test_keys_in_the_box_leave_a_board_alone(page: Page) -> None:
    page.goto("/decks/deep-learning/matching/")
    page.get_by_role("button", name="Start").click()
    expect(page.locator("form.board")).to_be_visible()
    chosen = page.locator(".tile-choice:checked")
    page.keyboard.press("?")
    box = page.get_by_role("dialog", name="Shortcuts")
    expect(box).to_be_visible()
    page.keyboard.press("1")
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    expect(chosen).to_have_count(0)
    page.keyboard.press("1")
    expect(chosen).to_have_count(1)


@pytest.mark.parametrize("width", [160, 320])
def test_pages_are_not_wider_than_a_phone_with_large_text(page: Page, width: int) -> None:
    """Text of 200 % at 320 pixels is laid out as usual text at 160."""
    page.set_viewport_size({"width": width, "height": 740})
    for address in ("/search/?q=gradient", "/shortcuts/"):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
