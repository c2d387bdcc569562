"""A learner with cards due in four decks: by pointer, by keyboard, without JavaScript."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from cards.models import Deck
from sessions_app.models import Enrollment, Review
from studysite.accounts.models import User
from tests.browser.steps import check_looks, expect_step_gone, rate
from tests.sessions_app.conftest import Studying, deck_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]

SignIn = Callable[[BrowserContext, User], None]
TITLES = {"Biology": 2, "Chemistry": 1, "Deck 2": 1, "Deck 10": 1}
"""The decks, and how many of their cards are due; in this order they are studied."""


@pytest.fixture
def four_decks(owner: User, learner: User) -> None:
    before = timezone.now() - timedelta(days=30)
    for title, cards in TITLES.items():
        deck = deck_of(owner, cards, title=title)
        Enrollment.objects.set_for(learner, deck, new_per_day=0)
        studying = Studying(learner, deck, before)
        studying.start()
        for _ in range(cards):
            studying.answer(3)


@pytest.fixture
def signed_in(learner: User, four_decks: None, sign_in: SignIn) -> Callable[[Page], Page]:
    def signed_in(page: Page) -> Page:
        sign_in(page.context, learner)
        page.goto("/")
        return page

    return signed_in


def by_pointer(page: Page) -> None:
    page.get_by_role("button", name="Start", exact=True).click()


def by_keys(page: Page) -> None:
    """Reach the button with Tab alone, and press it."""
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText.trim()") == "Start":
            break
    page.keyboard.press("Enter")


def rate_by_key(page: Page) -> None:
    asked = page.locator("#answer-form [name=step]").input_value()
    page.keyboard.press("Space")
    page.keyboard.press("3")
    expect_step_gone(page, asked)


def study_all_of(page: Page, title: str, answer: Callable[[Page], None]) -> None:
    """Answer every due card of the deck, which the page asks."""
    expect(page.locator(".study-title")).to_have_text(title)
    for _ in range(TITLES[title]):
        answer(page)
    expect(page.locator("#start-form")).to_be_visible()


def rate_good(page: Page) -> None:
    rate(page, "Good")


def study_every_deck(
    page: Page, press_start: Callable[[Page], None] = by_pointer, answer: Callable[[Page], None] = rate_good
) -> None:
    for left, title in enumerate(TITLES):
        page.goto("/")
        due = sum(list(TITLES.values())[left:])
        expect(page.get_by_role("heading", level=1)).to_contain_text(f"{due} due today")
        press_start(page)
        study_all_of(page, title, answer)
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Done for today")
    assert Review.objects.count() == 2 * sum(TITLES.values())


def test_one_click_from_home_to_each_next_deck(page: Page, signed_in: Callable[[Page], Page]) -> None:
    study_every_deck(signed_in(page))


def test_next_deck_is_one_key_away(page: Page, signed_in: Callable[[Page], Page]) -> None:
    first, second = list(TITLES)[:2]
    signed_in(page).goto("/")
    by_pointer(page)
    study_all_of(page, first, rate_good)
    check_looks(page)
    page.keyboard.press("Enter")
    expect(page.locator(".study-title")).to_have_text(second)


@pytest.mark.long
def test_every_deck_without_javascript(plain_page: Page, signed_in: Callable[[Page], Page]) -> None:
    study_every_deck(signed_in(plain_page))


@pytest.mark.long
def test_every_deck_by_keyboard_alone(page: Page, signed_in: Callable[[Page], Page]) -> None:
    study_every_deck(signed_in(page), by_keys, rate_by_key)


def test_panel_looks_right_before_and_after(page: Page, signed_in: Callable[[Page], Page]) -> None:
    signed_in(page)
    check_looks(page)
    page.get_by_role("link", name="Set a daily goal").click()
    page.get_by_label("Answers a day").fill("50")
    check_looks(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "0")
    Deck.objects.exclude(title="Biology").update(removed_at=timezone.now())
    page.get_by_role("button", name="2 due in Biology: study").click()
    study_all_of(page, "Biology", rate_good)
    page.goto("/")
    expect(page.get_by_text("2 of 50 answers today")).to_be_visible()
    check_looks(page)
