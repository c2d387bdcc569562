"""A deck's counts after any writes: of its present cards, and of those that ask for both sides."""

import io
import random
from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.utils import timezone

from cards.editing import cards as editing_cards
from cards.editing import decks as editing_decks
from cards.editing import moving, replacing
from cards.editing.copying import copy_deck
from cards.erasing.services import old_cards_erase
from cards.exporting import services as exporting
from cards.importing import running
from cards.importing.drafts import drop_draft, make_draft
from cards.importing.preview import comparing
from cards.models import Card, Deck
from studysite.accounts.models import User
from studysite.slices import Slice
from tests.cards.conftest import MakeDeck

CHOICES = ("auto", "term", "definition", "both")


class Site:
    """Two decks, and one method for each kind of write; each chooses its cards by chance."""

    def __init__(self, rng: random.Random, owner: User, decks: list[Deck]) -> None:
        self.rng, self.owner, self.keys = rng, owner, [deck.pk for deck in decks]
        self.files: list[bytes] = []

    @property
    def deck(self) -> Deck:
        return Deck.objects.get(pk=self.rng.choice(self.keys))

    @property
    def operations(self) -> list[Callable[[], object]]:
        return [
            *(self.add, self.edit, self.edit_many, self.remove, self.restore, self.move, self.describe),
            *(self.replace, self.copy, self.render, self.export, self.bring_back, self.paste, self.erase),
            *(self.reorder, self.give_up),
        ]

    def some(self, deck: Deck) -> list[int]:
        keys = list(deck.cards.values_list("pk", flat=True))
        return self.rng.sample(keys, min(len(keys), 2))

    def add(self) -> None:
        choice, definition = self.rng.choice(CHOICES), self.rng.choice(["", "d"])
        editing_cards.add_card(
            card=Card(deck=self.deck, term=f"T{self.rng.random()}", definition=definition, side_choice=choice)
        )

    def edit(self) -> None:
        for card in Card.objects.filter(pk__in=self.some(self.deck)).select_related("deck"):
            card.side_choice, card.definition = self.rng.choice(CHOICES), self.rng.choice(["", "e"])
            editing_cards.edit_card(card=card, seen=card.updated_at)

    def edit_many(self) -> None:
        deck = self.deck
        cards = list(deck.cards.filter(pk__in=self.some(deck)))
        for card in cards:
            card.definition = self.rng.choice(["", "f"])
        editing_cards.edit_cards(deck=deck, edits=[(card, card.updated_at) for card in cards])

    def remove(self) -> None:
        editing_cards.remove_cards(
            deck=(deck := self.deck), cards=Card.objects.filter(pk__in=self.some(deck))
        )

    def restore(self) -> None:
        editing_cards.restore_cards(deck=(deck := self.deck), cards=deck.cards.all())

    def move(self) -> None:
        chosen = Card.objects.present().filter(pk__in=self.some(self.deck))
        moving.move_cards(cards=chosen, to=self.deck, now=timezone.now())

    def reorder(self) -> None:
        deck = self.deck
        moving.reorder_cards(deck=deck, keys_in_order=list(deck.cards.values_list("key", flat=True))[::-1])

    def describe(self) -> None:
        deck = self.deck
        deck.side_choice = self.rng.choice(CHOICES)
        editing_decks.describe_deck(deck=deck, fields=["side_choice"])

    def replace(self) -> None:
        deck = self.deck
        replacement = replacing.Replacement(self.rng.choice("def"), "", sides=("definition",))
        found = replacing.changes(deck=deck, replacement=replacement)
        replacing.replace_all(deck=deck, found=found)

    def copy(self) -> None:
        copy_deck(deck=self.deck, owner=self.owner, title="Copy", slug=f"copy-{self.rng.random()}"[:40])

    def render(self) -> None:
        call_command("render_cards", verbosity=0)

    def export(self) -> None:
        file = io.BytesIO()
        exporting.write(self.rng.choice(["archive", "anki"]), file, self.deck, None, now=timezone.now())
        self.files.append(file.getvalue())

    def bring_back(self) -> None:
        if self.files:
            self.run_import(self.rng.choice(self.files), self.rng.choice([None, self.deck]))

    def paste(self) -> None:
        texts = "\n".join(f"Term {n}\t{self.rng.choice(['', 'x'])}" for n in range(3))
        self.run_import(texts.encode(), self.rng.choice([None, self.deck]))

    def run_import(self, content: bytes, deck: Deck | None) -> None:
        draft = make_draft(owner=self.owner, content=io.BytesIO(content), deck=deck)
        if self.rng.random() < 0.3:
            draft.options = {"keep": "deck"}
        preview = comparing.preview_file(draft)
        if preview.total:
            running.begin(draft=draft, preview=preview, title="Imported")
            assert running.run(draft=draft, seconds=60)

    def give_up(self) -> None:
        """Stop an import while it merges, and look at the deck between two slices."""
        deck = self.deck
        draft = make_draft(owner=self.owner, content="a\tb\nTerm 1\tz\nc\td\ne\tf", deck=deck)
        running.begin(draft=draft, preview=comparing.preview_file(draft), title="x")
        for _ in range(self.rng.randrange(8)):
            if running.run(draft=draft, seconds=0):
                return
            check_counts()
        drop_draft(draft=draft)

    def erase(self) -> None:
        old_cards_erase(now=timezone.now() + timezone.timedelta(days=40), slice_=Slice(60))


def check_counts() -> None:
    for deck in Deck.objects.filter(is_building=False, erased_at=None):
        present = deck.cards.present()
        found = (deck.card_count, deck.two_sided_count)
        assert found == (present.count(), present.filter(studied_side="both").count())
        # What is stored is what the card would choose now.
        assert all(card.studied_side == card.chosen_side() for card in present.select_related("deck"))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_counts_are_right_after_any_writes(
    make_deck: MakeDeck, owner: User, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr("cards.importing.merging.CHUNK", 2)
    monkeypatch.setattr("studysite.slices.OF_A_TRANSACTION", 0.0)
    site = Site(random.Random(seed), owner, [make_deck(3), make_deck(4)])
    for _ in range(30):
        operation = site.rng.choice(site.operations)
        operation()
        check_counts()
