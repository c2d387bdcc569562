"""Limits on wrong passwords; they apply wherever django-allauth checks a password.

There are three: a low one for an account from one address, so that strangers lock out only themselves; a high one
for an account from anywhere, against attacks from many addresses; and one for an address with any account.
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
    """Count a try before the password is checked; the caller rolls the usage back if the password was right.

    After too many tries return the response 429 instead. It is the same whether ``email`` has an account or not.
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
    """Delete the tries for an account whose owner has just set a new password; the address keeps its tries."""
    known = known_browsers.number_for(request, email)
    for key in {place_key(request, email, None), place_key(request, email, known)}:
        ratelimit.clear(request, app=APP, action=HERE, key=key)
    ratelimit.clear(request, app=APP, action=ANYWHERE, key=account_key(email))


def account_key(email: str) -> str:
    """Lower case, as at the login. The host name is not part of the key, because clients choose it."""
    return email.strip().lower()


def place_key(request: HttpRequest, email: str, known: str | None) -> str:
    """The account with a known browser, or else with an address (for IPv6 a network of 64 bits)."""
    place = f"browser {known}" if known else ratelimit.get_ip(request)
    return f"{account_key(email)} {place}"


def client_ip(request: HttpRequest) -> str:
    """The client's address from the trusted proxies' header, or else that of the connection.

    An IPv4 address that a server on IPv6 sees as ``::ffff:192.0.2.1`` is returned as IPv4: otherwise all of them
    would be in one network of 64 bits.

    Raises PermissionDenied if there is no valid address.
    """
    try:
        found = get_client_ip(request)
    except ImproperlyConfigured:
        # The request came through fewer proxies: from inside the network.
        found = None
    try:
        address = ipaddress.ip_address(found or request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        raise PermissionDenied("The client has no address.") from None
    if isinstance(address, ipaddress.IPv6Address):
        # Without the scope (the name of a network interface), which the sender chooses.
        mapped = address.ipv4_mapped or ipaddress.IPv6Address(int(address))
        return str(mapped)
    return str(address)
