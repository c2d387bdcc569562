"""What can be said about an answer that was given, besides that it was right or wrong: mine is right too, let it
count from now on, these two cards mean the same, something is wrong with this card."""

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
from sessions_app.corrections import services as corrections
from sessions_app.corrections.forms import OverrideForm, ReportForm
from sessions_app.models import Review
from sessions_app.study.types import Verdict
from studysite.accounts.guests import learner_required
from studysite.http.requests import LearnerRequest, safe_next

RIGHT_TOO = "That answer does not count now, and the deck’s owner is told that it may be right too."
ACCEPTED = "That answer counts from now on."
TWINS = "These cards mean the same: neither is a wrong answer to the other any more."
REPORTED = "Thank you. The deck’s owner is told."


@learner_required
@require_POST
def right_too(request: LearnerRequest, pk: int) -> HttpResponse:
    """Take a wrong pick out of the log, and tell the owner that it may be right."""
    line = own_line(request, pk)
    if line.verdict != Verdict.WRONG or not line.response:
        raise Http404("no wrong pick")
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
    """Let what the owner typed count as an answer from now on, and now."""
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
    """Mark the card and the one whose answer was given as meaning the same, and let the answer count."""
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
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: LearnerRequest, slug: str, pk: int) -> HttpResponse:
    """Tell the deck's owner what is wrong with a card."""
    decks = Deck.objects.visible_to(request.learner).filter(slug=slug)
    card = get_object_or_404(Card.objects.present().select_related("deck__owner"), pk=pk, deck__in=decks)
    form = ReportForm(request.POST or None)
    if not form.is_valid():
        context = {"deck": card.deck, "card": card, "form": form, "next": safe_next(request)}
        return render(request, "sessions_app/corrections/report_card.html", context)
    report_card(
        card=card,
        reporter=request.learner,
        kind=CardReport.Kind.PROBLEM,
        side=card.studied_side,
        text=form.cleaned_data["text"],
    )
    messages.success(request, REPORTED)
    return redirect(safe_next(request) or reverse("card", args=[slug, pk]))


def own_line(request: LearnerRequest, pk: int, **deck: object) -> Review:
    """One of the learner's own standing lines about a card that she may see; ``owner`` narrows it to her decks."""
    decks = Deck.objects.visible_to(request.learner).filter(**deck)
    lines = Review.objects.standing().filter(learner=request.learner, card__deck__in=decks)
    return get_object_or_404(lines.select_related("card__deck"), pk=pk)


NOT_OVERRIDDEN = "That answer was taken back or judged anew meanwhile. This is how it stands."


@never_cache
@learner_required
@require_POST
def override(request: LearnerRequest, pk: int) -> HttpResponse:
    """Judge one of the learner's own answers otherwise: right for wrong, or wrong for right."""
    lines = Review.objects.filter(
        learner=request.learner, card__deck__in=Deck.objects.visible_to(request.learner)
    )
    line = get_object_or_404(lines.select_related("card__deck"), pk=pk)
    form = OverrideForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Say whether the answer was right or wrong.")
    elif not corrections.answer_override(
        learner=request.learner, line=line, verdict=Verdict(form.cleaned_data["verdict"]), now=timezone.now()
    ):
        messages.info(request, NOT_OVERRIDDEN)
    return redirect(safe_next(request) or line.card.deck)
