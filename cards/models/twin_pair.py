"""Pairs of cards that an author has marked as having the same meaning, or different ones."""

from django.db import models
from django.db.models import F, Q

from cards.models.card import Card


class TwinPairManager(models.Manager["TwinPair"]):
    def get_by_natural_key(self, slug: str, first: str, second: str) -> "TwinPair":
        return self.get(first__deck__slug=slug, first__key=first, second__key=second)


class TwinPair(models.Model):
    """The owner's decision on two cards of a deck: whether they are twins, that is, have the same meaning.

    Twins are never wrong options for each other. Without a decision the engine compares the terms.
    """

    first = models.ForeignKey(Card, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Card, on_delete=models.CASCADE, related_name="+")
    are_twins = models.BooleanField(default=True)

    objects = TwinPairManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="twin_pair_unique"),
            # One order for each pair, so that it cannot be stored twice.
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="twin_pair_ordered"),
        ]

    def __str__(self) -> str:
        return f"{self.first} {'=' if self.are_twins else '≠'} {self.second}"

    def natural_key(self) -> tuple[str, str, str]:
        return (*self.first.natural_key(), self.second.key)

    natural_key.dependencies = ["cards.card"]  # type: ignore[attr-defined]
