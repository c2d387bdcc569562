"""Exporting a deck, for everybody who may open it: nothing is kept from leaving."""

import tempfile
from collections.abc import Iterable, Iterator

from django.http import FileResponse, Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cards import exporting
from cards.exporting import FORMATS, PACKAGES
from cards.models import Deck
from studysite.accounts.limits import too_often
from studysite.htmx import render_page
from studysite.requests import SiteRequest

HISTORY = "history"
"""The archive with what the learner herself has learned."""


@never_cache
@require_safe
def export(request: SiteRequest, slug: str) -> HttpResponse:
    """The kinds of file to choose from."""
    deck = deck_to_export(request, slug)
    return render_page(request, "cards/export.html", {"deck": deck, "formats": FORMATS.values()})


@never_cache
@require_safe
def export_file(request: SiteRequest, slug: str, name: str) -> HttpResponseBase:
    """The deck as a file; ``history`` is the archive with the learner's own answers in it."""
    if instead := too_often(request, "export"):
        return instead
    deck = deck_to_export(request, slug)
    if name == HISTORY and not request.learner.is_authenticated:
        raise Http404
    kind = FORMATS["archive" if name == HISTORY else name]
    called = exporting.file_name(deck, kind.ending)
    if kind.name not in PACKAGES:
        text = exporting.write_text(kind.name, deck, request.learner)
        response = StreamingHttpResponse(in_chunks(text), content_type=kind.media_type)
        response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=called)
        return response
    # The response closes it.
    file = tempfile.TemporaryFile()  # noqa: SIM115
    exporting.write(kind.name, file, deck, request.learner, now=timezone.now(), history=name == HISTORY)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=called, content_type=kind.media_type)


def in_chunks(pieces: Iterable[str], size: int = 2**16) -> Iterator[str]:
    """Small pieces together: one write for each of 100,000 rows takes longer than writing them."""
    kept: list[str] = []
    length = 0
    for piece in pieces:
        kept.append(piece)
        length += len(piece)
        if length >= size:
            yield "".join(kept)
            kept, length = [], 0
    yield "".join(kept)


def deck_to_export(request: SiteRequest, slug: str) -> Deck:
    return get_object_or_404(Deck.objects.visible_to(request.learner).select_related("owner"), slug=slug)
