"""Levels, predicted recall and a card's page: a list filtered by level, keyboard, without JavaScript, axe."""

import re
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import Page, expect

from cards.models import Deck
from sessions_app.models import CardProgress, Review
from sessions_app.study.types import Evidence
from tests.browser.steps import LOOKS, check_looks, take_look
from tests.sessions_app.conftest import Studying

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]

DECK = "/decks/deep-learning/"


@pytest.fixture(autouse=True)
def _studied(learner) -> None:
    """Lena recalled two cards of the library's deck on three days, and suspended the second."""
    call_command("load_library")
    deck = Deck.objects.get(slug="deep-learning")
    studying = Studying(learner, deck, now=timezone.now() - timedelta(days=14))
    for queue in ("due", "weakest", "weakest"):
        studying.start(queue=queue, new_limit=2)
        studying.answer(4)
        studying.answer(4)
        studying.now += timedelta(days=4)
    row = CardProgress.objects.order_by("card__position").last()
    row.suspended = True
    row.save()
    deck.enrollments.recount()


@pytest.fixture
def page(page: Page, learner, sign_in) -> Page:
    sign_in(page.context, learner)
    return page


@pytest.fixture
def plain_page(plain_page: Page, learner, sign_in) -> Page:
    sign_in(plain_page.context, learner)
    return plain_page


def narrow(page: Page) -> None:
    page.goto(DECK)
    link = page.get_by_role("list", name="Cards by level").get_by_role("link", name="suspended")
    expect(link).to_have_text("1 suspended")
    link.press("Enter")
    expect(page).to_have_url(re.compile(r"\?level=suspended"))
    expect(page.locator(".term-list > li")).to_have_count(1)
    expect(page.locator(".term-list")).to_contain_text("suspended")


def test_filtering_updates_the_list_and_focuses_its_heading(page: Page) -> None:
    narrow(page)
    expect(page.get_by_role("heading", name="Terms")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Show all cards")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".term-list > li")).to_have_count(46)


def test_back_button_restores_the_whole_list(page: Page) -> None:
    narrow(page)
    page.go_back()
    expect(page.locator(".term-list > li")).to_have_count(46)


def read_a_card(page: Page) -> None:
    page.goto(f"{DECK}?level=mastered")
    page.get_by_role("link", name="Open card").first.click()
    expect(page.get_by_role("heading", name="Memory", exact=True)).to_be_visible()
    expect(page.locator("#history li")).to_have_count(3)
    expect(page.get_by_role("img", name="Predicted recall")).to_be_visible()
    page.get_by_text("The curve in numbers").click()
    expect(page.get_by_role("table").get_by_role("rowheader")).to_have_count(3)


def test_card_page_shows_its_history(page: Page) -> None:
    read_a_card(page)


def test_card_page_and_filters_work_without_javascript(plain_page: Page) -> None:
    narrow(plain_page)
    plain_page.get_by_role("link", name="Show all cards").click()
    expect(plain_page.locator(".term-list > li")).to_have_count(46)
    read_a_card(plain_page)


def test_recall_curve_spans_the_chart(page: Page) -> None:
    read_a_card(page)
    box = page.locator(".recall-curve svg").bounding_box()
    past = page.locator(".recall-curve .past").bounding_box()
    ahead = page.locator(".recall-curve .ahead").bounding_box()
    assert abs(past["x"] - box["x"]) < 5
    assert abs(ahead["x"] + ahead["width"] - box["x"] - box["width"]) < 5


def test_level_pages_fit_and_pass_axe(page: Page) -> None:
    take_look(page, *LOOKS[-1])
    page.goto(DECK)
    page.get_by_label("About mastery and predicted recall").click()
    check_looks(page)
    read_a_card(page)
    check_looks(page)


def test_long_notes_about_an_answer_fit(page: Page, learner) -> None:
    line = Review.objects.filter(learner=learner).last()
    Review.objects.filter(pk=line.pk).update(evidence=Evidence.PRACTICE)
    page.goto(f"{DECK}cards/{line.card_id}/")
    expect(page.get_by_text("practice: changes no level and no due day")).to_be_visible()
    check_looks(page)
