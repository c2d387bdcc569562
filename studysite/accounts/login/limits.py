"""How many wrong passwords are looked at, counted by django-allauth wherever it checks one.

Tightly for an account as seen from one address, so that strangers lock out nobody but themselves; widely for an
account from anywhere, against many addresses that share the work; and for one address, whatever the account.
"""

import ipaddress

from allauth.core.internal import ratelimit
from allauth.core.internal.httpkit import get_client_ip
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from studysite.accounts.login import known_browsers

APP = "allauth.account"
HERE, ANYWHERE, ADDRESS = "login_failed", "login_failed_anywhere", "login_failed_address"
"""The limits' names in ACCOUNT_RATE_LIMITS."""


def consume(request: HttpRequest, email: str) -> ratelimit.RateLimitUsage | HttpResponse:
    """Count a try before the password is looked at; the usage is rolled back where it was right.

    The answer 429 instead, where there were too many. It is the same whether ``email`` has an account or not.
    """
    known = known_browsers.number_for(request, email)
    limits = [(ADDRESS, None), (HERE, place_key(request, email, known))]
    if known is None:
        limits.append((ANYWHERE, account_key(email)))
    usage = ratelimit.RateLimitUsage([])
    for action, key in limits:
        used = ratelimit.consume(request, app=APP, action=action, key=key)
        if used is None:
            usage.rollback()
            return render(request, "429.html", {"for_account": action == ANYWHERE}, status=429)
        usage.usage += used.usage
    return usage


def clear(request: HttpRequest, email: str) -> None:
    """Forget the tries for an account, whose owner has just set a new password; not those of the address."""
    known = known_browsers.number_for(request, email)
    for key in {place_key(request, email, None), place_key(request, email, known)}:
        ratelimit.clear(request, app=APP, action=HERE, key=key)
    ratelimit.clear(request, app=APP, action=ANYWHERE, key=account_key(email))


def account_key(email: str) -> str:
    """As logging in looks addresses up: without regard to case. The host's name is no part: clients choose it."""
    return email.strip().lower()


def place_key(request: HttpRequest, email: str, known: str | None) -> str:
    """The account as seen from one known browser, else from one address (of IPv6, one network of 64 bits)."""
    place = f"browser {known}" if known else ratelimit.get_ip(request)
    return f"{account_key(email)} {place}"


def client_ip(request: HttpRequest) -> str:
    """The client's address, as far as the trusted proxies tell it, else that of who is connected.

    An IPv4 address that a server listening on IPv6 sees as ``::ffff:192.0.2.1`` is given as IPv4: all of these are
    one network of 64 bits.

    Raises PermissionDenied where there is none.
    """
    try:
        found = get_client_ip(request)
    except ImproperlyConfigured:
        # Fewer proxies than usual have passed this on: a request from inside.
        found = None
    try:
        address = ipaddress.ip_address(found or request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        raise PermissionDenied("The client has no address.") from None
    if isinstance(address, ipaddress.IPv6Address):
        # Without the name of a network card, which the sender's system makes up.
        mapped = address.ipv4_mapped or ipaddress.IPv6Address(int(address))
        return str(mapped)
    return str(address)
