"""The pages of importing: access, the preview, and bad input."""

import io
from functools import partial

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from cards.importing import drafts, running, writing
from cards.importing.preview import comparing
from cards.models import Card, Deck, ImportDraft, Tag
from studysite.accounts.models import User
from tests.accounts.people import sign_up

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

TEXT = "ein\tone\nzwei\ttwo\n"


def paste(client: Client, text: str = TEXT, url: str = "/import/") -> str:
    """Send text; returns the address of its preview."""
    response = client.post(url, {"text": text})
    assert response.status_code == 302, response.context["form"].errors
    return response["Location"]


def upload(client: Client, content: bytes, name: str = "words.txt", url: str = "/import/"):
    return client.post(url, {"text": "", "file": SimpleUploadedFile(name, content)})


def as_shown(client: Client, url: str, **changes: str) -> dict[str, str]:
    """What a browser would send from the preview."""
    page = client.get(url)
    data = {}
    for form in (page.context["options"], page.context["into"]):
        for field in form:
            value = field.value()
            if value not in (None, False):
                data[field.html_name] = getattr(value, "slug", value)
    return {**data, "do": "import", **changes}


def import_it(client: Client, url: str, **changes: str):
    return client.post(url, as_shown(client, url, **changes))


# --- The way through


def test_preview_writes_nothing(learner_client, learner):
    url = paste(learner_client)
    page = learner_client.get(url).text
    assert "with\na tab\n" in page
    assert all(word in page for word in ("ein", "one", "zwei", "two"))
    assert not Deck.objects.exists()
    response = import_it(learner_client, url, title="Zahlen")
    deck = Deck.objects.get()
    assert response["Location"] == deck.get_absolute_url()
    assert (deck.title, deck.owner, deck.visibility, deck.card_count) == ("Zahlen", learner, "private", 2)
    assert list(deck.cards.in_order().values_list("term", "definition")) == [("ein", "one"), ("zwei", "two")]
    assert "Cards: 2 added." in learner_client.get(deck.get_absolute_url()).text


def test_file_is_deleted_after_the_import(learner_client):
    url = paste(learner_client)
    path = ImportDraft.objects.get().path
    assert path.exists()
    import_it(learner_client, url)
    assert not path.exists()


def test_form_sent_twice_imports_once(learner_client):
    url = paste(learner_client)
    data = as_shown(learner_client, url)
    first, second = learner_client.post(url, data), learner_client.post(url, data)
    assert first["Location"] == second["Location"] == Deck.objects.get().get_absolute_url()
    assert Card.objects.count() == 2
    assert learner_client.post(f"{url}go-on/")["Location"] == first["Location"]


def test_plain_text_is_kept_unless_markdown(learner_client):
    url = paste(learner_client, "__init__\t1986. Chernobyl *x*\n")
    assert "<em>" not in learner_client.get(url).text
    response = learner_client.post(url, as_shown(learner_client, url, markup="markdown", do="look"))
    assert response["Location"] == url
    assert "<em>x</em>" in learner_client.get(url).text


def test_changed_options_are_previewed_before_the_import(learner_client):
    url = paste(learner_client, "a,b\tc\n")
    response = import_it(learner_client, url, separator="comma")
    assert response["Location"] == url
    assert not Deck.objects.exists()
    page = learner_client.get(url)
    assert "The preview has changed." in page.text
    assert page.context["preview"].file_counts.samples[0].term == "a"


def test_custom_separator_is_used(learner_client):
    url = paste(learner_client, "a => b\nc => d\n")
    learner_client.post(url, as_shown(learner_client, url, separator="own", own_separator=" => ", do="look"))
    sample = learner_client.get(url).context["preview"].file_counts.samples[1]
    assert (sample.term, sample.definition) == ("c", "d")
    page = learner_client.post(url, as_shown(learner_client, url, own_separator="", do="look"))
    assert "Enter what is between the sides." in page.text


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("Äpfel\tapples\n".encode("latin-1"), "Windows-1252"),
        ("Äpfel\tapples\n".encode("utf-16"), "UTF-16-LE"),
    ],
)
def test_encoding_is_guessed_and_shown(learner_client, content, name):
    page = learner_client.get(upload(learner_client, content)["Location"])
    assert f"Text in {name}" in page.text
    assert "Äpfel" in page.text


