"""Decks -> files, as whoever exports them sees them: with the owner's tags and her own."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

from django.contrib.auth.models import AnonymousUser
from django.db.models import Prefetch

from cards.formats.anki.writer import write_anki
from cards.formats.archive import write_archive
from cards.formats.types import ImageRef, ParsedCard, ParsedDeck, TwinPair
from cards.formats.writers import write_comma, write_markdown, write_tab
from cards.images import ENDING, StoredImage, path_of
from cards.models import Card, Deck, Tag
from cards.models import TwinPair as StoredPair
from cards.services import CHUNK
from cards.sides import DEFINITION, TERM
from cards.signals import records_asked
from studysite.accounts.models import User


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file that a deck can be written to."""

    name: str
    title: str
    about: str
    ending: str
    media_type: str


FORMATS = {
    each.name: each
    for each in (
        Format(
            "tab",
            "Text with tabs",
            "Pastes into Quizlet, Knowt and spreadsheets; imported here again, it updates the cards.",
            "txt",
            "text/plain; charset=utf-8",
        ),
        Format("comma", "CSV", "Opens in Excel and other spreadsheets.", "csv", "text/csv; charset=utf-8"),
        Format("markdown", "Markdown", "A document to read or print.", "md", "text/markdown; charset=utf-8"),
        Format("anki", "Anki", "A package that Anki imports.", "apkg", "application/zip"),
        Format(
            "archive",
            "Archive",
            "Everything that the deck has, to keep or to bring to another site like this one.",
            "zip",
            "application/zip",
        ),
    )
}


PACKAGES = ("anki", "archive")
"""Kinds that are written as a whole before they are sent."""


def tags_seen(deck: Deck, viewer: User | AnonymousUser | None) -> Prefetch:
    tags = deck.owner.tags.all() if viewer is None else Tag.objects.seen_by(viewer, deck=deck)
    return Prefetch("tags", tags, to_attr="seen_tags")


def cards_of(deck: Deck, viewer: User | AnonymousUser | None) -> Iterator[ParsedCard]:
    """The present cards in order; never all in memory. Without a viewer only the owner's tags are on them."""
    cards = deck.cards.present().in_order().defer("term_html", "definition_html")
    for card in cards.prefetch_related(tags_seen(deck, viewer), "images").iterator(chunk_size=CHUNK):
        yield parsed(card)


def parsed(card: Card) -> ParsedCard:
    # Her own tag and the owner's of one name are one to her.
    tags = {tag.key: tag.name for tag in card.seen_tags}  # type: ignore[attr-defined]
    images = card.images_by_side()
    return ParsedCard(
        card.term,
        card.definition,
        key=card.key,
        tags=tuple(tags.values()),
        accepted_terms=tuple(card.accepted_terms),
        accepted_definitions=tuple(card.accepted_definitions),
        wrong_terms=tuple(card.wrong_terms),
        wrong_definitions=tuple(card.wrong_definitions),
        side_choice=card.side_choice,
        asked_since=card.asked_since,
        created_at=card.created_at,
        term_images=refs(images[TERM]),
        definition_images=refs(images[DEFINITION]),
    )


def refs(images: Iterable[StoredImage]) -> tuple[ImageRef, ...]:
    """Images as files name them; one whose file is lost is no reason to export nothing."""
    there = (image for image in images if path_of(image.sha256).exists())
    return tuple(ImageRef(f"{image.sha256}{ENDING}", image.alt) for image in there)


def read_image(name: str) -> bytes:
    return path_of(name.removesuffix(ENDING)).read_bytes()


def asking(deck: Deck, viewer: User | AnonymousUser | None) -> Iterator[ParsedCard]:
    """The cards with the side settled that each asks for, which other programs cannot work out."""
    sides = deck.cards.present().in_order().values_list("studied_side", flat=True)
    for card, side in zip(cards_of(deck, viewer), sides.iterator(chunk_size=CHUNK), strict=False):
        card.side_choice = side
        yield card


Records = dict[str, Iterable[Mapping[str, Any]]]
"""What a learner has learned in a deck: lines, by the names that an archive keeps them under."""

Watch = Callable[[Iterator[ParsedCard]], Iterator[ParsedCard]]
"""Is handed the cards as they are taken, and hands them on."""


def write(
    name: str,
    file: BinaryIO,
    deck: Deck,
    viewer: User | AnonymousUser | None,
    *,
    now: datetime,
    history: bool = False,
    watch: Watch = lambda cards: cards,
) -> None:
    """Write the deck as the kind of file called ``name``; with ``history`` an archive has the viewer's answers."""
    if name == "anki":
        _write_anki(file, deck, watch(asking(deck, viewer)), now=now)
    elif name == "archive":
        _write_archive(
            file, deck, watch(cards_of(deck, viewer)), records_of(deck, viewer) if history else None
        )
    else:
        file.writelines(piece.encode() for piece in write_text(name, deck, viewer, watch=watch))


def write_text(
    name: str, deck: Deck, viewer: User | AnonymousUser | None, *, watch: Watch = lambda cards: cards
) -> Iterator[str]:
    """The pieces of a text, to be sent while they are written."""
    cards = watch(cards_of(deck, viewer))
    if name == "markdown":
        return write_markdown(cards, title=deck.title, description=deck.description)
    return write_comma(cards) if name == "comma" else write_tab(cards)


def _write_anki(file: BinaryIO, deck: Deck, cards: Iterator[ParsedCard], *, now: datetime) -> None:
    write_anki(
        file,
        title=deck.title,
        deck_key=deck.slug,
        description=deck.description,
        cards=cards,
        now=now,
        read_image=read_image,
    )


def _write_archive(file: BinaryIO, deck: Deck, cards: Iterator[ParsedCard], records: Records | None) -> None:
    about = ParsedDeck(
        (),
        title=deck.title,
        description=deck.description,
        language=deck.language,
        side_choice=deck.side_choice,
        visibility=deck.visibility,
        slug=deck.slug,
    )
    write_archive(file, deck=about, cards=cards, twins=twins_of(deck), read_image=read_image, records=records)


def twins_of(deck: Deck) -> Iterator[TwinPair]:
    pairs = StoredPair.objects.filter(first__deck=deck, second__deck=deck)
    pairs = pairs.filter(first__removed_at=None, second__removed_at=None).order_by("first", "second")
    for first, second, are_twins in pairs.values_list("first__key", "second__key", "are_twins").iterator():
        yield TwinPair(first, second, are_twins)


def records_of(deck: Deck, viewer: User | AnonymousUser | None) -> Records:
    """What the rest of the site keeps of the viewer's learning in the deck."""
    records: Records = {}
    if viewer is not None and viewer.is_authenticated:
        for _, answer in records_asked.send(sender=Deck, deck=deck, learner=viewer):
            records.update(answer or {})  # type: ignore[arg-type]
    return records


def file_name(deck: Deck, ending: str) -> str:
    """What the file is called: the deck's title, without what a file system takes for something else."""
    title = "".join(
        " " if letter in '/\\:*?"<>|' or not letter.isprintable() else letter for letter in deck.title
    )
    # A name that begins with a dot hides, and 80 letters of three bytes fit into any file system.
    return f"{' '.join(title.split()).strip('. ')[:80] or 'Deck'}.{ending}"
