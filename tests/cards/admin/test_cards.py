"""The admin for decks and cards, as an editor uses it."""

from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from cards.editing import cards
from cards.models import Card, Deck, Tag, TwinPair
from studysite.accounts.models import User
from tests.cards.conftest import MakeDeck

pytestmark = pytest.mark.slow

EVERY_PAGE = (
    "deck_changelist",
    "deck_add",
    "card_changelist",
    "card_add",
    "tag_changelist",
    "twinpair_changelist",
)


def card_data(deck: Deck, /, **changes: object) -> dict[str, object]:
    data = {"deck": deck.pk, "position": "", "term": "T", "definition": "D", "side_choice": "auto"}
    return {**data, **changes}


def card_change(card: Card) -> str:
    return reverse("admin:cards_card_change", args=[card.pk])


@pytest.mark.parametrize("name", EVERY_PAGE)
def test_every_list_and_form_opens_for_editors(editor_client: Client, make_deck: MakeDeck, name: str) -> None:
    make_deck(3)
    assert editor_client.get(reverse(f"admin:cards_{name}")).status_code == 200


@pytest.mark.parametrize("name", EVERY_PAGE)
def test_learners_are_redirected_to_the_login(learner_client: Client, name: str) -> None:
    assert learner_client.get(reverse(f"admin:cards_{name}")).status_code == 302


def queries_of(client: Client, address: str, assert_max: DjangoAssertNumQueries) -> int:
    client.get(address)
    with assert_max(20) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


@pytest.mark.parametrize("name", ["deck_changelist", "card_changelist", "deck_change", "card_change"])
def test_list_queries_do_not_grow_with_cards(
    editor_client: Client,
    make_deck: MakeDeck,
    name: str,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    deck = make_deck(2)
    row = {"deck_change": [deck.pk], "card_change": [deck.cards.first().pk]}.get(name, [])
    address = reverse(f"admin:cards_{name}", args=row)
    few = queries_of(editor_client, address, django_assert_max_num_queries)
    for _ in range(3):
        make_deck(20)
    assert queries_of(editor_client, address, django_assert_max_num_queries) == few


def test_new_card_goes_to_the_end_and_is_counted(editor_client: Client, make_deck: MakeDeck) -> None:
    deck = make_deck(3)
    editor_client.post(reverse("admin:cards_card_add"), card_data(deck, term="New"))
    card = deck.cards.get(term="New")
    deck.refresh_from_db()
    assert (card.position, card.term_html, deck.card_count) == (3, "<p>New</p>", 4)


def test_alternatives_keep_their_line_breaks(editor_client: Client, make_deck: MakeDeck) -> None:
    card = make_deck(1).cards.get()
    texts = ["one\r\ntwo", "", "  three ", "three"]
    editor_client.post(card_change(card), card_data(card.deck, wrong_definitions=texts))
    card.refresh_from_db()
    assert card.wrong_definitions == ["one\ntwo", "three"]


def test_saving_the_form_as_shown_keeps_every_alternative(editor_client: Client, make_deck: MakeDeck) -> None:
    card = make_deck(1).cards.get()
    Card.objects.filter(pk=card.pk).update(wrong_definitions=["a\nb", "c"], position=5)
    field = editor_client.get(card_change(card)).context["adminform"].form["wrong_definitions"]
    shown = field.subwidgets[0].data["value"]
    assert shown == ["a\nb", "c", "", ""]
    editor_client.post(card_change(card), card_data(card.deck, position=5, wrong_definitions=shown))
    card.refresh_from_db()
    assert (card.wrong_definitions, card.position) == (["a\nb", "c"], 5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"term": "x" * 32_001}, "at most 32000 characters"),
        ({"term": ""}, "This field is required"),
        ({"accepted_terms": ["x" * 1_001]}, "at most 1,000 characters"),
        ({"accepted_terms": [f"x{n}" for n in range(21)]}, "At most 20 texts"),
        ({"term": "a\0b"}, "Null characters are not allowed"),
        ({"position": "-1"}, "greater than or equal to 0"),
        ({"position": "9" * 30}, "less than or equal to"),
        ({"deck": "999999"}, "Select a valid choice"),
    ],
)
def test_invalid_card_is_refused_with_a_reason(
    editor_client: Client, make_deck: MakeDeck, changes: dict[str, object], message: str
) -> None:
    answer = editor_client.post(reverse("admin:cards_card_add"), card_data(make_deck(0), **changes))
    assert answer.status_code == 200
    assert message in answer.content.decode()
    assert not Card.objects.exists()


