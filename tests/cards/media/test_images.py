"""Images on cards: who may see them, how the editor changes them, and that they stay with their cards."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cards.editing import cards, decks, moving, replacing
from cards.editing.copying import copy_deck
from cards.editing.replacing import Replacement
from cards.media.files import path_of, unused_images_remove
from cards.media.forms import token_of
from cards.models import Card, CardImage, Deck, Visibility
from studysite.accounts.models import User
from tests.cards.editing.test_editor import part, url
from tests.cards.pictures import png, show, stored

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path


@pytest.fixture
def deck(make_deck) -> Deck:
    return make_deck(3)


@pytest.fixture
def card(deck: Deck) -> Card:
    return deck.cards.in_order()[0]


def upload(data: bytes | None = None, name: str = "red.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, png() if data is None else data)


def save(client: Client, card: Card, *, target: str = "", **fields):
    """Post the current form of a card, with ``fields`` changed."""
    card.refresh_from_db()
    sent = {"term": card.term, "definition": card.definition, "seen": card.updated_at.isoformat()}
    sent["side_choice"] = card.side_choice
    headers = part(target) if target else {}
    fields = {name.replace("__", "-"): value for name, value in fields.items()}
    return client.post(url("card_edit", card.deck, card), {**sent, **fields}, headers=headers)


# --- Who may see


def test_private_image_is_served_to_its_owner_alone(owner_client, learner_client, client, card):
    image = stored(alt="A red flag")
    show(card, term=(image,))
    response = owner_client.get(image.url)
    assert b"".join(response.streaming_content) == path_of(image.sha256).read_bytes()
    assert response["Content-Type"] == "image/webp"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert {"private", "immutable"} <= set(response["Cache-Control"].split(", "))
    assert owner_client.head(image.url).status_code == 200
    assert owner_client.post(image.url).status_code == 405
    for stranger in (learner_client, client):
        response = stranger.get(image.url)
        assert response.status_code == 404
        assert "immutable" not in response.get("Cache-Control", "")


def test_image_of_a_shared_deck_is_served_to_everyone(learner_client, client, card):
    image = stored()
    show(card, definition=(image,))
    for visibility in (Visibility.LINK, Visibility.PUBLIC):
        Deck.objects.update(visibility=visibility)
        assert learner_client.get(image.url).status_code == 200
        assert client.get(image.url).status_code == 200


def test_guest_sees_images_of_their_own_deck(client, card):
    page = client.post("/import/", {"text": "a\tb"}, follow=True)
    assert page.status_code == 200
    guest = User.objects.get(is_guest=True)
    Deck.objects.filter(pk=card.deck_id).update(owner=guest)
    image = stored()
    show(card, term=(image,))
    assert client.get(image.url).status_code == 200
    assert Client().get(image.url).status_code == 404


def test_image_of_a_removed_deck_returns_404(owner_client, client, card):
    image = stored()
    show(card, term=(image,))
    Deck.objects.update(visibility=Visibility.PUBLIC)
    decks.remove_decks(decks=Deck.objects.all())
    assert owner_client.get(image.url).status_code == 404
    assert client.get(image.url).status_code == 404
    decks.restore_decks(decks=Deck.objects.all())
    assert client.get(image.url).status_code == 200


def test_image_of_two_decks_is_served_through_either(owner_client, learner_client, card, make_deck):
    image = stored()
    show(card, term=(image,))
    public = make_deck(1)
    show(public.cards.get(), term=(image,))
    assert learner_client.get(image.url).status_code == 404
    Deck.objects.filter(pk=public.pk).update(visibility=Visibility.PUBLIC)
    assert learner_client.get(image.url).status_code == 200
    Deck.objects.filter(pk=public.pk).update(removed_at=timezone.now())
    assert learner_client.get(image.url).status_code == 404
    assert owner_client.get(image.url).status_code == 200


def test_staff_who_view_cards_see_every_image(client, card):
    image = stored()
    show(card, term=(image,))
    staff = User.objects.create_superuser("admin@example.org", "correct horse battery", name="Admin")
    client.force_login(staff)
    assert client.get(image.url).status_code == 200
    assert client.get(f"/images/{'0' * 64}/").status_code == 404


def test_unknown_names_and_missing_files_return_404(owner_client, card):
    image = stored()
    assert owner_client.get(image.url).status_code == 404
    show(card, term=(image,))
    path_of(image.sha256).unlink()
    assert owner_client.get(image.url).status_code == 404
    for name in ("..%2f..%2fsecret_key", "x" * 64, image.sha256.upper(), image.sha256 + "0"):
        assert owner_client.get(f"/images/{name}/").status_code == 404


# --- The editor


@pytest.mark.parametrize("by_htmx", [True, False])
def test_image_is_added_shown_and_removed(owner_client, card, by_htmx):
    target = f"card-{card.pk}" if by_htmx else ""
    response = save(owner_client, card, target=target, term__file=upload(), term__words='A "red" <flag>')
    assert response.status_code == (200 if by_htmx else 302)
    image = card.images.get()
    assert (image.side, image.alt, image.width, image.height) == ("term", 'A "red" <flag>', 40, 30)
    card.refresh_from_db()
    alt = 'alt="A &quot;red&quot; &lt;flag&gt;" width="40" height="30"'
    assert f'src="/images/{image.sha256}/" {alt}' in card.term_html
    assert "<img" not in card.definition_html
    form = owner_client.get(url("card_edit", card.deck, card)).text
    assert 'value="A &quot;red&quot; &lt;flag&gt;"' in form
    token = token_of(image.stored)
    kept = save(owner_client, card, target=target, term="New", term__image=token, term__alt="A flag")
    assert kept.status_code == response.status_code
    assert card.images.get().alt == "A flag"
    save(owner_client, card, target=target, term__image=token, term__alt="A flag", term__remove=image.sha256)
    card.refresh_from_db()
    assert not card.images.exists()
    assert card.term_html == "<p>New</p>"


def test_form_without_image_fields_keeps_the_images(owner_client, card):
    show(card, term=(stored(alt="Flag"),))
    save(owner_client, card, definition="Changed")
    card.refresh_from_db()
    assert card.images.count() == 1
    assert "<img" in card.term_html


def test_missing_description_keeps_the_chosen_image(owner_client, card):
    response = save(owner_client, card, term__file=upload())
    assert response.status_code == 200
    assert "Say what the image shows" in response.text
    assert not card.images.exists()
    token = token_of(stored())
    assert f'value="{token}"' in response.text
    save(owner_client, card, term__image=token, term__alt="A red flag")
    assert card.images.get().alt == "A red flag"


def test_other_form_error_keeps_the_chosen_image(owner_client, card):
    response = save(
        owner_client, card, term="x" * 32_001, definition__file=upload(), definition__words="Flag"
    )
    assert response.status_code == 200
    assert 'value="Flag"' in response.text
    assert token_of(stored()) in response.text


def test_preview_without_javascript_keeps_the_chosen_image(owner_client, card):
    response = save(owner_client, card, preview="on", term__file=upload(), term__words="Flag")
    assert token_of(stored()) in response.text
    assert not card.images.exists()


def test_imported_image_without_description_can_be_saved(owner_client, card):
    image = stored()
    show(card, term=(image,))
    assert 'alt="Image without a description"' in Card.objects.get(pk=card.pk).term_html
    assert save(owner_client, card, term__image=token_of(image), term__alt="").status_code == 302


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (upload(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "x.svg"), "This is not an image"),
        (upload(b"", "empty.png"), "This is not an image"),
        (upload(png()[:60]), "The image is damaged"),
        (upload(bytes(11 * 2**20)), "at most 10 MB"),
    ],
)
def test_invalid_image_is_refused_and_the_text_is_kept(owner_client, card, file, said):
    response = save(owner_client, card, term="Typed", term__file=file, term__words="My words")
    assert response.status_code == 200
    assert said in response.text
    assert "Typed" in response.text
    assert "My words" in response.text


def test_side_with_an_image_needs_a_text(owner_client, card):
    response = save(owner_client, card, definition="", definition__file=upload(), definition__words="Flag")
    assert "A side with an image also needs a text" in response.text
    response = save(owner_client, card, term__words="Only words")
    assert "Choose the image" in response.text


def test_unsigned_image_token_is_refused(owner_client, card):
    image = stored()
    for token in (image.sha256, f"{image.sha256}.40.30", f"{image.sha256}.40.30:forged"):
        save(owner_client, card, term__image=token, term__alt="Mine")
        assert not card.images.exists()


def test_expired_image_token_asks_for_the_file_again(owner_client, card):
    image = stored()
    path_of(image.sha256).unlink()
    response = save(owner_client, card, term__image=token_of(image), term__alt="Flag")
    assert "Choose it again" in response.text


def test_edit_conflict_shows_images_of_both(owner_client, card):
    seen = card.updated_at.isoformat()
    theirs = stored("blue", "Theirs")
    show(card, term=(theirs,))
    response = save(owner_client, card, seen=seen, term__file=upload(), term__words="Mine")
    assert "Images of the term, theirs" in response.text
    assert "Theirs" in response.text
    mine = stored()
    assert token_of(mine) in response.text
    assert card.images.get().alt == "Theirs"
    # After saving again, both images are there: the owner's and the other editor's.
    save(owner_client, card, term__image=token_of(mine), term__alt="Mine")
    assert {image.alt for image in card.images.all()} == {"Mine", "Theirs"}


def test_changed_images_update_the_card_once(owner_client, card):
    before = card.updated_at
    save(owner_client, card, term__file=upload(), term__words="Flag")
    card.refresh_from_db()
    assert card.updated_at > before
    after = card.updated_at
    save(owner_client, card, term__image=token_of(stored()), term__alt="Flag")
    card.refresh_from_db()
    assert card.updated_at == after


def test_upload_by_others_stores_nothing(learner_client, card):
    Deck.objects.update(visibility=Visibility.PUBLIC)
    assert save(learner_client, card, term__file=upload(), term__words="Flag").status_code == 404
    assert not CardImage.objects.exists()


def test_guest_upload_has_a_smaller_limit(client, card):
    client.post("/import/", {"text": "a\tb"})
    Deck.objects.update(owner=User.objects.get(is_guest=True))
    response = save(client, card, term__file=upload(bytes(3 * 2**20)), term__words="Flag")
    assert "at most 2 MB" in response.text


def test_markdown_image_in_a_text_is_not_embedded(owner_client, card):
    save(owner_client, card, term="![x](https://example.org/x.png) <img src=x>")
    card.refresh_from_db()
    assert "<img" not in card.term_html


# --- Where cards go


def test_copied_deck_shows_the_images(card, learner):
    show(card, term=(stored(alt="Flag"),), definition=(stored("blue"), stored("green")))
    copy = copy_deck(deck=card.deck, owner=learner, title="Copy", slug="copy")
    copied = copy.cards.in_order()[0]
    assert copied.images_by_side() == card.images_by_side()
    assert (copied.term_html, copied.definition_html) == tuple(
        Card.objects.values_list("term_html", "definition_html").get(pk=card.pk)
    )


def test_copy_queries_do_not_grow_with_images(deck, learner, make_deck):
    def queries(number: int) -> int:
        source = make_deck(number)
        for card in source.cards.all():
            show(card, term=(stored(),))
        with CaptureQueriesContext(
            connection,
        ) as seen:
            copy_deck(deck=source, owner=learner, title="Copy", slug=f"copy-{number}")
        return len(seen)

    assert queries(2) == queries(12)


def test_render_and_replace_queries_do_not_grow_with_images(make_deck):
    def queries(number: int) -> int:
        deck = make_deck(number)
        for card in deck.cards.all():
            show(card, term=(stored(),))
        found = replacing.changes(deck=deck, replacement=Replacement("Term", "Word"))
        with CaptureQueriesContext(connection) as seen:
            assert replacing.replace_all(deck=deck, found=found) == number
            decks.render_cards()
        return len(seen)

    assert queries(2) == queries(12)


def test_moved_and_restored_card_keeps_its_images(card, make_deck):
    show(card, term=(stored(),))
    moving.move_cards(cards=Card.objects.filter(pk=card.pk), to=make_deck(1), now=timezone.now())
    cards.remove_cards(deck=Card.objects.get(pk=card.pk).deck, cards=Card.objects.filter(pk=card.pk))
    cards.restore_cards(deck=Card.objects.get(pk=card.pk).deck, cards=Card.objects.filter(pk=card.pk))
    assert Card.objects.get(pk=card.pk).images.count() == 1


def test_rendering_and_replacing_keep_images(card, deck):
    show(card, term=(stored(),))
    assert decks.render_cards() == 0
    Card.objects.filter(pk=card.pk).update(term_html="old")
    assert decks.render_cards() == 1
    found = replacing.changes(deck=deck, replacement=Replacement("Term", "Word"))
    replacing.replace_all(deck=deck, found=found)
    html = Card.objects.get(pk=card.pk).term_html
    assert html.startswith("<p>Word 0</p><img")


def test_bulk_edit_keeps_images(card, deck):
    show(card, term=(stored(),))
    card.refresh_from_db()
    card.term = "Another term"
    assert cards.edit_cards(deck=deck, edits=[(card, card.updated_at)]) == ([card], [])
    assert Card.objects.get(pk=card.pk).term_html.startswith("<p>Another term</p><img")


def test_unused_files_are_deleted_after_a_day(card, tmp_path):
    shown, unused = stored("red"), stored("blue")
    show(card, term=(shown,))
    (path_of(shown.sha256).parent / "new-half").write_bytes(b"x")
    assert unused_images_remove(now=timezone.now()) == 0
    assert unused_images_remove(now=timezone.now() + timedelta(days=2)) == 2
    assert path_of(shown.sha256).exists()
    assert not path_of(unused.sha256).exists()
    call_command("daily")


def test_missing_image_file_is_logged(owner_client, card, caplog):
    image = stored()
    show(card, term=(image,))
    path_of(image.sha256).unlink()
    assert owner_client.get(image.url).status_code == 404
    assert f"An image of card {card.pk} has no file." in caplog.messages
    assert owner_client.get(f"/decks/{card.deck.slug}/export/archive/").status_code == 200
    assert f"An image of card {card.pk} has no file; exported without it." in caplog.messages
    assert image.sha256 not in "".join(caplog.messages)
