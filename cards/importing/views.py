"""Importing: handing something in, looking at what was understood, and only then writing it."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from pathlib import PurePath
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from cards.formats.anki.reader import NONE, AnkiOptions, NoteTypeInfo
from cards.formats.bounds import TakesLongError
from cards.formats.delimited.reader import TextOptions
from cards.formats.delimited.rows import name_of
from cards.formats.detect import ANKI, read_file
from cards.formats.types import FormatError, ParsedCard
from cards.importing import running, splitting
from cards.importing.drafts import drop_draft, make_draft
from cards.importing.forms import HandInForm, IntoForm, ReadingForm
from cards.importing.images import said_of
from cards.importing.preview import saving
from cards.importing.preview.comparing import Preview
from cards.importing.reading.as_json import SAMPLES
from cards.importing.reading.reader import open_draft
from cards.importing.reading.storage import BusyError, opened
from cards.importing.card_merging import keeps
from cards.models import Deck, ImportDraft
from cards.text.markdown import render
from studysite.accounts.guests import admit, learner_required
from studysite.http.htmx import go_to, render_page
from studysite.http.limits import too_often
from studysite.http.requests import LearnerRequest, SiteRequest
from studysite.methods import READ_AND_POST
from studysite.slices import Slice

PARTS = ("import-progress",)
GONE = "The file has waited for too long. Choose it again."
AS_BEFORE = "It is read as before."
READ_AT_ONCE = 5 * 2**20
"""Bytes of a file that is read in the request in which it is handed in."""

BEGINNING = 0.3
"""Seconds of processor time after which what was handed in is taken for a file that can be read."""

CHANGED = "This is how it reads now. Import it when it is right."


View = Callable[..., HttpResponse]


def known_draft(view: View) -> View:
    """Answer 404 where the draft is dropped in another tab while a slice of it is done."""

    @wraps(view)
    def wrapped(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except ImportDraft.DoesNotExist:
            raise Http404("dropped meanwhile") from None

    return wrapped


@never_cache
@known_draft
@require_http_methods(READ_AND_POST)
def import_new(request: SiteRequest) -> HttpResponse:
    """The form for a file or pasted text; a post of something that can be read leads to its preview."""
    return hand_in(request, None)


@never_cache
@known_draft
@learner_required
@require_http_methods(READ_AND_POST)
def import_into(request: LearnerRequest, slug: str) -> HttpResponse:
    """The same for a deck that is there."""
    decks = Deck.objects.editable_by(request.learner).select_related("owner")
    return hand_in(request, get_object_or_404(decks, slug=slug))


def hand_in(request: SiteRequest, deck: Deck | None) -> HttpResponse:
    is_guest = not request.user.is_authenticated
    if request.method != "POST":
        return render_page(
            request, "cards/import/upload.html", {"deck": deck, "form": HandInForm(is_guest=is_guest)}
        )
    if instead := too_often(request, "import"):
        return instead
    slice_ = Slice()
    form = HandInForm(request.POST, request.FILES, is_guest=is_guest)
    if not form.is_valid() or not can_be_read(form):
        return render_page(request, "cards/import/upload.html", {"deck": deck, "form": form})
    if instead := admit(request):
        return instead
    draft = make_draft(
        owner=request.learner,  # type: ignore[arg-type]
        content=form.content,
        file_name=form.file_name,
        deck=deck,
    )
    suggest_deck(draft, slice_)
    return redirect(draft)


def suggest_deck(draft: ImportDraft, slice_: Slice | None = None) -> None:
    """Begin to read the file, at whose end a deck is chosen that has most of the cards already.

    Whoever opens the page then need not wait, unless the file is large: such a one is stored in this request, and
    read from the next on.
    """
    if draft.path.stat().st_size <= READ_AT_ONCE:
        look_or_error(draft, slice_)


def can_be_read(form: HandInForm) -> bool:
    """Whether what was handed in begins like a file that is understood; else the form says why not.

    What takes long even to begin is read in slices, as all the rest.
    """
    content = form.content
    source = content.encode("utf-8", "replace") if isinstance(content, str) else content.file
    options = TextOptions(is_csv=form.file_name.lower().endswith(".csv"))
    anki = AnkiOptions(history=False, note_types=NONE)
    limits = replace(form.limits, seconds=min(form.limits.seconds, BEGINNING))
    try:
        with read_file(source, text=options, anki=anki, limits=limits) as parsed:
            if next(iter(parsed), None) is None:
                raise FormatError("There are no cards in it.")
    except TakesLongError:
        return True
    except FormatError as error:
        form.add_error("file" if form.cleaned_data["file"] else "text", str(error))
        return False
    return True


@never_cache
@known_draft
@learner_required
@require_http_methods(READ_AND_POST)
def import_draft(request: LearnerRequest, token: str) -> HttpResponse:
    """The preview with what can be chosen; once the import has begun, how far it is."""
    return preview_or_import(request, token, show_result)


def preview_or_import(request: LearnerRequest, token: str, when_done: View) -> HttpResponse:
    """Show the preview, or import as the posted form says; at its end ``when_done(request, draft, message)``."""
    draft = draft_or_404(request, token)
    if draft.phase == ImportDraft.Phase.DONE:
        return when_done(request, draft, "")
    if draft.phase != ImportDraft.Phase.PREVIEW:
        return show_progress(request, draft)
    look, error = look_or_error(draft)
    if look is None and not error:
        return show_progress(request, draft)
    reading, into = forms_of(request, draft, look)
    if request.method != "POST" or look is None or not (reading.is_valid() and into.is_valid()):
        return show_preview(request, draft, look, reading, into, error)
    if reading.has_changed() or "into" in into.changed_data:
        if instead := too_often(request, "import"):
            return instead
        return look_again(request, draft, look, reading, into)
    if request.POST.get("do") != "import":
        return redirect(draft)
    try:
        title = into.cleaned_data.get("title") or title_of(draft, look)
        running.begin(draft=draft, look=look, title=title)
    except FormatError as begin_error:
        return show_preview(request, draft, look, reading, into, str(begin_error))
    return step(request, draft, when_done)


def show_progress(request: LearnerRequest, draft: ImportDraft) -> HttpResponse:
    # Where somebody else is at it, asking again at once would come to nothing.
    context = {"draft": draft, "delay": "1s" if draft.is_claimed() else "50ms"}
    return render_page(request, "cards/import/progress.html", context, parts=PARTS)


def look_again(
    request: LearnerRequest, draft: ImportDraft, look: Preview, reading: ReadingForm, into: IntoForm
) -> HttpResponse:
    """Keep what was chosen, if the file can be read so, and show what it comes to."""
    options = reading.options()
    is_split = options.get("subdecks") == splitting.DECKS
    saving.choose(draft, options, None if is_split else into.cleaned_data.get("into"))
    new_look, error = look_or_error(draft)
    if error:
        return show_preview(request, draft, look, reading, into, error)
    draft.title = into.cleaned_data.get("title") or draft.title
    draft.keep_until_begun("options", "deck", "title", *([] if new_look else ["look"]))
    if request.POST.get("do") == "import":
        messages.info(request, CHANGED)
    return redirect(draft)


def look_or_error(draft: ImportDraft, slice_: Slice | None = None) -> tuple[Preview | None, str]:
    """What the file comes to, or why it cannot be read; neither while that is not known yet."""
    try:
        return saving.go_on(draft, slice_ or Slice()), ""
    except FormatError as error:
        return None, str(error)
    except FileNotFoundError:
        return None, GONE


def forms_of(
    request: LearnerRequest, draft: ImportDraft, look: Preview | None
) -> tuple[ReadingForm, IntoForm]:
    data = request.POST if request.method == "POST" else None
    reading = ReadingForm(data, draft=draft, look=look)
    return reading, IntoForm(data, draft=draft, initial={"title": title_of(draft, look), "into": draft.deck})


def title_of(draft: ImportDraft, look: Preview | None) -> str:
    """What the new deck could be called: as the file says, or as it is called."""
    path = draft.options.get("path")
    about = look.about.title if look and look.about else ""
    stem = PurePath(draft.file_name).stem
    title = draft.title or (path[-1] if path else "") or about or stem
    return (title or f"Pasted on {timezone.localdate():%-d %B %Y}")[:200]


def show_preview(
    request: LearnerRequest,
    draft: ImportDraft,
    look: Preview | None,
    reading: ReadingForm,
    into: IntoForm,
    error: str,
) -> HttpResponse:
    context = {
        "draft": draft,
        "look": look,
        "reading": reading,
        "into": into,
        "error": error,
        "samples": samples_of(look) if look else [],
        "types": [(info, fields, samples_of_type(info)) for info, fields in reading.note_types],
        "left_out": left_out(look) if look else [],
        "separator": name_of(look.parsed.separator) if look else "",
        "parts": parts_of(look, draft) if look and splitting.is_split(draft) else [],
        "keeps": keeps(draft),
        "is_anki": look is not None and look.kind == ANKI,
    }
    return render_page(request, "cards/import/preview.html", context)


@never_cache
@learner_required
@require_POST
def import_samples(request: LearnerRequest, token: str, note_type: str) -> HttpResponse:
    """Three notes of a type as they would become cards with the fields chosen just now; writes nothing."""
    if instead := too_often(request, "preview"):
        return instead
    draft = draft_or_404(request, token)
    info = None
    try:
        look = saving.kept(draft)
        if look and note_type in {str(each.id) for each in look.parsed.note_types}:
            reading = ReadingForm(request.POST, draft=draft, look=look)
            if reading.is_valid():
                draft.options = reading.options()
            info = type_info(draft, int(note_type))
    except (FormatError, FileNotFoundError, BusyError):
        # Nothing to show samples of.
        info = None
    if info is None:
        raise Http404("no such note type")
    chosen = [name for name in (f"term_{info.id}", f"definition_{info.id}") if name in reading.fields]
    errors = [error for name in chosen for error in reading[name].errors]
    context = {"draft": draft, "info": info, "samples": samples_of_type(info), "errors": errors}
    return render_page(request, "cards/import/_note_type_samples.html", context)


def type_info(draft: ImportDraft, note_type: int) -> NoteTypeInfo | None:
    """A note type with samples as the draft's options make them."""
    with opened(draft) as work, open_draft(draft, work=work, kind=ANKI, note_types=note_type) as parsed:
        return next(iter(parsed.note_types), None)


