"""Learners' reports on cards, as they are stored (see `cards.reporting.services`)."""

from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from cards.models.deck import Deck
from cards.text.studied_side import SIDES

MAX_REPORT = 2_000


class CardReportQuerySet(models.QuerySet["CardReport"]):
    def unsettled(self) -> "CardReportQuerySet":
        return self.filter(settled_at=None)

    def waiting(self, decks: Collection[int]) -> "CardReportQuerySet":
        """Open reports on present cards of these decks (primary keys)."""
        return self.unsettled().filter(deck__in=decks, card__removed_at=None)


class CardReport(models.Model):
    """A learner's message to the owner about a card: something is wrong, or another answer is right too.

    A learner cannot send the same report twice while the first is open.
    """

    class Kind(models.TextChoices):
        PROBLEM = "problem", "Something is wrong"
        ALSO_RIGHT = "also_right", "Another answer is right too"

    card = models.ForeignKey("cards.Card", on_delete=models.CASCADE, related_name="reports")
    # The card's deck, so that a deck's reports are found without reading its cards.
    deck = models.ForeignKey(Deck, on_delete=models.CASCADE, related_name="+", db_index=False, editable=False)
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.PROBLEM)
    side = models.CharField(
        "side asked for", max_length=10, choices=[(side, side.capitalize()) for side in SIDES]
    )
    text = models.CharField(
        max_length=MAX_REPORT, blank=True, help_text="What is wrong; or the answer that is right too."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    settled_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = CardReportQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["card", "reporter", "kind", "text"],
                condition=Q(settled_at=None),
                name="card_report_once",
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at"], condition=Q(settled_at=None), name="card_report_open"),
            models.Index(fields=["deck"], condition=Q(settled_at=None), name="card_report_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.card}: {self.get_kind_display()}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.deck_id is None:
            self.deck_id = self.card.deck_id
        super().save(*args, **kwargs)
