"""Images of files that are imported and exported."""

import io
import zipfile

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cards.exporting import services as exporting
from cards.formats.anki.writer import write_anki
from cards.formats.archive import write_archive
from cards.formats.detect import read_file
from cards.formats.types import ImageRef, ParsedCard, ParsedDeck
from cards.importing import drafts, running, writing
from cards.importing import images as importing_images
from cards.importing.images import images_message
from cards.importing.preview import comparing
from cards.media.files import path_of
from cards.models import CardImage, Deck, ImportDraft
from studysite.slices import Slice
from tests.cards.exporting.test_exporting import import_content
from tests.cards.pictures import png, show, stored

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path) -> None:
    settings.DATA_DIR = tmp_path


FILES = {
    "flag.png": png("red", (300, 200)),
    "map.jpg": png("blue", (2_000, 500), "JPEG"),
    "bad.png": b"<svg/>",
    "cut.png": png()[:70],
}


def archive(*cards: ParsedCard) -> bytes:
    file = io.BytesIO()
    write_archive(file, deck=ParsedDeck((), title="Flags"), cards=cards, read_image=FILES.__getitem__)
    return file.getvalue()


def refs(*names: str, alt: str = "") -> tuple[ImageRef, ...]:
    return tuple(ImageRef(name, alt) for name in names)


def test_images_are_imported_and_reencoded(owner):
    card = ParsedCard("a", "b", key="1", term_images=refs("flag.png", alt="A flag"))
    card.definition_images = refs("map.jpg", "flag.png")
    deck = import_content(owner, archive(card))
    stands = deck.cards.get()
    assert [image.alt for image in stands.images_by_side()["term"]] == ["A flag"]
    sizes = [(image.width, image.height) for image in stands.images_by_side()["definition"]]
    assert sizes == [(1_600, 400), (300, 200)]
    assert stands.definition_html.count("<img") == 2
    assert all(path_of(image.sha256).read_bytes()[8:12] == b"WEBP" for image in stands.images.all())


def test_invalid_images_are_skipped_by_name(owner_client, owner):
    card = ParsedCard("a", "b", key="1", term_images=refs("bad.png", "flag.png", "cut.png"))
    file = io.BytesIO(archive(card))
    file.name = "flags.zip"
    preview = owner_client.post("/import/", {"file": file}, follow=True)
    assert "<dt>images</dt><dd>3</dd>" in preview.text
    assert "With 3 images." in preview.text
    address = preview.redirect_chain[-1][0]
    done = owner_client.post(address, {"do": "import", "title": "Flags"}, follow=True)
    assert "2 images were left out: bad.png (This is not an image" in done.text
    assert "cut.png (The image is damaged.)" in done.text
    assert Deck.objects.get().cards.get().images.count() == 1


def test_image_only_side_gets_its_description_or_name(owner_client, owner):
    cards = (
        ParsedCard("", "b", key="1", term_images=refs("flag.png", alt="A *red* flag")),
        ParsedCard("c", "", key="2", definition_images=refs("map.jpg")),
        ParsedCard("", "", key="3", term_images=refs("flag.png")),
    )
    package = as_anki(*cards)
    file = io.BytesIO(package)
    file.name = "flags.apkg"
    preview = owner_client.post("/import/", {"file": file}, follow=True)
    assert "3 cards have a side with an image only" in preview.text
    deck = import_content(owner, package)
    sides = {card.key: (card.term, card.definition) for card in deck.cards.all()}
    assert sides == {"1": (r"A \*red\* flag", "b"), "2": ("c", "map"), "3": ("flag", "")}
    assert CardImage.objects.filter(card__deck=deck).count() == 3


def as_anki(*cards: ParsedCard) -> bytes:
    file = io.BytesIO()
    write_anki(
        file,
        title="Flags",
        deck_key="flags",
        cards=cards,
        now=timezone.now(),
        read_image=FILES.__getitem__,
    )
    return file.getvalue()


def test_importing_the_same_images_again_changes_nothing(owner):
    content = as_anki(ParsedCard("a", "b", key="1", term_images=refs("flag.png", alt="A flag")))
    deck = import_content(owner, content)
    before = deck.cards.get()
    draft = drafts.make_draft(owner=owner, content=io.BytesIO(content), file_name="x", deck=deck)
    preview = comparing.preview_file(draft)
    assert (preview.new, preview.changed, preview.same) == (0, 0, 1)
    import_content(owner, content, deck)
    after = deck.cards.get()
    assert (after.term_html, after.updated_at) == (before.term_html, before.updated_at)
    assert CardImage.objects.count() == 1


def test_new_image_is_added_and_only_archives_remove_it(owner):
    plain, pictured = ParsedCard("a", "b", key="1"), ParsedCard("a", "b", key="1")
    pictured.definition_images = refs("flag.png")
    deck = import_content(owner, as_anki(plain))
    draft = drafts.make_draft(owner=owner, content=io.BytesIO(as_anki(pictured)), file_name="x", deck=deck)
    assert comparing.preview_file(draft).changed == 1
    import_content(owner, as_anki(pictured), deck)
    assert "<img" in deck.cards.get().definition_html
    assert deck.cards.get().images.count() == 1
    # A file of another program without images removes none; an archive has all images of a card.
    import_content(owner, as_anki(plain), deck)
    assert "<img" in deck.cards.get().definition_html
    import_content(owner, archive(plain), deck)
    assert deck.cards.get().definition_html == "<p>b</p>"
    assert not CardImage.objects.exists()


