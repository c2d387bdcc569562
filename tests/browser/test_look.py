"""Properties of the styles that only a browser can show."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from studysite.accounts.models import User

pytestmark = pytest.mark.django_db

SCHEME = "getComputedStyle(document.documentElement).colorScheme"
# A request by htmx to an address that the test answers itself.
POST = "htmx.ajax('POST', '/test/save/', {target: '#main', swap: 'none'}).catch(() => {})"


def test_chosen_colour_scheme_is_kept(page: Page) -> None:
    page.goto("/accounts/login/")
    assert page.evaluate(SCHEME) == "light dark"
    page.get_by_role("button", name="Dark").click()
    page.reload()
    assert page.evaluate(SCHEME) == "dark"
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Auto").click()
    assert page.evaluate(SCHEME) == "light dark"


def test_theme_switch_is_hidden_without_javascript(plain_page: Page) -> None:
    plain_page.goto("/accounts/login/")
    expect(plain_page.locator("#theme-switch")).to_be_hidden()


def test_lost_connection_shows_a_message(page: Page, console_errors: list[str]) -> None:
    page.goto("/accounts/login/")
    page.route("**/test/save/", lambda route: route.abort())
    page.evaluate(POST)
    expect(page.get_by_role("alert")).to_have_text("Not saved: no connection. Try again.")
    console_errors.clear()


@pytest.mark.parametrize(
    ("status", "text"), [(403, "no longer valid"), (413, "too large"), (500, "had a problem")]
)
def test_refused_request_shows_a_message(
    page: Page, console_errors: list[str], status: int, text: str
) -> None:
    page.goto("/accounts/login/")
    page.route("**/test/save/", lambda route: route.fulfill(status=status, body=""))
    page.evaluate(POST)
    expect(page.get_by_role("alert")).to_contain_text(text)
    console_errors.clear()


def test_menu_closes_on_escape_and_outside_click(
    page: Page, learner: User, sign_in: Callable[[BrowserContext, User], None]
) -> None:
    sign_in(page.context, learner)
    page.goto("/accounts/preferences/")
    menu, items = page.locator(".menu summary"), page.locator(".menu-items")
    menu.click()
    expect(items).to_be_visible()
    page.keyboard.press("Escape")
    expect(items).to_be_hidden()
    expect(menu).to_be_focused()
    menu.click()
    page.locator("h1").click()
    expect(items).to_be_hidden()
