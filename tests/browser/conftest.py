"""Fixtures of the tests that drive Chromium; every page fails its test if the console reports an error."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect
from pytest_django.live_server_helper import LiveServer

from sessions_app.study.text import word_lists
from studysite.accounts.models import User
from tests import programs

HERE = Path(__file__).parent

# Playwright keeps an event loop running in the thread that the tests use the database from.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
# In milliseconds: a busy machine is slow, most of all at the first page.
MAX_WAIT = 120_000
expect.set_options(timeout=MAX_WAIT)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {
        **browser_type_launch_args,
        "executable_path": programs.find_chromium(),
        "args": list(programs.CHROMIUM_FLAGS),
    }


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any], live_server: LiveServer) -> dict[str, Any]:
    """Addresses in tests are paths of the site; animations are off, so that tests need not wait for them."""
    return {**browser_context_args, "base_url": live_server.url, "reduced_motion": "reduce"}


@pytest.fixture
def new_context(new_context: Callable[..., BrowserContext]) -> Callable[..., BrowserContext]:
    """Makes a context for one test only: another device, another time zone."""
    return lambda **options: patient(new_context(**options))


def patient(context: BrowserContext) -> BrowserContext:
    context.set_default_timeout(MAX_WAIT)
    return context


class SharedContext:
    """A context that all tests of a worker use, one after the other: making one takes as long as a short test.

    What a test leaves is forgotten after it, but for files that browsers may keep, such as styles.
    """

    def __init__(self, browser: Browser, **options: Any) -> None:
        self.origin = options["base_url"]
        self.context = patient(browser.new_context(**options))
        # While it has a page, its window stays open. Making a window takes longer than making a page.
        self.first_page = self.context.new_page()
        self.devtools = self.context.new_cdp_session(self.first_page)

    def forget(self) -> None:
        for page in self.context.pages:
            if page is not self.first_page:
                page.close()
        self.context.clear_cookies()
        self.context.set_offline(False)
        self.devtools.send("Storage.clearDataForOrigin", {"origin": self.origin, "storageTypes": "all"})


@pytest.fixture(scope="session")
def scripted(browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[SharedContext]:
    shared = SharedContext(browser, **browser_context_args)
    yield shared
    shared.context.close()


@pytest.fixture(scope="session")
def unscripted(browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[SharedContext]:
    shared = SharedContext(browser, **browser_context_args, java_script_enabled=False)
    yield shared
    shared.context.close()


@pytest.fixture(autouse=True, scope="session")
def _words() -> None:
    """Read the lists of words before a page waits for its first typed answer, as a server does at its start."""
    word_lists.lists()


@pytest.fixture
def console_errors() -> Iterator[list[str]]:
    """What the pages' consoles report as errors; a test that expects some clears the list."""
    errors: list[str] = []
    yield errors
    assert not errors


def describe(message: ConsoleMessage) -> str:
    return f"{message.text} ({message.location['url']})"


def listen(page: Page, errors: list[str]) -> Page:
    page.on("console", lambda message: message.type == "error" and errors.append(describe(message)))
    page.on("pageerror", lambda error: errors.append(str(error)))
    return page


@pytest.fixture
def page(scripted: SharedContext, console_errors: list[str]) -> Iterator[Page]:
    yield listen(scripted.context.new_page(), console_errors)
    scripted.forget()


@pytest.fixture
def plain_page(unscripted: SharedContext, console_errors: list[str]) -> Iterator[Page]:
    """A page of a browser in which JavaScript is switched off."""
    yield listen(unscripted.context.new_page(), console_errors)
    unscripted.forget()


@pytest.fixture
def own_page(new_context: Callable[..., BrowserContext], console_errors: list[str]) -> Page:
    """A page of its own context, for changes that cannot be undone, such as another clock."""
    return listen(new_context().new_page(), console_errors)


@pytest.fixture
def sign_in(live_server: LiveServer) -> Callable[[BrowserContext, User], None]:
    """Sign a person in without the login page: ``sign_in(page.context, learner)``."""

    def sign_in(context: BrowserContext, user: User) -> None:
        client = Client()
        client.force_login(user)
        session = client.cookies[settings.SESSION_COOKIE_NAME]
        context.add_cookies([{"name": session.key, "value": session.value, "url": live_server.url}])

    return sign_in
