"""Importing: upload a file or paste a text, look at its preview, and only then import it."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from cards.formats.anki.reader import NoteTypeInfo
from cards.formats.types import FormatError
from cards.importing import pages, running
from cards.importing.drafts import drop_draft, make_draft
from cards.importing.forms import HandInForm
from cards.importing.options_form import OptionsForm
from cards.importing.pages import draft_or_404, known_draft
from cards.importing.preview import saving
from cards.importing.reading.content import BusyError, open_content
from cards.importing.reading.reader import open_draft
from cards.models import Deck, ImportDraft
from studysite.accounts.guests import admit, learner_required
from studysite.http.htmx import go_to, render_page
from studysite.http.limits import too_often
from studysite.http.requests import LearnerRequest, SiteRequest
from studysite.methods import READ_AND_POST
from studysite.slices import Slice

AS_BEFORE = "It is read as before."


@never_cache
@known_draft
@require_http_methods(READ_AND_POST)
def import_new(request: SiteRequest) -> HttpResponse:
    """The form for a file or pasted text. A post of something that can be read leads to its preview."""
    return hand_in(request, None)


@never_cache
@known_draft
@learner_required
@require_http_methods(READ_AND_POST)
def import_into(request: LearnerRequest, slug: str) -> HttpResponse:
    """The same form for an import into an existing deck."""
    decks = Deck.objects.editable_by(request.learner).select_related("owner")
    return hand_in(request, get_object_or_404(decks, slug=slug))


def hand_in(request: SiteRequest, deck: Deck | None) -> HttpResponse:
    is_guest = not request.user.is_authenticated
    if request.method != "POST":
        return show_upload(request, deck, HandInForm(is_guest=is_guest))
    if instead := too_often(request, "import"):
        return instead
    slice_ = Slice()
    form = HandInForm(request.POST, request.FILES, is_guest=is_guest)
    if not form.is_valid():
        return show_upload(request, deck, form)
    if instead := admit(request):
        return instead
    draft = make_draft(
        owner=request.learner,  # type: ignore[arg-type]
        content=form.content,
        file_name=form.file_name,
        deck=deck,
        options=form.options,
    )
    pages.begin_preview(draft, slice_)
    return redirect(draft)


def show_upload(request: SiteRequest, deck: Deck | None, form: HandInForm) -> HttpResponse:
    return render_page(request, "cards/import/upload.html", {"deck": deck, "form": form})


@never_cache
@known_draft
@learner_required
@require_http_methods(READ_AND_POST)
def import_draft(request: LearnerRequest, token: str) -> HttpResponse:
    """The preview with its options, or the progress of a started import. A post changes options or imports."""
    draft = draft_or_404(request, token)
    if draft.phase == ImportDraft.Phase.DONE:
        return redirect(pages.page_after(request, draft))
    return pages.respond(request, draft) or pages.leave(request, draft)


@never_cache
@learner_required
@require_POST
def import_samples(request: LearnerRequest, token: str, note_type: str) -> HttpResponse:
    """Three notes of a type as cards, made with the fields that are chosen in the form. Changes nothing."""
    if instead := too_often(request, "preview"):
        return instead
    draft = draft_or_404(request, token)
    info = None
    try:
        preview = saving.load(draft)
        if preview and note_type in {str(each.id) for each in preview.parsed.note_types}:
            options = OptionsForm(request.POST, draft=draft, preview=preview)
            if options.is_valid():
                draft.options = options.options()
            info = type_info(draft, int(note_type))
    except (FormatError, FileNotFoundError, BusyError):
        # There is nothing to make samples of.
        info = None
    if info is None:
        raise Http404("no such note type")
    chosen = [name for name in (f"term_{info.id}", f"definition_{info.id}") if name in options.fields]
    errors = [error for name in chosen for error in options[name].errors]
    context = {"draft": draft, "info": info, "samples": pages.type_samples(info), "errors": errors}
    context["languages"] = pages.spoken_in(draft, preview)
    return render_page(request, "cards/import/_note_type_samples.html", context)


def type_info(draft: ImportDraft, note_type: int) -> NoteTypeInfo | None:
    """A note type with samples made with the draft's options."""
    with (
        open_content(draft) as content,
        open_draft(draft, work=content, kind=content.kind, note_types=note_type) as parsed,
    ):
        return next(iter(parsed.note_types), None)


@known_draft
@learner_required
@require_POST
def import_go_on(request: LearnerRequest, token: str) -> HttpResponse:
    """Run the next slice: read on for the preview, or continue a started import."""
    draft = draft_or_404(request, token)
    if draft.phase != ImportDraft.Phase.PREVIEW:
        result = running.run_or_roll_back(draft=draft)
        return pages.after_slice(request, draft, result) or pages.leave(request, draft)
    had_options = draft.look.get("before")
    preview, error = pages.preview_or_error(draft)
    if error and had_options:
        messages.error(request, f"{AS_BEFORE} {error}")
    if request.htmx and preview is None and not error:
        return pages.show_progress(request, draft)
    return go_to(request, draft.get_absolute_url())


@learner_required
@require_POST
def import_drop(request: LearnerRequest, token: str) -> HttpResponse:
    """Delete the draft, with everything that it has written into its hidden deck."""
    draft = draft_or_404(request, token)
    if draft.phase != ImportDraft.Phase.DONE:
        phase = drop_draft(draft=draft, slice_=Slice())
        messages.info(request, running.what_stays(phase))
    return redirect("import")
