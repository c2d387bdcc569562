"""Decks."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.core.validators import MinLengthValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from cards.text.studied_side import TERM, sides_of
from cards.text.words import words_of
from studysite.accounts.models import User

LIBRARY_SLUG = "deep-learning"
"""The deck that the site ships."""

RESTORABLE_DAYS = 30
"""How many days the owner of a removed deck can restore it."""

RESERVED_SLUGS = frozenset({"new", "removed"})
"""Slugs that no deck may have: pages of the site use these addresses."""


class SideChoice(models.TextChoices):
    """Which side a card asks for; with ``AUTO`` `cards.text.studied_side` decides from the texts.

    With ``BOTH`` the card has two questions, one for each side.
    """

    AUTO = "auto", "Automatic"
    TERM = "term", "Term"
    DEFINITION = "definition", "Definition"
    BOTH = "both", "Both"


class Visibility(models.TextChoices):
    PRIVATE = "private", "Private: only you"
    LINK = "link", "Link: everyone who has the address"
    PUBLIC = "public", "Public: listed for everyone"


def make_slug() -> str:
    """A random address: a deck that is shared by link is as private as its link."""
    return secrets.token_urlsafe(9).replace("_", "-").strip("-").lower()


def is_editor(user: User | AnonymousUser) -> bool:
    """Whether ``user`` may edit all decks that they can open: staff who may change cards in the admin."""
    return user.is_staff and user.has_perm("cards.change_card")


class DeckQuerySet(models.QuerySet["Deck"]):
    def present(self) -> "DeckQuerySet":
        """Decks that have not been removed, and are whole: not in the middle of an import."""
        return self.filter(removed_at=None, is_building=False)

    def public(self) -> "DeckQuerySet":
        """Decks in the public list."""
        return self.present().filter(visibility=Visibility.PUBLIC)

    def visible_to(self, user: User | AnonymousUser) -> "DeckQuerySet":
        """Decks that ``user`` may open, including those shared by link. Views fetch decks only through this."""
        if not user.is_authenticated:
            return self.present().exclude(visibility=Visibility.PRIVATE)
        return self.present().filter(~Q(visibility=Visibility.PRIVATE) | Q(owner_id=user.pk))

    def findable_by(self, user: User | AnonymousUser, *, studied: models.QuerySet[Any]) -> "DeckQuerySet":
        """Decks that a search shows to ``user``: public ones, their own, and ``studied`` ones that are still open.

        ``studied`` are primary keys of decks. `visible_to` has more: all decks that are shared by link, also for
        those who do not know the link.
        """
        if not user.is_authenticated:
            return self.public()
        known = Q(owner_id=user.pk) | Q(pk__in=studied)
        return self.visible_to(user).filter(known | Q(visibility=Visibility.PUBLIC))

    def owned_by(self, user: User) -> "DeckQuerySet":
        return self.present().filter(owner=user)

    def editable_by(self, user: User | AnonymousUser) -> "DeckQuerySet":
        """Decks that ``user`` may change: their own; for an editor all that they may open."""
        if not user.is_authenticated:
            return self.none()
        return self.visible_to(user) if is_editor(user) else self.owned_by(user)

    def restorable_by(self, user: User, *, now: datetime) -> "DeckQuerySet":
        """Removed decks that ``user`` owns and can still restore at ``now``."""
        mine = self.filter(owner=user, erased_at=None)
        return mine.filter(removed_at__gte=now - timedelta(days=RESTORABLE_DAYS))

    def lock(self, keys: Iterable[int]) -> list["Deck"]:
        """The decks of these keys, locked against other writes on their cards until the transaction ends.

        They are locked in the order of their keys, so that two writers never wait for each other.
        """
        # Answers refer to the deck's row and must not wait, so the lock is not for its key.
        return list(self.select_for_update(no_key=True).filter(pk__in=set(keys)).order_by("pk"))


class DeckManager(models.Manager["Deck"]):
    def get_by_natural_key(self, slug: str) -> "Deck":
        return self.get(slug=slug)


class Deck(models.Model):
    """An ordered list of cards."""

    slug = models.SlugField(
        "address",
        max_length=64,
        unique=True,
        default=make_slug,
        help_text="The last part of the deck's address.",
    )
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="decks")
    title = models.CharField(max_length=200, validators=[MinLengthValidator(1)])
    description = models.TextField(blank=True, max_length=2_000)
    visibility = models.CharField(max_length=7, choices=Visibility, default=Visibility.PRIVATE)
    language = models.CharField(
        "language of the terms",
        max_length=12,
        default="en",
        help_text="As a language tag: en, de, pt-BR.",
    )
    definition_language = models.CharField(
        "language of the definitions",
        max_length=12,
        blank=True,
        default="",
        help_text="As a language tag. Empty if it is that of the terms.",
    )
    side_choice = models.CharField(
        "studied side",
        max_length=10,
        choices=SideChoice,
        default=SideChoice.AUTO,
        help_text="The side that the cards ask for. Automatic asks for the shorter, more nameable side. "
        "With both, each card has two questions.",
    )
    # Updated by `cards.editing.decks.refresh_deck`: counting 10,000 cards takes longer than the rest of a page.
    card_count = models.PositiveIntegerField(default=0, editable=False)
    # How many of them ask for both sides, updated with the count.
    two_sided_count = models.PositiveIntegerField(default=0, editable=False)
    # Increased when a card is added, removed or moved, so that values that depend on positions can be recomputed.
    order_version = models.PositiveIntegerField(default=1, editable=False)
    # Whether a card has ever had an image, updated with the count. For other decks no page queries images.
    has_images = models.BooleanField(default=False, editable=False)
    # By which the deck itself is found (see `cards.text.words`).
    words = models.TextField(default="", editable=False)
    # A deck is hidden while an import fills it.
    is_building = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    removed_at = models.DateTimeField(null=True, blank=True, editable=False)
    # When its texts were erased; it cannot be restored (see `cards.erasing.services`).
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = DeckManager.from_queryset(DeckQuerySet)()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(erased_at=None) | Q(removed_at__isnull=False), name="deck_erased_is_removed"
            ),
            models.CheckConstraint(
                condition=Q(visibility__in=Visibility.values), name="deck_visibility_known"
            ),
            models.CheckConstraint(condition=Q(side_choice__in=SideChoice.values), name="deck_side_known"),
            models.CheckConstraint(condition=~Q(title=""), name="deck_title_not_empty"),
        ]
        indexes = [
            models.Index(fields=["visibility", "title"], condition=Q(removed_at=None), name="deck_listed"),
            models.Index(fields=["removed_at"], condition=Q(removed_at__isnull=False), name="deck_removed"),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        fields = kwargs.get("update_fields")
        if fields is None or {"title", "description"}.intersection(fields):
            self.prepare()
            if fields is not None:
                kwargs["update_fields"] = {*fields, "words"}
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("deck", args=[self.slug])

    def prepare(self) -> None:
        """Set the words by which the deck is found; none once its texts are erased."""
        self.words = "" if self.erased_at else words_of(self.title, self.description)

    def clean(self) -> None:
        if self.slug in RESERVED_SLUGS:
            raise ValidationError({"slug": "This address is taken by a page of the site."})

    @property
    def language_of_definitions(self) -> str:
        """The language tag of the definitions, also if it is that of the terms."""
        return self.definition_language or self.language

    def language_of(self, side: str) -> str:
        """The language tag of the texts of ``side``, ``"term"`` or ``"definition"``."""
        return self.language if side == TERM else self.language_of_definitions

    def question_count(self, side_choice: str = SideChoice.AUTO) -> int:
        """The number of questions that the deck has for a learner who chose ``side_choice``."""
        if side_choice == SideChoice.AUTO:
            return self.card_count + self.two_sided_count
        return self.card_count * len(sides_of(side_choice))

    def is_editable_by(self, user: User | AnonymousUser) -> bool:
        """Whether ``user``, who may open the deck, may change it too."""
        return user.is_authenticated and (user.pk == self.owner_id or is_editor(user))

    @property
    def restorable_until(self) -> datetime | None:
        """The time after which the owner of a removed deck can no longer restore it."""
        return self.removed_at and self.removed_at + timedelta(days=RESTORABLE_DAYS)

    def natural_key(self) -> tuple[str]:
        return (self.slug,)

    natural_key.dependencies = ["accounts.user"]  # type: ignore[attr-defined]
