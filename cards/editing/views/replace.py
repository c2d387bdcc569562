"""Find and replace in a deck, with a preview of every change."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from cards.access import deck_to_edit
from cards.editing import replacing
from cards.editing.card_forms import ReplaceForm
from studysite.accounts.guests import learner_required
from studysite.http.htmx import render_page
from studysite.http.limits import too_often
from studysite.http.requests import LearnerRequest
from studysite.methods import READ_AND_POST

CHANGES_PER_PAGE = 50


@never_cache
@learner_required
@require_http_methods(READ_AND_POST)
def deck_replace(request: LearnerRequest, slug: str) -> HttpResponse:
    """A preview of the changes; a POST saves them, unless the cards have changed since the preview."""
    deck = deck_to_edit(request, slug)
    data = request.POST if request.method == "POST" else request.GET
    form = ReplaceForm(data if "find" in data else None)
    if form.is_bound and (instead := too_often(request, "preview")):
        return instead
    context: dict[str, object] = {"deck": deck, "form": form}
    if not form.is_valid():
        return render_page(request, "cards/editor/find_and_replace.html", context, parts=("changes",))
    replacement = form.replacement
    found = replacing.changes(deck=deck, replacement=replacement)
    fingerprint = replacing.fingerprint(found)
    if request.method == "POST" and request.POST.get("seen") == fingerprint:
        count = replacing.replace_all(deck=deck, found=found)
        messages.success(request, f"Replaced on {count:,} card{'' if count == 1 else 's'}.")
        return redirect("deck_edit", slug=slug)
    page = Paginator(found, CHANGES_PER_PAGE).get_page(request.GET.get("page"))
    context |= {
        "page": page,
        "shown": [(change, change.shown(replacement)) for change in page],
        "count": sum(not change.problem for change in found),
        "seen": fingerprint,
        "is_stale": request.method == "POST",
        "replacement": replacement,
    }
    return render_page(request, "cards/editor/find_and_replace.html", context, parts=("changes",))
