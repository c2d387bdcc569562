"""A site with collected files: what a first visit loads, and that the joined scripts work together."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.load import first_visit, sites
from tests.load.first_visit import PAGE

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that joins, compresses and caches as installed ones do."""
    with sites.site(tmp_path_factory.mktemp("visit") / "data", workers=1) as served:
        yield f"http://localhost:{served.port}"


@pytest.mark.parametrize("path", [PAGE, "/", f"{PAGE}spaced/", "/accounts/signup/"])
def test_first_visit_is_small(browser: Browser, address: str, path: str) -> None:
    loaded = first_visit.visit(browser, address + path)
    assert first_visit.wrong(loaded) == []
    assert {one.encoding for one in loaded if not one.is_font} <= {"gzip", "br"}


def test_nothing_but_the_page_is_loaded_again(browser: Browser, address: str) -> None:
    loaded = first_visit.visit(browser, f"{address}{PAGE}?card=2", after=address + PAGE)
    assert [one.address for one in loaded] == [f"{address}{PAGE}?card=2"]


def test_limits_are_noticed() -> None:
    style = first_visit.Sent("http://localhost/a.css", "br", 40_001, 700)
    font = first_visit.Sent("http://localhost/a.woff2", "", 60_001, 700)
    assert len(first_visit.wrong([style, font])) == 2
    assert len(first_visit.wrong([first_visit.Sent("http://localhost/", "br", 1, 700)] * 7)) == 1


def test_joined_scripts_serve_the_deck_and_a_session(page: Page, address: str) -> None:
    """The fixture `page` fails the test for any error in the console."""
    page.goto(address + PAGE)
    page.keyboard.press("Space")
    expect(page.locator("#card-viewer details.flashcard-flip")).to_have_attribute("open", "")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#card-counter")).to_contain_text("2/46")
    page.goto(f"{address}{PAGE}learn/")
    assert page.locator("[data-time-zone]").input_value()
    page.locator("form:has([data-time-zone]) button").click()
    page.locator("#answer-form").wait_for()
    page.keyboard.press("1")
    expect(page.locator("#feedback")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#answer-form")).to_be_visible()


def test_password_can_be_shown(page: Page, address: str) -> None:
    page.goto(f"{address}/accounts/login/")
    page.get_by_role("button", name="Show password").click()
    expect(page.get_by_role("button", name="Hide password")).to_be_visible()


def test_chosen_colours_apply_before_the_first_paint(page: Page, address: str) -> None:
    page.goto(address)
    page.locator("#theme-switch button[value=dark]").click()
    page.goto(f"{address}{PAGE}", wait_until="commit")
    page.wait_for_function("document.body !== null")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