def test_preview_typesets_formulas_and_escapes_scripts(editor_client: Client, make_deck: MakeDeck) -> None:
    card = make_deck(1).cards.get()
    card.term, card.definition = "$x^2$", "<script>alert(1)</script>"
    cards.save_card(card=card)
    page = editor_client.get(card_change(card)).content.decode()
    assert "<msup>" in page
    assert "<script>alert" not in page


def test_form_cannot_move_a_card_to_another_deck(editor_client: Client, make_deck: MakeDeck) -> None:
    card, other = make_deck(1).cards.get(), make_deck(0)
    editor_client.post(card_change(card), card_data(other, term="Moved?"))
    card.refresh_from_db()
    assert (card.term, card.deck == other) == ("Moved?", False)


def test_cards_are_removed_and_restored(editor_client: Client, make_deck: MakeDeck) -> None:
    deck = make_deck(3)
    chosen = list(deck.cards.values_list("pk", flat=True))[:2]
    for action, count in (("remove", 1), ("restore", 3)):
        address = reverse(
            "admin:cards_card_changelist", query={"removed": "yes" if action == "restore" else None}
        )
        editor_client.post(address, {"action": action, "_selected_action": chosen})
        deck.refresh_from_db()
        assert (deck.card_count, deck.cards.present().count()) == (count, count)


def test_cards_cannot_be_deleted(editor_client: Client, make_deck: MakeDeck) -> None:
    card = make_deck(1).cards.get()
    address = reverse("admin:cards_card_delete", args=[card.pk])
    assert editor_client.post(address, {"post": "yes"}).status_code == 403
    assert "delete_selected" not in editor_client.get(reverse("admin:cards_card_changelist")).text


def test_removed_deck_keeps_its_cards_and_can_be_restored(editor_client: Client, make_deck: MakeDeck) -> None:
    deck = make_deck(2)
    address = reverse("admin:cards_deck_changelist")
    editor_client.post(address, {"action": "remove", "_selected_action": [deck.pk]})
    assert not Deck.objects.present().exists()
    assert deck.title not in editor_client.get(address).context["cl"].result_list.values_list(
        "title", flat=True
    )
    editor_client.post(f"{address}?removed=yes", {"action": "restore", "_selected_action": [deck.pk]})
    assert Deck.objects.present().get().cards.present().count() == 2


def test_changed_side_of_a_deck_updates_its_cards(editor_client: Client, make_deck: MakeDeck) -> None:
    deck = make_deck(2)
    data = {
        **{name: getattr(deck, name) for name in ("title", "slug", "language", "visibility")},
        "owner": deck.owner_id,
        "side_choice": "term",
    }
    editor_client.post(reverse("admin:cards_deck_change", args=[deck.pk]), data)
    assert set(deck.cards.values_list("studied_side", flat=True)) == {"term"}


def test_deck_filter_lists_the_cards_of_one_deck(editor_client: Client, make_deck: MakeDeck) -> None:
    deck, _other = make_deck(2), make_deck(3)
    answer = editor_client.get(reverse("admin:cards_card_changelist", query={"deck": deck.pk, "q": "Term"}))
    assert set(answer.context["cl"].result_list) == set(deck.cards.all())
    assert f'<option value="{deck.pk}" selected>' in answer.content.decode()


@pytest.mark.parametrize("value", ["abc", "-1", "9" * 40, "%00", "1.5"])
def test_invalid_deck_filter_finds_nothing(editor_client: Client, make_deck: MakeDeck, value: str) -> None:
    make_deck(1)
    answer = editor_client.get(reverse("admin:cards_card_changelist") + f"?deck={value}")
    assert answer.status_code == 200
    assert not answer.context["cl"].result_list


def test_autocomplete_leaves_out_removed_cards(editor_client: Client, make_deck: MakeDeck) -> None:
    deck = make_deck(2)
    cards.remove_cards(deck=deck, cards=deck.cards.filter(position=0))
    query = {"app_label": "cards", "model_name": "twinpair", "field_name": "first", "term": "Term"}
    found = editor_client.get(reverse("admin:autocomplete"), query).json()["results"]
    assert [row["text"] for row in found] == ["Term 1"]


def post_twins(client: Client, first: Card, second: Card) -> str:
    data = {"first": first.pk, "second": second.pk, "are_twins": "on"}
    return client.post(reverse("admin:cards_twinpair_add"), data).content.decode()


