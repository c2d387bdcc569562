"""What a request holds: types for views, the numbers that are sent, and the page that a form was on."""

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
    """Reads what is sent as UTF-8, as browsers send it from this site's pages, whatever charset is claimed.

    Django takes every codec of Python's, and some are none for text (base64): their errors come before any
    middleware could answer them.
    """

    @property
    def encoding(self) -> None:
        return None

    @encoding.setter
    def encoding(self, charset: str | None) -> None:
        pass


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


def safe_next(request: SiteRequest) -> str:
    """The page that the form was on, if it is one of ours."""
    target = request.POST.get("next") or request.GET.get("next", "")
    allowed = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    # A path, since `redirect` takes any other word for the name of a page, and no longer than it sends.
    return target if allowed and target.startswith("/") and len(iri_to_uri(target)) <= MAX_NEXT else ""


def largest_body(path: str) -> int:
    """The most bytes that may be sent to an address: files come to the pages of importing, images to a card."""
    return int(settings.MAX_IMPORT if path.endswith(IMPORT_PATHS) else settings.MAX_REQUEST)
