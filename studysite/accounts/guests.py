"""The learner of a request: the user who is logged in, or the browser's guest, or AnonymousUser.

A guest is a User row whose key is in the session. Guests are never logged in, because then they could not sign up,
or log in to their own account.
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
    """Middleware: set ``request.learner``, which queries the database only when it is used."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.learner = SimpleLazyObject(lambda: learner_of(request))  # type: ignore[attr-defined]
        return get_response(request)

    middleware.process_exception = gone_meanwhile  # type: ignore[attr-defined]
    return middleware


def gone_meanwhile(request: HttpRequest, exception: Exception) -> HttpResponse | None:
    """Redirect to the home page if the learner's row was deleted during the request.

    Another tab may have merged or discarded the guest, or the account was erased. The database then refuses all
    rows that refer to the learner.
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
    """The guest of the session, even if a user is logged in; a deleted guest is removed from the session."""
    pk = request.session.get(SESSION_KEY)
    if pk is None:
        return None
    guest = User.objects.filter(pk=pk, is_guest=True, erased_at=None).first()
    if guest is None:
        forget(request)
    return guest


def admit(request: HttpRequest) -> HttpResponse | None:
    """Create a guest for an anonymous visitor. Call it in POST views that start something.

    Return None if the request now has a learner, else the response to send. The browser sends its ``time_zone``
    with the form; an unknown one becomes UTC. The session gets a new key, because the old one may be known to
    others.
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


def may_sign_up(learner: User) -> bool:
    """Whether ``learner`` is a guest who can make their answers those of an account."""
    return learner.is_guest and settings.SIGNUP == "open"


def forget(request: HttpRequest) -> None:
    """Remove the guest from the session; their row stays."""
    request.session.pop(SESSION_KEY, None)


def learner_required(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Require a learner; otherwise redirect to the login, and after it to the page, or to the page of the form."""

    @wraps(view)
    def wrapped(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.learner.is_authenticated:
            return to_login(request)
        return view(request, *args, **kwargs)

    return wrapped


def to_login(request: HttpRequest) -> HttpResponse:
    """Redirect to the login, and after it to this page; after a POST to the page before it."""
    is_page = request.method in ("GET", "HEAD")
    return redirect_to_login(request.get_full_path() if is_page else page_before(request))


def page_before(request: HttpRequest) -> str:
    """The path of the page of this site that the request comes from; "/" if the browser does not send it."""
    page = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure()):
        return "/"
    parts = urlsplit(page)
    return urlunsplit(("", "", parts.path or "/", parts.query, ""))
