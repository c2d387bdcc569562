"""Which step a post is about."""

from django.db.models import QuerySet
from django.http import Http404

from cards.models import Deck
from sessions_app.models import Step
from studysite.accounts.models import User
from studysite.http.requests import LearnerRequest
from studysite.numbers import whole_number
from studysite.queries.compiled import compiled


def step_or_404(request: LearnerRequest, slug: str, mode: str) -> Step:
    """The step that the form names, with its session and deck.

    404 unless it is the learner's own, in this mode and in a deck that they may see.
    """
    pk = whole_number(request.POST.get("step", ""))
    found = pk and _step.first(step=pk, learner=request.learner.pk, mode=mode, slug=slug)
    if not found:
        raise Http404("no such step")
    return found


@compiled
def _step(*, step: int, learner: int, mode: str, slug: str) -> QuerySet[Step]:
    texts = ("session__deck__words", "session__deck__description")
    steps = Step.objects.select_related("session__deck").defer(*texts).filter(pk=step, session__mode=mode)
    visible = Deck.objects.visible_to(User(pk=learner)).filter(slug=slug)
    return steps.filter(session__learner=learner, session__deck__in=visible)
