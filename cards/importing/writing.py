"""Writing the cards of a file, in chunks, into a deck that is hidden.

Writing continues after the cards that are already written, from the file's content
(`cards.importing.reading.content`). `cards.importing.merging` then shows the hidden deck, or merges its cards into
the deck that they are for.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from cards.formats.detect import open_images
from cards.formats.types import ParsedCard
from cards.importing import splitting
from cards.importing.images import ImageReader
from cards.importing.reading.content import open_content
from cards.importing.reading.reader import limits_of, read_steps
from cards.media.services import rows_of
from cards.models import (
    ALTERNATIVES,
    CHUNK,
    MAX_ALTERNATIVE,
    MAX_ALTERNATIVES,
    MAX_TAG_KEY,
    MAX_TAG_NAME,
    Card,
    CardImage,
    Deck,
    ImportDraft,
    SideChoice,
    TagLink,
    tag_key,
)
from cards.tagging.services import own_tags
from cards.text.cleaning import clean_text
from cards.text.images import StoredImage, with_images, without_images
from cards.text.markdown import rendering_together
from studysite.accounts.models import User
from studysite.slices import Slice

MAX_TAGS = 50
"""Tags of one card that are imported."""

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)

RENDERED_AT_ONCE = 20_000
"""Characters of cards after which the time is checked: the slowest take a fifth of a second to render."""

FILE, DECK = "file", "deck"
"""Which version is kept if a card of the file is in the deck and differs."""


def write_cards(
    *,
    draft: ImportDraft,
    slice_: Slice,
    on_progress: Callable[[], object] | None = None,
) -> bool:
    """Write the next cards of the draft into its hidden deck. Returns whether all are written.

    Each chunk is one transaction, after which ``on_progress`` is called. Returns False too if another process
    writes at the same time. Raises FormatError if the file is damaged, and FileNotFoundError if it does not exist.
    """
    staging = splitting.staging_of(draft)
    reader = ImageReader(draft, lambda: open_images(draft.path, limits=limits_of(draft.owner)))
    with open_content(draft) as content, closing(reader):
        # Usually the file was read to its end for the preview.
        is_whole = slice_.run(read_steps(draft, content))
        content.save()
        if not is_whole:
            return False
        destinations = splitting.destinations_of(draft)
        tagger = Tagger(
            staging.owner,
            path=tuple(draft.options.get("path", ())),
            decks_as_tags=not splitting.is_split(draft),
        )
        while chunk := [card for _, card in content.cards(draft.done, CHUNK)]:
            rows, images = rows_within(
                chunk, destinations, reader, slice_, asked=splitting.asked_sides(draft)
            )
            with transaction.atomic():
                mine = ImportDraft.objects.filter(pk=draft.pk, done=draft.done, phase=ImportDraft.Phase.CARDS)
                if not mine.update(done=F("done") + len(rows), images=reader.result):
                    draft.refresh_from_db()
                    return False
                Card.objects.bulk_create(rows)
                CardImage.objects.bulk_create(
                    row for card, on in zip(rows, images, strict=True) for row in rows_of(card, on)
                )
                tagger.tag(rows, chunk[: len(rows)])
            draft.done += len(rows)
            draft.images = reader.result
            if on_progress:
                on_progress()
            if slice_.is_over and draft.done < draft.total:
                return False
    return True


def rows_within(
    chunk: Sequence[ParsedCard],
    destinations: Mapping[splitting.Path, splitting.Destination],
    reader: ImageReader,
    slice_: Slice,
    *,
    asked: str = "",
) -> tuple[list[Card], list[dict[str, list[StoredImage]]]]:
    """Unsaved rows for the cards of ``chunk``, and the images of each; at least one, until the time is over.

    ``asked`` is the side, or both, that was chosen for all of them.
    """
    placed = [(card, destinations.get(card.deck) or destinations[()]) for card in chunk]
    existing: dict[str, Card] = {}
    for destination in destinations.values():
        cards = [card for card, its in placed if its is destination]
        existing |= existing_cards(destination.deck, cards)
    rows: list[Card] = []
    images: list[dict[str, list[StoredImage]]] = []
    for part in parts_of_chunk(placed):
        new = [card for card, _ in part if not has_sides_of(existing.get(card.key), card)]
        with rendering_together(text for card in new for text in (card.term, card.definition)):
            for card, destination in part:
                images.append(reader.images_of(card))
                place = destination.next_place()
                if asked:
                    # A card that asks for the same as its deck also follows when that changes.
                    card.side_choice = SideChoice.AUTO if asked == destination.staging.side_choice else asked
                rows.append(card_of(card, destination.staging, place, existing.get(card.key), images[-1]))
        if slice_.is_over:
            break
    return rows, images


Placed = tuple[ParsedCard, splitting.Destination]
"""A card of the file, and where it goes."""


def parts_of_chunk(cards: Iterable[Placed]) -> Iterator[list[Placed]]:
    """The cards in the parts after which the time is checked: one with images, or `RENDERED_AT_ONCE`."""
    part: list[Placed] = []
    characters = 0
    for card, destination in cards:
        part.append((card, destination))
        characters += len(card.term) + len(card.definition)
        if card.images or characters > RENDERED_AT_ONCE:
            yield part
            part, characters = [], 0
    if part:
        yield part


def has_sides_of(existing: Card | None, card: ParsedCard) -> bool:
    """Whether there is a card with the same texts, so that they need not be rendered again."""
    return existing is not None and (existing.term, existing.definition) == (card.term, card.definition)


def existing_cards(deck: Deck | None, cards: Sequence[ParsedCard]) -> dict[str, Card]:
    """The deck's cards that have the keys of ``cards``, by key."""
    if deck is None or not cards:
        return {}
    return {card.key: card for card in deck.cards.filter(key__in=[card.key for card in cards])}


