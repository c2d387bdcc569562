"""Who may do what on the pages of a mode."""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from cards.models import Deck
from sessions_app.models import Enrollment
from studysite.http.requests import LearnerRequest
from studysite.numbers import whole_number

NOBODY = "This browser is not logged in any more, so that was not saved. Log in, or start anew."

View = Callable[[LearnerRequest, str, str], HttpResponse]


def session_required(view: View) -> View:
    """Send who is nobody back to the mode's page, where she can start; without guests to the login, and there.

    ``view`` takes posts that belong to a session: whoever sends one has been somebody.
    """

    @wraps(view)
    def wrapped(request: LearnerRequest, slug: str, mode: str) -> HttpResponse:
        if request.learner.is_authenticated:
            return view(request, slug, mode)
        page = reverse("study", args=[slug, mode])
        visible = Deck.objects.visible_to(request.learner).filter(slug=slug)
        if not (settings.GUESTS and visible.exists()):
            return redirect_to_login(page)
        messages.info(request, NOBODY)
        return HttpResponseClientRedirect(page) if request.htmx else redirect(page)

    return wrapped


def test_required(view: Callable[[LearnerRequest, str], HttpResponse]) -> Callable[..., HttpResponse]:
    """`session_required` for posts that belong to a test."""
    required = session_required(lambda request, slug, mode: view(request, slug))

    @wraps(view)
    def wrapped(request: LearnerRequest, slug: str) -> HttpResponse:
        return required(request, slug, "test")

    return wrapped


def named(request: LearnerRequest, argument: str) -> int | None:
    """The key or number that the address gives under this name."""
    return whole_number(request.GET.get(argument, ""))


def deck_or_404(request: LearnerRequest, slug: str) -> Deck:
    return get_object_or_404(Deck.objects.visible_to(request.learner).select_related("owner"), slug=slug)


def enrollment_of(request: LearnerRequest, deck: Deck) -> Enrollment:
    """The learner's enrollment; for nobody, and before the first session, one that is not saved."""
    if not request.learner.is_authenticated:
        return Enrollment(deck=deck)
    mine = Enrollment.objects.filter(learner=request.learner, deck=deck).first()
    return mine or Enrollment(learner=request.learner, deck=deck)


def number(text: str | None, *, least: int, most: int) -> int | None:
    """A whole number from an address, moved into the range; None if it is none."""
    value = whole_number(text or "")
    return None if value is None else max(least, min(value, most))
