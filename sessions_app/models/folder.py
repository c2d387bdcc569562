"""Folders in which a learner puts their decks together."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from cards.models import Deck
from cards.models.tag import MAX_TAG_KEY, MAX_TAG_NAME, clean_tag_name, tag_key

MAX_FOLDERS = 100
"""So many folders a learner can make. After a merge with a guest they may have more."""

MAX_FOLDER_NAME = MAX_TAG_NAME
"""Names of folders follow the rules of names of tags: cleaned, and unique without regard to case."""


class FolderQuerySet(models.QuerySet["Folder"]):
    def decks_by_folder(self) -> list[tuple[int, str, set[int]]]:
        """Key, name and keys of the decks of each folder, in the order of the names; in one query."""
        found: dict[int, tuple[int, str, set[int]]] = {}
        for pk, name, deck in self.order_by("key", "pk").values_list("pk", "name", "links__deck"):
            decks = found.setdefault(pk, (pk, name, set()))[2]
            if deck is not None:
                decks.add(deck)
        return list(found.values())


class Folder(models.Model):
    """A learner's folder; only they see it. A deck can be in several."""

    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="folders", db_index=False
    )
    name = models.CharField(max_length=MAX_FOLDER_NAME)
    key = models.CharField(max_length=MAX_TAG_KEY, editable=False)

    objects = FolderQuerySet.as_manager()

    class Meta:
        ordering = ["key"]
        constraints = [
            models.UniqueConstraint(fields=["learner", "key"], name="folder_unique_per_learner"),
            models.CheckConstraint(condition=~Q(key=""), name="folder_not_empty"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.key = tag_key(self.name)
        if (fields := kwargs.get("update_fields")) is not None:
            kwargs["update_fields"] = {*fields, "key"}
        super().save(*args, **kwargs)

    def clean_name(self) -> None:
        """Clean the name and set its key. Raises ValidationError if it is not a name."""
        try:
            self.name = clean_tag_name(self.name)
        except ValidationError as error:
            raise ValidationError(error.messages) from None
        self.key = tag_key(self.name)

    def is_double(self) -> bool:
        """Whether the learner has another folder of this clean name."""
        same = Folder.objects.filter(learner=self.learner_id, key=self.key)
        return same.exclude(pk=self.pk).exists()


class FolderDeck(models.Model):
    """A deck in a folder."""

    folder = models.ForeignKey(Folder, on_delete=models.CASCADE, related_name="links", db_index=False)
    deck = models.ForeignKey(Deck, on_delete=models.CASCADE, related_name="folder_links")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["folder", "deck"], name="folder_deck_unique")]

    def __str__(self) -> str:
        return f"{self.deck} in {self.folder}"
