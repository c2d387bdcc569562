"""The site as a whole in a real browser."""

from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from studysite.accounts.models import User
from tests.browser.conftest import SharedContext


def test_login_page_logs_no_console_error(page: Page) -> None:
    page.goto("/accounts/login/")
    expect(page.locator("#main form")).to_be_visible()


def test_login_form_is_visible_without_javascript(plain_page: Page, learner: User) -> None:
    plain_page.goto("/accounts/login/")
    expect(plain_page.locator("#main form")).to_be_visible()


def test_signed_in_person_sees_their_name(
    page: Page, learner: User, sign_in: Callable[[BrowserContext, User], None]
) -> None:
    sign_in(page.context, learner)
    page.goto("/")
    expect(page.locator("header")).to_contain_text(learner.name)


def test_browser_state_is_cleared_between_tests(page: Page, scripted: SharedContext) -> None:
    page.goto("/accounts/login/")
    page.evaluate("localStorage.setItem('kept', '1'); sessionStorage.setItem('kept', '1')")
    assert scripted.context.cookies()
    scripted.context.set_offline(True)
    scripted.forget()
    assert page.is_closed()
    assert not scripted.context.cookies()
    another = scripted.context.new_page()
    another.goto("/accounts/login/")
    assert another.evaluate("[localStorage.kept, sessionStorage.kept]") == [None, None]
