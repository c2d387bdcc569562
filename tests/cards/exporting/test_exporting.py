"""Decks as files: who may export, what the files contain, and that they can be imported without loss."""

import io
from datetime import UTC, datetime

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from cards.editing.decks import refresh_deck
from cards.exporting import services as exporting
from cards.formats.detect import read_file
from cards.importing import drafts, running
from cards.importing.images import clean_alt
from cards.importing.preview.comparing import preview_file
from cards.models import ALTERNATIVES, Card, Deck, Tag, TwinPair
from cards.text.cleaning import clean_text
from cards.text.studied_side import SIDES
from studysite.accounts.models import User
from tests.cards.pictures import show, stored

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path) -> None:
    settings.DATA_DIR = tmp_path


NAMES = ("tab", "comma", "excel", "markdown", "anki", "anki-older", "archive")


def body(response) -> bytes:
    return b"".join(response.streaming_content)


@pytest.fixture
def deck(make_deck, owner):
    deck = make_deck(3)
    card = deck.cards.first()
    card.tags.add(Tag.objects.create(owner=owner, name="Verbs"))
    return deck


def test_page_offers_every_kind_of_file(owner_client, deck):
    page = owner_client.get(f"/decks/{deck.slug}/export/")
    for name in (*NAMES, "history", "anki-mine", "older-mine"):
        assert f"/decks/{deck.slug}/export/{name}/" in page.text
    assert f"/decks/{deck.slug}/export/" in owner_client.get(deck.get_absolute_url()).text


@pytest.mark.parametrize("name", NAMES)
def test_every_kind_of_file_holds_the_cards(owner_client, deck, name):
    response = owner_client.get(f"/decks/{deck.slug}/export/{name}/")
    assert response["Content-Disposition"].startswith(f'attachment; filename="{deck.title}.')
    content = body(response)
    if name == "markdown":
        assert b"## Term 0\n\nDefinition 0\n\n*Verbs*" in content
        return
    with read_file(content) as parsed:
        cards = list(parsed)
    assert [(card.term, card.definition) for card in cards] == [
        (f"Term {n}", f"Definition {n}") for n in range(3)
    ]
    assert cards[0].tags == ("Verbs",)
    assert {card.key for card in cards} == set(deck.cards.values_list("key", flat=True))


@pytest.mark.parametrize("name", NAMES)
def test_private_deck_is_not_exported_for_others(learner_client, client, deck, name):
    for each in (learner_client, client):
        assert each.get(f"/decks/{deck.slug}/export/").status_code == 404
        assert each.get(f"/decks/{deck.slug}/export/{name}/").status_code == 404
    Deck.objects.update(visibility="link")
    assert learner_client.get(f"/decks/{deck.slug}/export/{name}/").status_code == 200
    assert client.get(f"/decks/{deck.slug}/export/{name}/").status_code == 200


def test_post_returns_405_and_unknown_kind_404(owner_client, deck):
    assert owner_client.post(f"/decks/{deck.slug}/export/tab/").status_code == 405
    assert owner_client.get(f"/decks/{deck.slug}/export/exe/").status_code == 404
    assert owner_client.head(f"/decks/{deck.slug}/export/tab/").status_code == 200


@pytest.mark.parametrize("name", ["history", "anki-mine", "older-mine"])
def test_history_export_needs_a_learner(client, owner_client, deck, name):
    Deck.objects.update(visibility="public")
    assert client.get(f"/decks/{deck.slug}/export/{name}/").status_code == 404
    assert "my answers" not in client.get(f"/decks/{deck.slug}/export/").text
    assert owner_client.get(f"/decks/{deck.slug}/export/{name}/").status_code == 200


def test_learners_tags_are_exported_for_them_alone(learner_client, client, learner, deck):
    Deck.objects.update(visibility="public")
    deck.cards.first().tags.add(
        Tag.objects.create(owner=learner, name="mine"), Tag.objects.create(owner=learner, name="verbs")
    )
    address = f"/decks/{deck.slug}/export/tab/"
    assert b"mine" in body(learner_client.get(address))
    assert b"mine" not in body(client.get(address))
    # The owner's tag and the learner's tag of the same name are written once.
    assert body(learner_client.get(address)).lower().count(b"verbs") == 1


@pytest.mark.parametrize("title", ["../../etc/passwd", 'a"b\r\nX: y', ".", "Grüße 日本", "x" * 200])
def test_file_names_hold_no_path(owner_client, deck, title):
    Deck.objects.update(title=title)
    name = owner_client.get(f"/decks/{deck.slug}/export/comma/")["Content-Disposition"]
    assert name.startswith("attachment; filename")
    assert "/" not in name.split("''")[-1].replace("%2F", "/")
    assert "\n" not in name


def test_formulas_of_spreadsheets_are_neutralised(owner_client, deck):
    Card.objects.update(term="=HYPERLINK(1)")
    assert b'"\'=HYPERLINK(1)"' in body(owner_client.get(f"/decks/{deck.slug}/export/comma/"))


