"""Browsers in which somebody has logged in: they still get in while strangers guess the account's password.

The browser keeps one cookie, signed by the site, that lists the accounts logged in to there. After OWASP's "Slow
down online guessing attacks with device cookies": an entry holds a number of its own, by which wrong passwords
from this browser are counted, so that it lends nobody unlimited tries.
"""

import secrets
from collections.abc import Callable
from typing import Any

from allauth.account.signals import password_changed, password_set
from allauth.account.utils import filter_users_by_email
from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.core import signing
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from studysite.accounts.models import User

COOKIE = "known_browser"
SALT = "studysite.accounts.known_browsers"
DAYS = 180
"""How long a browser is known after the last login; Chromium keeps no cookie for more than 400."""

MOST_ACCOUNTS = 10
"""Of one browser, the newest: a school's laptop has many learners, and a cookie at most 4 096 bytes."""

PATH = "/accounts/"
"""Where every page is that takes a password; others need not be sent the cookie."""

Handler = Callable[[HttpRequest], HttpResponse]

Entry = tuple[int, str, int, str]
"""A user's key, the number of the browser for this user, the day of the login, the mark of the password."""


def number_for(request: HttpRequest, email: str) -> str | None:
    """The number by which this browser is known to the account of ``email``; None where it is not known.

    Only a browser with a cookie of ours costs a look into the database, so that an answer's time tells nothing.
    """
    entries = entries_of(request)
    if not entries:
        return None
    marks = {user.pk: password_mark(user) for user in filter_users_by_email(email)}
    for pk, number, _, mark in entries:
        if pk in marks and constant_time_compare(mark, marks[pk]):
            return number
    return None


def entries_of(request: HttpRequest) -> list[Entry]:
    """What the cookie lists and is not too old; nothing where it is not ours."""
    try:
        entries = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT)
    except signing.BadSignature:
        return []
    return [tuple(entry) for entry in entries if entry[2] > today() - DAYS]


def today() -> int:
    return timezone.now().date().toordinal()


def password_mark(user: User) -> str:
    """Changes with whatever ends the user's sessions: a new password does."""
    return salted_hmac(SALT, user.get_session_auth_hash(), algorithm="sha256").hexdigest()[:32]


@receiver(user_logged_in)
@receiver(password_changed)
@receiver(password_set)
def note(request: HttpRequest | None, user: User, **kwargs: Any) -> None:
    """Have the answer to ``request`` make this browser known: whoever sent it has shown that they are ``user``."""
    if request is not None:
        request.logged_in_here = user  # type: ignore[attr-defined]


def remember(get_response: Handler) -> Handler:
    """Middleware: set the cookie where somebody has logged in, or changed their password, with the request."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if user := getattr(request, "logged_in_here", None):
            set_cookie(request, response, user)
        return response

    return middleware


def set_cookie(request: HttpRequest, response: HttpResponse, user: User) -> None:
    others = [entry for entry in entries_of(request) if entry[0] != user.pk]
    entry: Entry = (user.pk, secrets.token_urlsafe(8), today(), password_mark(user))
    response.set_cookie(
        COOKIE,
        signing.dumps([*others, entry][-MOST_ACCOUNTS:], salt=SALT),
        max_age=DAYS * 24 * 3600,
        path=PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
