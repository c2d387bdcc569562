"""Making a deck in Chromium: only by keyboard, by dragging, without JavaScript; and axe."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from cards.editing import decks
from cards.editing.cards import save_card
from cards.models import Card, Deck
from studysite.accounts.models import User
from tests.browser.steps import LOOKS, check, check_looks, take_look

pytestmark = pytest.mark.django_db(transaction=True)

SignIn = Callable[[BrowserContext, User], None]


@pytest.fixture
def deck(owner: User) -> Deck:
    deck = Deck.objects.create(owner=owner, title="Capitals", slug="capitals")
    for position in range(4):
        Card.objects.create(deck=deck, position=position, term=f"Term {position}", definition="Definition")
    decks.refresh_deck(deck=deck)
    return deck


@pytest.fixture
def editor(owner: User, deck: Deck, sign_in: SignIn) -> Callable[[Page], Page]:
    def editor(page: Page) -> Page:
        sign_in(page.context, owner)
        page.goto("/decks/capitals/edit/")
        return page

    return editor


def terms(page: Page) -> list[str]:
    return page.locator(".editor-card .term").all_inner_texts()


def stored(deck: Deck) -> list[tuple[str, str]]:
    return [(card.term, card.definition) for card in deck.cards.present().in_order()]


def test_deck_is_made_by_keyboard_alone(page: Page, owner: User, sign_in: SignIn) -> None:
    sign_in(page.context, owner)
    page.goto("/decks/new/")
    page.get_by_label("Title").focus()
    page.keyboard.type("French")
    page.keyboard.press("Enter")
    page.wait_for_url("**/edit/#new-card")
    expect(page.locator("#new-card [name=term]")).to_be_focused()
    # Faster than the server answers: no wait between the key presses.
    for number in range(12):
        page.keyboard.type(f"mot {number}")
        page.keyboard.press("Tab" if number % 2 else "Enter")
        page.keyboard.type(f"word {number}")
        page.keyboard.press("Control+Enter" if number % 3 else "Enter")
    expect(page.locator(".editor-card:not(.new-card)")).to_have_count(12)
    expect(page.locator(".editor-place")).to_have_text([str(number) for number in range(1, 14)])
    assert stored(Deck.objects.get()) == [(f"mot {number}", f"word {number}") for number in range(12)]
    expect(page.locator("#new-card [name=term]")).to_be_focused()


def test_shift_enter_breaks_a_line_and_formulas_are_previewed(page: Page, editor, deck: Deck) -> None:
    editor(page)
    page.get_by_role("link", name="Add cards").click()
    page.locator("#new-card [name=term]").focus()
    page.keyboard.type("Square")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("$x^2$")
    expect(page.locator("#new-card .card-preview msup")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.type("**bold**")
    expect(page.locator("#new-card .card-preview strong")).to_have_text("bold")
    page.keyboard.press("Enter")
    expect(page.locator(".editor-card:not(.new-card)")).to_have_count(5)
    assert stored(deck)[-1] == ("Square\n$x^2$", "**bold**")
    expect(page.locator("#new-card .card-preview")).to_have_count(0)


def test_unsaved_card_keeps_its_text(page: Page, editor, deck: Deck, console_errors: list[str]) -> None:
    editor(page)
    page.route("**/edit/add/", lambda route: route.abort())
    page.locator("#new-card [name=term]").fill("Lost?")
    page.locator("#new-card [name=definition]").press("Enter")
    expect(page.get_by_role("alert").filter(has_text="no connection")).to_be_visible()
    failed = page.locator(".new-card.failed")
    expect(failed.locator("[name=term]")).to_have_value("Lost?")
    page.unroute("**/edit/add/")
    failed.get_by_role("button", name="Add card").click()
    expect(page.locator(".editor-card:not(.new-card)")).to_have_count(5)
    assert stored(deck)[-1] == ("Lost?", "")
    console_errors.clear()


def test_refused_card_says_why_and_can_be_corrected(page: Page, editor, deck: Deck) -> None:
    editor(page)
    page.locator("#new-card [name=term]").fill("x" * 32_001)
    page.locator("#new-card [name=definition]").press("Enter")
    failed = page.locator(".new-card.failed")
    expect(failed.locator(".errorlist")).to_contain_text("32000")
    failed.locator("[name=term]").fill("short")
    failed.get_by_role("button", name="Add card").click()
    expect(page.locator(".editor-card:not(.new-card)")).to_have_count(5)
    assert stored(deck)[-1] == ("short", "")


def test_card_is_edited_in_place(page: Page, editor, deck: Deck) -> None:
    editor(page)
    first = page.locator(".editor-card").first
    first.get_by_role("link", name="Edit").click()
    first.get_by_label("Term", exact=True).fill("Changed")
    first.get_by_text("Answers and options").click()
    first.get_by_label("Accepted definitions").fill("one\ntwo")
    first.get_by_label("Accepted definitions").press("Control+Enter")
    expect(first.locator(".term")).to_have_text("Changed")
    expect(first.get_by_role("link", name="Edit")).to_be_focused()
    assert deck.cards.in_order()[0].accepted_definitions == ["one", "two"]


def test_cancel_restores_the_card(page: Page, editor, deck: Deck) -> None:
    editor(page)
    first = page.locator(".editor-card").first
    first.get_by_role("link", name="Edit").click()
    first.get_by_label("Term", exact=True).fill("Changed")
    first.get_by_role("link", name="Cancel").click()
    expect(first.locator(".term")).to_have_text("Term 0")


def test_opened_card_has_the_focus_and_escape_gives_it_back(page: Page, editor, deck: Deck) -> None:
    editor(page)
    second = page.locator(".editor-card").nth(1)
    edit, term = second.get_by_role("link", name="Edit"), second.get_by_label("Term", exact=True)
    edit.press("Enter")
    expect(term).to_be_focused()
    page.keyboard.press("Tab")
    expect(second.get_by_label("Definition", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    expect(edit).to_be_focused()
    edit.click()
    expect(term).to_be_focused()


def test_escape_asks_before_it_discards_changes(page: Page, editor, deck: Deck) -> None:
    editor(page)
    first = page.locator(".editor-card").first
    first.get_by_role("link", name="Edit").click()
    term = first.get_by_label("Term", exact=True)
    asked: list[str] = []
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    term.fill("Changed")
    term.dispatch_event("keydown", {"key": "Escape", "bubbles": True, "isComposing": True})
    assert asked == []
    term.press("Escape")
    expect(term).to_have_value("Changed")
    assert asked == ["Discard your changes to this card?"]
    page.once("dialog", lambda dialog: dialog.accept())
    term.press("Escape")
    expect(first.locator(".term")).to_have_text("Term 0")
    expect(first.get_by_role("link", name="Edit")).to_be_focused()


def test_refused_card_has_the_focus_on_its_fault(page: Page, editor, deck: Deck) -> None:
    editor(page)
    first = page.locator(".editor-card").first
    first.get_by_role("link", name="Edit").click()
    first.get_by_label("Definition", exact=True).fill("x" * 32_001)
    first.get_by_label("Definition", exact=True).press("Control+Enter")
    expect(first.locator(".errorlist")).to_contain_text("32000")
    expect(first.get_by_label("Definition", exact=True)).to_be_focused()


def test_edit_conflict_shows_both_texts(page: Page, editor, deck: Deck) -> None:
    editor(page)
    first = page.locator(".editor-card").first
    first.get_by_role("link", name="Edit").click()
    first.get_by_label("Term", exact=True).fill("Mine")
    card = deck.cards.in_order()[0]
    card.term = "Theirs"
    save_card(card=card)
    first.get_by_role("button", name="Save").click()
    expect(first.locator(".conflict dd")).to_have_text("Theirs")
    expect(first.get_by_label("Term", exact=True)).to_have_value("Mine")
    check(page)
    first.get_by_role("button", name="Save").click()
    expect(first.locator(".term")).to_have_text("Mine")


def test_cards_move_by_buttons_and_keys(page: Page, editor, deck: Deck) -> None:
    editor(page)
    page.locator(".editor-card").nth(2).get_by_role("button", name="Move up").click()
    expect(page.get_by_role("status").filter(has_text="Moved to place 2 of 4.")).to_be_visible()
    expect(page.locator(".editor-card").nth(1).get_by_role("button", name="Move up")).to_be_focused()
    page.keyboard.press("Alt+Home")
    expect(page.get_by_role("status").filter(has_text="Moved to place 1 of 4.")).to_be_visible()
    page.keyboard.press("Alt+ArrowDown")
    expect(page.get_by_role("status").filter(has_text="Moved to place 2 of 4.")).to_be_visible()
    assert [term for term, _ in stored(deck)] == ["Term 0", "Term 2", "Term 1", "Term 3"]


@pytest.mark.parametrize(
    ("card", "over", "result"), [(3, 0, "3012"), (0, 2, "1203"), (1, 4, "0231"), (2, 2, "0123")]
)
def test_cards_move_by_dragging(page: Page, editor, deck: Deck, card: int, over: int, result: str) -> None:
    # Without scrolling on the way.
    page.set_viewport_size({"width": 1280, "height": 1600})
    editor(page)
    cards = page.locator(".editor-list > li")
    top = {"x": 300, "y": 8 if over < card else (cards.nth(over).bounding_box() or {})["height"] - 8}
    cards.nth(card).locator(".grip").drag_to(cards.nth(over), target_position=top)
    if card != over:
        expect(page.get_by_role("status").filter(has_text="Moved to place")).to_be_visible()
    assert "".join(term[-1] for term, _ in stored(deck)) == result
    assert [term[-1] for term in terms(page)] == list(result)


def test_removed_card_can_be_restored(page: Page, editor, deck: Deck) -> None:
    editor(page)
    page.locator(".editor-card").nth(1).get_by_role("button", name="Remove").click()
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    assert len(stored(deck)) == 3
    expect(page.locator(".editor-place")).to_have_text(["1", "2", "3", "4"])
    page.keyboard.press("Enter")
    expect(page.locator(".editor-card .term")).to_have_count(4)
    assert len(stored(deck)) == 4


def test_find_and_replace_changes_cards(page: Page, editor, deck: Deck) -> None:
    editor(page)
    page.get_by_text("More", exact=True).click()
    page.get_by_role("link", name="Find and replace").click()
    page.get_by_label("Find", exact=True).fill("term")
    page.get_by_label("Replace with").fill("Capital")
    page.get_by_role("button", name="Show changes").click()
    expect(page.locator("#changes del")).to_have_count(4)
    check(page)
    page.get_by_role("button", name="Replace on 4 cards").click()
    expect(page.get_by_text("Replaced on 4 cards.")).to_be_visible()
    assert terms(page) == [f"Capital {number}" for number in range(4)]


def test_twin_search_updates_while_typing(page: Page, editor, deck: Deck) -> None:
    editor(page)
    page.locator(".editor-card").first.get_by_role("link", name="Edit").click()
    page.get_by_role("link", name="Twins").click()
    page.locator("main").get_by_role("searchbox").press_sequentially("term 3")
    page.get_by_role("button", name=re.compile("Mark as twins.*Term 3")).click()
    expect(page.get_by_text("twins", exact=True)).to_be_visible()
    check(page)


def test_removed_deck_can_be_restored(page: Page, editor, deck: Deck) -> None:
    editor(page)
    page.get_by_text("More", exact=True).click()
    page.get_by_role("link", name="Remove deck").click()
    page.get_by_role("button", name="Remove deck").click()
    check(page)
    page.get_by_role("button", name="Restore Capitals").click()
    expect(page.get_by_role("heading", name="Capitals")).to_be_visible()


def test_editor_works_without_javascript(plain_page: Page, editor, deck: Deck) -> None:
    page = editor(plain_page)
    page.locator("#new-card").get_by_label("Term").fill("New")
    page.get_by_role("button", name="Add card").click()
    expect(page.locator(".editor-card .term").last).to_have_text("New")
    page.locator(".editor-card").nth(4).get_by_role("button", name="Move to the top").click()
    expect(page.locator(".editor-card .term").first).to_have_text("New")
    page.locator(".editor-card").first.get_by_role("link", name="Edit").click()
    page.get_by_label("Term", exact=True).fill("**Newer**")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".card-preview strong")).to_have_text("Newer")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".editor-card .term").first).to_have_text("Newer")
    page.locator(".editor-card").nth(1).get_by_role("button", name="Remove").click()
    expect(page.get_by_text("The card is removed.")).to_be_visible()
    assert [term for term, _ in stored(deck)] == ["**Newer**", "Term 1", "Term 2", "Term 3"]


def test_axe_finds_nothing_in_the_editor(page: Page, editor, deck: Deck) -> None:
    take_look(page, *LOOKS[-1])
    editor(page)
    page.locator("#new-card [name=term]").fill("**bold**")
    expect(page.locator("#new-card .card-preview")).to_be_visible()
    page.locator(".editor-card").first.get_by_role("link", name="Edit").click()
    page.get_by_text("Answers and options").click()
    page.locator(".editor-card").nth(1).get_by_role("button", name="Remove").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    page.get_by_text("More", exact=True).click()
    check_looks(page)
    page.on("dialog", lambda dialog: dialog.accept())
    for path in (
        "new",
        "removed",
        *(f"capitals/{name}" for name in ("copy", "remove", "edit/details", "edit/removed")),
    ):
        page.goto(f"/decks/{path}/")
        check_looks(page)
