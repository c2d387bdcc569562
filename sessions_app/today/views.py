"""Studying what is due in all decks, and the learner's settings for that."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from sessions_app.models import LearnerSettings
from sessions_app.study.modes import SPACED
from sessions_app.today import services
from sessions_app.today.forms import USUAL_GOALS, DaySettingsForm
from studysite.accounts.guests import learner_required
from studysite.http.htmx import go_to
from studysite.http.requests import LearnerRequest
from studysite.methods import READ_AND_POST

NOTHING_LEFT = "Nothing is left to study right now."
NO_OTHER_DECK = "Nothing is left in your other decks right now."


@never_cache
@require_http_methods(READ_AND_POST)
def today_start(request: LearnerRequest) -> HttpResponse:
    """A POST starts or continues Spaced in the first deck with something to do; a GET leads to the home page.

    With ``after``, the slug of the deck that was just studied, it is another deck.
    """
    return _start(request) if request.method == "POST" else redirect("home")


@learner_required
def _start(request: LearnerRequest) -> HttpResponse:
    after = request.POST.get("after", "")
    deck = services.today_start(learner=request.learner, after=after, now=timezone.now())
    if deck:
        return go_to(request, reverse("study", args=[deck.slug, SPACED.name]))
    messages.info(request, NO_OTHER_DECK if after else NOTHING_LEFT)
    return go_to(request, reverse("home"))


@never_cache
@learner_required
@require_http_methods(READ_AND_POST)
def today_settings(request: LearnerRequest) -> HttpResponse:
    """The learner's daily goal, and whether the home page shows their last days."""
    chosen = LearnerSettings.objects.filter(learner=request.learner).first()
    form = DaySettingsForm(
        request.POST if request.method == "POST" else None,
        instance=chosen or LearnerSettings(learner=request.learner),
    )
    if not form.is_valid():
        context = {"form": form, "usual_goals": USUAL_GOALS}
        return render(request, "sessions_app/today/settings.html", context)
    # Two tabs may save the first row at the same time.
    LearnerSettings.objects.update_or_create(learner=request.learner, defaults=form.cleaned_data)
    messages.success(request, "Your settings are saved.")
    return redirect("home")
