"""What can be said about an answer that was given, besides that it was right or wrong: mine is right too, let it
count from now on, these two cards mean the same, something is wrong with this card."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseLocation

from cards.editing.cards import mark_twins
from cards.models import Card, CardReport, Deck
from cards.reporting.services import accept_answer, report_card
from cards.text.cleaning import clean_text
from sessions_app import services
from sessions_app.forms import ReportForm
from sessions_app.models import Review
from sessions_app.study import grading
from sessions_app.study.types import Kind, Question, Verdict
from sessions_app.views.access import session_required
from sessions_app.views.feedback import feedback_context
from sessions_app.views.study import show, step_or_404
from sessions_app.views.undo import NOT_OVERRIDDEN
from studysite.accounts.guests import learner_required
from studysite.requests import LearnerRequest, safe_next

RIGHT_TOO = "That answer does not count now, and the deck’s owner is told that it may be right too."
ACCEPTED = "That answer counts from now on."
TWINS = "These cards mean the same: neither is a wrong answer to the other any more."
NOT_YET = "Not quite: compare it with the answer."
REPORTED = "Thank you. The deck’s owner is told."


@learner_required
@require_POST
def right_too(request: LearnerRequest, pk: int) -> HttpResponse:
    """Take a wrong pick out of the log, and tell the owner that it may be right."""
    line = own_line(request, pk)
    if line.verdict != Verdict.WRONG or not line.response:
        raise Http404("no wrong pick")
    if services.answer_void(learner=request.learner, line=line, now=timezone.now()):
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
    services.answer_override(learner=request.learner, line=line, verdict=Verdict.CORRECT, now=timezone.now())
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
    services.answer_void(learner=request.learner, line=line, now=timezone.now())
    messages.success(request, TWINS)
    return redirect(safe_next(request) or line.card.deck)


@never_cache
@session_required
@require_POST
def retype(request: LearnerRequest, slug: str, mode: str) -> HttpResponse:
    """Compare what the learner typed once more after a miss: the right answer leads on. Nothing is counted."""
    step = step_or_404(request, slug, mode)
    question = Question.from_json(step.question)
    if step.answered_at is None or question.kind is not Kind.TYPED:
        raise Http404("nothing to type again")
    typed = clean_text(request.POST.get("typed", ""))
    stand = services.stand_of(learner=request.learner, deck=step.session.deck, mode=mode, now=timezone.now())
    told = feedback_context(request.learner, step, step.reviews.standing().first(), stand)
    if grading.judged(question, typed).verdict is Verdict.CORRECT:
        target = told["feedback"].next_url
        return HttpResponseLocation(target, target="#question") if request.htmx else redirect(target)
    context = {**told, "retyped": typed}
    return show(request, step.session.deck, mode, stand, notice=NOT_YET, told=context)


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
        return render(request, "sessions_app/report.html", context)
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
