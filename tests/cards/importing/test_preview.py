"""A file of any kind is read once for its preview; the result is stored until something changes."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from cards.formats import bounds
from cards.formats.archive import write_archive
from cards.formats.bounds import GUEST
from cards.formats.types import FormatError, ParsedCard, ParsedDeck
from cards.importing.drafts import make_draft
from cards.importing.preview import comparing, saving
from cards.importing.reading import as_json, reader
from cards.models import Deck, ImportDraft
from studysite.accounts.models import User
from tests.cards.formats.packages import CLOZE, collection, note, package, zipped
from tests.cards.importing.slicing import prepared
from tests.cards.importing.test_pages import as_shown, import_it, paste, upload

pytestmark = pytest.mark.django_db


def an_archive() -> bytes:
    file = io.BytesIO()
    some = [ParsedCard(f"t{n}", "$x$ " * 900, key=f"k{n}", tags=("a", "b")) for n in range(15)]
    records = {"reviews": [{"card": "k1"}]}
    write_archive(file, deck=ParsedDeck((), title="T", description="d"), cards=some, records=records)
    return file.getvalue()


def a_package(*, new: bool = True) -> bytes:
    notes = [note(["q", "a"], tags="x marked", deck=2), note(["{{c1::gap}}\0", ""], kind=CLOZE)]
    reviews = [(10, 1_700_000_000_000, 3, 1, 1, 1)]
    return package(notes, new=new, reviews=reviews)


FILES: dict[str, Callable[[], bytes]] = {
    "text": lambda: "ä\tb\tx\nc\nä\tb\n".encode(),
    "comma": lambda: b"term,definition,tags\na,b,x\n",
    "archive": an_archive,
    "new package": a_package,
    "old package": lambda: a_package(new=False),
}


def told(preview: comparing.Preview) -> dict[str, Any]:
    """The parts of a preview that its page and forms show."""
    parsed, file_counts, about = preview.parsed, preview.file_counts, preview.about
    return {
        "counts": [getattr(preview, name) for name in (*saving.COUNTS, "kind", "total")],
        "file_counts": [getattr(file_counts, name) for name in as_json.COUNTS],
        "layout": [getattr(parsed, name) for name in as_json.LAYOUT],
        "about": about and (about.title, about.description, about.language),
        "in_decks": dict(file_counts.decks.items()),
        "decks": [(deck.path, deck.title) for deck in parsed.decks],
        "keys": preview.keys,
        "targets": preview.targets,
        "samples": [
            (card.term[:2_000], card.definition[:2_000], card.tags, len(card.images))
            for card in file_counts.samples[:10]
        ],
        "types": [
            (info.id, info.name, info.fields, info.notes, info.is_cloze, info.chosen)
            for info in parsed.note_types
        ],
        "of types": [[card.term for _, card in info.samples] for info in parsed.note_types],
        "report": (file_counts.report.skipped, file_counts.report.notices, file_counts.report.more_notices),
    }


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Records each opening of a draft's file."""
    opened: list[str] = []
    real = reader.read_file

    def noted(*args: Any, **options: Any) -> Any:
        opened.append("read")
        return real(*args, **options)

    monkeypatch.setattr(reader, "read_file", noted)
    return opened


@pytest.mark.parametrize("kind", FILES)
def test_saved_preview_equals_the_first_one(learner: User, kind: str, read: list[str]) -> None:
    content = io.BytesIO(FILES[kind]())
    draft = make_draft(owner=learner, content=content, file_name="x.csv" if kind == "comma" else "x")
    first = prepared(draft)
    kept = prepared(ImportDraft.objects.get())
    assert len(read) == 1
    assert told(kept) == told(first)


@pytest.mark.parametrize("kind", FILES)
def test_preview_pages_read_the_file_once(learner_client: Client, kind: str, read: list[str]) -> None:
    url = upload(learner_client, FILES[kind]())["Location"]
    data = as_shown(learner_client, url)
    for _ in range(3):
        assert learner_client.get(url).status_code == 200
    assert learner_client.post(url, {**data, "do": "look"}).status_code == 302
    assert len(read) == 1
    learner_client.post(url, data)
    assert Deck.objects.count() == 1


def test_changed_options_read_the_file_once_more(learner_client: Client, read: list[str]) -> None:
    url = paste(learner_client, "a,b\tc\n")
    import_it(learner_client, url, separator="comma")
    assert len(read) == 2
    assert learner_client.get(url).context["preview"].file_counts.samples[0].term == "a"
    assert len(read) == 2


