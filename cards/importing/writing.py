"""Files of cards -> decks: writing them, in chunks, into a deck that is not shown.

What was read of the file (`cards.readings`) goes on after the cards that are written already. `cards.merging`
makes the hidden deck appear, or puts its cards into the deck that they are for.
"""

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import BinaryIO

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from cards import splitting
from cards.drafts import KEPT_DRAFTS, KEPT_FOR, ImportDraft, folder
from cards.formats.detect import ARCHIVE, open_images
from cards.formats.types import FormatError, ParsedCard, ParsedDeck
from cards.illustrating import rows_of
from cards.images import CardImage, StoredImage, with_images, without_images
from cards.import_images import ImageReader
from cards.kept_files import remove_strays
from cards.looking import Look
from cards.models import MAX_ALTERNATIVE, MAX_ALTERNATIVES, Card, Deck, Tag, TwinPair, clean_text, tag_key
from cards.reading import limits_of, seldom_collected
from cards.reading import steps as read_steps
from cards.readings import opened
from cards.services import CHUNK, lock_decks, refresh_deck
from cards.slices import Slice
from studysite.accounts.models import User

MAX_TAGS = 50
"""Tags that one card may bring along."""

MAX_TAG_KEY = 120
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)

DROPPED_AT_ONCE = 2_000
RENDERED_AT_ONCE = 20_000
"""Characters of cards after which it looks whether its time is over: the slowest take a fifth of a second."""

FILE, DECK = "file", "deck"
"""Whose word counts where a card of the file is in the deck already and differs."""

ALTERNATIVES = ("accepted_terms", "accepted_definitions", "wrong_terms", "wrong_definitions")
TagLink = Card.tags.through

WHAT_STAYS = {
    ImportDraft.Phase.MERGING: "Some of the cards are in the deck already; the others were not imported.",
    ImportDraft.Phase.HISTORY: "The cards are there, but not all of your answers.",
    ImportDraft.Phase.DONE: "The cards are there already.",
}


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
        # Whoever hands in a file need not wait for that: `hidden_remove` does the rest.
        drop_draft(draft=old, slice_=Slice(0))
    return draft


def drop_draft(*, draft: ImportDraft, slice_: Slice | None = None) -> str:
    """Forget a draft, its file, and the hidden deck that it was filling; returns the phase that it was in.

    With ``slice_`` only as much of that deck as the time allows; `hidden_remove` forgets the rest.
    """
    with transaction.atomic():
        # As it stands now: somebody may have finished it in the meantime.
        now = ImportDraft.objects.select_for_update().filter(pk=draft.pk).first()
        hidden = splitting.hidden_decks(now) if now else []
        if now:
            refresh_targets(now)
        draft.delete()
    drop_hidden(hidden, slice_)
    return (now or draft).phase


def what_stays(phase: str) -> str:
    """What an import leaves that ends in ``phase``, before its end or at it, in words."""
    return WHAT_STAYS.get(ImportDraft.Phase(phase), "Nothing was imported.")


def refresh_targets(draft: ImportDraft) -> None:
    """Count anew all that hangs on the cards of decks into which some of a draft's cards have come already.

    A merge does so at its end; one that ends early comes to none.
    """
    if draft.phase == ImportDraft.Phase.MERGING:
        for deck in Deck.objects.filter(pk__in=splitting.target_keys(draft)):
            refresh_deck(deck=deck)


def drop_hidden(decks: Sequence[Deck], slice_: Slice | None = None) -> bool:
    """Delete hidden decks in short transactions; whether all of that is done."""
    for deck in decks:
        while pks := list(deck.cards.order_by().values_list("pk", flat=True)[:DROPPED_AT_ONCE]):
            with transaction.atomic():
                # As it is now: one that has appeared meanwhile is somebody's.
                if not any(there.is_building for there in lock_decks([deck.pk])):
                    break
                forget_cards(pks)
            if slice_ and slice_.is_over:
                return False
        Deck.objects.filter(pk=deck.pk, is_building=True).delete()
    return True


def forget_cards(cards: Sequence[int]) -> None:
    """Delete hidden cards, to which nothing but tags, images and twins can refer yet."""
    TagLink.objects.filter(card__in=cards).delete()
    CardImage.objects.filter(card__in=cards).delete()
    TwinPair.objects.filter(Q(first__in=cards) | Q(second__in=cards)).delete()
    # Looking for what else could go with each of 10,000 cards takes longer than writing them.
    rows = Card.objects.filter(pk__in=cards)
    rows._raw_delete(rows.db)


