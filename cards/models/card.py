"""Content: decks, their cards, and tags. Nothing here knows what a learner has studied."""

import secrets
import unicodedata
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.core.validators import MinLengthValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.functional import cached_property

from cards import sides
from cards.card_reports import MAX_REPORT as MAX_REPORT
from cards.card_reports import CardReport as CardReport
from cards.drafts import ImportDraft as ImportDraft
from cards.exports import DeckExport as DeckExport
from cards.images import CardImage as CardImage
from cards.images import StoredImage, with_images
from cards.rendering import MAX_SOURCE, is_plain, render
from studysite.accounts.models import User, validate_name

MAX_ALTERNATIVES = 20
MAX_ALTERNATIVE = 1_000
MAX_TAG_NAME = 60
# Of some letters the compatibility form is longer.
MAX_TAG_KEY = 120
RESTORABLE_DAYS = 30
"""How long the owner of a removed deck can bring it back."""

RESERVED_SLUGS = frozenset({"new", "removed"})
"""Addresses below /decks/ that are pages."""


class SideChoice(models.TextChoices):
    """Which side a card asks for; ``AUTO`` lets `cards.sides` decide from the texts."""

    AUTO = "auto", "Automatic"
    TERM = "term", "Term"
    DEFINITION = "definition", "Definition"


class Visibility(models.TextChoices):
    PRIVATE = "private", "Private: only you"
    LINK = "link", "Link: everyone who has the address"
    PUBLIC = "public", "Public: listed for everyone"


def make_slug() -> str:
    """An address nobody can guess: a deck shared by link is as private as its link."""
    return secrets.token_urlsafe(9).replace("_", "-").strip("-").lower()


def make_card_key() -> str:
    return str(uuid.uuid4())


def clean_text(value: str) -> str:
    """Text as it may be stored: NFC, one kind of line end, no NUL (PostgreSQL refuses it), no lone surrogates."""
    value = value.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    value = value.encode("utf-8", "replace").decode("utf-8")
    return unicodedata.normalize("NFC", value).strip()


def validate_alternatives(value: object) -> None:
    """Raise ValidationError unless ``value`` is a list of at most 20 texts of at most 1,000 characters each."""
    if not isinstance(value, list) or not all(isinstance(text, str) and text.strip() for text in value):
        raise ValidationError("Must be a list of texts.", code="alternatives")
    if len(value) > MAX_ALTERNATIVES or any(len(text) > MAX_ALTERNATIVE for text in value):
        raise ValidationError(
            f"At most {MAX_ALTERNATIVES} texts of at most {MAX_ALTERNATIVE:,} characters.",
            code="alternatives",
        )


def is_editor(user: User | AnonymousUser) -> bool:
    """Whether ``user`` edits everybody's cards: staff who may change them in the admin."""
    return user.is_staff and user.has_perm("cards.change_card")


class DeckQuerySet(models.QuerySet["Deck"]):
    def present(self) -> "DeckQuerySet":
        """Decks that have not been removed, and are whole: not in the middle of an import."""
        return self.filter(removed_at=None, is_building=False)

    def public(self) -> "DeckQuerySet":
        """Decks that anybody finds in the list."""
        return self.present().filter(visibility=Visibility.PUBLIC)

    def visible_to(self, user: User | AnonymousUser) -> "DeckQuerySet":
        """Decks that ``user`` may open, if need be by knowing their address: fetching is authorising."""
        if not user.is_authenticated:
            return self.present().exclude(visibility=Visibility.PRIVATE)
        return self.present().filter(~Q(visibility=Visibility.PRIVATE) | Q(owner_id=user.pk))

    def owned_by(self, user: User) -> "DeckQuerySet":
        return self.present().filter(owner=user)

    def editable_by(self, user: User | AnonymousUser) -> "DeckQuerySet":
        """Decks that ``user`` may change in the web: their own; for an editor all that they may open."""
        if not user.is_authenticated:
            return self.none()
        return self.visible_to(user) if is_editor(user) else self.owned_by(user)

    def restorable_by(self, user: User, *, now: datetime) -> "DeckQuerySet":
        """Removed decks that ``user``, their owner, can still bring back."""
        mine = self.filter(owner=user, erased_at=None)
        return mine.filter(removed_at__gte=now - timedelta(days=RESTORABLE_DAYS))


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
        max_length=12, default="en", help_text="Of the cards, as a language tag: en, de, pt-BR."
    )
    side_choice = models.CharField(
        "studied side",
        max_length=10,
        choices=SideChoice,
        default=SideChoice.AUTO,
        help_text="The side that the cards ask for. Automatic asks for the shorter, more nameable side.",
    )
    # Kept by services.refresh_deck: counting 10,000 cards for each page would cost more than the page.
    card_count = models.PositiveIntegerField(default=0, editable=False)
    # Rises whenever a card is added, removed or moved, so that what was counted by position can be counted anew.
    order_version = models.PositiveIntegerField(default=1, editable=False)
    # Whether any of its cards has ever shown an image, kept with the count: for other decks no page looks for any.
    has_images = models.BooleanField(default=False, editable=False)
    # While an import fills it, a deck is nowhere to be seen.
    is_building = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    removed_at = models.DateTimeField(null=True, blank=True, editable=False)
    # From then on it says nothing and never comes back (see `cards.erasing`).
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

    def get_absolute_url(self) -> str:
        return f"/decks/{self.slug}/"

    def clean(self) -> None:
        if self.slug in RESERVED_SLUGS:
            raise ValidationError({"slug": "This address is taken by a page of the site."})

    def is_editable_by(self, user: User | AnonymousUser) -> bool:
        """Whether ``user``, who may open the deck, may change it too."""
        return user.is_authenticated and (user.pk == self.owner_id or is_editor(user))

    @property
    def restorable_until(self) -> datetime | None:
        """When a removed deck can no longer be brought back by its owner."""
        return self.removed_at and self.removed_at + timedelta(days=RESTORABLE_DAYS)

    def natural_key(self) -> tuple[str]:
        return (self.slug,)

    natural_key.dependencies = ["accounts.user"]  # type: ignore[attr-defined]


