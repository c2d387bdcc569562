"""Imports that an earlier version of the site has started, and that this version continues."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from cards.importing import running
from cards.importing.preview import saving
from cards.models import ImportDraft
from sessions_app.models import Review
from studysite.accounts.models import User
from studysite.slices import Slice
from tests.cards.importing.slicing import MOST_REQUESTS, a_draft, again, preview_in_slices

pytestmark = [pytest.mark.django_db, pytest.mark.long]


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path


def stop_while_reading(draft: ImportDraft) -> None:
    for _ in range(3):
        assert saving.prepare(again(draft), Slice(0)) is None


def stop_at_the_preview(draft: ImportDraft) -> None:
    preview_in_slices(draft)


def stop_while_writing(draft: ImportDraft) -> None:
    running.begin(draft=(begun := again(draft)), preview=preview_in_slices(draft), title="x")
    assert not running.run(draft=begun, seconds=0)


def leave_as_earlier_version(draft: ImportDraft) -> None:
    """Change what is stored into the form that it had: other columns, and other names of the same values."""
    with closing(sqlite3.connect(draft.folder / "read.sqlite3")) as db:
        db.execute("ALTER TABLE cards ADD COLUMN shown INTEGER")
        state = {name: json.loads(value) for name, value in db.execute("SELECT * FROM state")}
        state["of"] = [1, *state.pop("inputs")["file"]]
        if "head" in state:
            state["head"]["read_as"] = state["head"].pop("layout")
            state["preview"] = state.pop("file_counts")
        db.execute("DELETE FROM state")
        rows = [(name, json.dumps(value)) for name, value in state.items()]
        db.executemany("INSERT INTO state VALUES (?, ?)", rows)
        db.commit()
    if draft.look:
        ImportDraft.objects.filter(pk=draft.pk).update(look={"of": [2, {}, [False, []]], "look": {}})


def finish_on_pages(client: Client, draft: ImportDraft) -> ImportDraft:
    for _ in range(MOST_REQUESTS):
        page = client.get(draft.get_absolute_url())
        if again(draft).phase == "done":
            return again(draft)
        if "options" in (page.context or {}):
            fields = {name: page.context["options"][name].value() for name in page.context["options"].fields}
            fields = {name: value for name, value in fields.items() if value not in (None, False)}
            client.post(draft.get_absolute_url(), {**fields, "title": "x", "do": "import"})
        else:
            client.post(f"{draft.get_absolute_url()}go-on/")
    raise AssertionError("It never ends.")


@pytest.mark.parametrize("stop", [stop_while_reading, stop_at_the_preview, stop_while_writing])
@pytest.mark.parametrize("kind", ["text", "archive", "new package"])
def test_import_of_earlier_version_is_finished(
    owner: User, learner: User, learner_client: Client, minimal: None, kind: str, stop: Any
) -> None:
    whole = a_draft(owner, kind)
    running.begin(draft=whole, preview=preview_in_slices(whole), title="x")
    assert running.run(draft=whole, seconds=60)
    draft = a_draft(learner, kind)
    stop(draft)
    leave_as_earlier_version(again(draft))
    finished = finish_on_pages(learner_client, draft)
    columns = ("key", "position", "term_html", "definition_html")
    assert finished.deck is not None
    assert whole.deck is not None
    both = [deck.cards.order_by("position").values_list(*columns) for deck in (finished.deck, whole.deck)]
    assert list(both[0]) == list(both[1])
    answers = [Review.objects.filter(learner=person).count() for person in (learner, owner)]
    assert answers[0] == answers[1]
