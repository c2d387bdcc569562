"""The log about imports that are not finished: primary keys and counts, and nothing from the file."""

import logging
from typing import Any

import pytest
from django.test import Client

from cards.importing import drafts, running, splitting
from cards.models import ImportDraft
from studysite.accounts.models import User
from tests.cards.importing.slicing import a_draft, again, preview_in_slices

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("minimal")]


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Any) -> None:
    settings.DATA_DIR = tmp_path


@pytest.fixture
def draft(owner: User, caplog: pytest.LogCaptureFixture) -> ImportDraft:
    """An import with some of its cards written."""
    caplog.set_level(logging.INFO, "cards")
    draft = again(a_draft(owner, "text"))
    running.begin(draft=draft, preview=preview_in_slices(draft), title="Secret")
    running.run(draft=again(draft))
    return again(draft)


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name.startswith("cards.importing")]


def test_rolled_back_import_is_logged(
    draft: ImportDraft, owner: User, owner_client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    drafts.drop_hidden(splitting.hidden_decks(draft))
    owner_client.post(f"{draft.get_absolute_url()}go-on/")
    said = f"Import {draft.pk} of user {owner.pk} rolled back in phase cards at 2 of {draft.total} cards."
    assert lines(caplog) == [said]


def test_dropped_import_is_logged(
    draft: ImportDraft, owner: User, owner_client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    owner_client.post(f"{draft.get_absolute_url()}drop/")
    said = f"Import {draft.pk} of user {owner.pk} given up in phase cards at 2 of {draft.total} cards."
    assert lines(caplog) == [said]


def test_dropped_preview_is_not_logged(owner: User, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "cards")
    drafts.drop_draft(draft=a_draft(owner, "text"))
    assert lines(caplog) == []


def test_import_that_the_daily_command_cannot_continue_is_logged(
    draft: ImportDraft, caplog: pytest.LogCaptureFixture
) -> None:
    draft.forget_file()
    assert running.run_waiting(seconds=60) == 0
    assert lines(caplog) == [f"Import {draft.pk} cannot continue: FileNotFoundError."]
