"""A learner's settings for a deck, and starting over in it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from cards.access import deck_to_see
from cards.models import Deck
from sessions_app.access import enrollment_of
from sessions_app.learners import settings
from sessions_app.learners.forms import SettingsForm, SharingForm
from sessions_app.models import Enrollment
from studysite.accounts.guests import learner_required, to_login
from studysite.http.requests import LearnerRequest
from studysite.methods import READ_AND_POST


@never_cache
@learner_required
@require_http_methods(READ_AND_POST)
def deck_settings(request: LearnerRequest, slug: str) -> HttpResponse:
    """The learner's settings for the deck; an open session continues."""
    deck = deck_to_see(request, slug)
    data = request.POST if request.method == "POST" else None
    form = SettingsForm(data, instance=enrollment_of(request, deck))
    if not form.is_valid():
        return render(request, "sessions_app/deck/settings.html", {"deck": deck, "form": form})
    settings.settings_change(learner=request.learner, deck=deck, **form.settings())
    messages.success(request, "Your settings for this deck are saved.")
    return redirect("deck_settings", slug=slug)


@never_cache
@learner_required
@require_http_methods(READ_AND_POST)
def start_over(request: LearnerRequest, slug: str) -> HttpResponse:
    """Ask for confirmation; a POST starts over."""
    deck = deck_to_see(request, slug)
    if request.method != "POST":
        return render(request, "sessions_app/deck/start_over.html", {"deck": deck})
    settings.start_over(learner=request.learner, deck=deck, now=timezone.now())
    messages.success(request, "You have started over: all cards of this deck are new again.")
    return redirect("deck", slug=slug)


@require_POST
def sharing(request: LearnerRequest, slug: str) -> HttpResponse:
    """Whether the deck's owner may see the learner's progress, which the learner can change. Not for guests."""
    if not request.user.is_authenticated:
        return to_login(request)
    deck = get_object_or_404(Deck.objects.visible_to(request.learner), slug=slug)
    form = SharingForm(request.POST)
    if form.is_valid():
        Enrollment.objects.set_for(request.learner, deck, **form.cleaned_data)
    return redirect("deck", slug=slug)
