"""Uploads that wait for their import."""

import shutil
from collections.abc import Sequence
from datetime import datetime
from typing import BinaryIO

from django.db import transaction
from django.db.models import Q

from cards.editing.decks import refresh_deck
from cards.importing import splitting
from cards.importing.writing import TagLink
from cards.models import (
    KEPT_DRAFTS,
    KEPT_FOR,
    Card,
    CardImage,
    Deck,
    ImportDraft,
    TwinPair,
    drafts_folder,
)
from cards.temporary_files import remove_strays
from studysite.accounts.models import User
from studysite.slices import Slice

DROPPED_AT_ONCE = 2_000


def make_draft(
    *, owner: User, content: str | BinaryIO, file_name: str = "", deck: Deck | None = None
) -> ImportDraft:
    """Keep pasted text or an uploaded file until it is imported, for a day at most.

    Of one learner's drafts the newest stay; what an older one has half written goes with it.
    """
    draft = ImportDraft(owner=owner, deck=deck, file_name=file_name[-200:])
    drafts_folder().mkdir(mode=0o700, parents=True, exist_ok=True)
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
                if not any(there.is_building for there in Deck.objects.lock([deck.pk])):
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
    remove_strays(drafts_folder(), known=known, before=now - KEPT_FOR)
    return len(old)
