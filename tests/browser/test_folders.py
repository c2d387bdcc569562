"""The list of decks on the home page: folders and the archive, also without JavaScript."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from sessions_app.models import Enrollment, Folder
from studysite.accounts.models import User
from tests.browser.steps import check_looks
from tests.sessions_app.conftest import Studying, deck_of

pytestmark = pytest.mark.django_db(transaction=True)

SignIn = Callable[[BrowserContext, User], None]


@pytest.fixture
def two_decks(owner: User, learner: User) -> None:
    for days, title in enumerate(("Biology", "Chemistry " + "of very long compounds " * 4)):
        deck = deck_of(owner, 3, title=title)
        studying = Studying(learner, deck, (timezone.now() - timedelta(days=30 + days)).replace(hour=16))
        studying.start()
        studying.answer(3)
        learner.study_sessions.finish(studying.now)


def row(page: Page, title: str):  # type: ignore[no-untyped-def]
    return page.locator(".deck-row", has_text=title)


def put_into_folder_and_archive(page: Page) -> None:
    page.get_by_role("link", name="New folder").click()
    page.get_by_label("Name").fill("Exam")
    page.get_by_role("button", name="Create folder").click()
    page.get_by_label("Biology").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#decks .deck-row")).to_have_count(1)
    page.get_by_role("link", name="All 2").click()
    row(page, "Biology").locator("summary").click()
    row(page, "Biology").get_by_role("button", name="Archive").click()
    expect(page.locator("#decks .deck-row")).to_have_count(1)
    page.get_by_role("link", name="Archive 1").click()
    row(page, "Biology").locator("summary").click()
    row(page, "Biology").get_by_role("button", name="Take out of the archive").click()
    expect(page.get_by_text("The archive is empty.")).to_be_visible()
    assert not Enrollment.objects.archived().exists()
    assert Folder.objects.get().links.get().deck.title == "Biology"


def test_folder_and_archive(page: Page, two_decks: None, learner: User, sign_in: SignIn) -> None:
    sign_in(page.context, learner)
    page.goto("/")
    put_into_folder_and_archive(page)


@pytest.mark.long
def test_folder_and_archive_without_javascript(
    plain_page: Page, two_decks: None, learner: User, sign_in: SignIn
) -> None:
    sign_in(plain_page.context, learner)
    plain_page.goto("/")
    put_into_folder_and_archive(plain_page)


@pytest.mark.long
def test_looks(page: Page, two_decks: None, learner: User, sign_in: SignIn) -> None:
    sign_in(page.context, learner)
    folder = Folder.objects.create(learner=learner, name="Exam " + "x" * 55)
    page.goto("/")
    for address in ("/", f"/?folder={folder.pk}", "/folders/", f"/folders/{folder.pk}/"):
        page.goto(address)
        check_looks(page)
    page.goto("/")
    # The last look of `check_looks` is the phone.
    height = row(page, "Biology").bounding_box()["height"]  # type: ignore[index]
    assert 56 <= height <= 76
    row(page, "Chemistry").locator("summary").click()
    expect(row(page, "Chemistry").get_by_role("link", name="Folders")).to_be_visible()
    check_looks(page)


def test_new_learner(page: Page, learner: User, sign_in: SignIn, owner: User) -> None:
    deck_of(owner, 3, title="Biology")
    sign_in(page.context, learner)
    page.goto("/")
    check_looks(page)
    page.get_by_label("Subject or title").fill("Biology")
    page.get_by_role("main").get_by_role("button", name="Search").click()
    expect(page.get_by_role("main").get_by_role("link", name="Biology").first).to_be_visible()
