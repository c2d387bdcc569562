"""Compresses pages (docs/server.md says what that must not show, and what compresses static files)."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class PageCompression(GZipMiddleware):
    """Compresses HTML of 200 bytes or more, for clients that accept gzip.

    Django adds up to 100 random bytes, so that the length of a page tells little about what it says ("Heal the
    BREACH", 2022). Downloads and images stay as they are: most are compressed formats, and a file is sent from
    the disk without being read into memory.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.streaming or not response.headers.get("Content-Type", "").startswith("text/html"):
            return response
        return super().process_response(request, response)
