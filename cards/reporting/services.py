"""Learners' reports on cards: errors, and other correct answers."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from cards import hooks
from cards.models import (
    DERIVED,
    MAX_ALTERNATIVE,
    MAX_ALTERNATIVES,
    MAX_REPORT,
    Card,
    CardReport,
    Deck,
)
from cards.signals import answer_accepted
from cards.text.cleaning import clean_text
from studysite.accounts.models import User


@dataclass(frozen=True)
class PendingFeedback:
    """How many reports and answers of learners wait for the owner of a deck.

    ``answers`` are answers that were graded wrong, and that learners marked as right.
    """

    reports: int
    answers: int

    @property
    def total(self) -> int:
        return self.reports + self.answers


def pending_feedback(decks: Collection[int]) -> dict[int, PendingFeedback]:
    """The pending feedback on each of the decks with these keys; two statements for any number of decks."""
    if not decks:
        return {}
    open_reports = CardReport.objects.waiting(decks).order_by()
    reports = dict(open_reports.values("deck").annotate(number=Count("pk")).values_list("deck", "number"))
    answers = hooks.study.waiting_answers(decks)
    return {deck: PendingFeedback(reports.get(deck, 0), answers.get(deck, 0)) for deck in decks}


def pending_feedback_in(deck: Deck) -> PendingFeedback:
    return pending_feedback([deck.pk])[deck.pk]


@transaction.atomic
def accept_answer(*, card: Card, side: str, text: str) -> bool:
    """Add ``text`` to the accepted answers for ``side`` of the card.

    Return False if it is accepted already, or the card has as many as it may have.
    """
    Deck.objects.lock([card.deck_id])
    field = f"accepted_{side}s"
    card = Card.objects.defer(*DERIVED).select_related("deck").get(pk=card.pk)
    accepted, text = getattr(card, field), clean_text(text)[:MAX_ALTERNATIVE]
    if not text or text in accepted or len(accepted) >= MAX_ALTERNATIVES:
        return False
    Card.objects.filter(pk=card.pk).update(**{field: [*accepted, text]}, updated_at=timezone.now())
    answer_accepted.send(sender=Card, card=card)
    return True


def close_report(*, report: CardReport) -> None:
    """Close the report; if it is closed already, nothing changes."""
    CardReport.objects.unsettled().filter(pk=report.pk).update(settled_at=timezone.now())


@transaction.atomic
def report_card(*, card: Card, reporter: User, kind: str, side: str, text: str) -> None:
    """Save a report for the card's owner; while it is open, the same report of the same learner is saved once."""
    # Locked, because a card that moves to another deck takes its reports along.
    deck = Card.objects.select_for_update(no_key=True).values_list("deck", flat=True).get(pk=card.pk)
    CardReport.objects.get_or_create(
        card=card,
        reporter=reporter,
        kind=kind,
        text=clean_text(text)[:MAX_REPORT],
        settled_at=None,
        defaults={"side": side, "deck_id": deck},
    )
