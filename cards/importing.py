"""Files of cards -> decks: what a file would come to, and writing it, in chunks, into a deck that is not shown.

`cards.formats` reads; here the cards get their keys, are checked like any other input, and are written. A file is
read anew in each request, and goes on after the cards that are written already. `cards.merging` makes the hidden
deck appear, or puts its cards into the deck that they are for.
"""

import gc
import re
import shutil
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import BinaryIO, NamedTuple

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from cards import splitting
from cards.drafts import KEPT_DRAFTS, KEPT_FOR, ImportDraft, folder
from cards.formats.anki.reader import AnkiOptions
from cards.formats.anki.sides import FieldChoice
from cards.formats.detect import ARCHIVE, TEXT, read_file
from cards.formats.text import TextOptions
from cards.formats.types import FormatError, Parsed, ParsedCard, ParsedDeck, Preview
from cards.illustrating import rows_of
from cards.images import CardImage, StoredImage, with_images, without_images
from cards.import_images import ImageReader, name_sides, refs_on
from cards.models import (
    MAX_ALTERNATIVE,
    MAX_ALTERNATIVES,
    Card,
    Deck,
    Tag,
    clean_text,
    tag_key,
)
from cards.rendering import MAX_SOURCE
from cards.services import CHUNK
from cards.sides import SIDES
from studysite.accounts.models import User

TEXT_KEYS = uuid.uuid5(uuid.NAMESPACE_URL, "https://studysite.invalid/import/")
"""Namespace of the keys of cards whose file has none: made of the term, so that a later import finds them."""

MAX_TAGS = 50
"""Tags that one card may bring along."""

MAX_TAG_KEY = 120
RECORDS = ("reviews", "marks", "settings")
"""The records of an archive that tell of a learner."""

SECONDS = 4.0
"""How long one request writes before it shows how far it is."""

NOTE = re.compile(r"note ([1-9]\d{0,18})")
FILE, DECK = "file", "deck"
"""Whose word counts where a card of the file is in the deck already and differs."""

ALTERNATIVES = ("accepted_terms", "accepted_definitions", "wrong_terms", "wrong_definitions")
TagLink = Card.tags.through


# --- Drafts


def make_draft(
    *, owner: User, content: str | BinaryIO, file_name: str = "", deck: Deck | None = None
) -> ImportDraft:
    """Keep pasted text or an uploaded file until it is imported, for a day at most.

    Of one learner's drafts the newest stay; what an older one has half written goes with it.
    """
    draft = ImportDraft(owner=owner, deck=deck, file_name=file_name[-200:])
    folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with draft.path.open("xb") as file:
            if isinstance(content, str):
                file.write(content.encode("utf-8", "replace"))
            else:
                content.seek(0)
                shutil.copyfileobj(content, file, 2**20)
        draft.save()
    except BaseException:
        draft.forget_file()
        raise
    for old in ImportDraft.objects.filter(owner=owner).order_by("-created_at", "-pk")[KEPT_DRAFTS:]:
        drop_draft(draft=old)
    return draft


def drop_draft(*, draft: ImportDraft) -> None:
    """Forget a draft, its file, and the hidden deck that it was filling."""
    with transaction.atomic():
        # As it stands now: somebody may have finished it in the meantime.
        now = ImportDraft.objects.select_for_update().filter(pk=draft.pk).first()
        hidden = splitting.hidden_decks(now) if now else []
        draft.delete()
        for deck in hidden:
            drop_hidden(deck)


def drop_hidden(deck: Deck) -> None:
    """Delete a hidden deck with its cards, to which nothing but tags and images can refer yet."""
    TagLink.objects.filter(card__deck=deck).delete()
    CardImage.objects.filter(card__deck=deck).delete()
    # Looking for what else could go with each of 10,000 cards takes longer than writing them.
    deck.cards.all()._raw_delete(deck.cards.db)
    deck.delete()


