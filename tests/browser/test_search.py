"""Searching and the list of shortcuts in Chromium: as one types, by keys, and without JavaScript."""

import re

import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect

from tests.browser.steps import check_looks

pytestmark = pytest.mark.django_db(transaction=True)


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


def test_question_mark_shows_the_shortcuts(page: Page) -> None:
    page.goto("/decks/deep-learning/")
    page.keyboard.press("?")
    box = page.get_by_role("dialog", name="Shortcuts")
    expect(box.get_by_text("Flip the card")).to_be_visible()
    check_looks(page)
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    page.set_viewport_size({"width": 1280, "height": 740})
    page.locator("#search-field").click()
    page.keyboard.type("?/")
    expect(box).to_be_hidden()
    expect(page.locator("#search-field")).to_have_value("?/")
