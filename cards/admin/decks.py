"""The admin for decks: owners, visibility, and editing, importing and exporting cards."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import quote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html

from cards.admin.actions import SHOWN_ROWS, learner_count
from cards.admin.base import OwnedWordsAdmin, RemovableAdmin, note_changes
from cards.admin.edit_in_place import edit_in_place, may_edit
from cards.admin.filters import DeckFilter, OwnerFilter, RemovedFilter
from cards.admin.import_export import export, import_into, may_import
from cards.editing.decks import remove_decks, restore_decks, show_decks, update_studied_sides
from cards.erasing import services as erasing
from cards.erasing.handing_over import hand_over
from cards.models import LIBRARY_SLUG, Card, Deck, Visibility
from cards.searching.index import DECKS
from studysite.accounts.admin.filters import GuestOwnerFilter
from studysite.accounts.models import User
from studysite.numbers import counted

LISTED = "Everyone can find, study and copy them."
SHIPPED = "“{}” comes with the site, which would load it again at its next start. Remove it instead."
HIDDEN = "Only their owners can open them. Learners keep their progress."


@admin.register(Deck)
class DeckAdmin(OwnedWordsAdmin, RemovableAdmin):
    index = DECKS
    actions = ("publish", "unpublish", export, *RemovableAdmin.actions)
    list_display = ("title", "owner_link", "seen_by", "cards_link", "in_place_link", "updated_at")
    list_filter = (OwnerFilter, "visibility", "side_choice", GuestOwnerFilter, RemovedFilter)
    list_select_related = ("owner",)
    # Django asks for these to show the field; `get_search_results` searches.
    search_fields = ("words",)
    ordering = ("title", "pk")
    autocomplete_fields = ("owner",)
    readonly_fields = ("cards_link", "created_at", "updated_at", "removed_at")
    fieldsets = (
        (None, {"fields": ("title", "description", "owner", "visibility", "slug")}),
        ("Cards", {"fields": ("cards_link", "language", "definition_language", "side_choice")}),
        ("Dates", {"fields": ("created_at", "updated_at", "removed_at")}),
    )

    def get_urls(self) -> list[URLPattern]:
        """With pages for a deck's cards."""
        view = self.admin_site.admin_view
        return [
            path("<key:pk>/cards/", view(self.edit_cards_view), name="cards_deck_cards"),
            path("<key:pk>/import/", view(self.import_view), name="cards_deck_import"),
            *super().get_urls(),
        ]

    def edit_cards_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return edit_in_place(self, request, pk)

    def import_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        return import_into(self, request, pk)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without hidden decks that an import is filling, and without erased decks."""
        return super().get_queryset(request).filter(is_building=False, erased_at=None)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only superusers: a removed deck can be restored, an erased one cannot."""
        return bool(request.user.is_superuser)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """The numbers of rows to be erased. The deck that comes with the site is protected."""
        decks = list(objs)
        cards = Card.objects.filter(deck__in=[deck.pk for deck in decks])
        count, learners = cards.count(), learner_count(cards)
        counts = {
            "card" if count == 1 else "cards": count,
            "learner who has answers or marks"
            if learners == 1
            else "learners who have answers or marks": learners,
        }
        shipped = [SHIPPED.format(deck) for deck in decks if deck.slug == LIBRARY_SLUG]
        return [str(deck) for deck in decks[:SHOWN_ROWS]], counts, set(), shipped

    def delete_model(self, request: HttpRequest, obj: Deck) -> None:
        """Erase what can be done at once; the daily command erases the rest."""
        erasing.erase_now([obj.pk], now=timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Deck]) -> None:
        erasing.erase_now(list(queryset.values_list("pk", flat=True)), now=timezone.now())

    def get_list_display(self, request: HttpRequest) -> Any:
        """Without the link to edit cards if the editor may not change cards."""
        names = super().get_list_display(request)
        return names if may_edit(self, request) else [name for name in names if name != "in_place_link"]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context |= {"may_edit_cards": may_edit(self, request), "may_import": may_import(self, request)}
        return super().render_change_form(request, context, *args, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Deck | None = None) -> Any:
        """An editor who may not see users cannot choose another owner; a new deck is their own."""
        fields = super().get_readonly_fields(request, obj)
        people = self.admin_site.get_model_admin(User)
        return fields if obj is None or people.has_view_permission(request) else (*fields, "owner")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"owner": request.user.pk, **super().get_changeform_initial_data(request)}

    @admin.display(description="owner", ordering="owner__name")
    def owner_link(self, deck: Deck) -> str:
        address = reverse("admin:cards_deck_changelist", query={OwnerFilter.parameter_name: deck.owner_id})
        return format_html('<a href="{}">{}</a>', address, deck.owner)

    @admin.display(description="visibility", ordering="visibility")
    def seen_by(self, deck: Deck) -> str:
        return deck.visibility.capitalize()

    @admin.display(description="cards", ordering="card_count")
    def cards_link(self, deck: Deck) -> str:
        if deck.pk is None:
            return "Save the deck first."
        address = reverse("admin:cards_card_changelist", query={DeckFilter.parameter_name: deck.pk})
        text, questions = counted(deck.card_count, "card"), deck.question_count()
        if questions != deck.card_count:
            text = f"{text}, {counted(questions, 'question')}"
        return format_html('<a href="{}">{}</a>', address, text)

    @admin.display(description="")
    def in_place_link(self, deck: Deck) -> str:
        address = reverse("admin:cards_deck_cards", args=[quote(deck.pk)])
        return format_html('<a href="{}" aria-label="Edit the cards of {}">Edit cards</a>', address, deck)

    def save_model(self, request: HttpRequest, obj: Deck, form: forms.ModelForm, change: bool) -> None:
        obj.updated_at, owner = timezone.now(), obj.owner
        is_handed_over = change and "owner" in form.changed_data
        if is_handed_over:
            # `hand_over` changes the owner, because it also needs the old one, for the tags.
            obj.owner_id = form.initial["owner"]
        super().save_model(request, obj, form, change)
        if is_handed_over:
            hand_over(decks=[obj.pk], owner=obj.owner, to=owner)
            obj.owner = owner
        if change and {"side_choice", "language"}.intersection(form.changed_data):
            update_studied_sides(deck=obj)

    @admin.action(description="Publish selected decks", permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Deck]) -> None:
        self.show(request, queryset, Visibility.PUBLIC, f"published. {LISTED}")

    @admin.action(description="Unpublish selected decks: make them private", permissions=["change"])
    def unpublish(self, request: HttpRequest, queryset: QuerySet[Deck]) -> None:
        self.show(request, queryset, Visibility.PRIVATE, f"made private. {HIDDEN}")

    def show(self, request: HttpRequest, decks: QuerySet[Deck], visibility: Visibility, done: str) -> None:
        others = list(decks.exclude(visibility=visibility))
        count = show_decks(decks=decks, visibility=visibility)
        note_changes(request, others, f"Changed the visibility to {visibility.value}.")
        self.message_user(request, f"{count:,} {done}", messages.SUCCESS)

    @admin.action(description="Remove selected decks", permissions=["change"])
    def remove(self, request: HttpRequest, queryset: QuerySet[Deck]) -> None:
        count = remove_decks(decks=queryset)
        self.message_user(
            request, f"{count:,} removed. To restore them, use the filter “removed”.", messages.SUCCESS
        )

    @admin.action(description="Restore selected decks", permissions=["change"])
    def restore(self, request: HttpRequest, queryset: QuerySet[Deck]) -> None:
        count = restore_decks(decks=queryset)
        self.message_user(request, f"{count:,} restored.", messages.SUCCESS)
