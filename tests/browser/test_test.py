"""Test in Chromium: every kind, on two devices, without a connection, without JavaScript, on a phone; axe."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import Browser, Locator, Page, expect

from sessions_app.models import Paper, Review, Step
from sessions_app.study.questions import paper_answers
from sessions_app.study.questions.kinds import block
from sessions_app.study.questions.types import Question
from sessions_app.study.types import Kind
from tests.browser.steps import check, contradict

pytestmark = pytest.mark.django_db(transaction=True)

TEST = "/decks/deep-learning/test/"
QUESTIONS = 10


@pytest.fixture(autouse=True)
def _library() -> None:
    call_command("load_library")


def start(page: Page, *kinds: str, questions: int = QUESTIONS) -> None:
    page.goto(TEST)
    page.get_by_text("Customise").click()
    page.get_by_label("Questions", exact=True).fill(str(questions))
    if kinds:
        for box in page.locator("[name=kinds]").all():
            box.set_checked(box.get_attribute("value") in kinds)
    page.get_by_role("button", name="Start this test").click()
    expect(page.locator("#paper-form")).to_be_visible()


def steps() -> list[Step]:
    return list(Paper.objects.latest("pk").session.steps.on_paper())


def fill(page: Page, step: Step) -> None:
    """Answer a question rightly."""
    question, item = Question.from_json(step.question), page.locator(f"#q{step.position}")
    if question.kind is Kind.CHOICE:
        item.locator("[type=radio]").nth(question.options.index(question.answer)).check()
    elif question.kind is Kind.TRUE_FALSE:
        item.get_by_label("True" if question.options[0] == question.answer else "False").check()
    elif question.kind is Kind.BLOCK:
        for place, field in enumerate(item.locator("select").all()):
            field.select_option(str(block.right_pair(question, place)))
    elif question.kind is Kind.TYPED:
        item.locator("input:not([type=hidden])").fill(question.answer)
    else:
        item.get_by_label(re.compile("I said it instead")).check()


def judge(page: Page) -> None:
    for item in page.locator(".paper-item").all():
        for tick in item.locator(".ticks input").all():
            tick.check()
        if item.get_by_label("I was right").count():
            item.get_by_label("I was right").check()


def expect_saved(page: Page, answered: int) -> None:
    expect(page.locator("#paper-bar")).to_contain_text(f"{answered}/{QUESTIONS} answered")
    expect(page.locator("#paper-state")).to_have_text("Saved")


def test_test_continues_on_another_device(
    page: Page, browser: Browser, browser_context_args: dict[str, Any], learner, sign_in: Callable[..., None]
) -> None:
    sign_in(page.context, learner)
    start(page)
    paper = steps()
    assert {Question.from_json(step.question).kind for step in paper} == set(Kind)
    half = paper[: len(paper) // 2]
    for step in half:
        fill(page, step)
    expect_saved(page, sum(paper_answers.points(Question.from_json(step.question)) for step in half))
    page.close()
    with browser.new_context(**browser_context_args) as context:
        sign_in(context, learner)
        other = context.new_page()
        other.goto(TEST)
        expect(other.locator(".paper-item")).to_have_count(len(paper))
        for step in paper[len(half) :]:
            fill(other, step)
        expect_saved(other, QUESTIONS)
        other.locator("#hand-in").click()
        expect(other.get_by_text("Grade these answers yourself")).to_be_visible()
        judge(other)
        other.locator("#hand-in").click()
        expect(other.get_by_role("heading", level=1)).to_have_text("100 %")
    assert Review.objects.count() == QUESTIONS


def test_offline_answers_are_shown_and_sent_again(
    page: Page, learner, sign_in, console_errors: list[str]
) -> None:
    sign_in(page.context, learner)
    start(page, "typed", "choice")
    typed = next(step for step in steps() if Question.from_json(step.question).kind is Kind.TYPED)
    field = page.locator(f"#q{typed.position}-typed")
    page.context.set_offline(True)
    field.fill("first")
    expect(page.locator("#paper-state")).to_contain_text("Not saved: no connection. Trying again")
    fill(page, steps()[0])
    field.fill("second")
    page.context.set_offline(False)
    expect_saved(page, 2)
    typed.refresh_from_db()
    assert typed.saved == {"typed": "second"}
    console_errors.clear()


def test_answer_changed_on_an_old_page_is_saved(
    page: Page, browser: Browser, browser_context_args: dict[str, Any], learner, sign_in
) -> None:
    sign_in(page.context, learner)
    start(page, "typed")
    with browser.new_context(**browser_context_args) as context:
        sign_in(context, learner)
        other = context.new_page()
        other.goto(TEST)
        for word in ("one", "two", "three"):
            with other.expect_response("**/test/save/"):
                other.locator("#q0-typed").fill(word)
            expect(other.locator("#paper-state")).to_have_text("Saved")
    page.locator("#q0-typed").fill("four")
    expect_saved(page, 1)
    assert steps()[0].saved == {"typed": "four"}


def test_fast_answers_are_all_saved(page: Page, learner, sign_in) -> None:
    sign_in(page.context, learner)
    start(page, "choice")
    page.evaluate("""
        for (const item of document.querySelectorAll(".paper-item"))
            for (const option of [...item.querySelectorAll("[type=radio]"), item.querySelector("[type=radio]")])
                option.click();
    """)
    expect_saved(page, QUESTIONS)
    assert [step.saved for step in steps()] == [{"option": "0"}] * QUESTIONS


def test_enter_saves_and_moves_to_the_next_field(page: Page, learner, sign_in) -> None:
    sign_in(page.context, learner)
    start(page, "typed")
    page.locator("#q0-typed").focus()
    page.keyboard.type("Regularization")
    page.keyboard.press("Enter")
    expect(page.locator("#q1-typed")).to_be_focused()
    expect_saved(page, 1)
    assert page.url.endswith(TEST)


def test_test_is_handed_in_when_time_is_up(page: Page, learner, sign_in) -> None:
    sign_in(page.context, learner)
    start(page, "typed")
    Paper.objects.update(deadline=timezone.now() + timedelta(seconds=4))
    page.reload()
    page.locator("#q0-typed").fill(Question.from_json(steps()[0].question).answer)
    expect(page.locator(".clock")).to_contain_text("0:0")
    expect(page.get_by_role("heading", level=1)).to_have_text("10 %")


def test_test_works_without_javascript(plain_page: Page, learner, sign_in) -> None:
    page = plain_page
    sign_in(page.context, learner)
    start(page)
    for step in steps():
        fill(page, step)
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#paper-bar")).to_contain_text(f"{QUESTIONS}/{QUESTIONS} answered")
    page.get_by_role("button", name="Hand in").click()
    judge(page)
    page.get_by_role("button", name="See the score").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("100 %")
    contradict(page, "I was wrong")
    expect(page.get_by_role("heading", level=1)).to_have_text("90 %")


def test_test_pages_fit_a_phone_and_pass_axe(
    page: Page, browser: Browser, browser_context_args, learner, sign_in
) -> None:
    sign_in(page.context, learner)
    page.set_viewport_size({"width": 360, "height": 640})
    page.goto(TEST)
    check(page)
    # All cards of the deck, so that every drawn card is among them.
    start(page, questions=46)
    for step in steps()[:-1]:
        fill(page, step)
    expect(page.locator("#paper-state")).to_have_text("Saved")
    check(page)
    page.locator("#hand-in").click()
    expect(page.get_by_text("1 answer is blank.")).to_be_visible()
    check(page)
    page.get_by_role("link", name="Look at it").click()
    expect(page.locator(".paper-item:focus-within")).to_have_count(1)
    expect(page.locator(".paper-dots [aria-current]")).to_have_attribute(
        "data-dot", f"q{steps()[-1].position}"
    )
    page.get_by_role("button", name="Hand in all the same").click()
    expect(page.get_by_text("Grade these answers yourself")).to_be_visible()
    check(page)
    judge(page)
    page.locator("#hand-in").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("%")
    page.get_by_role("button", name="Create link").click()
    expect(page.locator(".test-link")).to_be_visible()
    check(page)
    link = page.locator(".test-link").inner_text()
    results = page.url
    page.get_by_role("link", name="Print test").click()
    check(page)
    page.get_by_role("link", name="Show answer key").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("answer key")
    check(page)
    page.goto(results)
    page.get_by_role("button", name=re.compile("Retake")).click()
    page.locator("#hand-in").click()
    page.get_by_role("button", name="Hand in all the same").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("0 %")
    expect(page.locator(".score-plot")).to_be_visible()
    check(page)
    take_as_a_friend(browser, browser_context_args, link)
    page.goto(results)
    expect(page.locator("#friends")).to_contain_text("Kim 0 %")


def take_as_a_friend(browser: Browser, browser_context_args: dict[str, Any], link: str) -> None:
    """Without an account."""
    with browser.new_context(**browser_context_args) as context:
        friend: Page = context.new_page()
        friend.goto(link)
        check(friend)
        friend.get_by_label("Show my score").check()
        name: Locator = friend.get_by_label("Your name there")
        name.fill("Kim")
        friend.get_by_role("button", name="Start test").click()
        friend.locator("#hand-in").click()
        friend.get_by_role("button", name="Hand in all the same").click()
        expect(friend.get_by_role("heading", level=1)).to_have_text("0 %")
        expect(friend.get_by_text("scored")).to_be_visible()


def test_printed_questions_have_lines_for_the_answers(page: Page, sign_in, learner) -> None:
    sign_in(page.context, learner)
    start(page, "typed", "flip", questions=6)
    page.goto(f"{TEST}print/{Paper.objects.latest('pk').session_id}/")
    whole = page.locator(".printed").bounding_box()
    lines = [line.bounding_box() for line in page.locator(".printed-line").all()]
    assert whole
    assert len(lines) >= 6
    assert min(line["width"] for line in lines if line) > whole["width"] / 2
