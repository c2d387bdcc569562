"""Editing cards in the admin without overwriting others' changes: one card, or a page of 50 cards of a deck."""

import logging
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import messages
from django.contrib.admin.options import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.text import Truncator

from cards.admin.base import note_changes
from cards.admin.forms import CardForm
from cards.editing import cards
from cards.forms import CARDS_PER_PAGE, MomentField, SearchForm, SidesForm, SourceField
from cards.models import Card, Deck
from cards.text.markdown import is_plain
from cards.text.studied_side import SIDES
from studysite.numbers import whole_number

logger = logging.getLogger(__name__)

SHORT_TEXT = 200
CHANGED = "Someone else changed this card in the meantime. Save again to overwrite their version."
SHOWN_FIELDS = ("deck_id", *SIDES, "term_html", "definition_html", "side_choice", "updated_at", "removed_at")


class RowForm(SidesForm):
    """Both sides of a card in a row of the page; ``seen`` is the card's `updated_at` when the page was made.

    The page also has the original texts, so that an unchanged row is not saved, even if someone else has changed
    the card.
    """

    term = SourceField(show_hidden_initial=True)
    definition = SourceField(show_hidden_initial=True)
    seen = MomentField(required=False)

    class Meta:
        model = Card
        fields = SIDES

    def __init__(self, data: QueryDict | None = None, *, instance: Card) -> None:
        super().__init__(data, instance=instance, prefix=f"card-{instance.pk}")
        self.initial["seen"] = instance.updated_at
        self.current: Card | None = None
        for side in SIDES:
            self.fields[side].widget.attrs["aria-label"] = (
                f"{side.capitalize()} of card {instance.position + 1}"
            )

    @property
    def previews(self) -> dict[str, str]:
        """The HTML of the sides with markup, as it was when the page was made."""
        if self.is_bound:
            return {}
        return {
            side: getattr(self.instance, f"{side}_html") for side in SIDES if not is_plain(self.initial[side])
        }

    @property
    def is_changed(self) -> bool:
        return bool({*SIDES}.intersection(self.changed_data))

    def accept_current(self, current: Card) -> None:
        """The editor sees the current version beside their own, so the next save overwrites it."""
        self.current = current
        seen = {self.add_prefix("seen"): current.updated_at.isoformat()}
        self.data = {**self.data.dict(), **seen}  # type: ignore[attr-defined]

    @property
    def theirs(self) -> list[tuple[str, str]]:
        """The texts that someone else has saved in the meantime, for the sides that differ."""
        sides = [(side, getattr(self.current, side)) for side in SIDES] if self.current else []
        return [(side, text) for side, text in sides if text != self.cleaned_data[side]]


class WholeCardForm(CardForm):
    """All fields of a card on its own page. It warns before it overwrites what someone else has saved since."""

    seen = MomentField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["seen"] = self.instance.updated_at

    def clean(self) -> dict[str, Any]:
        """Compare with the instance, which is still the saved card here."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        current, seen = self.instance, cleaned.get("seen")
        if current.pk and seen and seen != current.updated_at:
            sides = " / ".join(
                Truncator(side).chars(SHORT_TEXT) for side in (current.term, current.definition)
            )
            logger.info("Edit conflict: card %s has changed since it was opened.", current.pk)
            self.add_error(None, f"{CHANGED} Its sides are now: {sides}")
            data = self.data.copy()  # type: ignore[attr-defined]
            data["seen"] = current.updated_at.isoformat()
            self.data = data
        return cleaned


def may_edit(decks: ModelAdmin, request: HttpRequest) -> bool:
    """Whether the editor may change cards."""
    return decks.admin_site.get_model_admin(Card).has_change_permission(request)


def edit_in_place(decks: ModelAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """The page; a POST saves all changed rows at once, and shows the rows again that could not be saved."""
    if not may_edit(decks, request):
        raise PermissionDenied
    deck = get_object_or_404(decks.get_queryset(request), pk=pk)
    if request.method != "POST":
        return show_page(decks, request, deck, None)
    forms = [RowForm(request.POST, instance=card) for card in posted_cards(deck, request.POST)]
    saved = save(request, deck, [form for form in forms if form.is_changed])
    if saved:
        said = f"{saved:,} card{'' if saved == 1 else 's'} saved."
        decks.message_user(request, said, messages.SUCCESS)
    if any(form.errors or form.current for form in forms):
        return show_page(decks, request, deck, forms)
    if not saved:
        decks.message_user(request, "There was nothing to save.", messages.INFO)
    return redirect(request.get_full_path())


def posted_cards(deck: Deck, data: QueryDict) -> Iterable[Card]:
    """The cards of the posted page, even if cards have moved between pages since."""
    keys = map(whole_number, data.getlist("card")[:CARDS_PER_PAGE])
    return of_deck(deck).filter(pk__in=[key for key in keys if key is not None])


def of_deck(deck: Deck) -> Any:
    return deck.cards.in_order().only(*SHOWN_FIELDS, "position")


def save(request: HttpRequest, deck: Deck, forms: Sequence[RowForm]) -> int:
    """Save the valid rows; rows that someone else has changed in the meantime get their current version."""
    right = {form.instance.pk: form for form in forms if form.is_valid()}
    edits = [(form.instance, form.cleaned_data["seen"]) for form in right.values()]
    saved, conflicts = cards.edit_cards(deck=deck, edits=edits)
    for current in conflicts:
        right[current.pk].accept_current(current)
    if saved:
        note_changes(request, saved, "Changed in the list of the deck's cards.")
    return len(saved)


def show_page(
    decks: ModelAdmin, request: HttpRequest, deck: Deck, forms: Sequence[RowForm] | None
) -> HttpResponse:
    """The cards that the address selects; or the posted rows, if some of them could not be saved."""
    search = SearchForm(request.GET)
    found = of_deck(deck).present().with_text(search.text)
    page = Paginator(found, CARDS_PER_PAGE).get_page(request.GET.get("p"))
    if forms is None:
        rows = [RowForm(instance=card) for card in page]
    else:
        again = {card.pk: card for card in of_deck(deck).filter(pk__in=[form.instance.pk for form in forms])}
        rows = [
            form if form.errors or form.current else RowForm(instance=again[form.instance.pk])
            for form in forms
            if form.instance.pk in again
        ]
    context = {
        **decks.admin_site.each_context(request),
        "title": f"Cards of {deck}",
        "opts": decks.opts,
        "deck": deck,
        "rows": rows,
        "page": page,
        "numbers": page.paginator.get_elided_page_range(page.number),
        "search": search,
        "media": decks.media,
        "may_add": decks.admin_site.get_model_admin(Card).has_add_permission(request),
        "has_trouble": forms is not None,
    }
    return TemplateResponse(request, "admin/cards/deck/cards.html", context)