def test_queries_do_not_grow_with_cards(owner_client, make_deck, django_assert_max_num_queries):
    deck = make_deck(40)
    for name in NAMES:
        # Of which 28 count how often it is asked for.
        with django_assert_max_num_queries(42):
            body(owner_client.get(f"/decks/{deck.slug}/export/{name}/"))


# --- Out and in again

texts = st.text(max_size=30).map(clean_text)
alternatives = st.lists(texts.filter(bool), max_size=3, unique=True)
# Times in the future, or too early for a time zone, are moved.
moments = st.datetimes(datetime(1900, 1, 2), datetime(2026, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
cards = st.fixed_dictionaries(
    {
        "term": texts,
        "definition": texts.filter(bool),
        "side_choice": st.sampled_from(["auto", "term", "definition"]),
        **dict.fromkeys(ALTERNATIVES, alternatives),
        "asked_since": st.none() | moments,
        "created_at": moments,
    }
)
colours = st.lists(st.sampled_from(["red", "green", "blue"]), max_size=2, unique=True)
illustrations = st.fixed_dictionaries({"term": colours, "definition": colours, "alt": texts})
KEPT = ("key", "term", "definition", "term_html", "definition_html", "side_choice", "studied_side")
KEPT += (*ALTERNATIVES, "asked_since", "created_at")


def import_content(owner: User, content: bytes, deck: Deck | None = None) -> Deck:
    draft = drafts.make_draft(owner=owner, content=io.BytesIO(content), file_name="x", deck=deck)
    preview = preview_file(draft)
    running.begin(draft=draft, preview=preview, title=preview.about.title if preview.about else "x")
    assert running.run(draft=draft)
    return Deck.objects.get(pk=draft.deck.pk)


def rows(deck: Deck) -> list[tuple]:
    found = [
        (*(getattr(card, name) for name in KEPT), card.images_by_side())
        for card in deck.cards.present().in_order()
    ]
    tags = [sorted(card.tags.values_list("key", flat=True)) for card in deck.cards.present().in_order()]
    return list(zip(found, tags, strict=True))


@pytest.mark.long
class RoundTrip(TestCase):
    @settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
    @given(
        fields=st.lists(st.tuples(cards, illustrations), min_size=1, max_size=6),
        language=st.sampled_from(["en", "de", "pt-BR"]),
        definition_language=st.sampled_from(["", "fr"]),
        side=st.sampled_from(["auto", "term"]),
        description=texts,
    )
    def test_archive_is_imported_as_it_was_exported(
        self, fields, language, definition_language, side, description
    ):
        owner = User.objects.create_user("round@example.org", name="Round")
        deck = Deck.objects.create(
            owner=owner,
            title="Round trip",
            language=language,
            definition_language=definition_language,
            side_choice=side,
            description=description,
        )
        tag = Tag.objects.create(owner=owner, name="Äpfel; \\")
        made = []
        for position, (each, shown) in enumerate(fields):
            card = Card.objects.create(deck=deck, position=position, **each)
            images = {
                side: [stored(colour, clean_alt(shown["alt"])) for colour in shown[side]] for side in SIDES
            }
            show(card, **{side: tuple(listed) for side, listed in images.items()})
            made.append(card)
            made[-1].tags.add(*[tag][: position % 2])
        if len(made) > 1:
            TwinPair.objects.create(first=made[0], second=made[1], are_twins=False)
        refresh_deck(deck=deck)
        file = io.BytesIO()
        exporting.write("archive", file, deck, owner, now=timezone.now())
        back = import_content(owner, file.getvalue())
        for name in ("title", "description", "language", "definition_language", "side_choice", "card_count"):
            assert getattr(back, name) == getattr(deck, name)
        assert rows(back) == rows(deck)
        pairs = TwinPair.objects.filter(first__deck=back).values_list("first__key", "are_twins")
        assert list(pairs) == [(made[0].key, False)][: len(made) - 1]
        for name in ("tab", "comma"):
            text = io.BytesIO()
            exporting.write(name, text, deck, owner, now=timezone.now())
            again = import_content(owner, text.getvalue(), deck)
            assert again == deck
            assert again.order_version >= deck.order_version
            assert rows(again) == rows(deck)


def test_text_export_updates_its_own_deck(owner_client, owner, deck):
    content = body(owner_client.get(f"/decks/{deck.slug}/export/tab/"))
    import_content(owner, content.replace(b"Definition 1", b"Changed"), deck)
    assert list(deck.cards.in_order().values_list("definition", flat=True)) == [
        "Definition 0",
        "Changed",
        "Definition 2",
    ]


def test_import_restores_a_removed_card(owner_client, owner, deck):
    content = body(owner_client.get(f"/decks/{deck.slug}/export/archive/"))
    deck.cards.filter(term="Term 1").update(removed_at=timezone.now())
    assert import_content(owner, content, deck).card_count == 3


def test_import_keeps_the_visibility_of_the_deck(owner, deck):
    Deck.objects.update(visibility="public")
    assert import_content(owner, b"a\tb\n", deck).visibility == "public"
    assert import_content(owner, b"a\tb\n").visibility == "private"