class TagQuerySet(models.QuerySet["Tag"]):
    def seen_by(self, user: User | AnonymousUser, *, deck: Deck) -> "TagQuerySet":
        """The tags that ``user`` sees on the cards of ``deck``: those of its owner, and their own."""
        owners = {deck.owner_id, user.pk} if user.is_authenticated else {deck.owner_id}
        return self.filter(owner__in=owners)

    def on(self, deck: Deck) -> "TagQuerySet":
        """The tags that a present card of ``deck`` has, by key, with the number of these as ``card_count``."""
        tagged = self.filter(cards__deck=deck, cards__removed_at=None)
        # Said again: a query that groups does not follow the model's order.
        return tagged.annotate(card_count=models.Count("cards", distinct=True)).order_by("key", "pk")


def tag_key(name: str) -> str:
    """What makes two tag names the same: compatibility forms and case do not count.

    The database's own LOWER would not do: SQLite's knows ASCII alone and lets "Äpfel" and "äpfel" both in.
    """
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).strip()


def clean_tag_name(name: str) -> str:
    """A tag's name on one line, without spaces around or doubled.

    Raises:
        ValidationError: there is nothing to see in it, or it is too long as a name or as a key.
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
        self.key = tag_key(self.name)
        if (fields := kwargs.get("update_fields")) is not None:
            kwargs["update_fields"] = {*fields, "key"}
        super().save(*args, **kwargs)

    def clean(self) -> None:
        self.name = clean_tag_name(self.name)
        self.key = tag_key(self.name)


class CardQuerySet(models.QuerySet["Card"]):
    def present(self) -> "CardQuerySet":
        """Cards that have not been removed."""
        return self.filter(removed_at=None)

    def removed(self) -> "CardQuerySet":
        """Cards that have been removed and can be brought back."""
        return self.exclude(removed_at=None).unerased()

    def unerased(self) -> "CardQuerySet":
        """Cards that say something still (see `cards.erasing`)."""
        return self.filter(erased_at=None)

    def in_order(self) -> "CardQuerySet":
        return self.order_by("position", "pk")

    def with_text(self, text: str) -> "CardQuerySet":
        """Cards on one of whose sides ``text`` stands, without regard to case; all of them without a text."""
        return self.filter(Q(term__icontains=text) | Q(definition__icontains=text)) if text else self

    def with_seen_tags(self, user: User | AnonymousUser, *, deck: Deck) -> "CardQuerySet":
        """Cards of ``deck`` with the tags that ``user`` sees on them as the list ``seen_tags``."""
        tags = Tag.objects.seen_by(user, deck=deck)
        return self.prefetch_related(models.Prefetch("tags", tags, to_attr="seen_tags"))


class CardManager(models.Manager["Card"]):
    def get_by_natural_key(self, slug: str, key: str) -> "Card":
        return self.get(deck__slug=slug, key=key)


class Card(models.Model):
    """Two sides, term and definition, as Markdown with LaTeX between dollars, and their HTML, images included.

    ``save`` renders the sides and settles ``studied_side``; bulk writes call ``prepare`` first.
    """

    deck = models.ForeignKey(Deck, on_delete=models.CASCADE, related_name="cards", db_index=False)
    key = models.CharField(max_length=64, default=make_card_key, editable=False)
    position = models.PositiveIntegerField(default=0)
    term = models.TextField(max_length=MAX_SOURCE)
    definition = models.TextField(max_length=MAX_SOURCE, blank=True)
    term_html = models.TextField(editable=False)
    definition_html = models.TextField(editable=False)
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
    studied_side = models.CharField(max_length=10, choices=SideChoice.choices[1:], editable=False)
    tags = models.ManyToManyField(Tag, related_name="cards", blank=True)
    asked_since = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="A changed question starts anew for every learner."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    removed_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Since when it says nothing (see `cards.erasing`); whoever writes on it anew brings it back.
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = CardManager.from_queryset(CardQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["deck", "key"], name="card_key_unique_in_deck"),
            models.CheckConstraint(
                condition=Q(side_choice__in=SideChoice.values), name="card_side_choice_known"
            ),
            models.CheckConstraint(condition=Q(studied_side__in=sides.SIDES), name="card_studied_side_known"),
        ]
        indexes = [
            models.Index(
                fields=["deck", "position", "id"], condition=Q(removed_at=None), name="card_in_order"
            ),
            # Few beside the present ones, and looked for every day.
            models.Index(fields=["removed_at"], condition=Q(removed_at__isnull=False), name="card_removed"),
        ]

    def __str__(self) -> str:
        return self.term if len(self.term) <= 80 else f"{self.term[:79]}…"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.prepare()
        self.updated_at = timezone.now()
        if (fields := kwargs.get("update_fields")) is not None:
            derived = {"term_html", "definition_html", "studied_side", "updated_at"}
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
        for side in sides.SIDES:
            if len(getattr(self, side)) > MAX_SOURCE:
                raise ValidationError({side: f"At most {MAX_SOURCE:,} characters."}, code="too_long")

    def prepare(self) -> None:
        """Derive what is stored beside the sources: their HTML and the studied side."""
        images = self.images_by_side()
        self.term_html = with_images(render(self.term), images[SideChoice.TERM])
        self.definition_html = with_images(render(self.definition), images[SideChoice.DEFINITION])
        self.studied_side = self.settled_side()

    def images_by_side(self) -> dict[str, list[StoredImage]]:
        """The images of each side in their order; none of a card that is not saved yet. Prefetch ``images``."""
        found: dict[str, list[StoredImage]] = {side: [] for side in sides.SIDES}
        for image in self.images.all() if self.pk else ():
            found[image.side].append(image.stored)
        return found

    def settled_side(self) -> str:
        """The side that the card asks for: its own choice, else its deck's, else what the texts suggest."""
        for choice in (self.side_choice, self.deck.side_choice):
            if choice != SideChoice.AUTO:
                return choice
        return sides.automatic_side(self.term, self.definition, language=self.deck.language)

    @property
    def has_markup(self) -> bool:
        """Whether one of the sides looks different from how it is typed."""
        return not (is_plain(self.term) and is_plain(self.definition))

    @cached_property
    def asks_for_term(self) -> bool:
        """Whether the term is the answer, and the definition the prompt."""
        return self.studied_side == SideChoice.TERM


class TwinPairManager(models.Manager["TwinPair"]):
    def get_by_natural_key(self, slug: str, first: str, second: str) -> "TwinPair":
        return self.get(first__deck__slug=slug, first__key=first, second__key=second)


class TwinPair(models.Model):
    """An owner's word on two cards of a deck: that they are twins (mean the same), or that they are not.

    Twins are never each other's wrong option. Without a word here the engine judges by the terms.
    """

    first = models.ForeignKey(Card, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Card, on_delete=models.CASCADE, related_name="+")
    are_twins = models.BooleanField(default=True)

    objects = TwinPairManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="twin_pair_unique"),
            # One order for each pair, so that a pair cannot be stored twice, once each way round.
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="twin_pair_ordered"),
        ]

    def __str__(self) -> str:
        return f"{self.first} {'=' if self.are_twins else '≠'} {self.second}"

    def natural_key(self) -> tuple[str, str, str]:
        return (*self.first.natural_key(), self.second.key)

    natural_key.dependencies = ["cards.card"]  # type: ignore[attr-defined]
