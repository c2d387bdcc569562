"""Erasing what removed decks and cards say, for good, once nobody can bring them back any more.

Everything is done in transactions of some hundred rows, and can be stopped after any of them: whatever is
not erased yet is found again. A deck is claimed first, by one conditional statement, and says nothing of
itself from then on; its cards, and what others keep of them (`cards.hooks`), follow.

Rows stay as empty shells where somebody else's answers refer to them, and go as soon as nothing does.
"""

import logging
import secrets
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import CharField, Exists, F, OuterRef, ProtectedError, Q, QuerySet, Value
from django.db.models.functions import Cast, Coalesce, Concat
from django.utils import timezone

from cards import hooks
from cards.importing.drafts import drop_draft
from cards.models import (
    ALTERNATIVES,
    LIBRARY_SLUG,
    RESTORABLE_DAYS,
    Card,
    CardImage,
    CardReport,
    Deck,
    DeckExport,
    ImportDraft,
    Tag,
    TwinPair,
    Visibility,
    make_card_key,
)
from cards.text.markdown import render
from studysite.admin.log import forget_rows
from studysite.slices import Slice

logger = logging.getLogger(__name__)

REMOVED_DECK = "A deck that was removed"
REMOVED_CARD = "A card that was removed"
REMOVED_TAG = "A tag"
REMOVED_REPORT = "A report"
CARDS_AT_ONCE = 100
"""Cards whose rows are written in one transaction."""

CARDS_LOOKED_FOR = 2_000
"""Cards for whose texts the frozen questions are looked through at once."""

DECKS_AT_ONCE = 500
ROWS_AT_ONCE = 500
TagLink = Card.tags.through


# --- Decks


def old_decks_claim(*, now: datetime) -> int:
    """Begin to erase the decks that nobody can bring back any more; returns how many."""
    before = now - timedelta(days=RESTORABLE_DAYS)
    old = Deck.objects.filter(removed_at__lt=before, erased_at=None).exclude(slug=LIBRARY_SLUG)
    keys = list(old.order_by("removed_at").values_list("pk", flat=True))
    # Said again where they are claimed: one may have been brought back at this moment.
    return sum(
        len(claim_decks(chunk, now=now, removed_before=before)) for chunk in chunks(keys, DECKS_AT_ONCE)
    )


@transaction.atomic
def claim_decks(keys: Collection[int], *, now: datetime, removed_before: datetime | None = None) -> list[int]:
    """Remove those of the decks that are there, and erase what they say of themselves: nothing brings them back.

    Returns the keys of those that were not erased before; with ``removed_before`` only those that have been
    removed for so long. The address of an erased deck is one that nobody has known.
    """
    prefix = secrets.token_hex(8)
    decks = Deck.objects.filter(pk__in=keys, erased_at=None)
    if removed_before:
        decks = decks.filter(removed_at__lt=removed_before)
    decks.update(
        title=REMOVED_DECK,
        description="",
        slug=Concat(Value(f"{prefix}-"), Cast("pk", CharField())),
        language=Deck._meta.get_field("language").default,
        visibility=Visibility.PRIVATE,
        removed_at=Coalesce("removed_at", Value(now)),
        erased_at=now,
        updated_at=now,
    )
    claimed = list(Deck.objects.filter(pk__in=keys, slug__startswith=prefix).values_list("pk", flat=True))
    forget_rows(Deck, claimed, said=REMOVED_DECK)
    return claimed


def erase_now(keys: Collection[int], *, now: datetime) -> None:
    """Erase decks that are removed or not, within a request: what takes longer goes with the daily chores."""
    claimed = claim_decks(keys, now=now)
    erase_claimed_decks(slice_=Slice(), decks=Deck.objects.filter(pk__in=claimed))


def erase_claimed_decks(*, slice_: Slice, decks: QuerySet[Deck] | None = None) -> bool:
    """Go on with those of ``decks``, or of all, that are erased; whether nothing is left that can be erased."""
    erased = (Deck.objects.all() if decks is None else decks).exclude(erased_at=None)
    is_done = True
    # In any order: of more than can be looked at in one day, each has its turn.
    for deck in list(erased.order_by("?")):
        if slice_.is_over:
            return False
        is_done &= erase_deck(deck, slice_=slice_)
    return is_done


def erase_deck(deck: Deck, *, slice_: Slice) -> bool:
    """Go on erasing what a claimed deck says; whether nothing is left that can be erased."""
    for draft in ImportDraft.objects.filter(Q(deck=deck) | Q(staging=deck)).defer("look"):
        # What is left of a hidden deck goes with the daily chores (see `cards.importing.drafts.hidden_remove`).
        drop_draft(draft=draft, slice_=Slice(0))
    # One by one: with each goes its file.
    for export in DeckExport.objects.filter(deck=deck):
        export.delete()
    keys = list(deck.cards.unerased().order_by("pk").values_list("pk", flat=True))
    if not erase_cards(deck, keys, slice_=slice_):
        return False
    if not hooks.study.erase_deck(deck, slice_=slice_):
        return False
    keys = list(deck.cards.order_by("pk").values_list("pk", flat=True))
    if not drop_unneeded(keys, slice_=slice_):
        return False
    drop_empty_deck(deck)
    return True