def samples_of_type(info: NoteTypeInfo) -> list[dict[str, object]]:
    return [shown(card) for _, card in info.samples]


def samples_of(look: Preview) -> list[dict[str, object]]:
    """The first cards as they will look."""
    return [shown(card) for card in look.preview.samples[:SAMPLES]]


def shown(card: ParsedCard) -> dict[str, object]:
    html = {"term_html": render(card.term), "definition_html": render(card.definition)}
    return {**html, "images": len(card.images), "tags": card.tags}


def parts_of(look: Preview, draft: ImportDraft) -> list[tuple[str, int, Deck | None]]:
    """The decks that a file is split into: title, cards, and the deck that is there already."""
    counts = sorted(look.preview.decks.items())
    title = title_of(draft, look)
    return [(splitting.title_of(path, title), count, look.targets.get(path)) for path, count in counts]


def left_out(look: Preview) -> list[tuple[str, int]]:
    """What will not be there, most first."""
    counts = look.preview.report.skipped.copy()
    counts["cards that are too long"] += look.unfit
    return [(what, count) for what, count in counts.most_common() if count]


@known_draft
@learner_required
@require_POST
def import_go_on(request: LearnerRequest, token: str) -> HttpResponse:
    """Read on for the preview, or write the next cards of an import that has begun."""
    draft = draft_or_404(request, token)
    if draft.phase != ImportDraft.Phase.PREVIEW:
        return step(request, draft)
    before = draft.look.get("before")
    look, error = look_or_error(draft)
    if error and before:
        messages.error(request, f"{AS_BEFORE} {error}")
    if request.htmx and look is None and not error:
        return show_progress(request, draft)
    return go_to(request, draft.get_absolute_url())


