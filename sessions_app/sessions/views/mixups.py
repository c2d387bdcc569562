"""The page of cards that the learner mixes up, and the drill of just these."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from cards.access import deck_to_see
from sessions_app.access import enrollment_of
from sessions_app.questions.mixups import drilled_cards, mixups
from sessions_app.sessions.responses import NOTHING
from sessions_app.sessions.services import session_start
from sessions_app.study.modes import learn
from sessions_app.study.modes.types import SessionSettings
from sessions_app.study.types import Kind
from studysite.accounts.guests import learner_required
from studysite.http.requests import LearnerRequest
from studysite.methods import READ_AND_POST


@never_cache
@learner_required
@require_http_methods(READ_AND_POST)
def mixed_up(request: LearnerRequest, slug: str) -> HttpResponse:
    """The pairs side by side; a POST starts the drill, and ends an open session of Learn."""
    deck = deck_to_see(request, slug)
    pairs = mixups(enrollment_of(request, deck))
    if request.method != "POST":
        return render(request, "sessions_app/mixed_up/page.html", {"deck": deck, "pairs": pairs})
    settings = SessionSettings(
        queue=learn.DRILL,
        cards=drilled_cards(pairs),
        kinds=(Kind.CHOICE.value,),
        seconds=learn.DRILL_SECONDS,
    )
    session = pairs and session_start(
        learner=request.learner, deck=deck, mode="learn", settings=settings, now=timezone.now()
    )
    if not session:
        messages.info(request, NOTHING)
        return redirect("deck_mixed_up", slug=slug)
    return redirect("study", slug=slug, mode="learn")
