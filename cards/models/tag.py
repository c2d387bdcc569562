"""Tags."""

import unicodedata
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, OuterRef, Q

from cards.models.deck import Deck
from cards.text.cleaning import clean_text
from cards.text.words import words_of
from studysite.accounts.models import User, validate_name

MAX_TAG_NAME = 60

CARDS_COUNTED = 10_000
"""In a deck of more cards, lists of its tags do not say how many cards have each."""

# Longer than a name: some characters have a longer compatibility form.
MAX_TAG_KEY = 120


class TagQuerySet(models.QuerySet["Tag"]):
    def seen_by(self, user: User | AnonymousUser, *, deck: Deck) -> "TagQuerySet":
        """The tags that ``user`` sees on the cards of ``deck``: the owner's and their own."""
        owners = {deck.owner_id, user.pk} if user.is_authenticated else {deck.owner_id}
        return self.filter(owner__in=owners)

    def on(self, deck: Deck) -> "TagQuerySet":
        """The tags of the present cards of ``deck``, by key."""
        links = Tag.cards.through.objects.filter(card__deck=deck, card__removed_at=None)
        return self.filter(Exists(links.filter(tag=OuterRef("pk")))).order_by("key", "pk")

    def counted_on(self, deck: Deck) -> "TagQuerySet":
        """The same, each with the number ``card_count`` of these cards; None if ``deck`` has too many to count."""
        if deck.card_count > CARDS_COUNTED:
            return self.on(deck).annotate(card_count=models.Value(None, models.IntegerField()))
        tagged = self.filter(cards__deck=deck, cards__removed_at=None)
        # Ordered explicitly: a query that groups ignores the model's ordering.
        return tagged.annotate(card_count=models.Count("cards", distinct=True)).order_by("key", "pk")


def tag_key(name: str) -> str:
    """The key that equal tag names share: compatibility forms (Unicode NFKC) and case are ignored.

    The database's LOWER is not enough: in SQLite it only knows ASCII, so "Äpfel" and "äpfel" would be two tags.
    """
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).strip()


def clean_tag_name(name: str) -> str:
    """The tag's name on one line, without spaces at its ends and without double spaces.

    Raises:
        ValidationError: it has no visible character, or it or its key is too long.
    """
    name = " ".join(clean_text(name).split())
    if len(name) > MAX_TAG_NAME or len(tag_key(name)) > MAX_TAG_KEY:
        raise ValidationError({"name": f"At most {MAX_TAG_NAME} characters."}, code="too_long")
    try:
        validate_name(name)
    except ValidationError as error:
        raise ValidationError({"name": error}) from None
    return name


class Tag(models.Model):
    """A label on cards, owned by a user."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tags")
    name = models.CharField(max_length=MAX_TAG_NAME)
    key = models.CharField(max_length=MAX_TAG_KEY, editable=False)
    # By which the tag is found (see `cards.text.words`).
    words = models.TextField(default="", editable=False)

    objects = TagQuerySet.as_manager()

    class Meta:
        ordering = ["key"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "key"], name="tag_unique_per_owner"),
            models.CheckConstraint(condition=~Q(key=""), name="tag_not_empty"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.key, self.words = tag_key(self.name), words_of(self.name)
        if (fields := kwargs.get("update_fields")) is not None:
            kwargs["update_fields"] = {*fields, "key", "words"}
        super().save(*args, **kwargs)

    def clean(self) -> None:
        self.name = clean_tag_name(self.name)
        self.key = tag_key(self.name)
