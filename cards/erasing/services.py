"""Erasing the texts of removed decks and cards for good, when nobody can restore them any more.

All work is done in transactions of some hundred rows, and can stop after each: what is not erased yet is found
again. A deck is claimed first, by one conditional statement, which also erases its own texts. Then its cards are
erased, and what other apps keep of them (`cards.hooks`).

Rows to which answers of others refer stay, without texts, and are deleted as soon as nothing refers to them.
"""

import logging
import secrets
from collections.abc import Collection, Sequence
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
    TagLink,
    TwinPair,
    Visibility,
    make_card_key,
)
from cards.text.markdown import render
from studysite.admin.log import forget_rows
from studysite.queries.chunks import chunked
from studysite.slices import Slice

logger = logging.getLogger(__name__)

REMOVED_DECK = "A deck that was removed"
REMOVED_CARD = "A card that was removed"
REMOVED_TAG = "A tag"
REMOVED_REPORT = "A report"
CARDS_AT_ONCE = 100
"""Cards whose rows are written in one transaction."""

CARDS_LOOKED_FOR = 2_000
"""Cards whose texts are searched in the frozen questions at once."""

DECKS_AT_ONCE = 500
ROWS_AT_ONCE = 500


# --- Decks


def old_decks_claim(*, now: datetime) -> int:
    """Claim the decks that nobody can restore any more; return how many."""
    before = now - timedelta(days=RESTORABLE_DAYS)
    old = Deck.objects.filter(removed_at__lt=before, erased_at=None).exclude(slug=LIBRARY_SLUG)
    keys = list(old.order_by("removed_at").values_list("pk", flat=True))
    # The claim checks the time again: a deck may have been restored at this moment.
    return sum(
        len(claim_decks(chunk, now=now, removed_before=before)) for chunk in chunked(keys, DECKS_AT_ONCE)
    )


@transaction.atomic
def claim_decks(keys: Collection[int], *, now: datetime, removed_before: datetime | None = None) -> list[int]:
    """Remove the decks and erase their own texts; from then on they cannot be restored.

    Returns the keys of the decks that were not erased before; with ``removed_before`` only of those that were
    removed before that time. An erased deck gets a new, random address.
    """
    prefix = secrets.token_hex(8)
    decks = Deck.objects.filter(pk__in=keys, erased_at=None)
    if removed_before:
        decks = decks.filter(removed_at__lt=removed_before)
    decks.update(
        title=REMOVED_DECK,
        description="",
        words="",
        slug=Concat(Value(f"{prefix}-"), Cast("pk", CharField())),
        language=Deck._meta.get_field("language").default,
        definition_language="",
        visibility=Visibility.PRIVATE,
        removed_at=Coalesce("removed_at", Value(now)),
        erased_at=now,
        updated_at=now,
    )
    claimed = list(Deck.objects.filter(pk__in=keys, slug__startswith=prefix).values_list("pk", flat=True))
    forget_rows(Deck, claimed, said=REMOVED_DECK)
    return claimed


def erase_now(keys: Collection[int], *, now: datetime) -> None:
    """Erase decks, removed or not, within a request; the daily command erases what takes longer."""
    claimed = claim_decks(keys, now=now)
    erase_claimed_decks(slice_=Slice(), decks=Deck.objects.filter(pk__in=claimed))


def erase_claimed_decks(*, slice_: Slice, decks: QuerySet[Deck] | None = None) -> bool:
    """Continue erasing the claimed decks among ``decks`` (None: all); return whether all is done."""
    erased = (Deck.objects.all() if decks is None else decks).exclude(erased_at=None)
    is_done = True
    # In random order: if there are too many for one day, each will be reached some day.
    for deck in list(erased.order_by("?")):
        if slice_.is_over:
            return False
        is_done &= erase_deck(deck, slice_=slice_)
    return is_done


def erase_deck(deck: Deck, *, slice_: Slice) -> bool:
    """Continue erasing a claimed deck; return whether all is done."""
    for draft in ImportDraft.objects.filter(Q(deck=deck) | Q(staging=deck)).defer("look"):
        # The daily command deletes the rest of a hidden deck (see `cards.importing.drafts.hidden_remove`).
        drop_draft(draft=draft, slice_=Slice(0))
    # One by one: deleting an export also deletes its file.
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
    """Delete the row of an erased deck, unless a card is left, or answers refer to it."""
    if deck.cards.exists() or hooks.study.needed_decks([deck.pk]):
        return
    try:
        with transaction.atomic():
            # The hook has asked for references. Django would ask again, inside the transaction.
            rows = Deck.objects.filter(pk=deck.pk)
            rows._raw_delete(rows.db)
    except IntegrityError:
        logger.info("Deck %s is referred to again, so its row stays.", deck.pk)


# --- Cards


def old_cards_erase(*, now: datetime, slice_: Slice) -> tuple[int, bool]:
    """Erase the cards that were removed long ago from decks that stay, and delete rows without references.

    Returns how many cards were erased, and whether all is done.
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
    """Erase the texts of these cards of ``deck``, here and in other apps; return whether all is done.

    With ``removed_before`` a card is only erased if it is still removed, since before that time.
    """
    for looked_for in chunked(keys, CARDS_LOOKED_FOR):
        if not hooks.study.erase_cards(looked_for, deck, slice_=slice_):
            return False
        for chunk in chunked(looked_for, CARDS_AT_ONCE):
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
        "words": "",
    }
    now = timezone.now()
    if deck.erased_at:
        # Learners' progress depends on the side that was asked for, which must not change when cards are rendered
        # again.
        fields["side_choice"] = F("studied_side")
        # In a deck that stays, an import recognises a card by its key. Here the key would only tell its origin.
        for card in found:
            card.key = make_card_key()
        Card.objects.bulk_update(found, ["key"])
    Card.objects.filter(pk__in=[card.pk for card in found]).update(**fields, erased_at=now, updated_at=now)


def _erase_around(deck: Deck, cards: Sequence[int]) -> None:
    """Delete the rows that belong to these cards, and the owner's tags that are then on no card."""
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
    """Delete ``rows``; the admin's log then calls them ``said``."""
    keys = list(rows.order_by().values_list("pk", flat=True))
    forget_rows(rows.model, keys, said=said)
    rows.model.objects.filter(pk__in=keys).delete()


def drop_unneeded(keys: Sequence[int], *, slice_: Slice) -> bool:
    """Delete the rows of these erased cards, unless answers refer to them; return whether all were checked."""
    for chunk in chunked(keys, CARDS_AT_ONCE):
        if slice_.is_over:
            return False
        gone = set(chunk).difference(hooks.study.needed_cards(chunk))
        if not gone:
            continue
        try:
            with transaction.atomic():
                Card.objects.filter(pk__in=gone).exclude(erased_at=None).delete()
        except (ProtectedError, IntegrityError):
            logger.info("A card is referred to again, so its row stays.")
    return True


# --- Rows


def drop_rows(rows: QuerySet[Any], *, slice_: Slice, said: str = "") -> bool:
    """Delete ``rows`` in short transactions; return whether all are deleted.

    With ``said``, the admin's log then calls them so.
    """
    while keys := list(rows.order_by().values_list("pk", flat=True)[:ROWS_AT_ONCE]):
        if slice_.is_over:
            return False
        if said:
            forget_rows(rows.model, keys, said=said)
        rows.model.objects.filter(pk__in=keys).delete()
    return True