def drop_empty_deck(deck: Deck) -> None:
    """Delete the row of an erased deck, unless a card is left, or somebody's answers need it."""
    if deck.cards.exists() or hooks.study.needed_decks([deck.pk]):
        return
    try:
        with transaction.atomic():
            # What could refer to it has been looked for, in every app; a second time would be in the transaction.
            rows = Deck.objects.filter(pk=deck.pk)
            rows._raw_delete(rows.db)
    except IntegrityError:
        logger.info("Deck %s is needed again.", deck.pk)


# --- Cards


def old_cards_erase(*, now: datetime, slice_: Slice) -> tuple[int, bool]:
    """Erase the cards that were removed long ago from decks that stay, and delete the rows that nobody needs.

    Returns how many were erased, and whether that is all there is to do.
    """
    before = now - timedelta(days=RESTORABLE_DAYS)
    old = Card.objects.filter(removed_at__lt=before, erased_at=None, deck__erased_at=None)
    count = 0
    for deck in Deck.objects.filter(pk__in=old.order_by().values("deck")).order_by("?"):
        keys = list(old.filter(deck=deck).order_by("pk").values_list("pk", flat=True))
        if not erase_cards(deck, keys, slice_=slice_, removed_before=before):
            return count, False
        count += len(keys)
    shells = Card.objects.filter(removed_at__isnull=False, erased_at__isnull=False, deck__erased_at=None)
    return count, drop_unneeded(list(shells.order_by("?").values_list("pk", flat=True)), slice_=slice_)


def erase_cards(
    deck: Deck, keys: Sequence[int], *, slice_: Slice, removed_before: datetime | None = None
) -> bool:
    """Erase what these cards of ``deck`` say, here and where others keep it; whether that is done.

    With ``removed_before`` only those that have been removed for so long when it comes to them.
    """
    for looked_for in chunks(keys, CARDS_LOOKED_FOR):
        if not hooks.study.erase_cards(looked_for, deck, slice_=slice_):
            return False
        for chunk in chunks(looked_for, CARDS_AT_ONCE):
            if slice_.is_over:
                return False
            _erase_chunk(deck, chunk, removed_before)
    return True


@transaction.atomic
def _erase_chunk(deck: Deck, keys: Sequence[int], removed_before: datetime | None) -> None:
    Deck.objects.lock([deck.pk])
    cards = Card.objects.filter(pk__in=keys, deck=deck, erased_at=None)
    if removed_before:
        cards = cards.filter(removed_at__lt=removed_before)
    found = list(cards.only("key"))
    _erase_around(deck, [card.pk for card in found])
    fields: dict[str, Any] = {name: [] for name in ALTERNATIVES}
    fields |= {
        "term": REMOVED_CARD,
        "term_html": render(REMOVED_CARD),
        "definition": "",
        "definition_html": "",
    }
    now = timezone.now()
    if deck.erased_at:
        # The progress of others counts by the side that was asked for, also when the cards are rendered anew.
        fields["side_choice"] = F("studied_side")
        # In a deck that stays a key is how an import knows the card again; here it would only tell where it
        # is from.
        for card in found:
            card.key = make_card_key()
        Card.objects.bulk_update(found, ["key"])
    Card.objects.filter(pk__in=[card.pk for card in found]).update(**fields, erased_at=now, updated_at=now)


def _erase_around(deck: Deck, cards: Sequence[int]) -> None:
    """Delete what hangs on these cards, with the deck's owner's tags that are on no other card then."""
    reports = CardReport.objects.filter(card__in=cards).order_by()
    pairs = TwinPair.objects.filter(Q(first__in=cards) | Q(second__in=cards))
    links = TagLink.objects.filter(card__in=cards)
    tags = list(links.filter(tag__owner=deck.owner_id).values_list("tag", flat=True).distinct())
    _drop_logged(reports, REMOVED_REPORT)
    _drop_logged(pairs, REMOVED_CARD)
    forget_rows(Card, cards, said=REMOVED_CARD)
    CardImage.objects.filter(card__in=cards).delete()
    links.delete()
    unused = Tag.objects.filter(~Exists(TagLink.objects.filter(tag=OuterRef("pk"))), pk__in=tags)
    _drop_logged(unused, REMOVED_TAG)


def _drop_logged(rows: QuerySet[Any], said: str) -> None:
    """Delete ``rows``, which the admin's log calls ``said`` from then on."""
    keys = list(rows.order_by().values_list("pk", flat=True))
    forget_rows(rows.model, keys, said=said)
    rows.model.objects.filter(pk__in=keys).delete()


def drop_unneeded(keys: Sequence[int], *, slice_: Slice) -> bool:
    """Delete the rows of those of these erased cards that nobody's answers need; whether all were looked at."""
    for chunk in chunks(keys, CARDS_AT_ONCE):
        if slice_.is_over:
            return False
        gone = set(chunk).difference(hooks.study.needed_cards(chunk))
        if not gone:
            continue
        try:
            with transaction.atomic():
                Card.objects.filter(pk__in=gone).exclude(erased_at=None).delete()
        except (ProtectedError, IntegrityError):
            logger.info("A card is needed again.")
    return True


# --- Rows


def drop_rows(rows: QuerySet[Any], *, slice_: Slice, said: str = "") -> bool:
    """Delete ``rows`` in short transactions; whether that is done.

    With ``said`` that is what the admin's log calls them from then on.
    """
    while keys := list(rows.order_by().values_list("pk", flat=True)[:ROWS_AT_ONCE]):
        if slice_.is_over:
            return False
        if said:
            forget_rows(rows.model, keys, said=said)
        rows.model.objects.filter(pk__in=keys).delete()
    return True


def chunks(keys: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(keys), size):
        yield keys[start : start + size]
