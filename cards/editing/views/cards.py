"""One card in the editor: editing, moving, removing and restoring it."""

from dataclasses import dataclass

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cards.access import card_to_edit, deck_to_edit
from cards.editing import moving
from cards.editing.card_forms import CardEditForm, PlaceForm
from cards.editing.cards import edit_card, remove_cards, restore_cards
from cards.editing.views.card_list import preview_of, query_of, show_cards
from cards.forms import CARDS_PER_PAGE
from cards.models import Card
from cards.text.images import NOT_DESCRIBED, without_images
from cards.text.studied_side import SIDES
from studysite.accounts.guests import learner_required
from studysite.http.htmx import render_page, wanted_part
from studysite.http.requests import LearnerRequest, safe_next
from studysite.methods import READ_AND_POST


@dataclass(frozen=True)
class Difference:
    """A field that two people have changed differently at the same time; ``side`` is that of its text, if any."""

    label: str
    theirs: str
    side: str = ""


@never_cache
@learner_required
@require_http_methods(READ_AND_POST)
def card_edit(request: LearnerRequest, slug: str, pk: int) -> HttpResponse:
    """The form of a card, and saving it: as a page, or in the card's place in the list."""
    card = card_to_edit(request, slug, pk)
    is_guest = not request.user.is_authenticated
    if request.method != "POST":
        if "cancel" in request.GET and card.removed_at is None:
            return card_in_list(request, card)
        return show_form(request, card, CardEditForm(instance=card, is_guest=is_guest))
    form = CardEditForm(request.POST, request.FILES, instance=card, is_guest=is_guest)
    # Validated before a preview too, because that keeps an uploaded image.
    if not form.is_valid() or "preview" in request.POST:
        return show_form(request, card, form)
    images = form.images.by_side
    current = edit_card(card=form.instance, seen=form.cleaned_data["seen"], images=images)
    if current:
        form.accept_current(current)
        return show_form(request, card, form, current=current)
    return card_in_list(request, card)


def show_form(
    request: LearnerRequest, card: Card, form: CardEditForm, *, current: Card | None = None
) -> HttpResponse:
    """Show the form; ``current`` is what someone else has saved in the meantime, shown beside the typed texts."""
    # The first field that has to be changed; otherwise the first one.
    begin = next((name for name in form.errors if name in form.fields), "term")
    form.fields[begin].widget.attrs["autofocus"] = True
    context = {
        "deck": card.deck,
        "card": card,
        "form": form,
        "current": current,
        "differences": differences(form, current) if current else [],
        "preview": preview_of(request) if request.method == "POST" else shown_preview(card),
        "next": safe_next(request),
    }
    is_part = wanted_part(request, (f"card-{card.pk}",))
    return render_page(
        request, "cards/editor/_card_form_in_list.html" if is_part else "cards/editor/edit_card.html", context
    )


def shown_preview(card: Card) -> list[tuple[str, str]]:
    """The stored HTML: a card that was not edited need not be rendered."""
    if not card.has_markup:
        return []
    return [(side, without_images(getattr(card, f"{side}_html"))) for side in SIDES]


def differences(form: CardEditForm, current: Card) -> list[Difference]:
    """The fields in which ``current``, saved by someone else, differs from what was typed here."""
    found = []
    for name in form.fields:
        theirs = getattr(current, name, None)
        if name != "seen" and theirs != form.cleaned_data[name]:
            text = "\n".join(theirs) if isinstance(theirs, list) else str(theirs)
            side = next((side for side in SIDES if side in name), "")
            found.append(Difference(str(form[name].label), text, side))
    images = current.images_by_side()
    for side, mine in form.images.by_side.items():
        if images[side] != mine:
            words = "\n".join(image.alt or NOT_DESCRIBED for image in images[side])
            found.append(Difference(f"Images of the {side}", words, side))
    return found


def card_in_list(request: LearnerRequest, card: Card) -> HttpResponse:
    """The card in its place in the list, instead of its form; or the list as a page."""
    if wanted_part(request, (f"card-{card.pk}",)):
        return render_page(
            request, "cards/editor/_card.html", {"deck": card.deck, "card": card, "focus": True}
        )
    return redirect(safe_next(request) or f"{page_address(card)}#card-{card.pk}")


def page_address(card: Card) -> str:
    """The editor's page that lists the card."""
    page = 1 + (moving.place_of(card) - 1) // CARDS_PER_PAGE
    return f"{reverse('deck_edit', args=[card.deck.slug])}?page={page}"


@learner_required
@require_POST
def card_place(request: LearnerRequest, slug: str, pk: int) -> HttpResponse:
    """Move a card within its deck; the response is the new list."""
    card = card_to_edit(request, slug, pk)
    form = PlaceForm(request.POST)
    if card.removed_at or not form.is_valid():
        notice = (
            "That card was removed in the meantime." if card.removed_at else "Choose where the card goes."
        )
        return after(request, card, notice)
    place = moving.place_card(card=card, place=form.place_from(moving.place_of(card)))
    return after(request, card, f"Moved to place {place:,} of {card.deck.card_count:,}.")


def after(request: LearnerRequest, card: Card, notice: str) -> HttpResponse:
    if wanted_part(request, ("cards",)):
        return show_cards(request, card.deck, notice=notice)
    messages.info(request, notice)
    return redirect(f"{reverse('deck_edit', args=[card.deck.slug])}{query_of(request)}#card-{card.pk}")


@learner_required
@require_POST
def card_remove(request: LearnerRequest, slug: str, pk: int) -> HttpResponse:
    """Remove a card; its place in the list gets a button to restore it."""
    card = card_to_edit(request, slug, pk)
    remove_cards(deck=card.deck, cards=Card.objects.filter(pk=pk))
    if wanted_part(request, (f"card-{pk}",)):
        return render_page(request, "cards/editor/_removed_card.html", {"deck": card.deck, "card": card})
    messages.success(request, "The card is removed. You can find it under “Removed cards”.")
    return redirect(safe_next(request) or reverse("deck_edit", args=[slug]))


@learner_required
@require_POST
def card_restore(request: LearnerRequest, slug: str, pk: int) -> HttpResponse:
    """Restore a removed card to its old place."""
    card = card_to_edit(request, slug, pk)
    if card.erased_at:
        raise Http404("it is erased")
    restore_cards(deck=card.deck, cards=Card.objects.filter(pk=pk))
    if not wanted_part(request, (f"card-{pk}",)):
        messages.success(request, "The card is back.")
    card.refresh_from_db(fields=["removed_at", "updated_at"])
    return card_in_list(request, card)


@never_cache
@learner_required
@require_safe
def cards_removed(request: LearnerRequest, slug: str) -> HttpResponse:
    """The removed cards of a deck, the newest first."""
    deck = deck_to_edit(request, slug)
    cards = deck.cards.removed().order_by("-removed_at", "pk")
    page = Paginator(cards, CARDS_PER_PAGE).get_page(request.GET.get("page"))
    return render_page(request, "cards/editor/removed_cards.html", {"deck": deck, "page": page})
