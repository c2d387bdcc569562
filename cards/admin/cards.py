"""The admin for cards, tags and twins; made for decks of 10,000 cards.

Cards are never deleted here, because learners' histories refer to them. They are marked as removed and can be
restored. So are decks, but a superuser may erase them too.
"""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.text import Truncator

from cards.admin.actions import decks_of, move, reask, tag, untag
from cards.admin.base import SIDES_CSS, OwnedWordsAdmin, RemovableAdmin, SearchingAdmin
from cards.admin.decks import DeckAdmin  # noqa: F401 - registers itself
from cards.admin.edit_in_place import WholeCardForm
from cards.admin.filters import CardOwnerFilter, DeckFilter, RemovedFilter, TagFilter, key_from
from cards.admin.forms import TagForm, TwinPairForm
from cards.admin.reports import CardReportAdmin  # noqa: F401 - registers itself
from cards.editing import cards, moving
from cards.models import DERIVED, Card, Deck, Tag, TwinPair
from cards.searching.index import CARDS, TAGS, HasWords
from cards.text.markdown import plain
from cards.text.words import query_of
from studysite.admin.pages import CappedPaginator

SHORT_TEXT = 70
TOO_MANY = "These are too many cards to do this at once. Filter the list first."


class CardPaginator(CappedPaginator):
    most_counted = 20_000


@admin.register(Card)
class CardAdmin(RemovableAdmin):
    form = WholeCardForm
    paginator = CardPaginator
    actions = (tag, untag, move, *RemovableAdmin.actions, reask)
    list_display = ("position", "short_term", "short_definition", "asks_for", "deck")
    list_display_links = ("position", "short_term")
    list_filter = (DeckFilter, CardOwnerFilter, TagFilter, "studied_side", RemovedFilter)
    list_select_related = ("deck",)
    # Django asks for these to show the field; `get_search_results` searches.
    search_fields = ("words",)
    search_help_text = "Finds words of both sides. The last word may be unfinished."
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
        ("As learners see it, since it was saved", {"fields": ("term_preview", "definition_preview")}),
        ("Studied side", {"fields": ("side_choice", "asks_for")}),
        ("Other correct answers", {"fields": ("accepted_terms", "accepted_definitions")}),
        ("Own wrong options", {"fields": ("wrong_terms", "wrong_definitions")}),
        ("Dates", {"fields": ("asked_since", "updated_at", "removed_at")}),
    )

    @property
    def media(self) -> forms.Media:
        """With the site's styles for formulas and code."""
        return super().media + forms.Media(css={"all": SIDES_CSS})

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """A list of one deck's cards has a link to the page that edits them in place."""
        deck = key_from(request.GET.get(DeckFilter.parameter_name))
        chosen = (
            Deck.objects.filter(pk=deck).first() if deck and self.has_change_permission(request) else None
        )
        return super().changelist_view(request, {**(extra_context or {}), "chosen_deck": chosen})

    def response_action(self, request: HttpRequest, queryset: QuerySet[Card], *args: Any, **more: Any) -> Any:
        """Not on all rows of a list that shows only the first of them: nobody has seen their number."""
        is_for_all = forms.BooleanField().to_python(request.POST.get("select_across"))
        if is_for_all and CardPaginator(queryset, 1).is_capped:
            self.message_user(request, TOO_MANY, messages.ERROR)
            return None
        return super().response_action(request, queryset, *args, **more)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Card]:
        """Without erased cards."""
        return super().get_queryset(request).filter(erased_at=None).defer(*DERIVED)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Card], search_term: str
    ) -> tuple[QuerySet[Card], bool]:
        """Cards with all words of the search, in any of the listed decks, removed ones included."""
        words = query_of(search_term)
        if words:
            return queryset.filter(HasWords(CARDS, words)), False
        return (queryset.none() if search_term.strip() else queryset), False

    def get_fieldsets(self, request: HttpRequest, obj: Card | None = None) -> Any:
        """An editor who may save the card also gets the hidden field ``seen``."""
        sets = super().get_fieldsets(request, obj)
        saves = obj is not None and self.has_change_permission(request, obj)
        return (*sets, (None, {"fields": ("seen",)})) if saves else sets

    def get_readonly_fields(self, request: HttpRequest, obj: Card | None = None) -> tuple[str, ...]:
        """A card changes its deck only by the action, which also moves learners' progress."""
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

    @admin.display(description="asks for", ordering="studied_side")
    def asks_for(self, card: Card) -> str:
        return card.get_studied_side_display() or "Decided when the card is saved."

    def save_model(self, request: HttpRequest, obj: Card, form: forms.ModelForm, change: bool) -> None:
        if obj.position is None:
            obj.position = moving.next_position(obj.deck)
        cards.save_card(card=obj)

    @admin.action(description="Remove selected cards", permissions=["change"])
    def remove(self, request: HttpRequest, queryset: QuerySet[Card]) -> None:
        count = sum(cards.remove_cards(deck=deck, cards=queryset) for deck in decks_of(queryset))
        self.message_user(
            request, f"{count:,} removed. To restore them, use the filter “removed”.", messages.SUCCESS
        )

    @admin.action(description="Restore selected cards", permissions=["change"])
    def restore(self, request: HttpRequest, queryset: QuerySet[Card]) -> None:
        count = sum(cards.restore_cards(deck=deck, cards=queryset) for deck in decks_of(queryset))
        self.message_user(request, f"{count:,} restored.", messages.SUCCESS)


def preview(rendered: str) -> str:
    """A side's stored HTML, which `cards.text.markdown` has made safe, with the site's styles."""
    return format_html('<div class="card-preview">{}</div>', mark_safe(rendered)) if rendered else "–"  # noqa: S308


@admin.register(Tag)
class TagAdmin(OwnedWordsAdmin):
    form = TagForm
    index = TAGS
    list_display = ("name", "owner")
    list_select_related = ("owner",)
    # Django asks for these to show the field; `get_search_results` searches.
    search_fields = ("words",)
    autocomplete_fields = ("owner",)


@admin.register(TwinPair)
class TwinPairAdmin(SearchingAdmin):
    form = TwinPairForm
    list_display = ("first", "second", "are_twins", "deck")
    list_select_related = ("first__deck", "second")
    search_fields = ("first__term", "second__term", "first__deck__title")
    ordering = ("first__deck_id", "first__position", "pk")
    autocomplete_fields = ("first", "second")

    @admin.display(description="deck")
    def deck(self, pair: TwinPair) -> Deck:
        return pair.first.deck
