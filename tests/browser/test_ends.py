"""The ends of a round, a session, a test and a board in Chromium; axe on all of them."""

import re
from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, expect

from cards.models import Card, Deck
from studysite.accounts.models import User
from tests.browser.steps import check_looks, contradict, rate, start
from tests.conftest import client_of
from tests.sessions_app.conftest import deck_of
from tests.sessions_app.practice_test.pages.taking import CAPITALS, Sitting, score

pytestmark = pytest.mark.django_db(transaction=True)

SignIn = Callable[[BrowserContext, User], None]


@pytest.fixture
def deck(owner: User) -> Deck:
    deck = deck_of(owner, 4, title="Capitals")
    for card, city in zip(Card.objects.filter(deck=deck), CAPITALS, strict=False):
        card.definition = city
        card.save()
    return deck


def result_of(learner: User, deck: Deck) -> str:
    """The address of a result with two of four answers right, after one with one right."""
    testing = Sitting(client_of(learner), deck)
    score(testing, 1)
    paper = score(testing, 2)
    return reverse("test_results", args=[deck.slug, paper.pk])


def test_result_shows_what_was_missed_first(page: Page, learner: User, deck: Deck, sign_in: SignIn) -> None:
    sign_in(page.context, learner)
    page.goto(result_of(learner, deck))
    expect(page.get_by_role("heading", level=1)).to_have_text("50 %")
    expect(page.locator(".gained")).to_have_text("Half right, 25 points more than last time.")
    expect(page.locator(".test-answer:visible")).to_have_count(2)
    check_looks(page)
    page.get_by_text("The other 2").click()
    expect(page.locator(".test-answer:visible")).to_have_count(4)
    check_looks(page)


@pytest.mark.long
def test_marked_answer_is_shown_in_the_fold_without_javascript(
    plain_page: Page, learner: User, deck: Deck, sign_in: SignIn
) -> None:
    page = plain_page
    sign_in(page.context, learner)
    page.goto(result_of(learner, deck))
    missed = page.locator(".test-answer").first.get_attribute("id")
    contradict(page, "I was right")
    expect(page).to_have_url(re.compile(f"#{missed}$"))
    expect(page.locator(f".other-answers #{missed}")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("75 %")
    page.get_by_role("button", name="Retake the 1 missed").click()
    expect(page.locator(".paper-item")).to_have_count(1)


def test_end_of_the_day_leads_on(page: Page, learner: User, deck: Deck, sign_in: SignIn) -> None:
    sign_in(page.context, learner)
    page.goto(f"{deck.get_absolute_url()}spaced/")
    start(page)
    for _ in range(4):
        rate(page, "Easy")
    expect(page.get_by_text("Nothing else is due. The next card is due")).to_be_visible()
    check_looks(page)
    page.get_by_role("button", name="Quick test").click()
    expect(page.locator("#paper-form")).to_be_visible()
