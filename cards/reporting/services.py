"""What learners say about cards: what is wrong with them, and which answers are right too."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from cards import hooks
from cards.models import (
    MAX_ALTERNATIVE,
    MAX_ALTERNATIVES,
    MAX_REPORT,
    RENDERED,
    Card,
    CardReport,
    Deck,
)
from cards.signals import answer_accepted
from cards.text.cleaning import clean_text
from studysite.accounts.models import User


@dataclass(frozen=True)
class ToLookAt:
    """How much learners have said about a deck's cards that nobody has seen to.

    ``answers`` are those that they called right although the judge did not.
    """

    reports: int
    answers: int

    @property
    def total(self) -> int:
        return self.reports + self.answers


def to_look_at(decks: Collection[int]) -> dict[int, ToLookAt]:
    """What there is to look at in each of the decks with these keys, in two statements for any number of them."""
    if not decks:
        return {}
    open_reports = CardReport.objects.unsettled().filter(card__deck__in=decks, card__removed_at=None)
    counted = open_reports.order_by().values("card__deck").annotate(number=Count("pk"))
    reports = dict(counted.values_list("card__deck", "number"))
    answers = hooks.study.waiting_answers(decks)
    return {deck: ToLookAt(reports.get(deck, 0), answers.get(deck, 0)) for deck in decks}


def to_look_at_in(deck: Deck) -> ToLookAt:
    return to_look_at([deck.pk])[deck.pk]


@transaction.atomic
def accept_answer(*, card: Card, side: str, text: str) -> bool:
    """Let ``text`` count as an answer to ``side`` of the card from now on.

    False where it does already, or the card has as many as it may have.
    """
    Deck.objects.lock([card.deck_id])
    field = f"accepted_{side}s"
    card = Card.objects.defer(*RENDERED).select_related("deck").get(pk=card.pk)
    accepted, text = getattr(card, field), clean_text(text)[:MAX_ALTERNATIVE]
    if not text or text in accepted or len(accepted) >= MAX_ALTERNATIVES:
        return False
    Card.objects.filter(pk=card.pk).update(**{field: [*accepted, text]}, updated_at=timezone.now())
    answer_accepted.send(sender=Card, card=card)
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
