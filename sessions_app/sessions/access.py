"""Which step a post is about."""

from django.http import Http404
from django.shortcuts import get_object_or_404

from cards.models import Deck
from sessions_app.models import Step
from sessions_app.sessions.forms import StepForm
from studysite.http.requests import LearnerRequest


def step_or_404(request: LearnerRequest, slug: str, mode: str) -> Step:
    """The step that the form names, with its session, deck and card.

    404 unless it is the learner's own, in this mode and in a deck that they may see.
    """
    form = StepForm(request.POST)
    if not form.is_valid():
        raise Http404("no such step")
    steps = Step.objects.select_related("session__deck", "card").filter(
        session__learner=request.learner,
        session__mode=mode,
        session__deck__slug=slug,
        session__deck__in=Deck.objects.visible_to(request.learner),
    )
    return get_object_or_404(steps, pk=form.cleaned_data["step"])