def hidden_remove(*, slice_: Slice | None = None) -> bool:
    """Delete the hidden decks that no draft fills any more; whether all of that is done."""
    # The decks first: the draft of one that was there then is there too, unless it is done with it.
    hidden = list(Deck.objects.filter(is_building=True))
    drafts = ImportDraft.objects.filter(phase__in=ImportDraft.WRITING)
    filled = {deck.pk for draft in drafts.defer("look") for deck in splitting.hidden_decks(draft)}
    return drop_hidden([deck for deck in hidden if deck.pk not in filled], slice_)


def old_drafts_remove(*, now: datetime) -> int:
    """Forget the drafts, and files without one, that have waited for longer than `KEPT_FOR`; returns how many."""
    old = list(ImportDraft.objects.filter(created_at__lt=now - KEPT_FOR).defer("look"))
    for draft in old:
        # What is left of its hidden deck is for `hidden_remove`, which has a time to keep to.
        drop_draft(draft=draft, slice_=Slice(0))
    known = set(ImportDraft.objects.values_list("token", flat=True))
    remove_strays(folder(), known=known, before=now - KEPT_FOR)
    return len(old)


# --- Writing


def begin(*, draft: ImportDraft, look: Look, title: str) -> None:
    """Make the hidden deck; a draft whose import has begun already is left as it is.

    A new deck is called ``title`` and is otherwise as the file says, but private whatever that says.
    Raises FormatError where there are no cards, or where a deck that they are for is not there any more, or is not
    for the draft's owner to change.
    """
    if not look.total:
        raise FormatError("There are no cards in it.")
    with transaction.atomic():
        waiting = ImportDraft.objects.select_for_update().filter(pk=draft.pk, phase=ImportDraft.Phase.PREVIEW)
        if not waiting.exists():
            draft.refresh_from_db()
            return
        is_split = splitting.is_split(draft)
        for_decks = {deck.pk for deck in look.targets.values()} if is_split else splitting.target_keys(draft)
        splitting.require_decks(draft.owner, for_decks)
        if is_split:
            draft.title = title
            staging = splitting.make_parts(draft, look.keys, look.targets, look.parsed.decks)
        else:
            staging = hidden_deck(draft, look.about, title)
        draft.options["history"] = look.has_history and draft.options.get("history", True)
        draft.staging, draft.total, draft.title = staging, look.total, title
        draft.phase, draft.done, draft.look = ImportDraft.Phase.CARDS, 0, {}
        draft.save(update_fields=["options", "staging", "total", "title", "phase", "done", "look"])


def hidden_deck(draft: ImportDraft, about: ParsedDeck | None, title: str) -> Deck:
    staging = Deck(owner=draft.deck.owner if draft.deck else draft.owner, title=title, is_building=True)
    if draft.deck:
        staging.language, staging.side_choice = draft.deck.language, draft.deck.side_choice
    elif about:
        splitting.describe(staging, about)
    staging.save()
    return staging


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
        is_whole = slice_.take(read_steps(draft, reading))
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
        card.studied_side = card.settled_side()
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


def give_up(*, draft: ImportDraft, slice_: Slice | None = None) -> str:
    """Take back what a failed import has written, and let its learner look at the file again.

    Returns the phase that it was in.

    Cards that are whole stay: then only the history is given up. So do those that have come into a deck that was
    there before. A finished import is left as it is.
    """
    hidden: list[Deck] = []
    phase = draft.phase
    with transaction.atomic():
        now = (
            ImportDraft.objects.select_for_update(of=("self",))
            .select_related("staging")
            .filter(pk=draft.pk)
            .first()
        )
        if now:
            phase = now.phase
        if now and phase in ImportDraft.WRITING:
            refresh_targets(now)
            hidden = splitting.hidden_decks(now)
            for name in ("parts", "positions"):
                now.options.pop(name, None)
            now.staging, now.done, now.images, now.phase = None, 0, {}, ImportDraft.Phase.PREVIEW
            now.added, now.updated, now.unchanged = 0, 0, 0
            changed = ["options", "staging", "done", "images", "phase", "added", "updated", "unchanged"]
            now.save(update_fields=changed)
        elif now and phase == ImportDraft.Phase.HISTORY:
            ImportDraft.objects.filter(pk=now.pk).update(phase=ImportDraft.Phase.DONE)
    drop_hidden(hidden, slice_)
    draft.refresh_from_db()
    return phase
