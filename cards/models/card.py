"""Cards."""

import uuid
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from cards.models.deck import Deck, SideChoice
from cards.models.tag import Tag
from cards.text.cleaning import clean_text
from cards.text.images import StoredImage, with_images
from cards.text.markdown import MAX_SOURCE, is_plain, render
from cards.text.studied_side import BOTH, SIDES, automatic_side
from cards.text.words import words_of
from studysite.accounts.models import User

MAX_ALTERNATIVES = 20
"""Texts in each of a card's lists in `ALTERNATIVES`."""

MAX_ALTERNATIVE = 1_000
"""Characters of each of these texts."""

ALTERNATIVES = ("accepted_terms", "accepted_definitions", "wrong_terms", "wrong_definitions")
"""The fields with other right answers and with wrong options, each a list of texts."""

RENDERED = ("term_html", "definition_html")
"""The fields with a card's HTML: they are long, so most queries defer them."""

DERIVED = (*RENDERED, "words")
"""The fields that follow from a card's texts, and which most queries defer."""

CHUNK = 500
"""Cards that are written in one statement."""


def make_card_key() -> str:
    return str(uuid.uuid4())


def validate_alternatives(value: object) -> None:
    """Raise ValidationError unless ``value`` is a list of at most 20 texts of at most 1,000 characters each."""
    if not isinstance(value, list) or not all(isinstance(text, str) and text.strip() for text in value):
        raise ValidationError("Must be a list of texts.", code="alternatives")
    if len(value) > MAX_ALTERNATIVES or any(len(text) > MAX_ALTERNATIVE for text in value):
        raise ValidationError(
            f"At most {MAX_ALTERNATIVES} texts of at most {MAX_ALTERNATIVE:,} characters.",
            code="alternatives",
        )


class CardQuerySet(models.QuerySet["Card"]):
    def present(self) -> "CardQuerySet":
        """Cards that have not been removed."""
        return self.filter(removed_at=None)

    def removed(self) -> "CardQuerySet":
        """Cards that have been removed and can be restored."""
        return self.gone().unerased()

    def gone(self) -> "CardQuerySet":
        """Cards that have been removed, also those whose texts have been erased."""
        # SQLite finds no partial index for the NOT of an `exclude`.
        return self.filter(removed_at__isnull=False)

    def unerased(self) -> "CardQuerySet":
        """Cards whose texts have not been erased (see `cards.erasing.services`)."""
        return self.filter(erased_at=None)

    def findable_by(self, user: User | AnonymousUser, *, studied: models.QuerySet[Any]) -> "CardQuerySet":
        """Present cards of the decks that a search shows to ``user`` (see `DeckQuerySet.findable_by`)."""
        return self.present().filter(deck__in=Deck.objects.findable_by(user, studied=studied))

    def in_order(self) -> "CardQuerySet":
        return self.order_by("position", "pk")

    def with_text(self, text: str) -> "CardQuerySet":
        """Cards that have ``text`` on one side, ignoring case; all cards if it is empty."""
        return self.filter(Q(term__icontains=text) | Q(definition__icontains=text)) if text else self

    def with_seen_tags(self, user: User | AnonymousUser, *, deck: Deck) -> "CardQuerySet":
        """Cards of ``deck``, each with the list ``seen_tags``: the tags on it that ``user`` sees."""
        tags = Tag.objects.seen_by(user, deck=deck)
        return self.prefetch_related(models.Prefetch("tags", tags, to_attr="seen_tags"))


class CardManager(models.Manager["Card"]):
    def get_by_natural_key(self, slug: str, key: str) -> "Card":
        return self.get(deck__slug=slug, key=key)


