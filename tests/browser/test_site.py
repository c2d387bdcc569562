"""The site as a whole in a real browser."""

from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from studysite.accounts.models import User


def test_the_login_page_opens_without_an_error_in_the_console(page: Page) -> None:
    page.goto("/accounts/login/")
    expect(page.locator("#main form")).to_be_visible()


def test_the_login_page_needs_no_javascript(plain_page: Page, learner: User) -> None:
    plain_page.goto("/accounts/login/")
    expect(plain_page.locator("#main form")).to_be_visible()


def test_a_person_can_be_signed_in(
    page: Page, learner: User, sign_in: Callable[[BrowserContext, User], None]
) -> None:
    sign_in(page.context, learner)
    page.goto("/")
    expect(page.locator("header")).to_contain_text(learner.name)
