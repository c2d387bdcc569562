"""Taking an answer back, and judging it otherwise."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from cards.models import Deck
from sessions_app import services
from sessions_app.forms import OverrideForm
from sessions_app.models import Review
from sessions_app.study.types import Verdict
from sessions_app.views.access import session_required
from sessions_app.views.study import show, step_or_404
from studysite.accounts.guests import learner_required
from studysite.requests import LearnerRequest, safe_next

UNDONE = "Taken back."
NOT_UNDONE = (
    "That answer stays: it was taken back already, others have followed it, or its study day is over. "
    "This is where you are."
)
NOT_OVERRIDDEN = "That answer was taken back or judged anew meanwhile. This is how it stands."


@never_cache
@session_required
@require_POST
def undo(request: LearnerRequest, slug: str, mode: str) -> HttpResponse:
    """Take back the answer to the step that the form names: the session's last."""
    step = step_or_404(request, slug, mode)
    now = timezone.now()
    stand = services.answer_undo(learner=request.learner, step=step, now=now)
    notice = NOT_UNDONE if stand.is_stale else UNDONE
    if not request.htmx:
        messages.info(request, notice)
        return redirect("study", slug=slug, mode=mode)
    deck = step.session.deck
    if stand.is_stale:
        stand = services.stand_of(learner=request.learner, deck=deck, mode=mode, now=now)
    return show(request, deck, mode, stand, notice=notice)


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
    elif not services.answer_override(
        learner=request.learner, line=line, verdict=Verdict(form.cleaned_data["verdict"]), now=timezone.now()
    ):
        messages.info(request, NOT_OVERRIDDEN)
    return redirect(safe_next(request) or line.card.deck)
