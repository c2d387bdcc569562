"""Marks on cards: setting them from anywhere, putting the open card aside, and the list of marked cards."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from cards.access import deck_to_see
from cards.forms import CARDS_PER_PAGE
from cards.models import Card, Deck
from sessions_app.access import enrollment_of, session_required
from sessions_app.sessions import marks
from sessions_app.sessions.access import step_or_404
from sessions_app.sessions.forms import MarkForm, PutAsideForm
from sessions_app.sessions.marks import Mark, PutAside
from sessions_app.sessions.responses import STALE, respond
from studysite.accounts.guests import learner_required
from studysite.http.htmx import render_page, wanted_part
from studysite.http.requests import LearnerRequest, safe_next

MESSAGES = {
    (Mark.STARRED, True): "Starred.",
    (Mark.STARRED, False): "Star removed.",
    (Mark.SUSPENDED, True): "Suspended: the card is not asked any more.",
    (Mark.SUSPENDED, False): "The card is asked again.",
    (Mark.BURIED, True): "Buried: the card comes back tomorrow.",
    (Mark.BURIED, False): "The card is asked again today.",
}


@learner_required
@require_POST
def card_mark(request: LearnerRequest, slug: str, pk: int) -> HttpResponse:
    """Set or remove a mark on a card, and go back to the page of the form; with htmx the star alone."""
    decks = Deck.objects.visible_to(request.learner).filter(slug=slug)
    card = get_object_or_404(Card.objects.present().select_related("deck"), pk=pk, deck__in=decks)
    form = MarkForm(request.POST)
    if not form.is_valid():
        raise Http404("no such mark")
    mark, on, side = (form.cleaned_data[name] for name in ("mark", "on", "side"))
    marks.card_mark(learner=request.learner, card=card, mark=mark, on=on, now=timezone.now(), side=side)
    if wanted_part(request, ("star-form",)):
        context = {"deck": card.deck, "card_id": card.pk, "starred": on, "next": safe_next(request)}
        return render_page(request, "sessions_app/marks/_star_form.html", context)
    said = MESSAGES[mark, on]
    if side and mark.puts_aside:
        said = said.replace("card", "question")
    messages.success(request, said)
    return redirect(safe_next(request) or reverse("deck_marked", args=[slug]))


@never_cache
@session_required()
@require_POST
def put_aside(request: LearnerRequest, slug: str, mode: str) -> HttpResponse:
    """Suspend or bury the card of the open step, and go on with the next."""
    step = step_or_404(request, slug, mode)
    form = PutAsideForm(request.POST)
    if not form.is_valid():
        raise Http404("no such mark")
    mark, deck = form.cleaned_data["mark"], step.session.deck
    state = marks.step_put_aside(learner=request.learner, step=step, mark=mark, now=timezone.now())
    if state.is_stale:
        return respond(request, deck, mode, notice=STALE)
    aside = PutAside(step.card_id, step.question["side"]) if step.card_id else None
    return respond(request, deck, mode, state, aside=aside)


@never_cache
@learner_required
@require_safe
def marked(request: LearnerRequest, slug: str) -> HttpResponse:
    """The deck's cards that the learner starred, suspended or buried, with buttons that undo it."""
    deck = deck_to_see(request, slug)
    now, chosen = timezone.now(), request.GET.get("mark")
    mark = Mark(chosen) if chosen in set(Mark) else None
    enrollment = enrollment_of(request, deck)
    cards = marks.marked_cards(enrollment, now, mark).in_order()
    context = {
        "deck": deck,
        "page": Paginator(cards, CARDS_PER_PAGE).get_page(request.GET.get("page")),
        "has_siblings": enrollment.has_siblings,
        "marks": list(Mark),
        "chosen": mark,
        "now": now,
    }
    return render_page(request, "sessions_app/marks/marked_cards.html", context)
