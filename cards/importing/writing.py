"""Files of cards -> decks: writing them, in chunks, into a deck that is not shown.

What was read of the file (`cards.importing.reading.storage`) goes on after the cards that are written already.
`cards.importing.merging` makes the hidden deck appear, or puts its cards into the deck that they are for.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from cards.formats.detect import ARCHIVE, open_images
from cards.formats.types import ParsedCard
from cards.importing import splitting
from cards.importing.images import ImageReader
from cards.importing.reading.reader import limits_of, seldom_collected
from cards.importing.reading.reader import steps as read_steps
from cards.importing.reading.storage import opened
from cards.media.services import rows_of
from cards.models import (
    CHUNK,
    MAX_ALTERNATIVE,
    MAX_ALTERNATIVES,
    Card,
    CardImage,
    Deck,
    ImportDraft,
    Tag,
    tag_key,
)
from cards.text.cleaning import clean_text
from cards.text.images import StoredImage, with_images, without_images
from studysite.accounts.models import User
from studysite.slices import Slice

MAX_TAGS = 50
"""Tags that one card may bring along."""

MAX_TAG_KEY = 120
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)

RENDERED_AT_ONCE = 20_000
"""Characters of cards after which it looks whether its time is over: the slowest take a fifth of a second."""

FILE, DECK = "file", "deck"
"""Whose word counts where a card of the file is in the deck already and differs."""

ALTERNATIVES = ("accepted_terms", "accepted_definitions", "wrong_terms", "wrong_definitions")
TagLink = Card.tags.through


# --- Drafts


# --- Writing


def write_cards(
    *,
    draft: ImportDraft,
    slice_: Slice,
    tell: Callable[[], object] | None = None,
) -> bool:
    """Go on writing the draft's cards into its hidden deck; whether all are there.

    Each chunk is a transaction of its own, after which ``tell`` is called. False too where somebody else is
    writing at this moment. Raises FormatError where the file is damaged, FileNotFoundError where it has gone.
    """
    staging = splitting.staging_of(draft)
    reader = ImageReader(draft, lambda: open_images(draft.path, limits=limits_of(draft.owner)))
    with opened(draft) as reading, closing(reader), seldom_collected():
        # As a rule it was read for the preview, and nothing is left to do.
        is_whole = slice_.run(read_steps(draft, reading))
        reading.save()
        if not is_whole:
            return False
        homes, is_split = splitting.homes_of(draft), splitting.is_split(draft)
        is_archive = reading.kind == ARCHIVE
        tagger = Tagger(staging.owner, tuple(draft.options.get("path", ())))
        while chunk := [card for _, card in reading.cards(draft.done, CHUNK)]:
            rows, images = rows_within(chunk, homes, reader, slice_)
            with transaction.atomic():
                mine = ImportDraft.objects.filter(pk=draft.pk, done=draft.done, phase=ImportDraft.Phase.CARDS)
                if not mine.update(done=F("done") + len(rows), images=reader.came_to):
                    draft.refresh_from_db()
                    return False
                Card.objects.bulk_create(rows)
                CardImage.objects.bulk_create(
                    row for card, on in zip(rows, images, strict=True) for row in rows_of(card, on)
                )
                tagger.tag(rows, chunk[: len(rows)], split_decks=not is_archive and not is_split)
            draft.done += len(rows)
            draft.images = reader.came_to
            if tell:
                tell()
            if slice_.is_over and draft.done < draft.total:
                return False
    return True


def rows_within(
    chunk: Sequence[ParsedCard],
    homes: Mapping[splitting.Path, splitting.Home],
    reader: ImageReader,
    slice_: Slice,
) -> tuple[list[Card], list[dict[str, list[StoredImage]]]]:
    """The cards of ``chunk`` with the images of each; where it takes long, as many as the time allows, or one."""
    at_home = [(card, homes.get(card.deck) or homes[()]) for card in chunk]
    there: dict[str, Card] = {}
    for home in homes.values():
        there |= counterparts(home.deck, [card for card, its in at_home if its is home])
    rows: list[Card] = []
    images: list[dict[str, list[StoredImage]]] = []
    characters = 0
    for card, home in at_home:
        images.append(reader.images_of(card))
        rows.append(card_of(card, home.staging, home.next_place(), there.get(card.key), images[-1]))
        characters += len(card.term) + len(card.definition)
        if card.images or characters > RENDERED_AT_ONCE:
            characters = 0
            if slice_.is_over:
                break
    return rows, images


def counterparts(deck: Deck | None, cards: Sequence[ParsedCard]) -> dict[str, Card]:
    """The cards that the deck has already of those keys."""
    if deck is None or not cards:
        return {}
    return {card.key: card for card in deck.cards.filter(key__in=[card.key for card in cards])}


def card_of(
    parsed: ParsedCard,
    deck: Deck,
    position: int,
    there: Card | None = None,
    images: Mapping[str, Sequence[StoredImage]] | None = None,
) -> Card:
    """The card as it is stored, not saved yet. What ``there`` has rendered of the same texts is not made again."""
    now = timezone.now()
    card = Card(
        deck=deck,
        key=parsed.key,
        position=position,
        term=parsed.term,
        definition=parsed.definition,
        side_choice=parsed.side_choice,
        # What lies ahead would let no answer count until it has come.
        asked_since=parsed.asked_since and past(parsed.asked_since, now),
        created_at=past(parsed.created_at or now, now),
        updated_at=now,
        **{name: alternatives(getattr(parsed, name)) for name in ALTERNATIVES},
    )
    if there and (there.term, there.definition) == (card.term, card.definition):
        card.term_html = without_images(there.term_html)
        card.definition_html = without_images(there.definition_html)
        card.studied_side = card.chosen_side()
    else:
        card.prepare()
    for side, listed in (images or {}).items():
        setattr(card, f"{side}_html", with_images(getattr(card, f"{side}_html"), listed))
    return card


def past(at: datetime, now: datetime) -> datetime:
    """``at``, moved to where every zone's calendar reaches, and no later than now."""
    return min(max(at, EARLIEST), now)


