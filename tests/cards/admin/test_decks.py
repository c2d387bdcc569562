"""Decks in the admin: publishing, files in and out, filters, and who may do what."""

import io
import zipfile

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from cards.exporting import services as exporting
from cards.models import Card, Deck, ImportDraft, Visibility
from cards.tagging import services as tagging
from studysite.accounts.models import User
from tests.cards.conftest import MakeDeck

pytestmark = pytest.mark.slow

LIST = reverse("admin:cards_deck_changelist")


@pytest.fixture
def staff(learner: User) -> User:
    """Lena as staff without any right yet."""
    learner.is_staff = True
    learner.save()
    return learner


def allow(user: User, *names: str) -> None:
    user.user_permissions.add(*Permission.objects.filter(codename__in=names))


def choose(client: Client, action: str, *decks: Deck, **fields: object):
    chosen = [deck.pk for deck in decks]
    return client.post(LIST, {"action": action, ACTION_CHECKBOX_NAME: chosen, **fields})


def listed(client: Client, **query: object) -> set[Deck]:
    return set(client.get(LIST, query).context["cl"].result_list)


def content_of(answer) -> bytes:
    return b"".join(answer.streaming_content)


def test_decks_are_published_and_made_private(editor_client: Client, make_deck: MakeDeck) -> None:
    decks = [make_deck(1), make_deck(0)]
    for action, visibility in (("publish", "public"), ("unpublish", "private")):
        choose(editor_client, action, *decks)
        assert set(Deck.objects.values_list("visibility", flat=True)) == {visibility}
    assert LogEntry.objects.count() == 4


def test_publishing_logs_only_decks_that_changed(editor_client: Client, make_deck: MakeDeck) -> None:
    deck, public = make_deck(0), make_deck(0)
    Deck.objects.filter(pk=public.pk).update(visibility=Visibility.PUBLIC)
    page = choose(editor_client, "publish", deck, public)
    assert LogEntry.objects.get().object_id == str(deck.pk)
    assert "1 published." in editor_client.get(page.url).content.decode()


def test_list_shows_cards_and_owner(editor_client: Client, make_deck: MakeDeck) -> None:
    deck = make_deck(3)
    page = editor_client.get(LIST).content.decode()
    assert f"?deck={deck.pk}" in page
    assert "3 cards" in page
    assert f'<a href="{LIST}?owner={deck.owner_id}">Olga Owner</a>' in page


def test_list_filters_by_owner_and_visibility(
    editor_client: Client, make_deck: MakeDeck, learner: User
) -> None:
    mine, other = make_deck(0), Deck.objects.create(owner=learner, title="Hers", visibility="public")
    assert listed(editor_client, owner=learner.pk) == {other}
    assert listed(editor_client, visibility__exact="private") == {mine}
    assert listed(editor_client, owner="x") == set()


def test_owner_filter_lists_only_the_chosen_owner(
    editor_client: Client, make_deck: MakeDeck, learner: User
) -> None:
    deck = make_deck(0)
    page = editor_client.get(LIST, {"owner": deck.owner_id}).content.decode()
    assert f'<option value="{deck.owner_id}" selected>Olga Owner</option>' in page
    assert "Lena Learner" not in page


def test_decks_of_guests_are_listed_only_when_filtered(editor_client: Client, make_deck: MakeDeck) -> None:
    deck = make_deck(0)
    guests = Deck.objects.create(owner=User.objects.create_guest(time_zone="UTC"), title="Pasted")
    assert listed(editor_client) == {deck}
    assert listed(editor_client, guests="yes") == {guests}


@pytest.mark.parametrize("kind", list(exporting.FORMATS))
def test_one_deck_is_exported_as_one_file(editor_client: Client, make_deck: MakeDeck, kind: str) -> None:
    deck = make_deck(3)
    answer = choose(editor_client, "export", deck, confirmed="yes", kind=kind)
    assert f'filename="{deck.title}.{exporting.FORMATS[kind].ending}"' in answer["Content-Disposition"]
    content = content_of(answer)
    is_zip = zipfile.is_zipfile(io.BytesIO(content))
    assert is_zip == (exporting.FORMATS[kind].ending in ("apkg", "xlsx", "zip"))
    assert is_zip or b"Definition 2" in content


def test_export_has_the_tags_of_the_owner_alone(
    editor_client: Client, make_deck: MakeDeck, owner: User
) -> None:
    deck = make_deck(1)
    editor = User.objects.get(email="ed@example.org")
    for user, name in ((owner, "hers"), (editor, "mine")):
        tagging.tag_cards(owner=user, names=[name], cards=deck.cards.all())
    content = content_of(choose(editor_client, "export", deck, confirmed="yes", kind="tab")).decode()
    assert "hers" in content
    assert "mine" not in content


