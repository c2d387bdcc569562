"""The twins of a card: which other cards of the deck have the same meaning, as decided by the author."""

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from cards.access import card_to_edit
from cards.editing import cards
from cards.forms import SearchForm
from cards.models import Card, TwinPair
from studysite.accounts.guests import learner_required
from studysite.http.htmx import render_page
from studysite.http.requests import LearnerRequest
from studysite.methods import READ_AND_POST
from studysite.numbers import whole_number

MOST_FOUND = 20
# The author's possible decisions on two cards; None deletes the decision.
WORDS = {"same": True, "different": False, "forget": None}


@never_cache
@learner_required
@require_http_methods(READ_AND_POST)
def card_twins(request: LearnerRequest, slug: str, pk: int) -> HttpResponse:
    """The cards that are marked as twins of this card or as different, and a search for others."""
    card = card_to_edit(request, slug, pk)
    if request.method == "POST":
        return mark(request, card)
    search = SearchForm(request.GET)
    pairs = TwinPair.objects.filter(Q(first=card) | Q(second=card)).select_related("first", "second")
    marked = [(pair.second if pair.first_id == card.pk else pair.first, pair.are_twins) for pair in pairs]
    found = card.deck.cards.none()
    if search.text:
        others = card.deck.cards.present().in_order().with_text(search.text)
        found = others.exclude(pk__in=[card.pk, *(other.pk for other, _ in marked)])[:MOST_FOUND]
    context = {"deck": card.deck, "card": card, "search": search, "found": found}
    context["marked"] = [(other, are_twins) for other, are_twins in marked if other.removed_at is None]
    return render_page(request, "cards/editor/twins.html", context, parts=("found",))


def mark(request: LearnerRequest, card: Card) -> HttpResponse:
    """Save the posted decision on ``card`` and another card."""
    key, word = whole_number(request.POST.get("card", "")), request.POST.get("word", "")
    if word not in WORDS or key is None:
        messages.error(request, "Choose one of the cards.")
        return redirect(request.get_full_path())
    other = get_object_or_404(card.deck.cards.exclude(pk=card.pk), pk=key)
    cards.mark_twins(card=card, other=other, are_twins=WORDS[word])
    messages.success(request, "Saved.")
    return redirect(request.get_full_path())
