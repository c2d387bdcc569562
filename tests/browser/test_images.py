"""Images in Chromium: chosen in the editor, seen in the viewer and while studying; and axe."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, FilePayload, Locator, Page, expect

from cards.editing import decks
from cards.models import Card, Deck
from studysite.accounts.models import User
from tests.browser.steps import check, start
from tests.cards.pictures import png, show, stored

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]

SignIn = Callable[[BrowserContext, User], None]
PHONE = {"width": 360, "height": 640}
FLAG: FilePayload = {"name": "flag.png", "mimeType": "image/png", "buffer": png("crimson", (1_200, 900))}


@pytest.fixture(autouse=True)
def _own_folder(settings: pytest.FixtureRequest, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path  # type: ignore[attr-defined]


@pytest.fixture
def deck(owner: User) -> Deck:
    deck = Deck.objects.create(
        owner=owner, title="Capitals", slug="capitals", visibility="public", side_choice="definition"
    )
    for position, (term, city) in enumerate((("France", "Paris"), ("Spain", "Madrid"), ("Italy", "Rome"))):
        Card.objects.create(deck=deck, position=position, term=term, definition=city)
    decks.refresh_deck(deck=deck)
    return deck


def expect_shown(page: Page, image: Locator) -> None:
    """The image is on the page, its file is loaded, and all of it is on the screen."""
    expect(image).to_be_visible()
    expect(image).to_have_js_property("complete", True)
    assert image.evaluate("image => image.naturalWidth") > 0
    box = image.bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    assert box["height"] <= 0.4 * PHONE["height"]


@pytest.mark.parametrize("dark", [False, True])
def test_image_is_shown_in_editor_viewer_and_question(
    page: Page, owner: User, deck: Deck, sign_in: SignIn, dark: bool
) -> None:
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark" if dark else "light")
    sign_in(page.context, owner)
    page.goto("/decks/capitals/edit/")
    page.get_by_role("link", name="Edit").first.click()
    page.get_by_text("Images", exact=True).click()
    term = page.get_by_role("group", name="Images of the term")
    term.get_by_label("Add an image").set_input_files(FLAG)
    # Without a description the form asks for one, and keeps the file.
    page.get_by_role("button", name="Save").click()
    expect(term.locator(".errorlist")).to_have_text("Say what the image shows, for those who cannot see it.")
    check(page)
    term.get_by_label("What image 1 shows").fill("The flag of France")
    page.get_by_role("button", name="Save").click()
    image = page.get_by_alt_text("The flag of France")
    expect_shown(page, image)
    check(page)
    page.goto("/decks/capitals/")
    expect_shown(page, page.locator("#card-viewer").get_by_alt_text("The flag of France"))
    check(page)
    page.goto("/decks/capitals/spaced/")
    start(page)
    image = page.locator("#question").get_by_alt_text("The flag of France")
    expect_shown(page, image)
    check(page)
    page.get_by_text("Show answer").click()
    expect(page.get_by_text("Paris")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name="Good")).to_be_in_viewport(ratio=1)
    check(page)


def test_image_upload_works_without_javascript(
    plain_page: Page, owner: User, deck: Deck, sign_in: SignIn
) -> None:
    sign_in(plain_page.context, owner)
    card = deck.cards.in_order()[0]
    plain_page.goto(f"/decks/capitals/cards/{card.pk}/edit/")
    plain_page.get_by_text("Images", exact=True).click()
    definition = plain_page.get_by_role("group", name="Images of the definition")
    definition.get_by_label("Add an image").set_input_files(FLAG)
    definition.get_by_label("What it shows").fill("The Seine")
    plain_page.get_by_role("button", name="Save").click()
    expect(plain_page.get_by_alt_text("The Seine")).to_be_visible()
    plain_page.goto(f"/decks/capitals/cards/{card.pk}/edit/")
    plain_page.get_by_label("Remove image 1").check()
    plain_page.get_by_role("button", name="Save").click()
    plain_page.wait_for_url("**/edit/?page=1#card-*")
    expect(plain_page.get_by_alt_text("The Seine")).to_have_count(0)


def test_options_and_tiles_fit_a_phone(page: Page, owner: User, deck: Deck, sign_in: SignIn) -> None:
    for card in deck.cards.all():
        image = stored("navy", f"View of {card.definition}", (900, 1_600))
        show(card, term=(image,), definition=(image,))
    page.set_viewport_size(PHONE)
    sign_in(page.context, owner)
    page.goto("/decks/capitals/learn/")
    start(page)
    expect(page.locator(".option .card-image")).to_have_count(3)
    check(page)
    page.goto("/decks/capitals/matching/")
    page.get_by_role("button", name="Start").click()
    expect(page.locator(".tile-text .card-image")).to_have_count(6)
    for tile in page.locator(".tile").all():
        # Both measured at one moment: the page may still be scrolling.
        assert tile.evaluate(
            "tile => tile.querySelector('.tile-text .card-image').getBoundingClientRect().bottom"
            " <= tile.getBoundingClientRect().bottom"
        )
    check(page)