def show_result(request: LearnerRequest, draft: ImportDraft, message: str) -> HttpResponse:
    """Go to what a finished import has made, and say there what it did."""
    if message:
        messages.success(request, message)
    return go_to(request, page_after(request, draft))


def step(request: LearnerRequest, draft: ImportDraft, when_done: View = show_result) -> HttpResponse:
    """Write for a slice; then the deck, or how far it is."""
    if go_on_or_end(request, draft):
        return when_done(request, draft, came_to(draft))
    if request.htmx and draft.phase != ImportDraft.Phase.PREVIEW:
        return show_progress(request, draft)
    return go_to(request, draft.get_absolute_url())


def go_on_or_end(request: LearnerRequest, draft: ImportDraft) -> bool:
    try:
        return running.run(draft=draft)
    except (FormatError, FileNotFoundError) as error:
        return end_badly(request, draft, str(error) if isinstance(error, FormatError) else GONE)


def end_badly(request: LearnerRequest, draft: ImportDraft, why: str) -> bool:
    """Give up an import that cannot go on, and say what stays; whether its cards are there."""
    phase = running.roll_back(draft=draft, slice_=Slice())
    messages.error(request, f"{running.what_stays(phase)} {why}")
    return bool(draft.phase == ImportDraft.Phase.DONE)


def page_after(request: LearnerRequest, draft: ImportDraft) -> str:
    """Where a finished import leads: to its deck, or to one's own decks where it made several.

    To the deck's page in the admin where only an editor gets to it; home where it is somebody else's by now.
    """
    if draft.deck is None or len(splitting.parts_of(draft)) > 1:
        return reverse("home")
    if draft.deck in Deck.objects.visible_to(request.learner).filter(pk=draft.deck.pk):
        return draft.deck.get_absolute_url()
    if not request.learner.is_staff:
        return reverse("home")
    return reverse("admin:cards_deck_change", args=[draft.deck.pk])


def came_to(draft: ImportDraft) -> str:
    """What a finished import has done, in words."""
    counts = ((draft.added, "added"), (draft.updated, "updated"), (draft.unchanged, "there already"))
    said = [f"{count:,} {what}" for count, what in counts if count]
    decks = len(splitting.parts_of(draft))
    into = f" In {decks} decks." if decks > 1 else ""
    cards = f"Cards: {', '.join(said)}.{into}" if said else "There were no cards to add."
    return f"{cards} {said_of(draft)}".strip()


@learner_required
@require_POST
def import_drop(request: LearnerRequest, token: str) -> HttpResponse:
    """Forget the draft; what it has written into its hidden deck goes too."""
    draft = draft_or_404(request, token)
    if draft.phase != ImportDraft.Phase.DONE:
        phase = drop_draft(draft=draft, slice_=Slice())
        messages.info(request, running.what_stays(phase))
    return redirect("import")


def draft_or_404(request: LearnerRequest, token: str) -> ImportDraft:
    drafts = ImportDraft.objects.select_related("owner", "deck__owner", "staging__owner").defer("look")
    return get_object_or_404(drafts, token=token, owner=request.learner)
