"""The editor's page: the list of a deck's cards, adding a card, and the preview while typing."""

from functools import partial
from urllib.parse import urlencode

from django.core.paginator import Page
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from cards.access import deck_to_edit
from cards.editing.card_forms import NewCardForm
from cards.editing.cards import add_card
from cards.forms import CARDS_PER_PAGE, SearchForm
from cards.models import Deck
from cards.reporting.services import pending_feedback_in
from cards.text.markdown import is_plain, render
from cards.text.studied_side import SIDES
from studysite.accounts.guests import learner_required
from studysite.http.htmx import render_page, wanted_part
from studysite.http.limits import too_often
from studysite.http.requests import LearnerRequest
from studysite.queries.paging import KeyPaginator

PARTS = ("cards",)


@never_cache
@learner_required
@require_safe
def deck_edit(request: LearnerRequest, slug: str) -> HttpResponse:
    """The deck's cards in pages, or those that contain a search text, and the form for a new card."""
    return show_cards(request, deck_to_edit(request, slug))


def show_cards(
    request: LearnerRequest, deck: Deck, *, notice: str = "", form: NewCardForm | None = None
) -> HttpResponse:
    """The editor's page or its part ``cards``; ``form`` has the input for a card that could not be added."""
    search = SearchForm(request.GET)
    context = {
        "deck": deck,
        "page": cards_page(request, deck, search.text),
        "search": search,
        "notice": notice,
        "new_form": form or NewCardForm(deck=deck),
        # A function: only the whole page asks for it.
        "pending_feedback": partial(pending_feedback_in, deck),
        "address": f"{reverse('deck_edit', args=[deck.slug])}{query_of(request)}",
    }
    return render_page(request, "cards/editor/page.html", context, parts=PARTS)


def query_of(request: LearnerRequest) -> str:
    """The part of the address that chooses the listed cards; the list's forms keep it."""
    kept = {name: value for name in ("page", "q") if (value := request.GET.get(name, "")[:200])}
    return f"?{urlencode(kept, errors='replace')}" if kept else ""


def cards_page(request: LearnerRequest, deck: Deck, text: str) -> Page:
    cards = deck.cards.present().in_order().with_text(text).with_seen_tags(request.learner, deck=deck)
    paginator = KeyPaginator(cards, CARDS_PER_PAGE)
    if not text:
        paginator.count = deck.card_count
    return paginator.get_page(request.GET.get("page"))


@learner_required
@require_POST
def card_add(request: LearnerRequest, slug: str) -> HttpResponse:
    """Add a card at the deck's end. A script gets only the card, because it has made the next form itself."""
    deck = deck_to_edit(request, slug)
    form = NewCardForm(request.POST, deck=deck)
    part = wanted_part(request, ("added-card",))
    if not form.is_valid():
        if not part:
            return show_cards(request, deck, form=form)
        return render_page(
            request, "cards/editor/_new_card_form.html", {"deck": deck, "new_form": form, "failed": True}
        )
    card = add_card(card=form.instance)
    if not part:
        last = -(-deck.card_count // CARDS_PER_PAGE)
        return redirect(f"{reverse('deck_edit', args=[slug])}?page={last}#new-card")
    context = {"deck": deck, "card": card, "place": deck.card_count, "added": True}
    return render_page(request, "cards/editor/_card.html", context)


@learner_required
@require_POST
def card_preview(request: LearnerRequest, slug: str) -> HttpResponse:
    """A preview of the typed text; empty if it looks the same as its source. Nothing is saved."""
    if instead := too_often(request, "preview"):
        return instead
    deck = deck_to_edit(request, slug)
    return render_page(request, "cards/editor/_preview.html", {"deck": deck, "preview": preview_of(request)})


def preview_of(request: LearnerRequest) -> list[tuple[str, str]]:
    """The two sides as HTML; empty if neither has markup."""
    texts = {side: request.POST.get(side, "") for side in SIDES}
    if all(is_plain(text) for text in texts.values()):
        return []
    return [(side, render(text)) for side, text in texts.items()]
