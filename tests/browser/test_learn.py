"""Learn in Chromium: a round by keyboard, on a phone, without JavaScript; axe on every page of it."""

import re

import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect

from cards.models import Card
from sessions_app.models import Review, Step
from sessions_app.study.questions.types import Question
from sessions_app.study.types import Kind
from tests.browser.steps import check, contradict, expect_step_gone

pytestmark = pytest.mark.django_db(transaction=True)

LEARN = "/decks/deep-learning/learn/"
ROUND = 7


@pytest.fixture(autouse=True)
def _library() -> None:
    call_command("load_library")


def question(page: Page) -> Question:
    """The open question, as the site has stored it."""
    field = page.locator("#answer-form [name=step]")
    expect(field).to_be_attached()
    return Question.from_json(Step.objects.get(pk=field.input_value()).question)


def start(page: Page, *labels: str) -> None:
    """Start a session; with ``labels`` only in these kinds of question."""
    page.goto(LEARN)
    if labels:
        page.get_by_text("Question settings").click()
        for box in page.locator("[name=learn_kinds]").all():
            box.uncheck()
        for label in labels:
            page.get_by_label(label).check()
    page.get_by_role("button", name=re.compile("Start|Continue")).click()
    expect(page.locator("#answer-form")).to_be_visible()


def answer_by_keys(page: Page, *, right: bool = True) -> None:
    asked = question(page)
    step = page.locator("#answer-form [name=step]").input_value()
    if asked.kind is Kind.CHOICE:
        number = asked.options.index(asked.answer)
        page.keyboard.press(str((number if right else (number + 1) % len(asked.options)) + 1))
    elif asked.kind is Kind.TYPED:
        expect(page.locator("#typed")).to_be_focused()
        page.keyboard.type(asked.answer if right else "no idea")
        page.keyboard.press("Enter")
    else:
        page.keyboard.press(" ")
        expect(page.locator(".flashcard-back")).to_be_visible()
        ticks = page.locator(".ticks input").count()
        for number in range(ticks if right else 0):
            page.keyboard.press(str(number + 1))
        page.keyboard.press("Enter" if ticks else "2" if right else "1")
        if not ticks or right:
            # The answer was there to read: the next question follows at once.
            expect_step_gone(page, step)
            return
    expect(page.locator("#go-on")).to_be_focused()


def go_on(page: Page) -> None:
    """Leave the feedback, if there is one."""
    if page.locator(".study-foot #go-on").count():
        page.keyboard.press("Enter")
    expect(page.locator("#answer-form, .study-summary").first).to_be_visible()


def test_round_works_by_keys_alone(page: Page, learner, sign_in) -> None:
    sign_in(page.context, learner)
    start(page)
    for number in range(ROUND):
        answer_by_keys(page)
        assert Review.objects.count() == number + 1
        go_on(page)
    expect(page.get_by_role("heading", name="Round 1 done")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator(".study-counts")).to_contain_text("Round 2")


def test_escape_counts_as_a_miss_and_the_card_returns(page: Page, learner, sign_in) -> None:
    sign_in(page.context, learner)
    start(page, "Type the answer")
    first = question(page)
    if first.kind is Kind.TYPED:
        expect(page.locator("#typed")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.locator(".feedback.wrong")).to_contain_text("Now you know")
    else:
        answer_by_keys(page, right=False)
    for _ in range(4):
        go_on(page)
        if question(page).card_id == first.card_id:
            break
        answer_by_keys(page)
    assert question(page).card_id == first.card_id


def test_slip_is_marked_and_the_verdict_can_be_overridden(page: Page, learner, sign_in) -> None:
    sign_in(page.context, learner)
    Card.objects.update(definition="Regularization", side_choice="definition", studied_side="definition")
    start(page, "Type the answer")
    page.locator("#typed").fill("Regularizaiton")
    page.keyboard.press("Enter")
    expect(page.locator(".feedback.right .reason")).to_contain_text("typing mistake")
    expect(page.locator(".compared del")).to_be_visible()
    expect(page.locator("#go-on")).to_have_attribute("aria-describedby", "feedback")
    contradict(page, "I was wrong")
    expect(page.locator(".feedback.wrong")).to_be_visible()
    assert Review.objects.standing().get().verdict == "wrong"


