"""Types of requests for views, the page that a form was on, and the largest body of an address."""

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.encoding import iri_to_uri
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.middleware import HtmxDetails

from studysite.accounts.models import User

MAX_NEXT = 2_000

IMPORT_PATHS = ("/import/",)


class Utf8Request(HttpRequest):
    """Reads requests as UTF-8, as browsers send them from this site, whatever charset a request claims.

    Django accepts every codec of Python, even those that are not for text, such as base64. Their errors occur
    before any middleware could handle them.
    """

    @property
    def encoding(self) -> None:
        return None

    @encoding.setter
    def encoding(self, charset: str | None) -> None:
        pass


class SiteRequest(HttpRequest):
    """``htmx`` has the headers of htmx; ``request_id`` is the request's id in the log.

    ``learner`` is the user who is logged in, or the browser's guest, or AnonymousUser.
    """

    htmx: HtmxDetails
    request_id: str
    learner: User | AnonymousUser


class LearnerRequest(SiteRequest):
    """A request behind ``learner_required``: its learner is a user or a guest."""

    learner: User


def safe_next(request: SiteRequest) -> str:
    """The path ``next`` of the request, if it is a page of this site; else an empty text."""
    target = request.POST.get("next") or request.GET.get("next", "")
    allowed = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    # Only a path: `redirect` treats other texts as names of pages. It also refuses very long addresses.
    return target if allowed and target.startswith("/") and len(iri_to_uri(target)) <= MAX_NEXT else ""


def largest_body(path: str) -> int:
    """The most bytes of a request to ``path``: more for import files than for forms and images."""
    return int(settings.MAX_IMPORT if path.endswith(IMPORT_PATHS) else settings.MAX_REQUEST)
