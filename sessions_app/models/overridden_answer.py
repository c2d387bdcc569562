"""Answers graded wrong that learners marked as right."""

from collections.abc import Collection
from typing import Any

from django.db import models
from django.db.models import Count, Exists, Max, OuterRef, Q
from django.utils import timezone

from cards.models import Card, Deck
from sessions_app.models.choices import SIDES
from sessions_app.models.review import Review


class OverriddenAnswerQuerySet(models.QuerySet["OverriddenAnswer"]):
    def waiting(self, decks: Collection[int]) -> "OverriddenAnswerQuerySet":
        """Undecided answers to present cards of these decks (primary keys) with a review that is not voided."""
        lines = Review.objects.standing().filter(overridden=OuterRef("pk"))
        undecided = self.filter(decision="", deck__in=decks, card__removed_at=None)
        return undecided.filter(Exists(lines))

    def with_counts(self) -> "OverriddenAnswerQuerySet":
        """Annotate how many ``times`` and by how many ``learners`` it was marked, and the ``last`` review."""
        standing = Q(reviews__voided_at=None)
        return self.annotate(
            times=Count("reviews", filter=standing),
            learners=Count("reviews__learner", filter=standing, distinct=True),
            last=Max("reviews__pk", filter=standing),
        )


class OverriddenAnswer(models.Model):
    """An answer to a side of a card that was graded wrong or left open, and that learners marked as right.

    The reviews point here. Only they hold the typed text; here is the ``digest`` of its normalised form. So no
    text is left when a learner's answers are erased.
    """

    class Decision(models.TextChoices):
        ACCEPTED = "accepted", "Accepted"
        NOT_RIGHT = "not_right", "Not right"

    card = models.ForeignKey(Card, on_delete=models.CASCADE, related_name="+", db_index=False)
    # The card's deck, so that a deck's answers are found without reading its cards.
    deck = models.ForeignKey(Deck, on_delete=models.CASCADE, related_name="+", db_index=False, editable=False)
    side = models.CharField("side asked for", max_length=10, choices=SIDES)
    digest = models.CharField(max_length=64)
    decision = models.CharField(max_length=10, choices=Decision, blank=True)
    checked_at = models.DateTimeField(
        default=timezone.now, help_text="When it was last compared with what the card accepts."
    )

    objects = OverriddenAnswerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["card", "side", "digest"], name="overridden_once"),
        ]
        indexes = [
            models.Index(fields=["card"], condition=Q(decision=""), name="overridden_waiting"),
            models.Index(fields=["deck"], condition=Q(decision=""), name="overridden_waiting_in_deck"),
        ]

    def __str__(self) -> str:
        return f"{self.card_id} {self.side} {self.get_decision_display() or 'undecided'}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.deck_id is None:
            self.deck_id = self.card.deck_id
        super().save(*args, **kwargs)
