"""What happens to a user's decks, tags, files and reports when their account is erased."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import Count, Sum
from django.dispatch import receiver

from cards.erasing.handing_over import hand_over
from cards.erasing.services import REMOVED_REPORT, REMOVED_TAG, claim_decks, drop_rows, erase_claimed_decks
from cards.importing.drafts import drop_draft
from cards.models import LIBRARY_SLUG, CardReport, Deck, DeckExport, ImportDraft, Tag, TagLink
from studysite.accounts.erasing import Belonging
from studysite.accounts.models import User
from studysite.accounts.signals import belongings_asked, objections_asked, person_erasing, person_leaving
from studysite.slices import Slice


@receiver(objections_asked)
def object_to_library_owners(sender: object, people: Collection[int], **kwargs: Any) -> list[str]:
    """The deck that comes with the site would be loaded again at the next start."""
    shipped = Deck.objects.filter(slug=LIBRARY_SLUG, owner__in=people).select_related("owner")
    return [
        f"{deck.owner} owns “{deck}”, which comes with the site. Give it another owner first."
        for deck in shipped
    ]


@receiver(belongings_asked)
def count_decks(sender: object, people: Collection[int], **kwargs: Any) -> list[Belonging]:
    counted = (
        Deck.objects.present().filter(owner__in=people).aggregate(decks=Count("pk"), cards=Sum("card_count"))
    )
    return [
        Belonging(counted["decks"], "deck", "decks", can_be_handed_over=True),
        Belonging(counted["cards"] or 0, "card in them", "cards in them"),
    ]


@receiver(person_leaving)
def hand_over_or_claim_decks(
    sender: object, person: User, heir: User | None, now: datetime, **kwargs: Any
) -> None:
    """Present decks go to the heir, if there is one; all others are claimed for erasing."""
    if heir:
        # Hidden decks too: an editor may be importing into one. The person's own are deleted with their drafts.
        there = Deck.objects.filter(owner=person, removed_at=None)
        hand_over(decks=list(there.values_list("pk", flat=True)), owner=person, to=heir)
    claim_decks(list(Deck.objects.filter(owner=person).values_list("pk", flat=True)), now=now)


@receiver(person_erasing)
def erase_belongings(sender: object, person: User, slice_: Slice, **kwargs: Any) -> bool:
    """Erase imports, exports, reports, tags and the texts of their erased decks; return whether all is done."""
    drop_files(person)
    tags, decks = Tag.objects.filter(owner=person), Deck.objects.filter(owner=person)
    return (
        drop_rows(CardReport.objects.filter(reporter=person), slice_=slice_, said=REMOVED_REPORT)
        # Also from the cards of others.
        and drop_rows(TagLink.objects.filter(tag__owner=person), slice_=slice_)
        and drop_rows(tags, slice_=slice_, said=REMOVED_TAG)
        and erase_claimed_decks(slice_=slice_, decks=decks)
    )


def drop_files(person: User) -> None:
    """Delete the person's imports and exports, with their files."""
    for draft in ImportDraft.objects.filter(owner=person).defer("look"):
        # The daily command removes what it has written.
        drop_draft(draft=draft, slice_=Slice(0))
    for export in DeckExport.objects.filter(learner=person):
        export.delete()
