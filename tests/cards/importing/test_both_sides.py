"""Cards that ask for both sides: imports of them, and what an import into a deck changes."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from cards.editing import cards as editing_cards
from cards.editing.decks import describe_deck
from cards.exporting import services as exporting
from cards.importing import running
from cards.importing.drafts import make_draft
from cards.importing.preview import comparing
from cards.models import Card, Deck, ImportDraft
from sessions_app.models import CardProgress
from studysite.accounts.models import User
from tests.cards.conftest import MakeDeck
from tests.cards.formats.packages import REVERSED, note, package
from tests.cards.importing.slicing import MOST_REQUESTS, again
from tests.cards.importing.test_pages import import_it

pytestmark = pytest.mark.django_db

FIRST = 1_700_000_000_000


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path


def import_content(owner: User, content: bytes, deck: Deck | None = None, **options: Any) -> Deck:
    draft = make_draft(owner=owner, content=io.BytesIO(content), file_name="x", deck=deck)
    draft.options |= options
    running.begin(draft=draft, preview=comparing.preview_file(draft), title="Imported")
    assert running.run(draft=draft)
    assert draft.deck is not None
    return Deck.objects.get(pk=draft.deck.pk)


def archive_of(deck: Deck) -> bytes:
    file = io.BytesIO()
    exporting.write("archive", file, deck, None, now=timezone.now())
    return file.getvalue()


def choose(deck: Deck, side: str) -> None:
    deck.side_choice = side
    describe_deck(deck=deck, fields=["side_choice"])


def sides(deck: Deck) -> list[tuple[str, str]]:
    return list(deck.cards.present().in_order().values_list("side_choice", "studied_side"))


def check_counts(deck: Deck) -> None:
    deck.refresh_from_db()
    present = deck.cards.present()
    assert (deck.card_count, deck.two_sided_count) == (
        present.count(),
        present.filter(studied_side="both").count(),
    )


@pytest.mark.slow
def test_counts_are_right_between_the_slices_of_a_merge(
    minimal: None, owner: User, make_deck: MakeDeck
) -> None:
    deck = make_deck(8)
    choose(deck, "both")
    content = archive_of(deck)
    choose(deck, "term")
    editing_cards.remove_cards(deck=deck, cards=deck.cards.filter(position__in=[1, 2]))
    deck.cards.filter(position__in=[5, 6]).delete()
    deck.cards.filter(position__lt=4).update(definition="Changed")
    # The file has automatic cards; explicit ones make some of the deck's cards ask for both, and others not.
    deck.cards.filter(position__in=[0, 1]).update(side_choice="both")
    choose(deck, "both")
    deck.cards.filter(position=3).update(side_choice="term", studied_side="term")
    editing_cards.restore_cards(deck=deck, cards=Card.objects.none())
    counts = set()
    draft = make_draft(owner=owner, content=io.BytesIO(content), file_name="x", deck=deck)
    running.begin(draft=draft, preview=comparing.preview_file(draft), title="x")
    for _ in range(MOST_REQUESTS):
        is_done = running.run(draft=again(draft), seconds=0)
        check_counts(deck)
        counts.add((deck.card_count, deck.two_sided_count))
        if is_done:
            break
    assert len(counts) > 2
    assert (deck.card_count, deck.two_sided_count) == (8, 8)


def test_archive_brings_decks_and_cards_that_ask_for_both(owner: User, make_deck: MakeDeck) -> None:
    deck = make_deck(3)
    choose(deck, "both")
    card = deck.cards.get(position=1)
    card.side_choice = "term"
    editing_cards.save_card(card=card)
    back = import_content(owner, archive_of(deck))
    assert (back.side_choice, sides(back)) == ("both", sides(deck))
    assert (back.card_count, back.two_sided_count, back.question_count()) == (3, 2, 5)


# --- Chosen for an import


TEXT = b"a\tb\nc\td\ne\t\n"


def test_pasted_text_can_ask_for_both(learner_client: Client) -> None:
    assert "each card has two questions" in learner_client.get("/import/").text
    url = learner_client.post("/import/", {"text": TEXT.decode(), "side_choice": "both"})["Location"]
    page = learner_client.get(url)
    assert '<option value="both" selected>Both</option>' in page.text
    assert "Each card asks for both sides, so it has two questions." in page.text
    assert import_it(learner_client, url)["Location"] == Deck.objects.get().get_absolute_url()
    deck = Deck.objects.get()
    assert (deck.side_choice, deck.question_count()) == ("both", 5)
    # They follow their deck. A card without a definition asks for one side.
    assert sides(deck) == [("auto", "both"), ("auto", "both"), ("auto", "term")]


def test_choice_can_be_made_at_the_preview(learner_client: Client) -> None:
    url = learner_client.post("/import/", {"text": TEXT.decode()})["Location"]
    assert import_it(learner_client, url, side_choice="term")["Location"] == url
    assert "Each card asks for the term." in learner_client.get(url).text
    import_it(learner_client, url)
    assert Deck.objects.get().side_choice == "term"


@pytest.mark.parametrize("choice", ["neither", "both\0", "auto"])
def test_unknown_choice_is_a_form_error(learner_client: Client, choice: str) -> None:
    page = learner_client.post("/import/", {"text": TEXT.decode(), "side_choice": choice})
    assert (page.status_code, list(page.context["form"].errors)) == (200, ["side_choice"])
    assert not ImportDraft.objects.exists()


def test_cards_keep_the_owners_choice_unless_another_is_made(owner: User) -> None:
    deck = import_content(owner, TEXT)
    card = deck.cards.get(term="a")
    card.side_choice = "both"
    editing_cards.save_card(card=card)
    import_content(owner, TEXT, deck)
    assert sides(deck)[0] == ("both", "both")
    deck = import_content(owner, TEXT, deck, side_choice="term")
    assert (deck.side_choice, sides(deck)) == ("auto", [("term", "term")] * 3)
    check_counts(deck)


def test_choice_of_the_deck_is_not_repeated_on_its_cards(owner: User) -> None:
    deck = import_content(owner, TEXT, side_choice="both")
    card = deck.cards.get(term="a")
    card.side_choice = "term"
    editing_cards.save_card(card=card)
    deck = import_content(owner, TEXT + b"g\th\n", deck, side_choice="both")
    assert [choice for choice, _ in sides(deck)] == ["auto"] * 4
    check_counts(deck)
    import_content(owner, TEXT, deck, side_choice="definition", keep="deck")
    assert [choice for choice, _ in sides(deck)] == ["auto"] * 4


def test_own_choices_of_a_file_stay_unless_another_is_made(owner: User, learner: User) -> None:
    assert sides(import_content(owner, two_way(0))) == [("definition", "definition")]
    chosen = import_content(owner, two_way(0), side_choice="both")
    assert (chosen.side_choice, sides(chosen)) == ("both", [("auto", "both")])
    parts = import_content(learner, two_way(0), side_choice="term", subdecks="decks")
    assert (parts.side_choice, sides(parts)) == ("term", [("auto", "term")])


def test_two_way_notes_are_named_in_the_preview(learner_client: Client) -> None:
    file = SimpleUploadedFile("x.apkg", two_way(0, 1))
    page = learner_client.get(learner_client.post("/import/", {"file": file})["Location"])
    assert "1 card asks for both sides, with two questions; in Anki it is a note with a card" in page.text
    assert "the due dates of 2 questions." in page.text


def test_command_can_ask_for_both(owner: User, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_bytes(TEXT)
    call_command("import_deck", str(tmp_path / "x.txt"), owner=owner.email, ask="both", stdout=io.StringIO())
    assert Deck.objects.get().two_sided_count == 2


# --- Anki


REVIEWS = [(10, FIRST, 3, 4, 1, 0), (11, FIRST + 1_000, 3, 4, 1, 0)]


def two_way(*ords: int, **more: Any) -> bytes:
    return package([note(["q", "a"], kind=REVERSED, ords=ords, type=2, queue=2, due=900, ivl=4)], **more)


def test_card_imported_with_one_side_becomes_both_without_losing_progress(learner: User) -> None:
    deck = import_content(learner, two_way(0, reviews=REVIEWS[:1]))
    assert sides(deck) == [("definition", "definition")]
    (before,) = CardProgress.objects.values()
    deck = import_content(learner, two_way(0, 1, reviews=REVIEWS), deck)
    assert sides(deck) == [("both", "both")]
    assert (deck.card_count, deck.two_sided_count) == (1, 1)
    rows = {row["side"]: row for row in CardProgress.objects.values()}
    assert rows == {"definition": before, "term": rows["term"]}
    assert rows["term"]["recalls"] == 1


def test_second_card_alone_is_the_same_card(learner: User) -> None:
    deck = import_content(learner, two_way(1, reviews=REVIEWS[1:]))
    assert sides(deck) == [("term", "term")]
    assert CardProgress.objects.get().side == "term"
    deck = import_content(learner, two_way(0, 1), deck)
    assert sides(deck) == [("both", "both")]


def test_suspended_direction_is_suspended_alone(learner: User) -> None:
    import_content(learner, two_way(0, 1, extra="UPDATE cards SET queue = -1 WHERE ord = 1"))
    assert dict(CardProgress.objects.values_list("side", "suspended")) == {"definition": False, "term": True}
