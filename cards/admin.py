"""The admin for decks, cards, tags and twins: made for decks of 10,000 cards, and for hands that slip.

Decks and cards are never deleted here, since learners' histories hang on them: they are marked removed, and can
be brought back.
"""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.text import Truncator

from cards import services
from cards.admin_actions import decks_of, move, reask
from cards.admin_filters import DeckFilter, RemovedFilter
from cards.admin_reports import CardReportAdmin  # noqa: F401 - registers itself
from cards.admin_widgets import SearchingAdmin
from cards.forms import CardForm, TagForm, TwinPairForm
from cards.models import Card, Deck, Tag, TwinPair
from cards.rendering import plain

SHORT_TEXT = 70


class RemovableAdmin(SearchingAdmin):
    """What decks and cards share: rows are removed and brought back, never deleted."""

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions: tuple[Any, ...] = ("remove", "restore")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """All rows, so that removed ones can be found; only the present ones to choose from elsewhere."""
        rows = super().get_queryset(request)
        match = request.resolver_match
        return rows.filter(removed_at=None) if match and match.url_name == "autocomplete" else rows

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Deck)
class DeckAdmin(RemovableAdmin):
    list_display = ("title", "owner", "visibility", "cards_link", "updated_at")
    list_filter = ("visibility", RemovedFilter)
    list_select_related = ("owner",)
    search_fields = ("title", "slug", "owner__name", "owner__email")
    ordering = ("title", "pk")
    autocomplete_fields = ("owner",)
    readonly_fields = ("cards_link", "created_at", "updated_at", "removed_at")
    fieldsets = (
        (None, {"fields": ("title", "description", "owner", "visibility", "slug")}),
        ("Cards", {"fields": ("cards_link", "language", "side_choice")}),
        ("Dates", {"fields": ("created_at", "updated_at", "removed_at")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without those that an import is filling."""
        return super().get_queryset(request).filter(is_building=False)

    @admin.display(description="cards", ordering="card_count")
    def cards_link(self, deck: Deck) -> str:
        if deck.pk is None:
            return "Save the deck first."
        address = reverse("admin:cards_card_changelist", query={DeckFilter.parameter_name: deck.pk})
        return format_html('<a href="{}">{} cards</a>', address, deck.card_count)

    def save_model(self, request: HttpRequest, obj: Deck, form: forms.ModelForm, change: bool) -> None:
        obj.updated_at = timezone.now()
        super().save_model(request, obj, form, change)
        if change and {"side_choice", "language"}.intersection(form.changed_data):
            services.resettle_sides(deck=obj)

    @admin.action(description="Remove selected decks", permissions=["change"])
    def remove(self, request: HttpRequest, queryset: QuerySet[Deck]) -> None:
        count = services.remove_decks(decks=queryset)
        self.message_user(request, f"{count:,} removed. The filter “removed” brings back.", messages.SUCCESS)

    @admin.action(description="Bring back selected decks", permissions=["change"])
    def restore(self, request: HttpRequest, queryset: QuerySet[Deck]) -> None:
        count = services.restore_decks(decks=queryset)
        self.message_user(request, f"{count:,} brought back.", messages.SUCCESS)


@admin.register(Card)
class CardAdmin(RemovableAdmin):
    form = CardForm
    actions = (*RemovableAdmin.actions, reask, move)
    list_display = ("position", "short_term", "short_definition", "deck")
    list_display_links = ("position", "short_term")
    list_filter = (DeckFilter, "studied_side", RemovedFilter)
    list_select_related = ("deck",)
    search_fields = ("term", "definition")
    ordering = ("deck_id", "position", "pk")
    autocomplete_fields = ("deck", "tags")
    readonly_fields = (
        "term_preview",
        "definition_preview",
        "asks_for",
        "asked_since",
        "updated_at",
        "removed_at",
    )
    fieldsets = (
        (None, {"fields": ("deck", "position", "term", "definition", "tags")}),
        ("As learners see it, when saved", {"fields": ("term_preview", "definition_preview")}),
        ("Studied side", {"fields": ("side_choice", "asks_for")}),
        ("Other right answers", {"fields": ("accepted_terms", "accepted_definitions")}),
        ("Own wrong options", {"fields": ("wrong_terms", "wrong_definitions")}),
        ("Dates", {"fields": ("asked_since", "updated_at", "removed_at")}),
    )

    @property
    def media(self) -> forms.Media:
        """The site's look of formulas and code, and what the list needs to search for a deck."""
        ours = forms.Media(css={"all": ("css/maths.css", "css/code.css", "css/admin.css")})
        deck_choice = AutocompleteSelect(Card._meta.get_field("deck"), self.admin_site)
        return super().media + deck_choice.media + ours

    def get_queryset(self, request: HttpRequest) -> QuerySet[Card]:
        return super().get_queryset(request).defer("term_html", "definition_html")

    def get_readonly_fields(self, request: HttpRequest, obj: Card | None = None) -> tuple[str, ...]:
        """A card changes its deck only by the action, which takes its learners' progress along."""
        return (*self.readonly_fields, "deck") if obj else self.readonly_fields

    @admin.display(description="term", ordering="term")
    def short_term(self, card: Card) -> str:
        return Truncator(plain(card.term)).chars(SHORT_TEXT) or "–"

    @admin.display(description="definition")
    def short_definition(self, card: Card) -> str:
        return Truncator(plain(card.definition)).chars(SHORT_TEXT) or "–"

    @admin.display(description="term")
    def term_preview(self, card: Card) -> str:
        return preview(card.term_html)

    @admin.display(description="definition")
    def definition_preview(self, card: Card) -> str:
        return preview(card.definition_html)

    @admin.display(description="asks for")
    def asks_for(self, card: Card) -> str:
        return card.get_studied_side_display() or "Settled when saved."

    def save_model(self, request: HttpRequest, obj: Card, form: forms.ModelForm, change: bool) -> None:
        if obj.position is None:
            obj.position = services.next_position(obj.deck)
        services.save_card(card=obj)

    @admin.action(description="Remove selected cards", permissions=["change"])
    def remove(self, request: HttpRequest, queryset: QuerySet[Card]) -> None:
        count = sum(services.remove_cards(deck=deck, cards=queryset) for deck in decks_of(queryset))
        self.message_user(request, f"{count:,} removed. The filter “removed” brings back.", messages.SUCCESS)

    @admin.action(description="Bring back selected cards", permissions=["change"])
    def restore(self, request: HttpRequest, queryset: QuerySet[Card]) -> None:
        count = sum(services.restore_cards(deck=deck, cards=queryset) for deck in decks_of(queryset))
        self.message_user(request, f"{count:,} brought back.", messages.SUCCESS)


def preview(rendered: str) -> str:
    """A side's stored HTML, which `cards.rendering` made safe, in the look of the site."""
    return format_html('<div class="card-preview">{}</div>', mark_safe(rendered)) if rendered else "–"  # noqa: S308


@admin.register(Tag)
class TagAdmin(SearchingAdmin):
    form = TagForm
    list_display = ("name", "owner")
    list_select_related = ("owner",)
    search_fields = ("name", "key", "owner__name", "owner__email")
    autocomplete_fields = ("owner",)
    show_full_result_count = False


@admin.register(TwinPair)
class TwinPairAdmin(SearchingAdmin):
    form = TwinPairForm
    list_display = ("first", "second", "are_twins", "deck")
    list_select_related = ("first__deck", "second")
    search_fields = ("first__term", "second__term", "first__deck__title")
    ordering = ("first__deck_id", "first__position", "pk")
    autocomplete_fields = ("first", "second")
    show_full_result_count = False

    @admin.display(description="deck")
    def deck(self, pair: TwinPair) -> Deck:
        return pair.first.deck