def old_drafts_remove(*, now: datetime) -> int:
    """Forget the drafts, and files without one, that have waited for longer than `KEPT_FOR`; returns how many."""
    old = list(ImportDraft.objects.filter(created_at__lt=now - KEPT_FOR))
    for draft in old:
        drop_draft(draft=draft)
    known = set(ImportDraft.objects.values_list("token", flat=True))
    for path in folder().glob("*"):
        if path.name not in known and path.stat().st_mtime < (now - KEPT_FOR).timestamp():
            path.unlink(missing_ok=True)
    return len(old)


# --- Reading

COLLECTED = gc.get_threshold()


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Look for garbage in cycles less often: cards make none, and looking took a tenth of the time."""
    gc.set_threshold(50_000, *COLLECTED[1:])
    try:
        yield
    finally:
        gc.set_threshold(*COLLECTED)


def open_draft(draft: ImportDraft, *, history: bool = False, start: int = 0) -> Parsed:
    """The draft's file, read as its learner chose. Raises FormatError. Close what is returned.

    Of Anki's notes those from the id ``start`` on.
    """
    chosen = draft.options
    text = TextOptions(
        separator=chosen.get("separator", ""),
        row_separator=chosen.get("row_separator", ""),
        encoding=chosen.get("encoding", "") if draft.file_name else "UTF-8",
        markdown=chosen.get("markdown"),
        head=chosen.get("head"),
        is_csv=draft.is_csv,
    )
    fields = {
        int(key): FieldChoice(tuple(sides[0]), tuple(sides[1]))
        for key, sides in chosen.get("fields", {}).items()
    }
    return read_file(draft.path, text=text, anki=AnkiOptions(fields=fields, history=history, start=start))


@dataclass(slots=True)
class Settled:
    """The cards of a file as they will be stored: with a key and a text each, and no two alike.

    Iterate over it; afterwards ``doubled`` counts the cards that were left out because an earlier one has the same
    sides, ``unfit`` those that cannot be stored, and ``named`` those of which a side was an image alone. What has
    a key of its own is left as it is; what has one of those ``written`` is passed over.
    """

    parsed: Parsed
    path: tuple[str, ...] = ()
    doubled: int = 0
    unfit: int = 0
    named: int = 0
    keyless: int = 0
    written: frozenset[str] = frozenset()

    def __iter__(self) -> Iterator[ParsedCard]:
        self.doubled = self.unfit = self.named = self.keyless = 0
        keys = set(self.written)
        sides: set[int] = set()
        for card in self.parsed:
            if card.deck[: len(self.path)] != self.path:
                continue
            # In an archive of ours a side may be without a text.
            is_named = name_sides(card, only_bare=self.parsed.kind == ARCHIVE)
            if not is_storable(card):
                self.unfit += 1
                continue
            texts = hash((card.term, card.definition))
            if not card.key:
                self.keyless += 1
                if texts in sides:
                    self.doubled += 1
                    continue
                card.key = free_key(card.term, keys)
            elif card.key in keys:
                self.doubled += 1
                continue
            sides.add(texts)
            keys.add(card.key)
            self.named += is_named
            yield card


def is_storable(card: ParsedCard) -> bool:
    """Bring the card's texts into the form in which they are stored; whether they fit then."""
    card.term, card.definition = clean_text(card.term), clean_text(card.definition)
    return bool(card.term or card.definition) and max(len(card.term), len(card.definition)) <= MAX_SOURCE


def free_key(term: str, keys: set[str]) -> str:
    """A key for a card whose file has none: the same for the same term, whatever else changes."""
    number, name = 1, term
    while (key := str(uuid.uuid5(TEXT_KEYS, name))) in keys:
        number += 1
        name = f"{number} {term}"
    return key


# --- The preview