def test_twin_pair_is_stored_once_in_order(editor_client: Client, make_deck: MakeDeck) -> None:
    first, second = make_deck(2).cards.in_order()
    assert post_twins(editor_client, second, first) == ""
    assert (TwinPair.objects.get().first, TwinPair.objects.get().second) == (first, second)
    assert "already exists" in post_twins(editor_client, second, first)


def test_twins_must_be_two_cards_of_one_deck(editor_client: Client, make_deck: MakeDeck) -> None:
    card, foreign = make_deck(1).cards.get(), make_deck(1).cards.get()
    assert "card of the same deck" in post_twins(editor_client, card, foreign)
    assert "a card other than the first" in post_twins(editor_client, card, card)


def test_tag_names_are_unique_per_owner_regardless_of_case(editor_client: Client, owner: User) -> None:
    Tag.objects.create(owner=owner, name="Äpfel")
    answer = editor_client.post(reverse("admin:cards_tag_add"), {"owner": owner.pk, "name": "äPFEL"})
    assert "already has a tag with this name" in answer.content.decode()


@pytest.mark.parametrize("value", ["weakest", "-1", "٣" * 9, "9" * 30, "9" * 5_000, "\0", "\ud800"])
def test_invalid_choice_is_a_form_error(editor_client: Client, make_deck: MakeDeck, value: str) -> None:
    make_deck(1)
    for name, field in [("card", "deck"), ("card", "tags"), ("deck", "owner"), ("twinpair", "first")]:
        body = f"{field}={quote(value, errors='surrogatepass')}"
        form = "application/x-www-form-urlencoded"
        answer = editor_client.post(reverse(f"admin:cards_{name}_add"), body, content_type=form)
        assert answer.status_code == 200
        assert field in answer.context["adminform"].form.errors


@pytest.mark.parametrize("key", ["x", "-1", "9" * 30, "", "\0", "1.5"])
def test_every_action_ignores_unknown_rows(editor_client: Client, make_deck: MakeDeck, key: str) -> None:
    make_deck(1)
    for page in ("cards_deck", "cards_card", "cards_cardreport", "accounts_user"):
        address = reverse(f"admin:{page}_changelist")
        for action, _ in editor_client.get(address).context["action_form"].fields["action"].choices:
            answer = editor_client.post(address, {"action": action, "_selected_action": [key]})
            assert answer.status_code == 302


@pytest.mark.parametrize("name", ["cards", "import", "change"])
def test_pages_of_an_unknown_deck_return_404_or_redirect(editor_client: Client, name: str) -> None:
    for key in ("0", "9" * 40):
        page = f"/admin/cards/deck/{key}/{name}/"
        assert editor_client.get(page, follow=name == "change").status_code == (
            200 if name == "change" else 404
        )


@pytest.mark.parametrize(
    ("search", "found"),
    [("tow eif", []), ("tower eif", [0]), ("EIFFEL", [0]), ("grosse", [1]), ("!?", []), ("", [0, 1, 2])],
)
def test_cards_are_searched_by_words(
    editor_client: Client, make_deck: MakeDeck, search: str, found: list[int]
) -> None:
    """In decks of all owners, and among the removed cards too."""
    deck = make_deck(3)
    for position, texts in enumerate((("Eiffel", "Tower"), ("Größe", "size"), ("x", "y"))):
        card = deck.cards.get(position=position)
        card.term, card.definition = texts
        card.save()
    address = reverse("admin:cards_card_changelist")
    for removed in ("", "yes"):
        answer = editor_client.get(address, {"q": search, "removed": removed})
        assert [card.position for card in answer.context["cl"].result_list] == found
        deck.cards.update(removed_at=deck.created_at)


def test_search_says_that_it_finds_words(editor_client: Client) -> None:
    page = editor_client.get(reverse("admin:cards_card_changelist")).content.decode()
    assert "Finds words of both sides." in page


@pytest.mark.parametrize("search", ["'\"*:&|()", "NEAR(", "x" * 10_000, "\ud800"])
def test_hostile_search_finds_nothing(editor_client: Client, make_deck: MakeDeck, search: str) -> None:
    make_deck(1)
    address = f"{reverse('admin:cards_card_changelist')}?q={quote(search, errors='replace')}"
    answer = editor_client.get(address)
    assert answer.status_code == 200
    assert not answer.context["cl"].result_list