def test_several_decks_are_exported_as_a_zip(editor_client: Client, make_deck: MakeDeck) -> None:
    decks = [make_deck(1), make_deck(2)]
    Deck.objects.update(title="Of one name")
    answer = choose(editor_client, "export", *decks, confirmed="yes", kind="comma")
    package = zipfile.ZipFile(io.BytesIO(content_of(answer)))
    assert {name.split(".")[1] for name in package.namelist()} == {deck.slug for deck in decks}
    assert sorted(len(package.read(name).splitlines()) for name in package.namelist()) == [2, 3]


@pytest.mark.parametrize("kind", ["", "exe", "\0", "history", "anki-mine", "older-mine"])
def test_unknown_kind_of_file_is_a_form_error(editor_client: Client, make_deck: MakeDeck, kind: str) -> None:
    answer = choose(editor_client, "export", make_deck(1), confirmed="yes", kind=kind)
    assert answer.status_code == 200
    assert answer.context["form"].errors


def test_export_of_too_many_decks_is_refused(editor_client: Client, owner: User) -> None:
    decks = Deck.objects.bulk_create([Deck(owner=owner, title=f"Deck {n}") for n in range(51)])
    answer = choose(editor_client, "export", *decks)
    assert "at most 50 decks" in editor_client.get(answer.url).content.decode()


def address_of_import(deck: Deck) -> str:
    return reverse("admin:cards_deck_import", args=[deck.pk])


def test_editor_imports_into_a_private_deck_of_another_owner(
    editor_client: Client, make_deck: MakeDeck
) -> None:
    deck = make_deck(1)
    file = SimpleUploadedFile("cards.txt", b"#tags column:3\nA\tB\tletters\nC\tD\t\n")
    preview = editor_client.post(address_of_import(deck), {"file": file}, follow=True)
    address = preview.redirect_chain[-1][0]
    form = preview.context["into"]
    fields = {name: value or "" for name, value in preview.context["options"].initial.items()}
    data = {**fields, "into": form.initial["into"].slug, "title": form.initial["title"], "do": "import"}
    done = editor_client.post(address, data, follow=True)
    assert done.redirect_chain[-1][0] == reverse("admin:cards_deck_change", args=[deck.pk])
    assert done.status_code == 200
    assert set(deck.cards.values_list("term", flat=True)) == {"Term 0", "A", "C"}
    assert deck.cards.get(term="A").tags.get().owner == deck.owner


def test_admin_import_ignores_the_history_in_the_file(editor_client: Client, make_deck: MakeDeck) -> None:
    deck = make_deck(1)
    editor_client.post(address_of_import(deck), {"text": "A\tB"})
    draft = ImportDraft.objects.get()
    assert (draft.deck, draft.options) == (deck, {"history": False})


@pytest.mark.parametrize("data", [{}, {"text": " "}, {"text": "\0"}, {"file": "x"}])
def test_empty_import_is_a_form_error(
    editor_client: Client, make_deck: MakeDeck, data: dict[str, str]
) -> None:
    answer = editor_client.post(address_of_import(make_deck(1)), data)
    assert answer.status_code == 200
    assert answer.context["form"].errors


def test_hidden_or_removed_deck_cannot_be_imported_into(editor_client: Client, make_deck: MakeDeck) -> None:
    removed, hidden = make_deck(0), make_deck(0)
    Deck.objects.filter(pk=hidden.pk).update(is_building=True)
    choose(editor_client, "remove", removed)
    for deck in (removed, hidden):
        assert editor_client.get(address_of_import(deck)).status_code == 404


def test_import_needs_the_rights_to_add_and_change_cards(
    staff: User, learner_client: Client, make_deck: MakeDeck
) -> None:
    deck = make_deck(1)
    for name in ("view_deck", "add_card"):
        allow(staff, name)
        assert learner_client.get(address_of_import(deck)).status_code == 403
    allow(staff, "change_card")
    assert learner_client.get(address_of_import(deck)).status_code == 200


def test_right_to_view_decks_allows_only_the_export(
    staff: User, learner_client: Client, make_deck: MakeDeck
) -> None:
    deck = make_deck(1)
    assert learner_client.get(LIST).status_code == 403
    allow(staff, "view_deck")
    page = learner_client.get(LIST).content.decode()
    assert 'value="export"' in page
    assert 'value="publish"' not in page
    assert "Edit cards" not in page
    for action in ("publish", "unpublish", "remove"):
        choose(learner_client, action, deck)
    deck.refresh_from_db()
    assert (deck.visibility, deck.removed_at) == ("private", None)