@dataclass(slots=True)
class Look:
    """What a file would come to. ``new``, ``changed`` and ``same`` are seen from the deck that it goes into.

    ``keys`` are the first of each deck of the file, by its path; ``targets`` those of ours that its decks go into
    where it is split.
    """

    kind: str
    parsed: Parsed
    preview: Preview = field(default_factory=Preview)
    new: int = 0
    changed: int = 0
    same: int = 0
    doubled: int = 0
    unfit: int = 0
    named: int = 0
    has_history: bool = False
    keys: dict[tuple[str, ...], list[str]] = field(default_factory=dict)
    targets: dict[tuple[str, ...], Deck] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return self.new + self.changed + self.same

    @property
    def about(self) -> ParsedDeck | None:
        """What the file says of its one deck."""
        decks = [deck for deck in self.parsed.decks if deck.path in self.preview.decks or not deck.path]
        return decks[0] if len(decks) == 1 else None

    def count(self, standing: str) -> None:
        """Add a card that is ``new``, ``changed`` or the ``same``."""
        setattr(self, standing, getattr(self, standing) + 1)


def look_at(draft: ImportDraft, *, samples: int = 10) -> Look:
    """Read the whole file once. Nothing is written. Raises FormatError."""
    with open_draft(draft, history=True) as parsed, seldom_collected():
        look = Look(parsed.kind, parsed)
        known = Known.of(draft.deck)
        settled = Settled(parsed, tuple(draft.options.get("path", ())))
        seen: set[int] = set()
        in_parts: dict[tuple[str, ...], list[Outline]] = {}
        is_split = splitting.is_split(draft)
        for card in settled:
            look.preview.count(card, seen)
            if len(look.preview.samples) < samples:
                look.preview.samples.append(card)
            look.has_history |= brings_history(card)
            if len(some := look.keys.setdefault(card.deck, [])) < splitting.KEYS_ASKED:
                some.append(card.key)
            if is_split:
                in_parts.setdefault(card.deck, []).append(Outline.of(card))
            else:
                look.count(known.standing(Outline.of(card), by_sides=parsed.kind == TEXT))
        if is_split:
            look_at_parts(look, draft.owner, in_parts)
        look.preview.report = parsed.report
        look.doubled, look.unfit, look.named = settled.doubled, settled.unfit, settled.named
        look.has_history |= any(next(iter(parsed.records(name)), None) for name in RECORDS)
        return look


class Outline(NamedTuple):
    """What decides whether a card of the file is new: its key, the hash of both sides, its images by side."""

    key: str
    texts: int
    images: Mapping[str, int]

    @classmethod
    def of(cls, card: ParsedCard) -> "Outline":
        images = {side: len(refs_on(card, side)) for side in SIDES} if card.images else {}
        return cls(card.key, hash((card.term, card.definition)), images)


def look_at_parts(look: Look, owner: User, parts: Mapping[tuple[str, ...], Sequence[Outline]]) -> None:
    """Count the cards of each deck of a file against the deck of ours that it goes into."""
    if len(parts) > splitting.MOST_DECKS:
        raise FormatError(f"A file can be split into at most {splitting.MOST_DECKS} decks.")
    look.targets = splitting.targets(owner, look.keys)
    for path, cards in parts.items():
        known = Known.of(look.targets.get(path))
        for card in cards:
            look.count(known.standing(card, by_sides=False))


def brings_history(card: ParsedCard) -> bool:
    """Whether the file knows anything of a learner of ``card``."""
    schedules = (one for one in card.schedules if one.state != "new" or one.suspended or one.buried)
    return bool(card.starred or card.reviews or next(schedules, None))


@dataclass(frozen=True, slots=True)
class Known:
    """What a deck holds already: present cards' sides by key, all pairs of sides, images by key and side."""

    keys: dict[str, int] = field(default_factory=dict)
    sides: set[int] = field(default_factory=set)
    images: Counter[tuple[str, str]] = field(default_factory=Counter)

    @classmethod
    def of(cls, deck: Deck | None) -> "Known":
        if deck is None:
            return cls()
        rows = deck.cards.present().values_list("key", "term", "definition").iterator(chunk_size=2_000)
        keys = {key: hash((term, definition)) for key, term, definition in rows}
        images = CardImage.objects.filter(card__deck=deck).order_by().values_list("card__key", "side")
        return cls(keys, set(keys.values()), Counter(images.iterator(chunk_size=2_000)))

    def standing(self, card: Outline, *, by_sides: bool) -> str:
        """``new``, ``changed`` or ``same``."""
        if self.keys.get(card.key) == card.texts or (by_sides and card.texts in self.sides):
            return "changed" if self.lacks_images(card) else "same"
        return "changed" if card.key in self.keys else "new"

    def lacks_images(self, card: Outline) -> bool:
        """Whether the file has another number of images for a side, where it has any."""
        return any(count and count != self.images[card.key, side] for side, count in card.images.items())


