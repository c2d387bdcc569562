"""The admin in Chromium: cards edited in place, lists filtered by a search; axe on our own pages."""

import re
from collections.abc import Callable

import pytest
from django.core.management import call_command
from playwright.sync_api import BrowserContext, Page, expect

from cards.models import Card, Deck
from studysite.accounts.models import User
from tests.browser.test_editor import check

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]
SignIn = Callable[[BrowserContext, User], None]


@pytest.fixture
def editor() -> User:
    return User.objects.create_superuser("ed@example.org", "x", name="Ed Editor")


@pytest.fixture
def deck() -> Deck:
    call_command("load_library")
    return Deck.objects.get()


@pytest.mark.parametrize("browser_page", ["page", "plain_page"])
def test_cards_are_edited_in_the_list(
    request: pytest.FixtureRequest, browser_page: str, editor: User, deck: Deck, sign_in: SignIn
) -> None:
    page: Page = request.getfixturevalue(browser_page)
    sign_in(page.context, editor)
    page.goto("/admin/cards/deck/")
    page.get_by_role("link", name="Edit the cards of Deep Learning").click()
    page.get_by_label("Term of card 2", exact=True).fill("Loss, softly")
    page.get_by_label("Definition of card 3", exact=True).fill("A line\nand $x^2$")
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_text("2 cards saved.")).to_be_visible()
    card = deck.cards.get(position=2)
    assert (card.definition, deck.cards.get(position=1).term) == ("A line\nand $x^2$", "Loss, softly")
    # Texts of several lines come back unchanged, so sending them again is no change.
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_text("There was nothing to save.")).to_be_visible()


def test_deck_filter_can_be_searched_by_typing(page: Page, editor: User, deck: Deck, sign_in: SignIn) -> None:
    Card.objects.create(deck=Deck.objects.create(owner=editor, title="Another"), term="Elsewhere")
    sign_in(page.context, editor)
    page.goto("/admin/cards/card/?q=else")
    page.locator("#changelist-filter .select2-selection").first.click()
    page.locator(".select2-search__field").fill("anoth")
    page.get_by_role("option", name="Another", exact=True).click()
    page.locator("#changelist-filter form").first.get_by_role("button", name="Show").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"[?&]q=else&"))


@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing_on_admin_pages(
    page: Page, editor: User, deck: Deck, sign_in: SignIn, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    sign_in(page.context, editor)
    for address in (f"deck/{deck.pk}/cards/", f"deck/{deck.pk}/import/"):
        page.goto(f"/admin/cards/{address}")
        check(page)
    for model, action in (("card", "tag"), ("deck", "export")):
        page.goto(f"/admin/cards/{model}/")
        page.locator("input.action-select").first.check()
        page.locator("select[name=action]").select_option(action)
        page.locator("button[name=index]").click()
        expect(page.get_by_role("link", name="No, take me back")).to_be_visible()
        check(page)
