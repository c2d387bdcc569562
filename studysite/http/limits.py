"""How often one learner, and one address, may ask for what takes the site some time; counted as logins are."""

from allauth.core.internal import ratelimit
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

WAIT = 60
"""Seconds after which a browser may try again."""


def too_often(request: HttpRequest, action: str) -> HttpResponse | None:
    """Count a try of ``action``; None while there are not too many, else the answer 429.

    Its page has a button that sends the same once more, so that nothing that was typed is lost. To be asked before
    any work is done. Who is nobody has an address alone. GETs count too, which allauth's own function leaves out.
    """
    key = key_of(request)
    rates = settings.ACCOUNT_RATE_LIMITS.get(action, "").split(",")
    counted = ",".join(rate for rate in rates if key or not rate.endswith("/key"))
    app = "allauth.account"
    if ratelimit.consume(request, app=app, action=action, config={action: counted}, key=key, limit_get=True):
        return None
    response = render(request, "429.html", {"again": True, "fields": fields_of(request)}, status=429)
    response["Retry-After"] = str(WAIT)
    return response


def key_of(request: HttpRequest) -> str:
    """Names the learner, a guest too; else the browser's session; empty where there is none."""
    learner = request.learner  # type: ignore[attr-defined]
    return f"learner {learner.pk}" if learner.is_authenticated else request.session.session_key or ""


def fields_of(request: HttpRequest) -> list[tuple[str, str]]:
    """What was sent, without files, which no page can send again."""
    posted = request.POST.lists()
    return [(name, value) for name, values in posted if name != "csrfmiddlewaretoken" for value in values]
