"""Corrections after an answer: it was right, it should always count, two cards mean the same, a card is wrong."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from cards.editing.cards import mark_twins
from cards.models import Card, CardReport, Deck
from cards.reporting.services import accept_answer, report_card
from cards.text.studied_side import SIDES, sides_of
from sessions_app.corrections import services as corrections
from sessions_app.corrections.forms import OverrideForm, ReportForm
from sessions_app.models import Review
from sessions_app.study.types import Verdict
from studysite.accounts.guests import learner_required
from studysite.http.requests import LearnerRequest, safe_next
from studysite.methods import READ_AND_POST

RIGHT_TOO = "That answer no longer counts. The deck’s owner is asked whether it is right, too."
ACCEPTED = "That answer counts from now on."
TWINS = "These cards mean the same: from now on neither is a wrong answer to the other."
NOT_OVERRIDDEN = "That answer changed in the meantime. Here is its current state."
REPORTED = "Thank you. The deck’s owner can see your report."


@learner_required
@require_POST
def right_too(request: LearnerRequest, pk: int) -> HttpResponse:
    """Void a wrong choice, and report to the owner that it may be right."""
    line = own_line(request, pk)
    if line.verdict != Verdict.WRONG or not line.response:
        raise Http404("not a wrong choice")
    if corrections.answer_void(learner=request.learner, line=line, now=timezone.now()):
        report_card(
            card=line.card,
            reporter=request.learner,
            kind=CardReport.Kind.ALSO_RIGHT,
            side=line.side,
            text=line.response,
        )
        messages.success(request, RIGHT_TOO)
    else:
        messages.info(request, NOT_OVERRIDDEN)
    return redirect(safe_next(request) or line.card.deck)


@learner_required
@require_POST
def accept(request: LearnerRequest, pk: int) -> HttpResponse:
    """Accept what the deck's owner typed as an answer from now on, and this time."""
    line = own_line(request, pk, owner=request.learner.pk)
    accept_answer(card=line.card, side=line.side, text=line.response)
    corrections.answer_override(
        learner=request.learner, line=line, verdict=Verdict.CORRECT, now=timezone.now()
    )
    messages.success(request, ACCEPTED)
    return redirect(safe_next(request) or line.card.deck)


@learner_required
@require_POST
def twins(request: LearnerRequest, pk: int) -> HttpResponse:
    """Mark the card and the one whose answer was given as twins, and void the answer."""
    line = own_line(request, pk, owner=request.learner.pk)
    other = get_object_or_404(
        line.card.deck.cards.present().exclude(pk=line.card_id), pk=line.mistaken_for_id
    )
    mark_twins(card=line.card, other=other, are_twins=True)
    corrections.answer_void(learner=request.learner, line=line, now=timezone.now())
    messages.success(request, TWINS)
    return redirect(safe_next(request) or line.card.deck)


@never_cache
@learner_required
@require_http_methods(READ_AND_POST)
def report(request: LearnerRequest, slug: str, pk: int) -> HttpResponse:
    """Report a mistake in a card to the deck's owner; ``side`` in the address is what it was asked for."""
    decks = Deck.objects.visible_to(request.learner).filter(slug=slug)
    card = get_object_or_404(Card.objects.present().select_related("deck__owner"), pk=pk, deck__in=decks)
    asked = request.GET.get("side", "")
    form = ReportForm(request.POST or None)
    if not form.is_valid():
        context = {"deck": card.deck, "card": card, "form": form, "next": safe_next(request)}
        return render(request, "sessions_app/corrections/report_card.html", context)
    report_card(
        card=card,
        reporter=request.learner,
        kind=CardReport.Kind.PROBLEM,
        side=asked if asked in SIDES else sides_of(card.studied_side)[0],
        text=form.cleaned_data["text"],
    )
    messages.success(request, REPORTED)
    return redirect(safe_next(request) or reverse("card", args=[slug, pk]))


def own_line(request: LearnerRequest, pk: int, **deck: object) -> Review:
    """A standing line of the learner about a card that they may see; ``owner`` limits it to that owner's decks."""
    decks = Deck.objects.visible_to(request.learner).filter(**deck)
    lines = Review.objects.standing().filter(learner=request.learner, card__deck__in=decks)
    return get_object_or_404(lines.select_related("card__deck"), pk=pk)


@never_cache
@learner_required
@require_POST
def override(request: LearnerRequest, pk: int) -> HttpResponse:
    """Change the verdict on one of the learner's own answers."""
    lines = Review.objects.filter(
        learner=request.learner, card__deck__in=Deck.objects.visible_to(request.learner)
    )
    line = get_object_or_404(lines.select_related("card__deck"), pk=pk)
    form = OverrideForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose whether the answer was right or wrong.")
    elif not corrections.answer_override(
        learner=request.learner, line=line, verdict=Verdict(form.cleaned_data["verdict"]), now=timezone.now()
    ):
        messages.info(request, NOT_OVERRIDDEN)
    return redirect(safe_next(request) or line.card.deck)
