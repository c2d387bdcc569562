"""Who studies: the person who is signed in, else the browser's guest, else nobody.

A guest is a user row that the session names and that is never signed in: a login as a guest would keep them
from signing up and from logging in as themselves.
"""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from allauth.core import ratelimit
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import SimpleLazyObject
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect

from studysite.accounts.models import User
from studysite.accounts.time_zones import time_zone_or_utc

SESSION_KEY = "guest_id"

Handler = Callable[[HttpRequest], HttpResponse]

logger = logging.getLogger(__name__)


def learner(get_response: Handler) -> Handler:
    """Middleware: set ``request.learner``, which asks the database only when it is looked at."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.learner = SimpleLazyObject(lambda: learner_of(request))  # type: ignore[attr-defined]
        return get_response(request)

    middleware.process_exception = gone_meanwhile  # type: ignore[attr-defined]
    return middleware


def gone_meanwhile(request: HttpRequest, exception: Exception) -> HttpResponse | None:
    """Send a learner home whose row went while they were answered.

    Another tab has merged or dropped the guest, or the account was erased. What they wrote names a learner
    who is no more, so the database refuses it as a whole.
    """
    pk = request.user.pk or request.session.get(SESSION_KEY)
    about_rows = isinstance(exception, IntegrityError | ObjectDoesNotExist)
    if not about_rows or pk is None or User.objects.filter(pk=pk, erased_at=None).exists():
        return None
    home = redirect(settings.LOGIN_REDIRECT_URL)
    return HttpResponseClientRedirect(home.url) if request.htmx else home  # type: ignore[attr-defined]


def learner_of(request: HttpRequest) -> User | AnonymousUser:
    if request.user.is_authenticated:
        return request.user
    return guest_of(request) or AnonymousUser()


def guest_of(request: HttpRequest) -> User | None:
    """The guest that the session names, whoever is signed in; one that is gone is forgotten."""
    pk = request.session.get(SESSION_KEY)
    if pk is None:
        return None
    guest = User.objects.filter(pk=pk, is_guest=True, erased_at=None).first()
    if guest is None:
        forget(request)
    return guest


def admit(request: HttpRequest) -> HttpResponse | None:
    """Make nobody a guest: call it where a post starts something. None if there is somebody now, else the answer.

    The post's ``time_zone`` is what the browser says; a strange one becomes UTC. The session gets a new key, so
    that who knew the old one does not know the guest.
    """
    if request.learner.is_authenticated:  # type: ignore[attr-defined]
        return None
    if not settings.GUESTS:
        return redirect_to_login(request.get_full_path())
    if not ratelimit.consume(request, action="guest"):
        logger.warning("A new guest was refused: too many from one address.")
        return ratelimit.respond_429(request)
    guest = User.objects.create_guest(time_zone=time_zone_or_utc(request.POST.get("time_zone")))
    request.session.cycle_key()
    request.session[SESSION_KEY] = guest.pk
    request.learner = guest  # type: ignore[attr-defined]
    return None


def forget(request: HttpRequest) -> None:
    """Take the guest's name out of the session; their row stays."""
    request.session.pop(SESSION_KEY, None)


def learner_required(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Send who is nobody yet to the login, and back to the page; from a post, to the page that the form was on."""

    @wraps(view)
    def wrapped(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.learner.is_authenticated:
            return to_login(request)
        return view(request, *args, **kwargs)

    return wrapped


def to_login(request: HttpRequest) -> HttpResponse:
    """Send to the login, and from there to the page; a post's address is none, so to the page before it."""
    is_page = request.method in ("GET", "HEAD")
    return redirect_to_login(request.get_full_path() if is_page else page_before(request))


def page_before(request: HttpRequest) -> str:
    """The path of the page of this site from which the request comes; home where the browser does not say."""
    page = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure()):
        return "/"
    parts = urlsplit(page)
    return urlunsplit(("", "", parts.path or "/", parts.query, ""))