def test_unreadable_options_keep_the_last_preview(learner_client: Client, read: list[str]) -> None:
    url = upload(learner_client, "é\tb\n".encode("latin-1"))["Location"]
    page = learner_client.post(url, as_shown(learner_client, url, encoding="UTF-8", do="look"))
    assert "This is not UTF-8" in page.text
    assert learner_client.get(url).context["preview"].file_counts.samples[0].term == "é"
    assert ImportDraft.objects.get().options == {}


def test_changed_deck_is_compared_without_reading_the_file(
    owner_client: Client, owner: User, read: list[str]
) -> None:
    import_it(owner_client, paste(owner_client, "a\tb\nc\td\n"), title="Old")
    url = paste(owner_client, "a\tb\nc\td\ne\tf\n", url=f"{Deck.objects.get().get_absolute_url()}import/")
    preview = owner_client.get(url).context["preview"]
    assert (preview.new, preview.same) == (1, 2)
    before = len(read)
    owner_client.post(f"{Deck.objects.get().get_absolute_url()}edit/add/", {"term": "e", "definition": "f"})
    preview = owner_client.get(url).context["preview"]
    assert (preview.new, preview.same) == (0, 3)
    owner_client.get(url)
    assert len(read) == before


def test_error_of_the_preview_is_saved(
    learner: User, monkeypatch: pytest.MonkeyPatch, read: list[str]
) -> None:
    """Opening the page again does not restart reading that takes too long."""
    draft = make_draft(owner=learner, content="a\tb\n")
    monkeypatch.setattr(reader, "limits_of", lambda _owner: bounds.Limits(1, 1, -1.0, "Split it."))
    for _ in range(3):
        with pytest.raises(FormatError, match="takes too long"):
            prepared(ImportDraft.objects.get(pk=draft.pk))
    assert len(read) == 1


def test_page_says_that_reading_takes_too_long(
    learner_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = paste(learner_client)
    ImportDraft.objects.update(look={})
    monkeypatch.setattr(reader, "limits_of", lambda _owner: bounds.Limits(1, 1, -1.0, "Split it."))
    page = learner_client.get(url)
    assert page.status_code == 200
    assert "Reading this file takes too long. Split it." in page.text


def test_too_large_preview_is_an_error(learner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saving, "MAX_STORED", 100)
    with pytest.raises(FormatError, match="too many decks and note types to show"):
        prepared(make_draft(owner=learner, content="a\tb\n"))


def test_saved_preview_is_deleted_with_the_import(learner_client: Client) -> None:
    import_it(learner_client, paste(learner_client))
    assert ImportDraft.objects.get().look == {}


@pytest.mark.parametrize("text", ["\0", "\\u0000", "\\\0", "\\\\u0000", "\ud800", "\\"])
def test_unstorable_characters_are_removed_or_replaced(text: str) -> None:
    clean = text.replace("\0", "").replace("\ud800", "?")
    assert saving.as_stored({text: [text]}) == {clean: [clean]}


def test_first_and_later_previews_are_equal(learner_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cards.importing.pages.READ_AT_ONCE", 0)
    members = {"collection.anki2": collection([note(["q", "a"])], new=False), "media": b'{"0": "\\ud800/x"}'}
    url = upload(learner_client, zipped(members))["Location"]
    page = learner_client.get(url).text
    assert "“?/x” is not a file name." in page
    assert learner_client.get(url).text.count("is not a file name") == page.count("is not a file name") > 0


def test_guest_file_is_read_within_smaller_limits(client: Client) -> None:
    file = io.BytesIO()
    some = [ParsedCard(f"t{n}", "x" * 9_000, key=f"k{n}") for n in range(3_000)]
    write_archive(file, deck=ParsedDeck((), title="T"), cards=some)
    assert file.tell() < 2**20
    response = upload(client, file.getvalue())
    preview = client.get(response["Location"])
    assert "at most 20 MB. Log in to import larger files" in preview.text
    assert "Create deck" not in preview.text
    assert reader.limits_of(User.objects.get()) == GUEST


def test_too_many_answers_for_the_cards_are_refused(
    learner_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "FREE_ANSWERS", -15 * 100)
    page = learner_client.get(upload(learner_client, an_archive())["Location"])
    assert "It has 1 answers; at most 0 can be read with 15 cards." in page.text
