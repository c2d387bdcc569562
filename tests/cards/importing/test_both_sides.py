"""Cards that ask for both sides: imports of them, and what an import into a deck changes."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from cards.editing import cards as editing_cards
from cards.editing.decks import describe_deck
from cards.exporting import services as exporting
from cards.importing import running
from cards.importing.drafts import make_draft
from cards.importing.preview import comparing
from cards.models import Card, Deck
from sessions_app.models import CardProgress
from studysite.accounts.models import User
from tests.cards.conftest import MakeDeck
from tests.cards.formats.packages import REVERSED, note, package
from tests.cards.importing.slicing import MOST_REQUESTS, again

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
