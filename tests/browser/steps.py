"""Steps that many browser tests share; each returns when the page shows its result.

Without this, the next step (another tab, another address, a query) could run before the request is done.
"""

import re
from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect


def prompt(page: Page) -> Locator:
    """The front of the question. Call it only when a question is open: the home page shows a card too."""
    return page.locator("#question .flashcard-front .prose")


def start(page: Page, name: str = "Start", key: str = "") -> None:
    """Press the button that starts a session, by pointer or with ``key``, and wait for the first question."""
    button = page.get_by_role("button", name=name)
    if key:
        button.press(key)
    else:
        button.click()
    expect(prompt(page)).to_be_visible()


def rate(page: Page, name: str) -> None:
    """Show the answer, rate it, and wait until the question is gone."""
    asked = page.locator("#answer-form [name=step]").input_value()
    page.get_by_text("Show answer").click()
    page.get_by_role("button", name=re.compile(name)).click()
    expect_step_gone(page, asked)


def expect_step_gone(page: Page, asked: str) -> None:
    expect(page.locator(f"#answer-form [name=step][value='{asked}']")).to_have_count(0)


def choose(page: Page, menu: str, name: str) -> None:
    """Open the menu of a deck's page with this name, and follow the link ``name`` in it."""
    by_name = page.locator("main details.menu summary")
    by_name.filter(has_text=menu).or_(page.locator(f"main summary[aria-label='{menu}']")).first.click()
    page.get_by_role("link", name=name).click()


def contradict(place: Page | Locator, name: str, key: str = "") -> None:
    """Open the first "Not fair?" (or "Change") of ``place``, and press the button ``name`` in it."""
    fold = place.locator(".not-fair").first
    summary, button = fold.locator("summary"), fold.get_by_role("button", name=name)
    if key:
        summary.press(key)
        button.press(key)
    else:
        summary.click()
        button.click()


LOOKS: tuple[tuple[Literal["dark", "light"], int], ...] = (("dark", 1280), ("light", 360))
"""A colour scheme, and the width of the window in pixels."""


def take_look(page: Page, scheme: Literal["dark", "light"], width: int) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 740})


def check_looks(page: Page) -> None:
    """`check` the current page in each of `LOOKS`; the last of them stays set."""
    for look in LOOKS:
        take_look(page, *look)
        check(page)


def check(page: Page) -> None:
    """Check all rules of axe, including WCAG 2.2 AA, and that the page is not wider than the screen."""
    page.wait_for_load_state()
    # Without the list of passed rules, which takes as long as the checks.
    results = Axe().run(page, options={"resultTypes": ["violations"]})
    assert results.violations_count == 0, results.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
