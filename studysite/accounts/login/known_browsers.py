"""Browsers in which a user has logged in before: they can still log in while strangers guess the password.

The browser has one signed cookie that lists the accounts. The rules are those of OWASP's "Slow down online
guessing attacks with device cookies": each entry has its own number, by which wrong passwords from this browser
are counted, so the cookie does not allow unlimited tries.
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
"""How many days a browser is known after the last login; Chromium keeps cookies for at most 400."""

MOST_ACCOUNTS = 10
"""The newest accounts of a browser: a school laptop has many learners, but a cookie at most 4,096 bytes."""

PATH = "/accounts/"
"""All pages that ask for a password are below this path; other pages do not get the cookie."""

Handler = Callable[[HttpRequest], HttpResponse]

Entry = tuple[int, str, int, str]
"""The user's key, the browser's number for this user, the day of the login, a digest of the password."""


def number_for(request: HttpRequest, email: str) -> str | None:
    """The number by which the account of ``email`` knows this browser; None if it does not know it.

    The database is queried only if the browser has our cookie, so response times do not show who has an account.
    """
    entries = entries_of(request)
    if not entries:
        return None
    marks = {user.pk: password_digest(user) for user in filter_users_by_email(email)}
    for pk, number, _, mark in entries:
        if pk in marks and constant_time_compare(mark, marks[pk]):
            return number
    return None


def entries_of(request: HttpRequest) -> list[Entry]:
    """The entries of the cookie that are not too old; none if the signature is wrong."""
    try:
        entries = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT)
    except signing.BadSignature:
        return []
    return [tuple(entry) for entry in entries if entry[2] > today() - DAYS]


def today() -> int:
    return timezone.now().date().toordinal()


def password_digest(user: User) -> str:
    """A digest that changes whenever the user's sessions end, for example with a new password."""
    return salted_hmac(SALT, user.get_session_auth_hash(), algorithm="sha256").hexdigest()[:32]


@receiver(user_logged_in)
@receiver(password_changed)
@receiver(password_set)
def note(request: HttpRequest | None, user: User, **kwargs: Any) -> None:
    """Let `remember` set the cookie: the sender of this request has proved to be ``user``."""
    if request is not None:
        request.logged_in_here = user  # type: ignore[attr-defined]


def remember(get_response: Handler) -> Handler:
    """Middleware: set the cookie if a user has logged in or changed their password in this request."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if user := getattr(request, "logged_in_here", None):
            set_cookie(request, response, user)
        return response

    return middleware


def set_cookie(request: HttpRequest, response: HttpResponse, user: User) -> None:
    others = [entry for entry in entries_of(request) if entry[0] != user.pk]
    entry: Entry = (user.pk, secrets.token_urlsafe(8), today(), password_digest(user))
    response.set_cookie(
        COOKIE,
        signing.dumps([*others, entry][-MOST_ACCOUNTS:], salt=SALT),
        max_age=DAYS * 24 * 3600,
        path=PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