def alternatives(texts: Iterable[str]) -> list[str]:
    cleaned = (clean_text(text) for text in texts)
    return [text for text in dict.fromkeys(cleaned) if 0 < len(text) <= MAX_ALTERNATIVE][:MAX_ALTERNATIVES]


class Tagger:
    """Puts an owner's tags on cards, by their names; makes those that they do not have yet."""

    def __init__(self, owner: User, path: tuple[str, ...] = ()) -> None:
        self.owner, self.path = owner, path
        self.known: dict[str, int] = {}

    def tag(self, rows: Sequence[Card], parsed: Sequence[ParsedCard], *, split_decks: bool) -> None:
        """Tag saved ``rows`` as ``parsed`` says; with ``split_decks`` a deck inside another one is a tag too."""
        wanted = [self.names(card, split_decks=split_decks) for card in parsed]
        self.learn({name for names in wanted for name in names})
        pairs = {
            (row.pk, self.known[key])
            for row, names in zip(rows, wanted, strict=True)
            for name in names
            if (key := tag_key(name)) in self.known
        }
        links = [TagLink(card_id=card, tag_id=tag) for card, tag in sorted(pairs)]
        TagLink.objects.bulk_create(links, batch_size=CHUNK, ignore_conflicts=True)

    def names(self, card: ParsedCard, *, split_decks: bool) -> list[str]:
        names = [" ".join(clean_text(name).split()) for name in card.tags[:MAX_TAGS]]
        inner = card.deck[max(len(self.path), 1) :] if split_decks else ()
        if inner:
            names.append("::".join(inner)[:60].strip())
        return [name for name in names if 0 < len(tag_key(name)) <= MAX_TAG_KEY and name.isprintable()]

    def learn(self, names: set[str]) -> None:
        missing = {key: name for name in sorted(names) if (key := tag_key(name)) not in self.known}
        if not missing:
            return
        # Another of the owner's tabs may make the same tag at this moment.
        tags = [Tag(owner=self.owner, name=name, key=key) for key, name in missing.items()]
        Tag.objects.bulk_create(tags, ignore_conflicts=True)
        found = Tag.objects.filter(owner=self.owner, key__in=missing).values_list("key", "pk")
        self.known |= dict(found)
