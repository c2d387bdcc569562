"""Uploaded files and pasted texts that wait for their import."""

import logging
import shutil
from collections.abc import Sequence
from datetime import datetime
from typing import Any, BinaryIO

from django.db import transaction
from django.db.models import Q

from cards.editing.decks import refresh_deck
from cards.importing import splitting
from cards.models import (
    KEPT_DRAFTS,
    KEPT_FOR,
    Card,
    CardImage,
    Deck,
    ImportDraft,
    TagLink,
    TwinPair,
    drafts_folder,
)
from cards.temporary_files import remove_strays
from studysite.accounts.models import User
from studysite.slices import Slice

logger = logging.getLogger(__name__)

DROPPED_AT_ONCE = 2_000
"""Cards of a hidden deck that are deleted in one transaction."""


def make_draft(
    *,
    owner: User,
    content: str | BinaryIO,
    file_name: str = "",
    deck: Deck | None = None,
    options: dict[str, Any] | None = None,
) -> ImportDraft:
    """Store pasted text or an uploaded file until it is imported, for at most a day.

    Deletes all but the learner's newest drafts, with everything that these have written.
    """
    draft = ImportDraft(owner=owner, deck=deck, file_name=file_name[-200:], options=options or {})
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
        # The learner need not wait for that: `hidden_remove` does the rest.
        drop_draft(draft=old, slice_=Slice(0))
    return draft


def drop_draft(*, draft: ImportDraft, slice_: Slice | None = None) -> str:
    """Delete a draft, its file, and the hidden deck that it was filling. Returns the phase that it was in.

    With ``slice_`` it deletes as much of that deck as the time allows, and `hidden_remove` the rest.
    """
    with transaction.atomic():
        # Reload it: another request may have finished it in the meantime.
        now = ImportDraft.objects.select_for_update().filter(pk=draft.pk).first()
        hidden = splitting.hidden_decks(now) if now else []
        if now:
            refresh_targets(now)
        draft.delete()
    phase = (now or draft).phase
    if now and phase not in (ImportDraft.Phase.PREVIEW, ImportDraft.Phase.DONE):
        logger.info(
            "Import %s of user %s given up in phase %s at %s of %s cards.",
            *(now.pk, now.owner_id, phase, now.done, now.total),
        )
    drop_hidden(hidden, slice_)
    return phase


def refresh_targets(draft: ImportDraft) -> None:
    """Update what is counted from the cards of decks into which some of the draft's cards were merged.

    A merge does so at its end, which a merge that was stopped has not reached.
    """
    if draft.phase == ImportDraft.Phase.MERGING:
        for deck in Deck.objects.filter(pk__in=splitting.target_keys(draft)):
            refresh_deck(deck=deck)


def drop_hidden(decks: Sequence[Deck], slice_: Slice | None = None) -> bool:
    """Delete hidden decks in short transactions. Returns whether all are deleted."""
    for deck in decks:
        while pks := list(deck.cards.order_by().values_list("pk", flat=True)[:DROPPED_AT_ONCE]):
            with transaction.atomic():
                # Checked again: a deck that has become visible in the meantime belongs to a learner.
                if not any(there.is_building for there in Deck.objects.lock([deck.pk])):
                    break
                delete_cards(pks)
            if slice_ and slice_.is_over:
                return False
        Deck.objects.filter(pk=deck.pk, is_building=True).delete()
    return True


def delete_cards(cards: Sequence[int]) -> None:
    """Delete hidden cards by primary keys. Only tags, images and twins can refer to them."""
    TagLink.objects.filter(card__in=cards).delete()
    CardImage.objects.filter(card__in=cards).delete()
    TwinPair.objects.filter(Q(first__in=cards) | Q(second__in=cards)).delete()
    # Django's own deletion looks for everything that refers to a card, which takes longer than writing them.
    rows = Card.objects.filter(pk__in=cards)
    rows._raw_delete(rows.db)


def hidden_remove(*, slice_: Slice | None = None) -> bool:
    """Delete the hidden decks that no draft fills any more. Returns whether all are deleted."""
    # The decks are loaded first, so that no deck is missed whose draft is created at the same time.
    hidden = list(Deck.objects.filter(is_building=True))
    drafts = ImportDraft.objects.filter(phase__in=ImportDraft.WRITING)
    filled = {deck.pk for draft in drafts.defer("look") for deck in splitting.hidden_decks(draft)}
    return drop_hidden([deck for deck in hidden if deck.pk not in filled], slice_)


def old_drafts_remove(*, now: datetime) -> int:
    """Delete drafts, and files without a draft, that are older than `KEPT_FOR`. Returns the number of drafts."""
    old = list(ImportDraft.objects.filter(created_at__lt=now - KEPT_FOR).defer("look"))
    for draft in old:
        # `hidden_remove` deletes the hidden deck, within a time limit.
        drop_draft(draft=draft, slice_=Slice(0))
    known = set(ImportDraft.objects.values_list("token", flat=True))
    remove_strays(drafts_folder(), known=known, before=now - KEPT_FOR)
    return len(old)