def test_wrong_encoding_is_a_form_error(learner_client):
    url = upload(learner_client, "Äpfel\tapples\n".encode("latin-1"))["Location"]
    page = learner_client.post(url, as_shown(learner_client, url, encoding="UTF-8", do="look"))
    assert "row 1: This is not UTF-8." in page.text
    assert ImportDraft.objects.get().options == {}


def test_duplicates_and_one_sided_rows_are_counted(learner_client):
    preview = learner_client.get(paste(learner_client, "a\tb\na\tb\nc\n\td\n")).context["preview"]
    assert (preview.new, preview.duplicates, preview.file_counts.one_sided) == (3, 1, 2)
    assert [str(notice) for notice in preview.file_counts.report.notices] == [
        "row 3: There is no definition.",
        "row 4: There is no term.",
    ]


# --- Into a deck that is there


def test_importing_again_updates_cards(owner_client, make_deck):
    deck = make_deck(0)
    import_it(owner_client, paste(owner_client, TEXT, f"/decks/{deck.slug}/import/"))
    url = paste(owner_client, "ein\tone!\nzwei\ttwo\ndrei\tthree\n", f"/decks/{deck.slug}/import/")
    preview = owner_client.get(url).context["preview"]
    assert (preview.new, preview.changed, preview.same) == (1, 1, 1)
    import_it(owner_client, url)
    cards = list(deck.cards.in_order().values_list("term", "definition"))
    assert cards == [("ein", "one!"), ("zwei", "two"), ("drei", "three")]
    deck.refresh_from_db()
    assert deck.card_count == 3
    assert Deck.objects.count() == 1


def test_file_imported_again_goes_into_its_deck_by_default(owner_client, owner):
    import_it(owner_client, paste(owner_client))
    url = paste(owner_client)
    assert ImportDraft.objects.get(token=url.split("/")[2]).deck == Deck.objects.get()
    response = import_it(owner_client, url, into="", title="Second")
    assert response["Location"] == url
    import_it(owner_client, url, title="Second")
    assert set(Deck.objects.values_list("title", "card_count")) >= {("Second", 2)}
    assert Deck.objects.count() == 2


def test_cards_with_the_same_sides_are_not_added(owner_client, make_deck):
    deck = make_deck(2)
    url = paste(owner_client, "Term 0\tDefinition 0\nTerm 9\tDefinition 9\n", f"/decks/{deck.slug}/import/")
    import_it(owner_client, url)
    assert list(deck.cards.in_order().values_list("term", flat=True)) == ["Term 0", "Term 1", "Term 9"]


def test_imported_tags_belong_to_the_owner_regardless_of_case(owner_client, owner):
    Tag.objects.create(owner=owner, name="Verbs")
    url = paste(owner_client, "Term\tDefinition\tTags\ngehen\tgo\tverbs; Motion\nHaus\thouse\t\n")
    import_it(owner_client, url)
    assert set(Tag.objects.values_list("name", "owner")) == {("Verbs", owner.pk), ("Motion", owner.pk)}
    assert set(Card.objects.get(term="gehen").tags.values_list("name", flat=True)) == {"Verbs", "Motion"}


# --- Who may


def test_only_the_owner_imports_into_a_private_deck(owner_client, learner_client, client, make_deck):
    url = f"/decks/{make_deck(1).slug}/import/"
    assert owner_client.get(url).status_code == 200
    assert learner_client.get(url).status_code == 404
    assert learner_client.post(url, {"text": TEXT}).status_code == 404
    assert "/accounts/login/" in client.get(url)["Location"]