def test_known_card_is_asked_without_choices(page: Page, learner, sign_in) -> None:
    sign_in(page.context, learner)
    Card.objects.filter(position__gte=30).update(studied_side="definition")
    start(page)
    while question(page).kind is not Kind.CHOICE:
        answer_by_keys(page)
        go_on(page)
    page.get_by_role("button", name="I know this").click()
    expect(page.locator("#instead")).to_have_count(0)
    assert question(page).kind in (Kind.TYPED, Kind.FLIP)


def test_undo_restores_the_question(page: Page, learner, sign_in) -> None:
    sign_in(page.context, learner)
    start(page)
    prompt = page.locator(".flashcard-front .prose").inner_text()
    answer_by_keys(page, right=False)
    page.keyboard.press("z")
    expect(page.locator("#answer-form")).to_be_visible()
    expect(page.locator(".flashcard-front .prose")).to_have_text(prompt, use_inner_text=True)
    assert not Review.objects.standing().exists()


def test_round_fits_a_phone_and_passes_axe(page: Page, learner, sign_in) -> None:
    sign_in(page.context, learner)
    page.set_viewport_size({"width": 360, "height": 640})
    start(page)
    seen = set()
    for number in range(12):
        kind = question(page).kind
        if kind not in seen:
            check(page)
            seen.add(kind)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        answer_by_keys(page, right=number % 3 > 0)
        if number < 2:
            check(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        go_on(page)
        if page.locator(".study-summary").count():
            check(page)
            page.locator("#go-on").click()
            expect(page.locator("#answer-form")).to_be_visible()


def test_answer_field_has_no_spelling_help(page: Page, learner, sign_in) -> None:
    sign_in(page.context, learner)
    start(page, "Type the answer")
    while question(page).kind is not Kind.TYPED:
        answer_by_keys(page)
        go_on(page)
    field = page.locator("#typed")
    for name, value in (("autocorrect", "off"), ("autocapitalize", "none"), ("spellcheck", "false")):
        expect(field).to_have_attribute(name, value)


def test_round_works_without_javascript(plain_page: Page, learner, sign_in) -> None:
    page = plain_page
    sign_in(page.context, learner)
    start(page, "Choose among four", "Say it, show it")
    for number in range(ROUND):
        asked = question(page)
        if asked.kind is Kind.CHOICE:
            page.locator(".option").nth(asked.options.index(asked.answer)).click()
        else:
            step = page.locator("#answer-form [name=step]").input_value()
            page.get_by_text("Show answer").click()
            for tick in page.locator(".ticks input").all():
                tick.check()
            page.get_by_role("button", name=re.compile("Done|I knew it")).click()
            expect_step_gone(page, step)
        if asked.kind is Kind.CHOICE:
            expect(page.locator(".feedback.right")).to_be_visible()
            page.locator("#go-on").click()
        assert Review.objects.count() == number + 1
    expect(page.get_by_role("heading", name="Round 1 done")).to_be_visible()
    page.locator("#go-on").click()
    expect(page.locator("#answer-form")).to_be_visible()


def test_mixed_up_cards_are_compared_and_drilled(page: Page, learner, sign_in) -> None:
    sign_in(page.context, learner)
    start(page)
    for _ in range(3):
        answer_by_keys(page, right=False)
        go_on(page)
    page.goto("/decks/deep-learning/")
    page.get_by_role("link", name="Mixed-up cards").click()
    expect(page.locator(".pair").first).to_be_visible()
    check(page)
    page.get_by_role("button", name="Start a two-minute drill").click()
    expect(page.locator("#answer-form")).to_be_visible()
    assert question(page).kind is Kind.CHOICE
