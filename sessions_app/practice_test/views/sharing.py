"""Beat my paper: a link with which friends can take the same paper without an account."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from cards.access import deck_to_see
from sessions_app.models import Paper, make_token
from sessions_app.practice_test import starting
from sessions_app.practice_test.access import own_papers
from sessions_app.practice_test.forms import TakeForm
from sessions_app.study.modes import TEST
from sessions_app.study.modes.types import SessionSettings
from studysite.accounts.guests import admit, learner_required
from studysite.http.requests import LearnerRequest
from studysite.methods import READ_AND_POST

SHARED = "You can send the link to anyone."
UNSHARED = "The link no longer works."


@never_cache
@learner_required
@require_POST
def sharing(request: LearnerRequest, slug: str, pk: int) -> HttpResponse:
    """Create the link to this paper, or with ``off`` withdraw it; copies that were started stay."""
    paper = get_object_or_404(own_papers(request, slug).scored(), pk=pk)
    if "off" in request.POST:
        Paper.objects.filter(pk=pk).update(token=None)
    else:
        Paper.objects.filter(pk=pk, token=None).update(token=make_token())
    messages.success(request, UNSHARED if "off" in request.POST else SHARED)
    return redirect(f"{reverse('test_results', args=[slug, paper.pk])}#friends")


@never_cache
@require_http_methods(READ_AND_POST)
def beat(request: LearnerRequest, slug: str, token: str) -> HttpResponse:
    """Whose paper it is, and the score to beat. A POST starts a copy; a visitor becomes a guest."""
    deck = deck_to_see(request, slug)
    shared = Paper.objects.scored().filter(session__deck=deck, token=token)
    source = get_object_or_404(shared.select_related("session__learner"))
    source.session.deck = deck
    is_mine = source.session.learner_id == request.learner.pk
    known = request.learner.is_authenticated and not request.learner.is_guest
    data = request.POST if request.method == "POST" else None
    form = TakeForm(data, initial={"name": request.learner.name if known else ""})
    if request.method != "POST" or is_mine or not form.is_valid():
        minutes = SessionSettings.from_json(source.session.settings).seconds // 60
        context = {
            "deck": deck,
            "mode": TEST,
            "paper": source,
            "form": form,
            "is_mine": is_mine,
        }
        return render(request, "sessions_app/test/shared_paper.html", context | {"minutes": minutes})
    if instead := admit(request):
        return instead
    now = timezone.now()
    session = starting.take(
        learner=request.learner, source=source, shown_as=form.cleaned_data["shown_as"], now=now
    )
    if session.started_at != now:
        messages.info(request, starting.STILL_OPEN)
    return redirect("study", slug=slug, mode=TEST.name)