def likely_deck(*, owner: User, cards: Sequence[ParsedCard]) -> Deck | None:
    """The owner's deck that has most of ``cards``, so that a file imported again goes into it; else None."""
    keys = [card.key for card in cards]
    found = Card.objects.filter(key__in=keys, deck__in=Deck.objects.owned_by(owner))
    decks: dict[int, int] = {}
    for deck in found.values_list("deck", flat=True):
        decks[deck] = decks.get(deck, 0) + 1
    best = max(decks, key=lambda deck: decks[deck], default=None)
    if best is None or decks[best] * 2 <= len(keys):
        return None
    return Deck.objects.get(pk=best)


# --- Writing


def begin(*, draft: ImportDraft, look: Look, title: str) -> None:
    """Make the hidden deck; a draft whose import has begun already is left as it is.

    A new deck is called ``title`` and is otherwise as the file says, but private whatever that says.
    """
    with transaction.atomic():
        waiting = ImportDraft.objects.select_for_update().filter(pk=draft.pk, phase=ImportDraft.Phase.PREVIEW)
        if not waiting.exists():
            draft.refresh_from_db()
            return
        if splitting.is_split(draft):
            draft.title = title
            staging = splitting.make_parts(draft, look.keys, look.targets, look.parsed.decks)
        else:
            staging = hidden_deck(draft, look.about, title)
        draft.options["history"] = look.has_history and draft.options.get("history", True)
        draft.staging, draft.total, draft.title = staging, look.total, title
        draft.phase = ImportDraft.Phase.CARDS
        draft.save(update_fields=["options", "staging", "total", "title", "phase"])


def hidden_deck(draft: ImportDraft, about: ParsedDeck | None, title: str) -> Deck:
    staging = Deck(owner=draft.deck.owner if draft.deck else draft.owner, title=title, is_building=True)
    if draft.deck:
        staging.language, staging.side_choice = draft.deck.language, draft.deck.side_choice
    elif about:
        splitting.describe(staging, about)
    staging.save()
    return staging


def write_cards(
    *, draft: ImportDraft, seconds: float = SECONDS, tell: Callable[[], object] | None = None
) -> bool:
    """Go on writing the draft's cards into its hidden deck, for about so long; True when all are there.

    Each chunk is a transaction of its own, after which ``tell`` is called. False too where somebody else is
    writing at this moment. Raises FormatError where the file is damaged further on.
    """
    deadline = 0.0
    staging = draft.staging
    assert staging is not None  # noqa: S101
    start = draft.options.get("note", 0)
    with open_draft(draft, start=start) as parsed, seldom_collected():
        settled = Settled(parsed, tuple(draft.options.get("path", ())), written=written_keys(draft, start))
        # Without a note to go on from, all that is written is read again.
        cards = islice(settled, 0 if start else draft.done, None)
        homes, is_split = splitting.homes_of(draft), splitting.is_split(draft)
        tagger = Tagger(staging.owner, tuple(draft.options.get("path", ())))
        reader = ImageReader(draft, parsed)
        while chunk := list(islice(cards, CHUNK)):
            # From now on: what is written already had to be read again first.
            deadline = deadline or time.monotonic() + seconds
            rows, images = rows_within(chunk, homes, reader, deadline)
            with transaction.atomic():
                mine = ImportDraft.objects.filter(pk=draft.pk, done=draft.done, phase=ImportDraft.Phase.CARDS)
                draft.options["note"] = note_of(chunk[len(rows) - 1])
                counted = {"done": F("done") + len(rows), "images": reader.came_to, "options": draft.options}
                if not mine.update(**counted):
                    draft.refresh_from_db()
                    return False
                Card.objects.bulk_create(rows)
                CardImage.objects.bulk_create(
                    row for card, on in zip(rows, images, strict=True) for row in rows_of(card, on)
                )
                tagger.tag(rows, chunk[: len(rows)], split_decks=parsed.kind != ARCHIVE and not is_split)
            draft.done += len(rows)
            draft.images = reader.came_to
            if tell:
                tell()
            if time.monotonic() > deadline and draft.done < draft.total:
                return False
    return True


