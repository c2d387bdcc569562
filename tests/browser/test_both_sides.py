"""A deck that asks for both sides: chosen by its owner, studied, one question suspended; axe."""

import re

import pytest
from playwright.sync_api import Page, expect

from cards.editing.decks import refresh_deck
from cards.models import Card, Deck
from sessions_app.models import CardProgress, Review
from tests.browser.steps import check_looks, expect_step_gone, rate, start

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]

WORDS = ("sun", "moon", "star", "sea", "tree", "stone")
DECK = "/decks/nouns/"


@pytest.fixture(autouse=True)
def _deck(learner) -> None:
    """Lena's own deck of six short words."""
    deck = Deck.objects.create(owner=learner, title="Nouns", slug="nouns", side_choice="term")
    for position, word in enumerate(WORDS):
        Card.objects.create(deck=deck, position=position, term=word, definition=f"It is called {word[::-1]}")
    refresh_deck(deck=deck)


def ask_both(page: Page) -> None:
    """Choose both sides for everybody who studies the deck."""
    page.goto(f"{DECK}edit/details/")
    page.get_by_label("Side").select_option("both")
    page.get_by_role("button", name="Save").click()
    expect(page).not_to_have_url(re.compile("details"))


def answer_in_learn(page: Page) -> None:
    """Answer the open question without knowing it, and go on."""
    page.get_by_role("button", name=re.compile("Don’t know")).click()
    expect(page.locator("#verdict")).to_be_visible()
    asked = page.locator(".flashcard-front .prose").inner_text()
    page.locator("#go-on").click()
    expect(page.locator("#verdict")).to_have_count(0)
    expect(page.locator(".flashcard-front .prose")).not_to_have_text(asked, use_inner_text=True)


@pytest.mark.parametrize("with_javascript", [True, False])
def test_both_questions_are_studied_and_one_is_suspended(
    page: Page, plain_page: Page, sign_in, learner, with_javascript
) -> None:
    page = page if with_javascript else plain_page
    sign_in(page.context, learner)
    ask_both(page)
    page.goto(DECK)
    expect(page.locator(".deck-meta")).to_contain_text("6 cards, 12 questions")

    page.goto(f"{DECK}learn/")
    start(page)
    answer_in_learn(page)
    answer_in_learn(page)
    page.goto(f"{DECK}spaced/")
    expect(page.locator("#start-form")).to_contain_text("12 new questions today")
    start(page)
    rate(page, "Good")
    # The other sides of the cards that were asked wait until tomorrow.
    asked_today = set(Review.objects.values_list("card", "side"))
    assert len({card for card, _ in asked_today}) == len(asked_today) >= 2
    asked = page.locator("#answer-form [name=step]").input_value()
    page.locator(".card-tools summary").click()
    page.get_by_role("button", name=re.compile("Suspend")).click()
    expect(page.locator(".aside")).to_contain_text("that question is not asked any more")
    expect_step_gone(page, asked)
    row = CardProgress.objects.get(suspended=True)

    page.goto(DECK)
    term = page.locator(".term-list > li").filter(has_text=row.card.term).first
    expect(term).to_contain_text(f"{row.side.capitalize()}: suspended")
    other = "Term" if row.side == "definition" else "Definition"
    expect(term).to_contain_text(f"{other}: new")
    term.get_by_role("link", name="Open").click()
    suspended = page.get_by_role("region", name=f"Asks for the {row.side}")
    sibling = page.get_by_role("region", name=f"Asks for the {other.lower()}")
    expect(suspended.get_by_role("button", name="Unsuspend")).to_be_visible()
    expect(sibling.get_by_role("button", name="Suspend", exact=True)).to_be_visible()
    suspended.get_by_role("button", name="Unsuspend").click()
    expect(page.get_by_text("The question is asked again.")).to_be_visible()
    sibling.get_by_role("button", name="Suspend", exact=True).click()
    expect(sibling.get_by_role("button", name="Unsuspend")).to_be_visible()
    assert CardProgress.objects.get(suspended=True).side == other.lower()


@pytest.mark.long
def test_pages_of_both_questions_pass_axe(page: Page, sign_in, learner) -> None:
    sign_in(page.context, learner)
    ask_both(page)
    page.goto(f"{DECK}spaced/")
    start(page)
    rate(page, "Good")
    card = Review.objects.get().card
    mark_of_term = page.get_by_role("region", name="Asks for the term")
    page.goto(f"{DECK}cards/{card.pk}/")
    check_looks(page)
    mark_of_term.get_by_role("button", name="Suspend", exact=True).click()
    for address in ("", "marked/", "settings/", "?level=new"):
        page.goto(DECK + address)
        check_looks(page)
    page.goto(f"{DECK}test/")
    page.get_by_role("button", name="All kinds").click()
    expect(page.locator("#hand-in")).to_be_visible()
    check_looks(page)
