"""A guest undoes the last answer, overrides another verdict, signs up, and finds both changes."""

import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect

from sessions_app.models import Review
from tests.browser.steps import check, contradict, expect_step_gone, prompt, rate, start
from tests.browser.test_guest import sign_up

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]

DECK = "/decks/deep-learning/"


@pytest.fixture(autouse=True)
def _library() -> None:
    call_command("load_library")


def ratings() -> list[tuple[str, int]]:
    lines = Review.objects.standing().in_order()
    return [(line.learner.name, line.rating) for line in lines.select_related("learner")]


def find_all_of_it(page: Page) -> None:
    sign_up(page)
    assert ratings() == [("Ada", 1), ("Ada", 4)]
    page.goto(DECK)
    row = page.locator("#progress-table tbody tr")
    expect(row).to_contain_text("Ada")
    expect(row).to_contain_text("45 new, 0 recognised, 1 recalled, 0 learned, 0 mastered")


def undo_override_and_sign_up(page: Page) -> None:
    page.goto(f"{DECK}spaced/")
    start(page)
    for name in ("Good", "Again"):
        asked = prompt(page).inner_text()
        rate(page, name)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone.")).to_be_visible()
    expect(prompt(page)).to_have_text(asked, use_inner_text=True)
    rate(page, "Easy")
    expect(page.get_by_text("Undone.")).to_be_hidden()
    page.get_by_role("button", name="Finish").click()
    contradict(page.locator("#summary-cards li").first, "I was wrong")
    expect(page.locator("#summary-cards").get_by_text("Not fair?")).to_have_count(1)
    check_if_scripted(page)
    page.goto(DECK)
    find_all_of_it(page)


def check_if_scripted(page: Page) -> None:
    if page.evaluate("typeof htmx !== 'undefined'"):
        check(page)


def test_undo_works_by_pointer(page: Page) -> None:
    undo_override_and_sign_up(page)


def test_undo_works_without_javascript(plain_page: Page) -> None:
    undo_override_and_sign_up(plain_page)


def test_undo_works_by_keys_alone(page: Page) -> None:
    page.goto(f"{DECK}spaced/")
    start(page, key="Enter")
    for key in ("3", "1", "z", "4"):
        asked = page.locator("#answer-form [name=step]").input_value()
        if key != "z":
            page.keyboard.press(" ")
            expect(page.locator(".flashcard-back")).to_be_visible()
        page.keyboard.press(key)
        expect_step_gone(page, asked)
    page.get_by_role("button", name="Finish").press("Enter")
    contradict(page.locator("#summary-cards li").first, "I was wrong", key="Enter")
    expect(page.locator("#summary-cards").get_by_text("Not fair?")).to_have_count(1)
    assert [rating for _, rating in ratings()] == [1, 4]


def test_undo_reopens_an_ended_session(page: Page) -> None:
    page.goto(f"{DECK}spaced/")
    start(page)
    rate(page, "Good")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    page.get_by_role("button", name="Finish").click()
    expect(page.locator("#start-form")).to_be_visible()
    page.keyboard.press("z")
    expect(page.get_by_text("Undone.")).to_be_visible()
    assert not Review.objects.standing().exists()
