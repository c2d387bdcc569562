"""The way from one question of Learn to the next: options in place, taps, and what reloading leaves."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from cards.editing.decks import refresh_deck
from cards.models import Deck, Visibility
from sessions_app.models import Enrollment, Review, Step
from sessions_app.study.questions.types import Question
from sessions_app.study.types import Kind
from studysite.accounts.models import User
from tests.browser.steps import check_looks, expect_step_gone

pytestmark = pytest.mark.django_db(transaction=True)

WORDS = ("dog", "cat", "tree", "house", "bread", "water", "horse", "apple", "night")
GERMAN = ("Hund", "Katze", "Baum", "Haus", "Brot", "Wasser", "Pferd", "Apfel", "Nacht")


@pytest.fixture
def deck(owner: User) -> Deck:
    deck = Deck.objects.create(owner=owner, title="German", visibility=Visibility.PUBLIC, language="de")
    for position, (term, definition) in enumerate(zip(WORDS, GERMAN, strict=True)):
        deck.cards.create(position=position, term=term, definition=definition)
    refresh_deck(deck=deck)
    return deck


@pytest.fixture
def page_in_motion(own_page: Page) -> Page:
    """A page of somebody who does not ask for less motion."""
    own_page.emulate_media(reduced_motion="no-preference")
    own_page.set_viewport_size({"width": 360, "height": 740})
    return own_page


@pytest.fixture
def console_errors(console_errors: list[str]) -> Iterator[list[str]]:
    """A request that is aborted on purpose is reported, too."""
    yield console_errors
    # It runs before the fixture that this one is named after looks at them.
    console_errors[:] = [error for error in console_errors if not re.search("ERR_FAILED|htmx:", error)]


def question(page: Page) -> tuple[Question, str]:
    field = page.locator("#answer-form [name=step]")
    expect(field).to_be_attached()
    step = field.input_value()
    return Question.from_json(Step.objects.get(pk=step).question), step


def start(page: Page, deck: Deck) -> None:
    page.goto(f"{deck.get_absolute_url()}learn/")
    page.get_by_role("button", name=re.compile("Start|Continue")).click()
    expect(page.locator("#answer-form")).to_be_visible()


def option(page: Page, asked: Question, *, right: bool = True) -> Locator:
    number = asked.options.index(asked.answer)
    return page.locator(".option").nth(number if right else (number + 1) % len(asked.options))


def test_nine_cards_are_learned_with_at_most_forty_taps(page_in_motion: Page, deck: Deck) -> None:
    page, taps = page_in_motion, 0
    start(page, deck)
    # Waiting until the page goes on by itself costs no tap.
    while not page.get_by_role("heading", name="All learned").count():
        if page.locator(".study-summary #go-on").count():
            page.locator("#go-on").click()
            taps += 1
            expect(page.locator("#answer-form")).to_be_visible()
        asked, step = question(page)
        if asked.kind is Kind.CHOICE:
            option(page, asked).click()
        else:
            assert asked.kind is Kind.TYPED
            page.locator("#typed").fill(asked.answer)
            page.get_by_role("button", name="Check").click()
        taps += 1
        expect_step_gone(page, step)
        expect(
            page.locator("#question :is(#answer-form, #start-form, .study-summary #go-on)").first
        ).to_be_visible()
    assert Enrollment.objects.get().learned == len(WORDS)
    assert taps <= 40


def test_a_right_choice_goes_on_by_itself_only_after_a_pointer(page_in_motion: Page, deck: Deck) -> None:
    page = page_in_motion
    start(page, deck)
    asked, _ = question(page)
    page.keyboard.press(str(asked.options.index(asked.answer) + 1))
    expect(page.locator(".feedback.right")).to_be_visible()
    expect(page.locator("#go-on")).not_to_have_class(re.compile("going"))
    page.keyboard.press("Enter")
    asked, _ = question(page)
    # The click of an assistive technology has no count.
    option(page, asked).dispatch_event("click", {"detail": 0, "bubbles": True, "cancelable": True})
    expect(page.locator(".feedback.right")).to_be_visible()
    expect(page.locator("#go-on")).not_to_have_class(re.compile("going"))
    page.locator("#go-on").click()
    asked, _ = question(page)
    option(page, asked, right=False).click()
    expect(page.locator(".feedback.wrong")).to_be_visible()
    expect(page.locator("#go-on")).not_to_have_class(re.compile("going"))
    page.locator("#go-on").click()
    page.get_by_role("button", name="Stay until I go on").click()
    asked, _ = question(page)
    option(page, asked).click()
    expect(page.locator(".feedback.right")).to_be_visible()
    expect(page.locator("#go-on")).not_to_have_class(re.compile("going"))
    page.reload()
    page.locator("#go-on").click()
    expect(page.get_by_role("button", name="Stay until I go on")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Stay until I go on").click()
    asked, step = question(page)
    option(page, asked).click()
    expect(page.locator("#go-on")).to_have_class(re.compile("going"))
    expect_step_gone(page, step)


@pytest.mark.long
def test_nothing_goes_on_under_reduced_motion(page: Page, deck: Deck) -> None:
    start(page, deck)
    expect(page.locator("#stay-switch")).to_be_hidden()
    asked, _ = question(page)
    option(page, asked).click()
    expect(page.locator(".feedback.right")).to_be_visible()
    expect(page.locator("#go-on")).not_to_have_class(re.compile("going"))


@pytest.mark.parametrize("right", [True, False], ids=["right", "wrong"])
def test_options_stay_in_place_and_take_colour(page: Page, deck: Deck, *, right: bool) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    start(page, deck)
    asked, _ = question(page)
    before = [each.bounding_box() for each in page.locator(".option").all()]
    option(page, asked, right=right).click()
    expect(page.locator(".option.answered")).to_have_count(len(before))
    assert [each.bounding_box() for each in page.locator(".option").all()] == before
    expect(page.locator(".option.right")).to_contain_text(asked.answer)
    expect(page.locator(".option.wrong")).to_have_count(0 if right else 1)
    check_looks(page)
    # However low the window, the way on is in sight.
    page.set_viewport_size({"width": 360, "height": 500})
    assert page.locator("#go-on").evaluate("way => way.getBoundingClientRect().bottom <= innerHeight")
    page.set_viewport_size({"width": 360, "height": 740})
    place = page.locator("#go-on").bounding_box()
    page.locator("#go-on").click()
    asked, _ = question(page)
    option(page, asked, right=not right).click()
    expect(page.locator(".option.answered").first).to_be_visible()
    assert page.locator("#go-on").bounding_box() == place


def test_correction_survives_reload_back_and_forward(page: Page, deck: Deck) -> None:
    start(page, deck)
    asked, _ = question(page)
    option(page, asked, right=False).click()
    correction = page.locator(".option.right")
    expect(correction).to_have_text(re.compile(asked.answer))
    page.reload()
    expect(correction).to_have_text(re.compile(asked.answer))
    page.locator("#go-on").click()
    expect(page.locator("#answer-form")).to_be_visible()
    page.go_back()
    expect(correction).to_have_text(re.compile(asked.answer))
    page.go_forward()
    expect(page.locator("#answer-form")).to_be_visible()
    assert Review.objects.count() == 1


@pytest.mark.long
def test_nothing_looks_right_or_can_be_pressed_while_an_answer_travels(page: Page, deck: Deck) -> None:
    start(page, deck)
    asked, _ = question(page)
    held: list[Route] = []
    page.route("**/answer/", lambda route: held.append(route))
    plain = page.evaluate("getComputedStyle(document.querySelector('.option')).borderColor")
    option(page, asked, right=False).click()
    expect(page.locator("#question")).to_have_attribute("aria-busy", "true")
    page.mouse.move(0, 0)
    for each in page.locator(".option").all():
        assert each.evaluate("each => getComputedStyle(each).pointerEvents") == "none"
    expect(page.locator(".option.sent")).to_have_css("border-color", plain)
    for key in "1234":
        page.keyboard.press(key)
    assert len(held) == 1
    held[0].abort()
    expect(page.get_by_text("Not saved: no connection")).to_be_visible()
    expect(page.locator("#question")).not_to_have_attribute("aria-busy", "true")
    page.unroute("**/answer/")
    option(page, asked).click()
    expect(page.locator(".feedback.right")).to_be_visible()
    assert Review.objects.count() == 1


@pytest.mark.parametrize("scripts", ["page", "plain_page"])
def test_stranger_answers_a_question_with_the_second_click(
    request: pytest.FixtureRequest, deck: Deck, scripts: str
) -> None:
    page: Page = request.getfixturevalue(scripts)
    page.goto("/")
    page.get_by_role("button", name="Study now").click()
    asked, _ = question(page)
    option(page, asked).click()
    expect(page.locator(".feedback.right")).to_be_visible()
    assert Review.objects.count() == 1
