"""A request as the site's middleware leaves it: types for views."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from studysite.accounts.models import User


class SiteRequest(HttpRequest):
    """``htmx`` tells what htmx said of the request; ``request_id`` names it in the log."""

    htmx: HtmxDetails
    request_id: str


class SignedInRequest(SiteRequest):
    """A request behind ``login_required``."""

    user: User
