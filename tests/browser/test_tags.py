"""Tagging in Chromium: a card, many cards, filtering by tags; without JavaScript; and axe."""

from collections.abc import Callable

import pytest
from django.core.management import call_command
from playwright.sync_api import BrowserContext, Page, expect

from cards.models import Card, Deck, Tag
from cards.tagging import services as tagging
from studysite.accounts.models import User
from tests.browser.steps import LOOKS, check, check_looks, take_look

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]

DECK = "/decks/deep-learning/"
SignIn = Callable[[BrowserContext, User], None]


@pytest.fixture(autouse=True)
def _library() -> None:
    call_command("load_library")


@pytest.fixture
def tagged(learner: User) -> Deck:
    deck = Deck.objects.get()
    for name, last in (("loss", 6), ("norm", 3)):
        tagging.tag_cards(owner=learner, names=[name], cards=deck.cards.filter(position__lt=last))
    return deck


def test_card_is_tagged_with_completion(page: Page, learner: User, tagged: Deck, sign_in: SignIn) -> None:
    sign_in(page.context, learner)
    page.goto(DECK)
    tags = page.locator(".term-list > li").nth(10).locator(".card-tags")
    tags.get_by_role("link", name="Tag this card").click()
    field = tags.get_by_role("combobox", name="Tag")
    expect(field).to_be_focused()
    expect(page.locator("#tag-names option")).to_have_count(2)
    field.fill("first, second")
    field.press("Enter")
    expect(tags.locator("a.chip")).to_have_text(["first", "second"])
    expect(page.locator("#tags a.chip")).to_have_text(["first 1", "loss 6", "norm 3", "second 1"])
    expect(field).to_be_focused()
    tags.get_by_role("button", name="first (remove from this card)").click()
    expect(tags.locator("a.chip")).to_have_text(["second"])
    tags.get_by_role("link", name="Done").click()
    expect(tags.get_by_role("link", name="Tag this card")).to_be_focused()
    assert tagged.cards.in_order()[10].tags.get().name == "second"


def test_cards_are_filtered_by_any_and_by_all_tags(
    page: Page, learner: User, tagged: Deck, sign_in: SignIn
) -> None:
    sign_in(page.context, learner)
    page.goto(DECK)
    terms = page.locator(".term-list > li")
    page.locator("#tags").get_by_role("link", name="norm").click()
    expect(terms).to_have_count(3)
    page.locator("#terms .tag-filter").get_by_role("link", name="loss").click()
    expect(terms).to_have_count(6)
    page.get_by_role("link", name="Match all instead").click()
    expect(terms).to_have_count(3)
    page.reload()
    expect(terms).to_have_count(3)
    page.get_by_role("link", name="Show all cards").click()
    expect(terms).to_have_count(46)


def test_many_cards_are_tagged_at_once(page: Page, learner: User, sign_in: SignIn) -> None:
    sign_in(page.context, learner)
    page.goto(DECK)
    expect(page.locator("#tags")).to_contain_text("Looks like no tags are added yet.")
    page.locator("#tags").get_by_role("link", name="Tag cards").click()
    # The script shows it; before, a click on a row does nothing.
    expect(page.get_by_label("All on this page")).to_be_visible()
    page.locator(".selection-list > li").nth(1).click()
    page.locator(".selection-list [name=card]").nth(2).check()
    expect(page.get_by_text("2 ticked")).to_be_visible()
    page.get_by_role("combobox", name="Tag").fill("exam")
    page.get_by_role("combobox", name="Tag").press("Enter")
    expect(page.get_by_text("“exam” added to 2 cards.")).to_be_visible()
    page.get_by_label("All on this page").check()
    expect(page.get_by_text("46 ticked")).to_be_visible()
    page.get_by_role("combobox", name="Tag").fill("exam")
    page.get_by_role("button", name="Untag").click()
    expect(page.get_by_text("“exam” removed from 2 cards.")).to_be_visible()
    assert not Card.objects.filter(tags__name="exam").exists()


def test_tagging_works_without_javascript(
    plain_page: Page, learner: User, tagged: Deck, sign_in: SignIn
) -> None:
    page = plain_page
    sign_in(page.context, learner)
    page.goto(f"{DECK}?tag=norm")
    first = page.locator(".term-list > li").first
    first.get_by_role("link", name="Tag this card").click()
    page.get_by_label("Tag", exact=True).fill("new")
    page.get_by_role("button", name="Add").click()
    expect(page.locator(".term-list > li")).to_have_count(3)
    expect(page.locator(".term-list > li").first.locator("a.chip:not(.tag-opener)")).to_have_text(
        ["loss", "new", "norm"]
    )
    page.goto(f"{DECK}tags/?tag=norm")
    page.locator(".selection-list [name=card]").first.check()
    page.get_by_label("Tag", exact=True).fill("norm")
    page.get_by_role("button", name="Untag").click()
    expect(page.get_by_text("“norm” removed from 1 card.")).to_be_visible()
    expect(page.locator(".selection-list > li")).to_have_count(2)


def test_tag_is_renamed_merged_and_deleted(page: Page, learner: User, tagged: Deck, sign_in: SignIn) -> None:
    sign_in(page.context, learner)
    page.goto("/tags/")
    page.get_by_role("link", name="norm", exact=True).click()
    page.get_by_label("Name").fill("Normalization")
    page.get_by_role("button", name="Rename").click()
    page.get_by_role("link", name="Normalization", exact=True).click()
    page.get_by_label("Merge into").fill("loss")
    page.get_by_role("button", name="Merge").click()
    expect(page.get_by_text("“Normalization” is merged into “loss”.")).to_be_visible()
    page.get_by_role("link", name="loss", exact=True).click()
    page.get_by_text("Delete …").click()
    check(page)
    page.get_by_role("button", name="Delete “loss”").click()
    expect(page.get_by_text("Looks like no tags are added yet.")).to_be_visible()
    assert not Tag.objects.exists()


def test_axe_finds_nothing_on_tag_pages(page: Page, learner: User, tagged: Deck, sign_in: SignIn) -> None:
    sign_in(page.context, learner)
    take_look(page, *LOOKS[-1])
    page.goto(f"{DECK}?tag=norm&tag=loss")
    page.get_by_role("link", name="Tag this card").first.click()
    expect(page.get_by_role("combobox", name="Tag")).to_be_visible()
    check_looks(page)
    page.goto(f"{DECK}cards/{Card.objects.in_order()[0].pk}/tags/")
    check_looks(page)
    page.goto(f"{DECK}tags/?tag=norm")
    page.locator(".selection-list [name=card]").first.check()
    check_looks(page)
    page.goto("/tags/")
    check_looks(page)