def test_editors_but_not_learners_import_into_a_public_deck(learner_client, learner, make_deck):
    deck = make_deck(1)
    Deck.objects.update(visibility="public")
    url = f"/decks/{deck.slug}/import/"
    assert learner_client.get(url).status_code == 404
    User.objects.filter(pk=learner.pk).update(is_staff=True, is_superuser=True)
    import_it(learner_client, paste(learner_client, TEXT, url))
    assert deck.cards.count() == 3
    assert set(Tag.objects.values_list("owner", flat=True)) <= {deck.owner_id}


def test_draft_returns_404_to_others(learner_client, stranger_client, client):
    url = paste(learner_client)
    for page in (url, f"{url}go-on/", f"{url}drop/", f"{url}study/"):
        assert stranger_client.post(page, {"do": "import"}).status_code == 404
    assert stranger_client.get(url).status_code == 404
    assert "/accounts/login/" in client.get(url)["Location"]
    assert ImportDraft.objects.exists()


def test_import_into_a_foreign_deck_adds_nothing_to_it(learner_client, make_deck):
    deck = make_deck(1)
    Deck.objects.update(visibility="public")
    url = paste(learner_client)
    page = import_it(learner_client, url, into=deck.slug, title="Mine")
    assert page.status_code == 302
    assert deck.cards.count() == 1


@pytest.mark.parametrize("page", ["", "go-on/", "drop/", "study/"])
def test_import_needs_a_csrf_token(learner_client, page):
    url = paste(learner_client)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = learner_client.cookies
    assert strict.post(f"{url}{page}", {"do": "import"}).status_code == 403
    assert strict.post("/import/", {"text": TEXT}).status_code == 403
    assert not Deck.objects.exists()


@pytest.mark.parametrize("page", ["go-on/", "drop/", "study/"])
def test_post_pages_return_405_to_get(learner_client, page):
    url = paste(learner_client)
    assert learner_client.get(f"{url}{page}").status_code == 405
    assert learner_client.put(url).status_code == 405
    assert ImportDraft.objects.get().phase == "preview"


def test_dropping_deletes_the_file(learner_client):
    url = paste(learner_client)
    path = ImportDraft.objects.get().path
    assert learner_client.post(f"{url}drop/")["Location"] == "/import/"
    assert not path.exists()
    assert learner_client.get(url).status_code == 404


# --- Guests


def test_guest_keeps_a_pasted_deck_after_sign_up(client):
    assert "Paste and study" in client.get("/").text
    url = client.post("/import/", {"text": TEXT, "time_zone": "Asia/Tokyo"})["Location"]
    guest = User.objects.get(is_guest=True)
    assert guest.time_zone == "Asia/Tokyo"
    response = client.post(f"{url}study/", as_shown(client, url))
    deck = Deck.objects.get()
    assert response["Location"] == f"{deck.get_absolute_url()}learn/"
    assert 'id="question"' in client.get(response["Location"]).text
    assert Client().get(deck.get_absolute_url()).status_code == 404
    sign_up(client)
    deck.refresh_from_db()
    assert deck.owner.email == "ada@example.org"
    assert client.get(deck.get_absolute_url()).status_code == 200
    assert not User.objects.filter(is_guest=True).exists()


def test_unreadable_upload_makes_no_guest(client):
    for text in ("", "   ", "\x00"):
        assert client.post("/import/", {"text": text}).status_code == 200
    assert upload(client, b"%PDF-1.7").status_code == 200
    assert not User.objects.filter(is_guest=True).exists()


def test_visitors_cannot_paste_when_guests_are_off(client, settings):
    settings.GUESTS = False
    assert "Paste and study" not in client.get("/").text
    assert "/accounts/login/" in client.post("/import/", {"text": TEXT})["Location"]


@pytest.mark.long
def test_guest_file_has_a_smaller_limit(client, learner_client):
    content = b"a\tb\n" * 600_000
    page = upload(client, content)
    assert "Log in to import larger files." in page.text
    assert upload(learner_client, content).status_code == 302


