"""Star, bury and suspend while studying: by keyboard, by pointer, without JavaScript; settings; and axe."""

import re

import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect

from sessions_app.models import CardProgress, Enrollment, Review, Step
from tests.browser.steps import LOOKS, check, check_looks, choose, expect_step_gone, rate, start, take_look

pytestmark = pytest.mark.django_db(transaction=True)

DECK = "/decks/deep-learning/"
STUDY = f"{DECK}spaced/"


@pytest.fixture(autouse=True)
def _library() -> None:
    call_command("load_library")


@pytest.fixture
def study(learner, sign_in):
    """Opens a question: ``study(page)`` returns its prompt."""

    def study(page: Page) -> str:
        sign_in(page.context, learner)
        page.goto(STUDY)
        start(page)
        return prompt(page)

    return study


def prompt(page: Page) -> str:
    return page.locator(".flashcard-front .prose").inner_text()


def expect_another(page: Page, before: str) -> None:
    expect(page.locator(".flashcard-front .prose")).not_to_have_text(before, use_inner_text=True)


def open_menu(page: Page) -> None:
    page.locator(".card-tools summary").click()


def test_cards_are_starred_suspended_and_buried_by_keys(page: Page, study) -> None:
    first = study(page)
    page.keyboard.press("*")
    expect(page.get_by_role("button", name="Starred")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".flashcard-front .prose")).to_have_text(first, use_inner_text=True)
    page.keyboard.press("-")
    expect(page.get_by_text("that card comes back tomorrow")).to_be_visible()
    expect_another(page, first)
    expect(page.locator(".flashcard")).to_be_focused()
    second = prompt(page)
    page.keyboard.press("@")
    expect(page.get_by_text("that card is not asked any more")).to_be_visible()
    expect_another(page, second)
    rows = CardProgress.objects.order_by("card__position")
    assert [(row.starred, row.suspended, bool(row.buried_until)) for row in rows] == [
        (True, False, True),
        (False, True, False),
    ]
    assert not Review.objects.exists()


def test_z_undoes_a_buried_card_before_an_answer(page: Page, study) -> None:
    first = study(page)
    page.keyboard.press(" ")
    page.keyboard.press("3")
    expect_another(page, first)
    second = prompt(page)
    page.keyboard.press("-")
    expect_another(page, second)
    page.keyboard.press("z")
    expect(page.get_by_text("The card is asked again today.")).to_be_visible()
    assert Review.objects.standing().count() == 1
    page.wait_for_load_state()
    page.keyboard.press("z")
    expect(page.get_by_text("Undone.")).to_be_visible()
    assert not Review.objects.standing().exists()


def test_star_key_in_the_viewer_keeps_the_address(page: Page, study) -> None:
    study(page)
    page.goto(f"{DECK}?card=3")
    page.keyboard.press("*")
    expect(page.get_by_role("button", name="Starred")).to_have_attribute("aria-pressed", "true")
    assert page.url.endswith("?card=3")
    assert CardProgress.objects.get(starred=True).card.position == 2
    check(page)


@pytest.mark.parametrize("with_javascript", [True, False])
def test_marks_are_set_and_cleared_by_pointer(page: Page, plain_page: Page, study, with_javascript) -> None:
    page = page if with_javascript else plain_page
    first = study(page)
    page.get_by_role("button", name="Starred").click()
    expect(page.get_by_role("button", name="Starred")).to_have_attribute("aria-pressed", "true")
    open_menu(page)
    page.get_by_role("button", name=re.compile("Suspend")).click()
    expect_another(page, first)
    page.locator(".aside").get_by_role("button", name="Undo").click()
    expect(page.get_by_text("The card is asked again.")).to_be_visible()
    row = CardProgress.objects.get()
    assert (row.starred, row.suspended) == (True, False)


def test_shortcuts_stay_switched_off(page: Page, study) -> None:
    first = study(page)
    open_menu(page)
    page.get_by_role("button", name="Shortcuts: on").click()
    expect(page.get_by_role("button", name="Shortcuts: off")).to_be_visible()
    page.locator(".flashcard-front").click(position={"x": 5, "y": 60})
    page.reload()
    expect(page.locator("kbd").first).to_be_hidden()
    for key in ("-", "@", "*", "3"):
        page.locator("body").press(key)
    expect(page.locator(".flashcard-front .prose")).to_have_text(first, use_inner_text=True)
    assert not CardProgress.objects.exists()
    open_menu(page)
    page.get_by_role("button", name="Shortcuts: off").click()
    page.keyboard.press("@")
    expect_another(page, first)


def test_shortcuts_are_ignored_while_composing_or_with_control(page: Page, study) -> None:
    first = study(page)
    page.locator("body").evaluate(
        "body => body.dispatchEvent(new KeyboardEvent('keydown', {key: '@', isComposing: true, bubbles: true}))"
    )
    page.keyboard.press("Control+-")
    page.wait_for_timeout(300)
    assert prompt(page) == first
    assert not CardProgress.objects.exists()


def test_saved_settings_change_the_study_page(page: Page, study) -> None:
    study(page)
    page.goto(DECK)
    choose(page, "Options", "Settings for this deck")
    page.get_by_label("Two buttons").check()
    page.get_by_label("Desired retention").fill("95")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your settings for this deck are saved.")).to_be_visible()
    assert Enrollment.objects.get().retention == 0.95
    page.goto(STUDY)
    page.get_by_text("Show answer").click()
    expect(page.locator("#answer-form .grade-label")).to_have_text(["Again", "Good"])
    expect(page.locator(".flashcard-back")).to_be_visible()
    asked = page.locator("#answer-form [name=step]").input_value()
    page.keyboard.press(" ")
    expect_step_gone(page, asked)
    assert Review.objects.get().rating == 3


def test_starting_over_asks_and_resets_progress(page: Page, study) -> None:
    study(page)
    rate(page, "Good")
    page.goto(f"{DECK}settings/")
    page.get_by_role("link", name="Start over").click()
    page.get_by_role("button", name="Start over").click()
    expect(page.get_by_text("all cards of this deck are new again")).to_be_visible()
    assert Enrollment.objects.get().recalled == 0


def test_axe_finds_nothing_on_mark_pages(page: Page, study) -> None:
    take_look(page, *LOOKS[-1])
    study(page)
    page.keyboard.press("*")
    expect(page.get_by_role("button", name="Starred")).to_have_attribute("aria-pressed", "true")
    open_menu(page)
    check_looks(page)
    page.keyboard.press("@")
    expect(page.locator(".aside")).to_be_visible()
    make_a_leech(page)
    page.reload()
    expect(page.get_by_text("Forgotten 9 times.")).to_be_visible()
    check_looks(page)
    for path in ("settings", "marked", "start-over"):
        page.goto(f"{DECK}{path}/")
        check_looks(page)


def make_a_leech(page: Page) -> None:
    """Record that the learner has forgotten the open card nine times."""
    step = Step.objects.select_related("session").get(
        pk=page.locator("#answer-form [name=step]").input_value()
    )
    CardProgress.objects.create(
        learner_id=step.session.learner_id, deck_id=step.session.deck_id, card_id=step.card_id,
        side=step.question["side"], lapses=9,
    )  # fmt: skip