def test_owner_filter_needs_the_right_to_view_people(
    staff: User, learner_client: Client, make_deck: MakeDeck
) -> None:
    allow(staff, "view_deck")
    assert "owner-filter" not in learner_client.get(LIST).content.decode()
    allow(staff, "view_user")
    assert "owner-filter" in learner_client.get(LIST).content.decode()


@pytest.mark.parametrize("page", ["cards", "import"])
def test_visitors_and_learners_are_redirected_to_the_login(
    learner_client: Client, make_deck: MakeDeck, page: str
) -> None:
    address = reverse(f"admin:cards_deck_{page}", args=[make_deck(1).pk])
    for client in (Client(), learner_client):
        answer = client.get(address)
        assert answer.status_code == 302
        assert "login" in answer.url


def test_page_queries_do_not_grow_with_cards(
    editor_client: Client, make_deck: MakeDeck, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    counts = []
    for size in (2, 2, 60):
        deck = make_deck(size)
        asked = 0
        for name in ("deck_change", "deck_cards", "deck_import"):
            with django_assert_max_num_queries(20) as captured:
                editor_client.get(reverse(f"admin:cards_{name}", args=[deck.pk]))
            asked += len(captured)
        for action in ("publish", "unpublish"):
            with django_assert_max_num_queries(20) as captured:
                choose(editor_client, action, deck)
            asked += len(captured)
        with django_assert_max_num_queries(20) as captured:
            content_of(choose(editor_client, "export", deck, confirmed="yes", kind="tab"))
        asked += len(captured)
        counts.append(asked)
    assert counts[1] == counts[2]


def test_import_into_ones_own_deck_redirects_to_it(owner_client: Client, make_deck: MakeDeck) -> None:
    deck = make_deck(0)
    answer = owner_client.post(f"{deck.get_absolute_url()}import/", {"text": "A\tB"}, follow=True)
    fields = {name: value or "" for name, value in answer.context["options"].initial.items()}
    data = {**fields, "into": deck.slug, "title": "x", "do": "import"}
    done = owner_client.post(answer.redirect_chain[-1][0], data, follow=True)
    assert done.redirect_chain[-1][0] == deck.get_absolute_url()
    assert Card.objects.get().term == "A"


def test_changing_the_owner_needs_the_right_to_view_people(
    staff: User, learner_client: Client, make_deck: MakeDeck
) -> None:
    allow(staff, "change_deck", "add_deck")
    deck = make_deck(0)
    address = reverse("admin:cards_deck_change", args=[deck.pk])
    data = {
        "title": "New",
        "slug": deck.slug,
        "visibility": "public",
        "language": "en",
        "side_choice": "auto",
    }
    assert learner_client.post(address, {**data, "owner": staff.pk}).status_code == 302
    deck.refresh_from_db()
    assert (deck.title, deck.owner.name) == ("New", "Olga Owner")
    form = learner_client.get(reverse("admin:cards_deck_add")).context["adminform"].form
    assert form["owner"].value() == staff.pk


def test_pages_offer_only_permitted_actions(staff: User, learner_client: Client, make_deck: MakeDeck) -> None:
    deck = make_deck(1)
    allow(staff, "view_deck", "change_card")
    ways = {
        "deck_change": ["/cards/", "/import/"],
        "deck_cards": ["/card/add/", "/import/"],
        "card_changelist": ["/cards/"],
    }

    def offered(name: str) -> list[bool]:
        address = reverse(f"admin:cards_{name}", args=[deck.pk] if name.startswith("deck") else [])
        page = learner_client.get(address, {"deck": deck.pk}).content.decode()
        tools = page[page.index('"object-tools"') :].split("</ul>")[0]
        return [way in tools for way in ways[name]]

    assert [offered(name) for name in ways] == [[True, False], [False, False], [True]]
    allow(staff, "add_card")
    assert [offered(name) for name in ways] == [[True, True], [True, True], [True]]


def test_viewer_sees_a_card_without_a_save_button(
    staff: User, learner_client: Client, make_deck: MakeDeck
) -> None:
    allow(staff, "view_card")
    card = make_deck(1).cards.get()
    page = learner_client.get(reverse("admin:cards_card_change", args=[card.pk])).content.decode()
    assert "Definition 0" in page
    assert 'name="_save"' not in page
    assert "Seen" not in page