def card_of(
    parsed: ParsedCard,
    deck: Deck,
    position: int,
    existing: Card | None = None,
    images: Mapping[str, Sequence[StoredImage]] | None = None,
) -> Card:
    """The unsaved card. If ``existing`` has the same texts, its HTML is used instead of rendering them again."""
    now = timezone.now()
    card = Card(
        deck=deck,
        key=parsed.key,
        position=position,
        term=parsed.term,
        definition=parsed.definition,
        side_choice=parsed.side_choice,
        # With a time in the future, no answer would count until then.
        asked_since=parsed.asked_since and clamped(parsed.asked_since, now),
        created_at=clamped(parsed.created_at or now, now),
        updated_at=now,
        **{name: alternatives(getattr(parsed, name)) for name in ALTERNATIVES},
    )
    if existing and has_sides_of(existing, parsed):
        card.term_html = without_images(existing.term_html)
        card.definition_html = without_images(existing.definition_html)
        card.words = card.found_by()
        card.studied_side = card.chosen_side()
    else:
        card.prepare()
    for side, listed in (images or {}).items():
        setattr(card, f"{side}_html", with_images(getattr(card, f"{side}_html"), listed))
    return card


def clamped(at: datetime, now: datetime) -> datetime:
    """``at``, but not before `EARLIEST`, so that it exists in every time zone, and not after ``now``."""
    return min(max(at, EARLIEST), now)


def alternatives(texts: Iterable[str]) -> list[str]:
    """Alternative answers as they can be stored."""
    cleaned = (clean_text(text) for text in texts)
    return [text for text in dict.fromkeys(cleaned) if 0 < len(text) <= MAX_ALTERNATIVE][:MAX_ALTERNATIVES]


class Tagger:
    """Puts an owner's tags on cards, by their names, and creates missing ones.

    With ``decks_as_tags`` a card in a subdeck of the file's deck with this ``path`` gets the subdeck as a tag.
    """

    def __init__(self, owner: User, *, path: tuple[str, ...] = (), decks_as_tags: bool = False) -> None:
        self.owner, self.path, self.decks_as_tags = owner, path, decks_as_tags
        self.known: dict[str, int] = {}

    def tag(self, rows: Sequence[Card], parsed: Sequence[ParsedCard]) -> None:
        """Put the tags of ``parsed`` on the saved ``rows``."""
        wanted = [self.names(card) for card in parsed]
        self.load({name for names in wanted for name in names})
        pairs = {
            (row.pk, self.known[key])
            for row, names in zip(rows, wanted, strict=True)
            for name in names
            if (key := tag_key(name)) in self.known
        }
        links = [TagLink(card_id=card, tag_id=tag) for card, tag in sorted(pairs)]
        TagLink.objects.bulk_create(links, batch_size=CHUNK, ignore_conflicts=True)

    def names(self, card: ParsedCard) -> list[str]:
        names = [" ".join(clean_text(name).split()) for name in card.tags[:MAX_TAGS]]
        subdecks = card.deck[max(len(self.path), 1) :] if self.decks_as_tags else ()
        if subdecks:
            names.append("::".join(subdecks)[:MAX_TAG_NAME].strip())
        return [name for name in names if 0 < len(tag_key(name)) <= MAX_TAG_KEY and name.isprintable()]

    def load(self, names: set[str]) -> None:
        """Load the tags with these names, or create them."""
        # Of two names with the same key, `own_tags` takes the first.
        missing = [name for name in sorted(names, reverse=True) if tag_key(name) not in self.known]
        if missing:
            self.known |= {tag.key: tag.pk for tag in own_tags(owner=self.owner, names=missing)}