def test_changed_image_replaces_the_previous_one(owner):
    before = ParsedCard("a", "b", key="1", term_images=refs("flag.png"), definition_images=refs("flag.png"))
    after = ParsedCard("a", "b", key="1", term_images=refs("map.jpg"), definition_images=refs("flag.png"))
    deck = import_content(owner, archive(before))
    import_content(owner, archive(after), deck)
    images = deck.cards.get().images_by_side()
    assert [len(images["term"]), len(images["definition"])] == [1, 1]
    assert images["term"][0].width == 1_600
    assert images["term"][0].url in deck.cards.get().term_html


def test_slow_images_continue_in_the_next_request(owner):
    cards = [ParsedCard(f"t{n}", "d", key=str(n), term_images=refs("flag.png")) for n in range(5)]
    draft = drafts.make_draft(owner=owner, content=io.BytesIO(archive(*cards)), file_name="x")
    running.begin(draft=draft, preview=comparing.preview_file(draft), title="x")
    requests = 1
    while not running.run(draft=draft, seconds=0):
        requests += 1
        assert requests < 20
    assert requests >= 5
    assert draft.deck.cards.count() == 5
    assert CardImage.objects.filter(card__deck=draft.deck).count() == 5


def test_images_of_a_file_are_limited(owner, monkeypatch):
    monkeypatch.setattr(importing_images, "MAX_BYTES", 100)
    card = ParsedCard("a", "b", key="1", term_images=refs("map.jpg", "flag.png"))
    draft = drafts.make_draft(owner=owner, content=io.BytesIO(archive(card)), file_name="x")
    running.begin(draft=draft, preview=comparing.preview_file(draft), title="x")
    running.run(draft=draft)
    assert images_message(draft) == f"1 image was left out: flag.png ({importing_images.TOO_MANY})."


def test_dropped_import_deletes_its_images(owner):
    card = ParsedCard("a", "b", key="1", term_images=refs("flag.png"))
    draft = drafts.make_draft(owner=owner, content=io.BytesIO(archive(card)), file_name="x")
    running.begin(draft=draft, preview=comparing.preview_file(draft), title="x")
    assert writing.write_cards(draft=draft, slice_=Slice())
    assert CardImage.objects.count() == 1
    drafts.drop_draft(draft=draft)
    assert not CardImage.objects.exists()
    assert not Deck.objects.exists()


def test_import_queries_do_not_grow_with_images(owner, monkeypatch):
    # On a busy machine, more slices or transactions would need more queries.
    monkeypatch.setattr("studysite.slices.SECONDS", 60.0)
    monkeypatch.setattr("studysite.slices.OF_A_TRANSACTION", 60.0)

    def queries(number: int) -> int:
        ImportDraft.objects.all().delete()
        cards = [ParsedCard(f"t{n}", "d", key=str(n), term_images=refs("flag.png")) for n in range(number)]
        deck = import_content(owner, archive(*cards))
        changed = [ParsedCard(f"t{n}", "d", key=str(n), term_images=refs("map.jpg")) for n in range(number)]
        with CaptureQueriesContext(connection) as seen:
            import_content(owner, archive(*changed), deck)
            for name in ("archive", "anki", "tab"):
                exporting.write(name, io.BytesIO(), deck, owner, now=timezone.now())
        return len(seen)

    assert queries(2) == queries(30)


# --- Out


@pytest.mark.parametrize("name", ["archive", "anki"])
def test_exported_packages_hold_the_images(owner, make_deck, name):
    deck = make_deck(2)
    image = stored(alt="A “flag”")
    show(deck.cards.in_order()[0], definition=(image,))
    file = io.BytesIO()
    exporting.write(name, file, deck, owner, now=timezone.now())
    with read_file(file.getvalue()) as parsed:
        card = next(card for card in parsed if card.images)
        (ref,) = card.definition_images
        assert ref.alt == "A “flag”"
        assert parsed.read_image(ref.name) == path_of(image.sha256).read_bytes()


def test_export_skips_a_missing_image_file(owner, make_deck):
    deck = make_deck(1)
    image = stored()
    show(deck.cards.get(), term=(image,))
    path_of(image.sha256).unlink()
    file = io.BytesIO()
    exporting.write("archive", file, deck, owner, now=timezone.now())
    assert not [name for name in zipfile.ZipFile(file).namelist() if name.startswith("images/")]


def test_commands_export_and_import_images(owner, tmp_path, capsys):
    path = tmp_path / "flags.zip"
    path.write_bytes(archive(ParsedCard("a", "b", key="1", term_images=refs("flag.png", "bad.png"))))
    call_command("import_deck", str(path), owner=owner.email)
    assert "1 image was left out: bad.png" in capsys.readouterr().err
    out = tmp_path / "out.apkg"
    call_command("export_deck", Deck.objects.get().slug, str(out))
    with read_file(out.read_bytes()) as parsed:
        assert len(next(iter(parsed)).term_images) == 1
