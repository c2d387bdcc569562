"""Another program holds the database: nothing is saved, the page says so, and the same answer is sent again."""

from contextlib import AbstractContextManager

import pytest
from django.core.management import call_command
from django.db import connection
from playwright.sync_api import Page, expect

from sessions_app.models import Review
from tests.browser.steps import expect_step_gone, start
from tests.sqlite_trouble import locked

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL has no such lock"),
]
STUDY = "/decks/deep-learning/spaced/"


@pytest.fixture(autouse=True)
def _library(monkeypatch: pytest.MonkeyPatch) -> None:
    call_command("load_library")
    # As behind the server's adapter, but shorter.
    monkeypatch.setattr("studysite.sqlite.write_lock.COMMAND", (0.3, 1.0))


def held_database() -> AbstractContextManager[None]:
    return locked(connection.settings_dict["NAME"])


def test_answer_refused_with_503_can_be_sent_again(page: Page, console_errors: list[str]) -> None:
    page.goto(STUDY)
    start(page)
    page.get_by_text("Show answer").click()
    with held_database():
        page.get_by_role("button", name="Good").click()
        expect(page.locator("#trouble")).to_have_text("Not saved: the site is busy. Try again in a moment.")
    console_errors.clear()
    assert Review.objects.count() == 0
    asked = page.locator("#answer-form [name=step]").input_value()
    page.get_by_role("button", name="Good").click()
    expect_step_gone(page, asked)
    expect(page.locator("#trouble")).to_be_empty()
    assert Review.objects.count() == 1


def test_refused_answer_can_be_sent_again_without_javascript(
    plain_page: Page, console_errors: list[str]
) -> None:
    plain_page.goto(STUDY)
    start(plain_page)
    plain_page.get_by_text("Show answer").click()
    with held_database():
        plain_page.get_by_role("button", name="Good").click()
        expect(plain_page.get_by_role("heading", name="Busy, not saved")).to_be_visible()
    console_errors.clear()
    plain_page.get_by_role("button", name="Try again").click()
    expect(plain_page.locator("#answer-form")).to_be_visible()
    assert Review.objects.count() == 1
