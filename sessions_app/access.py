"""Who may do what on the pages of studying, and what the addresses of these pages say."""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponse
from django.urls import reverse

from cards.models import Deck
from sessions_app.models import Enrollment
from studysite.http.htmx import go_to
from studysite.http.requests import LearnerRequest, SiteRequest
from studysite.numbers import whole_number

NOT_LOGGED_IN = "You are no longer logged in on this browser, so that was not saved. Log in, or start again."

View = Callable[..., HttpResponse]


def session_required(mode: str | None = None) -> Callable[[View], View]:
    """Decorate a view of posts in a session of ``mode``, or of the mode that its address names.

    An anonymous visitor was logged in, or a guest, when the session began. They are sent to the mode's page, where
    they can start; or to the login if guests are disabled or the deck is not public.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(request: LearnerRequest, slug: str, **kwargs: str) -> HttpResponse:
            if request.learner.is_authenticated:
                return view(request, slug, **kwargs)
            page = reverse("study", args=[slug, mode or kwargs["mode"]])
            visible = Deck.objects.visible_to(request.learner).filter(slug=slug)
            if not (settings.GUESTS and visible.exists()):
                return redirect_to_login(page)
            messages.info(request, NOT_LOGGED_IN)
            return go_to(request, page)

        return wrapped

    return decorate


def named(request: LearnerRequest, argument: str) -> int | None:
    """The whole number that the address gives under the name ``argument``; None without one."""
    return whole_number(request.GET.get(argument, ""))


def number(text: str | None, *, least: int, most: int) -> int | None:
    """A whole number from an address, moved into the range; None if ``text`` is not a whole number."""
    value = whole_number(text or "")
    return None if value is None else max(least, min(value, most))


def enrollment_of(request: SiteRequest, deck: Deck) -> Enrollment:
    """The learner's enrollment in ``deck``; an unsaved one for an anonymous visitor, or if there is none."""
    if not request.learner.is_authenticated:
        return Enrollment(deck=deck)
    mine = Enrollment.objects.filter(learner=request.learner, deck=deck).first()
    if mine is None:
        return Enrollment(learner=request.learner, deck=deck)
    mine.deck = deck
    return mine
