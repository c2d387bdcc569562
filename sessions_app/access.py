"""Who may do what on the pages of studying, and what the addresses of these pages say."""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django_htmx.http import reswap, retarget

from cards.models import Deck
from cards.text.cleaning import clean_text
from sessions_app.models import MAX_RESPONSE, Enrollment
from studysite.http.requests import LearnerRequest, SiteRequest
from studysite.numbers import whole_number

NOT_LOGGED_IN = "You are no longer logged in on this browser, so that was not saved."

KEPT_ANSWER = "kept_answer"
"""In a browser's session: the step and the typed answer of somebody who was no longer logged in."""

View = Callable[..., HttpResponse]


def session_required(mode: str | None = None) -> Callable[[View], View]:
    """Decorate a view of posts in a session of ``mode``, or of the mode that its address names.

    An anonymous visitor was logged in, or a guest, when the session began. They can log in and come back: what
    they typed is kept until then. Or they can start again as a guest, where that is possible.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(request: LearnerRequest, slug: str, **kwargs: str) -> HttpResponse:
            if request.learner.is_authenticated:
                return view(request, slug, **kwargs)
            keep_answer(request)
            return not_logged_in(request, slug, mode or kwargs["mode"])

        return wrapped

    return decorate


def keep_answer(request: SiteRequest) -> None:
    """Keep what was typed in the browser's session, which stays the same one when its owner logs in."""
    step, typed = whole_number(request.POST.get("step", "")), clean_text(request.POST.get("typed", ""))
    if step and typed:
        request.session[KEPT_ANSWER] = {"step": step, "typed": typed[:MAX_RESPONSE]}


def kept_answer(request: SiteRequest, step: int) -> str:
    """What was typed as the answer to ``step`` before its learner had to log in again; empty for another step."""
    kept = request.session.get(KEPT_ANSWER)
    return kept["typed"] if kept and kept["step"] == step else ""


def not_logged_in(request: SiteRequest, slug: str, mode: str) -> HttpResponse:
    """Say that nothing was saved, with a link to the login; with htmx the page stays as it is."""
    page = reverse("study", args=[slug, mode])
    can_start = settings.GUESTS and Deck.objects.visible_to(request.learner).filter(slug=slug).exists()
    context = {"text": NOT_LOGGED_IN, "page": page, "can_start": can_start}
    if request.htmx:
        response = render(request, "sessions_app/study/_not_logged_in.html", context)
        return retarget(reswap(response, "innerHTML"), "#trouble")
    if not can_start:
        return redirect_to_login(page)
    messages.info(request, render_to_string("sessions_app/study/_not_logged_in_text.html", context))
    return redirect(page)


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
