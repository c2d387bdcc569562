"""A request as the site's middleware leaves it: types for views."""

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from studysite.accounts.models import User


class SiteRequest(HttpRequest):
    """``htmx`` tells what htmx said of the request; ``request_id`` names it in the log.

    ``learner`` is who studies: the person who is signed in, else the browser's guest, else nobody.
    """

    htmx: HtmxDetails
    request_id: str
    learner: User | AnonymousUser


class LearnerRequest(SiteRequest):
    """A request behind ``learner_required``: there is somebody who studies."""

    learner: User
