"""A deck's page below its header: swipes in the viewer, rows on a phone, links to its sections, an empty deck."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect

from cards.models import Deck
from tests.browser.steps import LOOKS, check_looks, take_look

pytestmark = pytest.mark.django_db(transaction=True)

DECK = "/decks/deep-learning/"
PHONE = LOOKS[-1]


@pytest.fixture(autouse=True)
def _library() -> None:
    call_command("load_library")


@pytest.fixture
def swipe(page: Page) -> Callable[..., None]:
    """Moves a finger over the card by ``across`` and ``down`` pixels."""
    devtools = page.context.new_cdp_session(page)

    def touch(kind: str, *points: dict[str, float]) -> None:
        devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": list(points)})

    def swipe(across: float, down: float = 0, *, lift: bool = True) -> None:
        card = page.locator("#card-viewer .flashcard")
        card.scroll_into_view_if_needed()
        box: Any = card.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + 90
        touch("touchStart", {"x": x, "y": y})
        for part in (0.25, 0.5, 0.75, 1):
            touch("touchMove", {"x": x + part * across, "y": y + part * down})
        if lift:
            touch("touchEnd")

    return swipe


def counter(page: Page) -> Any:
    return expect(page.locator("#card-counter"))


def test_swipe_shows_the_next_and_the_previous_card(page: Page, swipe: Callable[..., None]) -> None:
    take_look(page, *PHONE)
    page.goto(DECK)
    swipe(-120)
    counter(page).to_have_text("2/46")
    swipe(120)
    counter(page).to_have_text("1/46")
    swipe(120)
    counter(page).to_have_text("46/46")
    expect(page).to_have_url(re.compile(r"\?card=46"))
    expect(page.locator(".flashcard-flip")).not_to_have_attribute("open", "")


def test_short_and_vertical_movements_do_not_turn_the_card(page: Page, swipe: Callable[..., None]) -> None:
    take_look(page, *PHONE)
    page.goto(DECK)
    swipe(-30)
    swipe(40, 150)
    swipe(-120)
    counter(page).to_have_text("2/46")


@pytest.mark.parametrize(("motion", "moved"), [("no-preference", r"-(8|9|10)\d"), ("reduce", "none")])
def test_card_follows_the_finger_unless_motion_is_reduced(
    page: Page, swipe: Callable[..., None], motion: Any, moved: str
) -> None:
    take_look(page, *PHONE)
    page.emulate_media(reduced_motion=motion)
    page.goto(DECK)
    card = page.locator("#card-viewer .flashcard")
    swipe(-100, lift=False)
    expect(card).to_have_css("translate", re.compile(f"^{moved}"), timeout=5000)
    # The security policy refuses a style attribute that the history brings back.
    assert card.get_attribute("style") is None


def test_tap_flips_the_card(page: Page) -> None:
    take_look(page, *PHONE)
    page.goto(DECK)
    card = page.locator("#card-viewer .flashcard")
    card.scroll_into_view_if_needed()
    box: Any = card.bounding_box()
    devtools = page.context.new_cdp_session(page)
    at = {"x": box["x"] + 60, "y": box["y"] + 100}
    devtools.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [at]})
    devtools.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(page.locator(".flashcard-flip")).to_have_attribute("open", "", timeout=5000)


# --- Rows on a phone


@pytest.mark.long
def test_page_is_short_on_a_phone_and_rows_open(page: Page) -> None:
    take_look(page, *PHONE)
    page.goto(DECK)
    assert page.evaluate("document.documentElement.scrollHeight") < 8_000
    definition = page.locator(".deck-terms .prose.long").first
    short = definition.evaluate("one => one.clientHeight")
    definition.click()
    assert definition.evaluate("one => one.clientHeight") > short
    definition.click()
    assert definition.evaluate("one => one.clientHeight") == short
    # By keyboard, the focus in a row opens it.
    page.get_by_role("link", name="Open card").nth(1).focus()
    page.keyboard.press("Shift+Tab")
    assert definition.evaluate("one => one.clientHeight") > short


@pytest.mark.long
def test_rows_are_whole_without_javascript(plain_page: Page) -> None:
    take_look(plain_page, *PHONE)
    plain_page.goto(DECK)
    definition = plain_page.locator(".deck-terms .prose.long").first
    box: Any = definition.bounding_box()
    assert box["height"] > 3 * 20
    plain_page.get_by_role("navigation", name="On this page").get_by_role("link", name="Terms").click()
    expect(plain_page).to_have_url(re.compile("#terms$"))


@pytest.mark.long
def test_learner_tags_a_card_on_a_phone(page: Page, learner: Any, sign_in: Callable[..., None]) -> None:
    sign_in(page.context, learner)
    take_look(page, *PHONE)
    page.goto(DECK)
    row = page.locator(".deck-terms > li").nth(1)
    row.get_by_role("link", name="Tag this card").click()
    row.get_by_role("combobox", name="Tag").fill("exam")
    page.keyboard.press("Enter")
    expect(page.locator("#tags")).to_contain_text("exam")
    row.get_by_role("link", name="Done").click()
    expect(row.get_by_role("link", name="exam")).to_be_visible()
    check_looks(page)


# --- An empty deck


@pytest.mark.long
def test_owner_pastes_a_list_into_their_empty_deck(
    page: Page, owner: Any, sign_in: Callable[..., None]
) -> None:
    deck = Deck.objects.create(owner=owner, title="New")
    sign_in(page.context, owner)
    page.goto(deck.get_absolute_url())
    check_looks(page)
    page.get_by_label("Paste a list").fill("chien\tdog\nchat\tcat")
    page.get_by_role("button", name="Show preview").click()
    page.get_by_role("button", name="Import into New").click()
    counter(page).to_have_text("1/2")