class Card(models.Model):
    """Two sides, term and definition, as Markdown with LaTeX between dollars, and their HTML, images included.

    ``save`` renders the sides and decides ``studied_side``; code that writes in bulk calls ``prepare`` first.
    """

    deck = models.ForeignKey(Deck, on_delete=models.CASCADE, related_name="cards", db_index=False)
    key = models.CharField(max_length=64, default=make_card_key, editable=False)
    position = models.PositiveIntegerField(default=0)
    term = models.TextField(max_length=MAX_SOURCE)
    definition = models.TextField(max_length=MAX_SOURCE, blank=True)
    term_html = models.TextField(editable=False)
    definition_html = models.TextField(editable=False)
    # By which it is found (see `cards.text.words` and docs/search.md).
    words = models.TextField(default="", editable=False)
    accepted_terms = models.JSONField(default=list, blank=True, validators=[validate_alternatives])
    accepted_definitions = models.JSONField(default=list, blank=True, validators=[validate_alternatives])
    wrong_terms = models.JSONField(default=list, blank=True, validators=[validate_alternatives])
    wrong_definitions = models.JSONField(default=list, blank=True, validators=[validate_alternatives])
    side_choice = models.CharField(
        "studied side",
        max_length=10,
        choices=SideChoice,
        default=SideChoice.AUTO,
        help_text="Automatic follows the deck, and where the deck is automatic too, the texts.",
    )
    # What `chosen_side` returned when the card was saved: a side, or both.
    studied_side = models.CharField(max_length=10, choices=SideChoice.choices[1:], editable=False)
    tags = models.ManyToManyField(Tag, related_name="cards", blank=True)
    asked_since = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="A changed question starts anew for every learner."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    removed_at = models.DateTimeField(null=True, blank=True, editable=False)
    # When its texts were erased (see `cards.erasing.services`). An author who writes new texts restores the card.
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = CardManager.from_queryset(CardQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["deck", "key"], name="card_key_unique_in_deck"),
            models.CheckConstraint(
                condition=Q(side_choice__in=SideChoice.values), name="card_side_choice_known"
            ),
            models.CheckConstraint(
                condition=Q(studied_side__in=[*SIDES, BOTH]), name="card_studied_side_known"
            ),
        ]
        indexes = [
            models.Index(
                fields=["deck", "position", "id"], condition=Q(removed_at=None), name="card_in_order"
            ),
            # Few cards ask for both sides, and each change of a deck counts them.
            models.Index(
                fields=["deck"],
                condition=Q(removed_at=None, studied_side=SideChoice.BOTH),
                name="card_two_sided",
            ),
            # Removed cards are few among all: a deck's page of them, and its last position.
            models.Index(
                fields=["deck", "position"],
                condition=Q(removed_at__isnull=False),
                name="card_removed_in_deck",
            ),
            # The daily command looks for those of all decks.
            models.Index(fields=["removed_at"], condition=Q(removed_at__isnull=False), name="card_removed"),
        ]

    def __str__(self) -> str:
        return self.term if len(self.term) <= 80 else f"{self.term[:79]}…"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.prepare()
        self.updated_at = timezone.now()
        if (fields := kwargs.get("update_fields")) is not None:
            derived = {*DERIVED, "studied_side", "updated_at"}
            kwargs["update_fields"] = {*fields, *derived}
        super().save(*args, **kwargs)

    def natural_key(self) -> tuple[str, str]:
        return (self.deck.slug, self.key)

    natural_key.dependencies = ["cards.deck"]  # type: ignore[attr-defined]

    def clean(self) -> None:
        self.term = clean_text(self.term)
        self.definition = clean_text(self.definition)
        if not self.term and not self.definition:
            raise ValidationError("A card needs at least one side.", code="empty")
        for side in SIDES:
            if len(getattr(self, side)) > MAX_SOURCE:
                raise ValidationError({side: f"At most {MAX_SOURCE:,} characters."}, code="too_long")

    def prepare(self) -> None:
        """Set the fields that are derived from the texts: HTML, words and the studied side."""
        images = self.images_by_side()
        self.term_html = with_images(render(self.term), images[SideChoice.TERM])
        self.definition_html = with_images(render(self.definition), images[SideChoice.DEFINITION])
        self.words = self.found_by()
        self.studied_side = self.chosen_side()

    def found_by(self) -> str:
        """The words by which the card is found; none once its texts are erased."""
        return "" if self.erased_at else words_of(self.term, self.definition)

    def images_by_side(self) -> dict[str, list[StoredImage]]:
        """The images of each side, in order; none for an unsaved card. Prefetch ``images`` for many cards."""
        found: dict[str, list[StoredImage]] = {side: [] for side in SIDES}
        for image in self.images.all() if self.pk else ():
            found[image.side].append(image.stored)
        return found

    def chosen_side(self) -> str:
        """What the card asks for: its own choice, or its deck's, or the side that fits the texts.

        A card with an empty side never asks for both. An erased card still does, so that progress stays as it was.
        """
        has_both = self.erased_at is not None or (self.term.strip() and self.definition.strip())
        for choice in (self.side_choice, self.deck.side_choice):
            if choice == SideChoice.BOTH and not has_both:
                break
            if choice != SideChoice.AUTO:
                return choice
        return automatic_side(self.term, self.definition, language=self.deck.language)

    @property
    def has_markup(self) -> bool:
        """Whether a side looks different from its source text."""
        return not (is_plain(self.term) and is_plain(self.definition))


TagLink = Card.tags.through
"""Which tags are on which cards."""