def rows_within(
    chunk: Sequence[ParsedCard],
    homes: Mapping[splitting.Path, splitting.Home],
    reader: ImageReader,
    deadline: float,
) -> tuple[list[Card], list[dict[str, list[StoredImage]]]]:
    """The cards of ``chunk`` with the images of each; where it takes long, as many as the time allows, or one."""
    at_home = [(card, homes.get(card.deck) or homes[()]) for card in chunk]
    there: dict[str, Card] = {}
    for home in homes.values():
        there |= counterparts(home.deck, [card for card, its in at_home if its is home])
    rows: list[Card] = []
    images: list[dict[str, list[StoredImage]]] = []
    for card, home in at_home:
        images.append(reader.images_of(card))
        rows.append(card_of(card, home.staging, home.next_place(), there.get(card.key), images[-1]))
        if card.images and time.monotonic() > deadline:
            break
    return rows, images


def note_of(card: ParsedCard) -> int:
    """The id of Anki's note from which ``card`` comes; 0 where it comes from something else."""
    found = NOTE.fullmatch(card.where)
    return int(found[1]) if found else 0


def written_keys(draft: ImportDraft, start: int) -> frozenset[str]:
    """The keys of the cards that are written, where they are not read again."""
    hidden = splitting.hidden_decks(draft) if start else []
    return frozenset(Card.objects.filter(deck__in=hidden).values_list("key", flat=True))


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
        asked_since=parsed.asked_since,
        created_at=parsed.created_at or now,
        updated_at=now,
        **{name: alternatives(getattr(parsed, name)) for name in ALTERNATIVES},
    )
    if there and (there.term, there.definition) == (card.term, card.definition):
        card.term_html = without_images(there.term_html)
        card.definition_html = without_images(there.definition_html)
        card.studied_side = card.settled_side()
    else:
        card.prepare()
    for side, listed in (images or {}).items():
        setattr(card, f"{side}_html", with_images(getattr(card, f"{side}_html"), listed))
    return card


def alternatives(texts: Iterable[str]) -> list[str]:
    cleaned = (clean_text(text) for text in texts)
    return [text for text in dict.fromkeys(cleaned) if 0 < len(text) <= MAX_ALTERNATIVE][:MAX_ALTERNATIVES]


class Tagger:
    """Puts an owner's tags on cards, by their names; makes those that she does not have yet."""

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
        # Another of her tabs may make the same tag at this moment.
        tags = [Tag(owner=self.owner, name=name, key=key) for key, name in missing.items()]
        Tag.objects.bulk_create(tags, ignore_conflicts=True)
        found = Tag.objects.filter(owner=self.owner, key__in=missing).values_list("key", "pk")
        self.known |= dict(found)


def give_up(*, draft: ImportDraft) -> None:
    """Take back what a failed import has written, and let its learner look at the file again.

    Cards that are whole stay: then only the history is given up. A finished import is left as it is.
    """
    with transaction.atomic():
        now = (
            ImportDraft.objects.select_for_update(of=("self",))
            .select_related("staging")
            .filter(pk=draft.pk)
            .first()
        )
        if now and now.phase == ImportDraft.Phase.CARDS:
            hidden = splitting.hidden_decks(now)
            now.options.pop("parts", None)
            now.options.pop("note", None)
            now.staging, now.done, now.images, now.phase = None, 0, {}, ImportDraft.Phase.PREVIEW
            now.save(update_fields=["options", "staging", "done", "images", "phase"])
            for deck in hidden:
                drop_hidden(deck)
        elif now and now.phase == ImportDraft.Phase.HISTORY:
            ImportDraft.objects.filter(pk=now.pk).update(phase=ImportDraft.Phase.DONE)
    draft.refresh_from_db()
