"""What learners say about cards: what is wrong with them, and which answers are right too."""

from django.db import transaction
from django.utils import timezone

from cards.models import MAX_ALTERNATIVE, MAX_ALTERNATIVES, MAX_REPORT, Card, CardReport, clean_text
from cards.services import RENDERED, lock_decks
from studysite.accounts.models import User


@transaction.atomic
def accept_answer(*, card: Card, side: str, text: str) -> bool:
    """Let ``text`` count as an answer to ``side`` of the card from now on.

    False where it does already, or the card has as many as it may have.
    """
    lock_decks([card.deck_id])
    field = f"accepted_{side}s"
    card = Card.objects.defer(*RENDERED).select_related("deck").get(pk=card.pk)
    accepted, text = getattr(card, field), clean_text(text)[:MAX_ALTERNATIVE]
    if not text or text in accepted or len(accepted) >= MAX_ALTERNATIVES:
        return False
    Card.objects.filter(pk=card.pk).update(**{field: [*accepted, text]}, updated_at=timezone.now())
    return True


def settle_report(*, report: CardReport) -> None:
    """Note that somebody has seen to the report; a second time changes nothing."""
    CardReport.objects.unsettled().filter(pk=report.pk).update(settled_at=timezone.now())


def report_card(*, card: Card, reporter: User, kind: str, side: str, text: str) -> None:
    """Tell the card's owner; the same word of the same learner is kept once while nobody has seen to it."""
    CardReport.objects.get_or_create(
        card=card,
        reporter=reporter,
        kind=kind,
        text=clean_text(text)[:MAX_REPORT],
        settled_at=None,
        defaults={"side": side},
    )
