"""Exporting a deck. Everybody who can open a deck can export it.

A small deck is written in the request. A large one is prepared in slices: a POST starts that, and a page shows the
progress and then the link to the file.
"""

import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from cards.access import deck_to_see
from cards.exporting import preparing
from cards.exporting import services as exporting
from cards.exporting.services import FORMATS
from cards.exporting.writing import WITH_HISTORY, Writer, characters_of
from cards.formats.parts import FILE
from cards.formats.types import FormatError
from cards.models import Deck, DeckExport
from studysite.http.htmx import go_to, render_page
from studysite.http.limits import too_often
from studysite.http.requests import SiteRequest
from studysite.slices import Slice

MOST_AT_ONCE = 1_000
"""Cards of a deck that is written in the request. Larger decks would take half a second or more."""

MOST_CHARACTERS_AT_ONCE = 200_000
"""Characters of such a deck. With some Markdown, an Anki package of this size takes a quarter of a second."""

SESSION_KEY = "exports"
PARTS = ("export-progress",)


@never_cache
@require_safe
def export(request: SiteRequest, slug: str) -> HttpResponse:
    """The kinds of file to choose from."""
    deck = deck_to_export(request, slug)
    return show_kinds(request, deck, is_large=is_large(deck))


def is_large(deck: Deck) -> bool:
    """Whether the deck takes longer to write than a request may, so that it has to be prepared."""
    return deck.card_count > MOST_AT_ONCE or characters_of(deck) > MOST_CHARACTERS_AT_ONCE


def show_kinds(request: SiteRequest, deck: Deck, *, is_large: bool, wanted: str = "") -> HttpResponse:
    context = {"deck": deck, "formats": FORMATS.values(), "is_large": is_large, "wanted": wanted}
    return render_page(request, "cards/export/formats.html", context)


@never_cache
@require_safe
def export_file(request: SiteRequest, slug: str, name: str) -> HttpResponseBase:
    """The deck as a file. For a large deck, the page with the button that prepares it, since a GET must not.

    Some kinds are with the learner's own answers (see `Format.with_history`).
    """
    if instead := too_often(request, "export"):
        return instead
    deck = deck_to_export(request, slug, name)
    file = None if is_large(deck) else written_at_once(request, deck, name)
    if file is None:
        return show_kinds(request, deck, is_large=True, wanted=exporting.format_of(name).title)
    return sent(file, deck, name)


def written_at_once(request: SiteRequest, deck: Deck, name: str) -> Any:
    """The open file. None if it takes longer than a request may."""
    with tempfile.TemporaryDirectory(prefix="studysite-export-") as folder:
        now = timezone.now()
        writer = Writer(deck, request.learner, name, now=now, folder=Path(folder), state={})
        try:
            is_whole = Slice().run(writer.steps())
        except FormatError:
            # It is too large. Preparing it shows the error.
            return None
        # The open file stays readable after its folder is deleted. The response closes it.
        return writer.path.open("rb") if is_whole else None


def sent(file: Any, deck: Deck, name: str) -> FileResponse:
    kind = exporting.format_of(name)
    called = exporting.file_name(deck, kind.ending)
    return FileResponse(file, as_attachment=True, filename=called, content_type=kind.media_type)


def deck_to_export(request: SiteRequest, slug: str, name: str = "") -> Deck:
    """A deck that the visitor can open. Only learners have a history."""
    if name in WITH_HISTORY.values() and not request.learner.is_authenticated:
        raise Http404
    return deck_to_see(request, slug)


# --- Prepared in slices


@never_cache
@require_POST
def export_prepare(request: SiteRequest, slug: str, name: str) -> HttpResponse:
    """Start to write the file of a deck. Its page continues that."""
    if instead := too_often(request, "export"):
        return instead
    deck = deck_to_export(request, slug, name)
    learner = request.learner if request.learner.is_authenticated else None
    tokens = tokens_of(request)
    made = preparing.begin(deck=deck, learner=learner, kind=name, others=tokens)
    if learner is None:
        request.session[SESSION_KEY] = [*tokens, made.token][-preparing.KEPT_EXPORTS :]
    return step(request, made)


@never_cache
@require_safe
def export_progress(request: SiteRequest, token: str) -> HttpResponse:
    """The progress, or the link to the complete file."""
    return show_progress(request, export_or_404(request, token))


def show_progress(request: SiteRequest, made: DeckExport) -> HttpResponse:
    context = {
        "export": made,
        "deck": made.deck,
        "format": exporting.format_of(made.kind),
        # While another process works on it, the next request can wait.
        "delay": "1s" if made.is_claimed() else "50ms",
    }
    return render_page(request, "cards/export/progress.html", context, parts=PARTS)


@require_POST
def export_go_on(request: SiteRequest, token: str) -> HttpResponse:
    """Write the next cards."""
    return step(request, export_or_404(request, token))


def step(request: SiteRequest, made: DeckExport) -> HttpResponse:
    try:
        preparing.run(export=made)
    except DeckExport.DoesNotExist:
        raise Http404("deleted in the meantime") from None
    except FormatError as error:
        messages.error(request, f"The file was not written. {error}")
        return go_to(request, reverse("deck_export", args=[made.deck.slug]))
    if request.htmx and not made.is_whole:
        return show_progress(request, made)
    return go_to(request, made.get_absolute_url())


@never_cache
@require_safe
def export_fetch(request: SiteRequest, token: str) -> HttpResponseBase:
    """The file of a complete export."""
    made = export_or_404(request, token)
    if made.is_whole:
        # It may be deleted at the same time.
        with suppress(FileNotFoundError):
            return sent((made.folder / FILE).open("rb"), made.deck, made.kind)
    raise Http404("not there")


@require_POST
def export_drop(request: SiteRequest, token: str) -> HttpResponse:
    """Delete an export and its file."""
    made = export_or_404(request, token)
    made.delete()
    return redirect("deck_export", made.deck.slug)


def export_or_404(request: SiteRequest, token: str) -> DeckExport:
    """An export of this learner, or of this browser, if they can still open the deck."""
    exports = DeckExport.objects.select_related("deck", "learner")
    learner = request.learner if request.learner.is_authenticated else None
    made = exports.filter(token=token, learner=learner).first() if learner else None
    if made is None and token in tokens_of(request):
        made = exports.filter(token=token, learner=None).first()
    if made is None or not Deck.objects.visible_to(request.learner).filter(pk=made.deck_id).exists():
        raise Http404
    return made


def tokens_of(request: SiteRequest) -> list[str]:
    """The tokens of the exports that this browser has started without a login."""
    return list(request.session.get(SESSION_KEY, []))
