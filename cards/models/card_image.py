"""Images on cards."""

from django.db import models
from django.db.models import Q

from cards.text.images import NOT_DESCRIBED, StoredImage
from cards.text.studied_side import SIDES

MAX_ALT = 500


class CardImage(models.Model):
    """An image on one side of a card. The images of a side are below its text, ordered by ``position``."""

    card = models.ForeignKey("cards.Card", on_delete=models.CASCADE, related_name="images", db_index=False)
    side = models.CharField(max_length=10, choices=[(side, side.capitalize()) for side in SIDES])
    position = models.PositiveSmallIntegerField(default=0)
    sha256 = models.CharField(max_length=64, help_text="Of the file, which is named by it.")
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    alt = models.CharField(max_length=MAX_ALT, blank=True, help_text="What it shows, in words.")

    class Meta:
        ordering = ["card", "side", "position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["card", "side", "sha256"], name="card_image_once"),
            models.CheckConstraint(condition=Q(side__in=SIDES), name="card_image_side_known"),
        ]
        indexes = [models.Index(fields=["sha256"], name="card_image_by_file")]

    def __str__(self) -> str:
        return self.alt or NOT_DESCRIBED

    @property
    def stored(self) -> StoredImage:
        return StoredImage(self.sha256, self.width, self.height, self.alt)