# --- Bad input


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty."),
        (b"%PDF-1.7", "This is a PDF, not text."),
        (b"PK\x03\x04" + b"x" * 100, "not a complete zip archive"),
        (b"SQLite format 3\x00" + b"x" * 100, ""),
        (b"a" * 200_000, "row 1"),
    ],
)
def test_unreadable_file_is_a_form_error(learner_client, content, words):
    page = upload(learner_client, content, "x.apkg")
    assert page.status_code == 200
    assert page.context["form"].errors
    assert words in page.text
    assert not ImportDraft.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"separator": "\x00"},
        {"head": "?"},
        {"into": "none"},
        {"title": ""},
        {"title": "x" * 201},
        {"encoding": "x"},
    ],
)
def test_invalid_options_cause_no_server_error(learner_client, changes, make_deck):
    url = paste(learner_client)
    page = import_it(learner_client, url, **changes)
    assert page.status_code in (200, 302)
    assert Deck.objects.filter(title="x" * 201).count() == 0


def test_draft_without_its_file_asks_for_it_again(learner_client):
    url = paste(learner_client)
    ImportDraft.objects.get().path.unlink()
    assert "Choose it again." in learner_client.get(url).text
    assert learner_client.post(url, {"do": "import"}).status_code == 200


@pytest.mark.parametrize(
    ("path", "most"), [("/import/", "101 MB"), ("/decks/x/import/", "101 MB"), ("/", "24 MB")]
)
def test_too_large_upload_returns_413(learner_client, path, most):
    class Unread(io.BytesIO):
        def read(self, *args: object) -> bytes:
            raise AssertionError("It was read.")

    response = learner_client.generic(
        "POST", path, b"", CONTENT_LENGTH=str(200 * 2**20), **{"wsgi.input": Unread()}
    )
    assert response.status_code == 413
    assert f"more than {most}" in response.text


def test_import_of_a_file_damaged_midway_is_rolled_back(learner_client, monkeypatch):
    """The file changes before its second half is read."""
    monkeypatch.setattr("cards.importing.running.run", partial(running.run, seconds=0))
    url = paste(learner_client, "".join(f"a{n}\tb\n" for n in range(600)))
    assert import_it(learner_client, url)["Location"] == url
    assert "500 of 600 cards" in learner_client.get(url).text
    assert Card.objects.count() == 500
    assert not Deck.objects.present().exists()
    ImportDraft.objects.get().path.write_bytes(b"%PDF-1.7")
    learner_client.post(f"{url}go-on/")
    page = learner_client.get(url)
    assert "Nothing was imported. This is a PDF" in page.text
    assert not Deck.objects.exists()
    assert not Card.objects.exists()


def test_progress_updates_and_redirects_to_the_deck(learner_client, monkeypatch):
    monkeypatch.setattr("cards.importing.running.run", partial(running.run, seconds=0))
    url = paste(learner_client, "".join(f"a{n}\tb\n" for n in range(1_100)))
    import_it(learner_client, url)
    htmx = {"HX-Request": "true", "HX-Target": "import-progress"}
    part = learner_client.post(f"{url}go-on/", headers=htmx)
    assert part.text.strip().startswith('<div id="import-progress"')
    assert "1,000 of 1,100 cards" in part.text
    end = learner_client.post(f"{url}go-on/", headers=htmx)
    assert end["HX-Redirect"] == Deck.objects.get().get_absolute_url()


def test_slow_cards_are_saved_before_their_chunk_is_full(learner, monkeypatch):
    monkeypatch.setattr(writing, "RENDERED_AT_ONCE", 20)
    text = "".join(f"*term* {number}\tdefinition\n" for number in range(6))
    draft = drafts.make_draft(owner=learner, content=text)
    running.begin(draft=draft, preview=comparing.preview_file(draft), title="x")
    done = []
    while not running.run(draft=draft, seconds=0):
        done.append(draft.done)
    assert done[:2] == [2, 4]
    assert draft.deck.cards.count() == 6
