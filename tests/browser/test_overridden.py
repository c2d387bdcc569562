"""Deciding in Chromium on answers that learners marked as right; without JavaScript; and axe."""

from collections.abc import Callable

import pytest
from django.core.management import call_command
from playwright.sync_api import BrowserContext, Page, expect

from cards.models import Card, Deck
from studysite.accounts.models import User
from tests.browser.test_editor import check
from tests.sessions_app.corrections.test_overridden import call_right

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/decks/deep-learning/edit/overridden/"
SignIn = Callable[[BrowserContext, User], None]


@pytest.fixture
def card(owner: User, learner: User) -> Card:
    """A card of Olga's with two answers that Lena marked as right."""
    call_command("load_library")
    Deck.objects.update(owner=owner)
    card = Card.objects.in_order()[0]
    for text in ("Sucre", "Sucre!", "Potosi"):
        call_right(learner, card, text)
    return card


def decide_on_both(page: Page) -> None:
    page.goto("/decks/deep-learning/")
    page.get_by_role("link", name="2 to review").click()
    answers = page.locator(".term-list > li")
    expect(answers.first).to_contain_text("marked right 2 times by 1 learner")
    answers.first.get_by_role("button", name="Accept").click()
    expect(page.get_by_text("That answer counts from now on.")).to_be_visible()
    answers.first.get_by_role("button", name="Reject").click()
    expect(page.get_by_text("Nothing to review.")).to_be_visible()


@pytest.mark.parametrize("with_javascript", [True, False])
def test_owner_accepts_and_rejects_answers(
    page: Page, plain_page: Page, card: Card, owner: User, sign_in: SignIn, with_javascript: bool
) -> None:
    page = page if with_javascript else plain_page
    sign_in(page.context, owner)
    decide_on_both(page)
    card.refresh_from_db()
    assert getattr(card, f"accepted_{card.studied_side}s")[-1] == "Sucre!"


def test_overridden_answers_pass_axe_on_a_phone(page: Page, card: Card, owner: User, sign_in: SignIn) -> None:
    sign_in(page.context, owner)
    page.set_viewport_size({"width": 360, "height": 740})
    for address in (PAGE, "/decks/deep-learning/edit/reports/", "/"):
        page.goto(address)
        check(page)
