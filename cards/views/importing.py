"""Importing: handing something in, looking at what was understood, and only then writing it."""

from pathlib import PurePath

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from cards import importing, kept_looks, looking, merging, splitting
from cards.drafts import ImportDraft
from cards.formats.anki.reader import AnkiOptions, NoteTypeInfo
from cards.formats.detect import ANKI, read_file
from cards.formats.rows import name_of
from cards.formats.text import TextOptions
from cards.formats.types import FormatError, ParsedCard
from cards.forms_import import HandInForm, IntoForm, ReadingForm
from cards.import_images import said_of
from cards.looking import Look
from cards.models import Deck
from cards.reading import open_draft
from cards.rendering import render
from studysite.accounts.guests import admit, learner_required
from studysite.accounts.limits import too_often
from studysite.htmx import render_page
from studysite.requests import LearnerRequest, SiteRequest

READ_AND_POST = ["GET", "HEAD", "POST"]
PARTS = ("import-progress",)
NOTHING = "Nothing was imported."
HALF = "The cards are there, but not all of your answers."
CHANGED = "This is how it reads now. Import it when it is right."


@never_cache
@require_http_methods(READ_AND_POST)
def import_new(request: SiteRequest) -> HttpResponse:
    """The form for a file or pasted text; a post of something that can be read leads to its preview."""
    return hand_in(request, None)


@never_cache
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
            request, "cards/import.html", {"deck": deck, "form": HandInForm(is_guest=is_guest)}
        )
    if instead := too_often(request, "import"):
        return instead
    form = HandInForm(request.POST, request.FILES, is_guest=is_guest)
    if not form.is_valid() or not can_be_read(form):
        return render_page(request, "cards/import.html", {"deck": deck, "form": form})
    if instead := admit(request):
        return instead
    draft = importing.make_draft(
        owner=request.learner,  # type: ignore[arg-type]
        content=form.content,
        file_name=form.file_name,
        deck=deck,
    )
    suggest_deck(draft)
    return redirect(draft)


def suggest_deck(draft: ImportDraft) -> None:
    """Choose the deck that has most of the cards already, or the several: who imports again wants none twice."""
    look = look_or_error(draft)[0]
    if draft.deck is None and look:
        if look.kind == ANKI and len(splitting.targets(draft.owner, look.keys)) > 1:
            draft.options["subdecks"] = splitting.DECKS
        else:
            draft.deck = looking.likely_deck(owner=draft.owner, cards=look.preview.samples)
        draft.save(update_fields=["deck", "options"])
        # As it comes to with that: whoever opens the page then need not wait.
        look_or_error(draft)


def can_be_read(form: HandInForm) -> bool:
    """Whether what was handed in begins like a file that is understood; else the form says why not."""
    content = form.content
    source = content.encode("utf-8", "replace") if isinstance(content, str) else content.file
    options = TextOptions(is_csv=form.file_name.lower().endswith(".csv"))
    try:
        with read_file(source, text=options, anki=AnkiOptions(history=False), limits=form.limits) as parsed:
            if next(iter(parsed), None) is None:
                raise FormatError("There are no cards in it.")
    except FormatError as error:
        form.add_error("file" if form.cleaned_data["file"] else "text", str(error))
        return False
    return True


@never_cache
@learner_required
@require_http_methods(READ_AND_POST)
def import_draft(request: LearnerRequest, token: str) -> HttpResponse:
    """The preview with what can be chosen; once the import has begun, how far it is."""
    draft = draft_or_404(request, token)
    if draft.phase == ImportDraft.Phase.DONE:
        return redirect(page_after(request, draft))
    if draft.phase != ImportDraft.Phase.PREVIEW:
        return render_page(request, "cards/import_progress.html", {"draft": draft}, parts=PARTS)
    look, error = look_or_error(draft)
    reading, into = forms_of(request, draft, look)
    if request.method != "POST" or look is None or not (reading.is_valid() and into.is_valid()):
        return show_preview(request, draft, look, reading, into, error)
    if reading.has_changed() or "into" in into.changed_data:
        if instead := too_often(request, "import"):
            return instead
        return look_again(request, draft, look, reading, into)
    if request.POST.get("do") != "import":
        return redirect(draft)
    begin(draft, look, into)
    return step(request, draft)


def look_again(
    request: LearnerRequest, draft: ImportDraft, look: Look, reading: ReadingForm, into: IntoForm
) -> HttpResponse:
    """Keep what was chosen, if the file can be read so, and show what it comes to."""
    before = draft.options, draft.deck
    draft.options, draft.deck = reading.options(), into.cleaned_data.get("into")
    if splitting.is_split(draft):
        draft.deck = None
    new_look, error = look_or_error(draft)
    if new_look is None:
        draft.options, draft.deck = before
        return show_preview(request, draft, look, reading, into, error)
    draft.title = into.cleaned_data.get("title") or draft.title
    draft.save(update_fields=["options", "deck", "title"])
    if request.POST.get("do") == "import":
        messages.info(request, CHANGED)
    return redirect(draft)


def look_or_error(draft: ImportDraft) -> tuple[Look | None, str]:
    try:
        return kept_looks.look_at(draft), ""
    except FormatError as error:
        return None, str(error)
    except FileNotFoundError:
        return None, "The file has waited for too long. Choose it again."


def forms_of(request: LearnerRequest, draft: ImportDraft, look: Look | None) -> tuple[ReadingForm, IntoForm]:
    data = request.POST if request.method == "POST" else None
    reading = ReadingForm(data, draft=draft, look=look)
    return reading, IntoForm(data, draft=draft, initial={"title": title_of(draft, look), "into": draft.deck})


def title_of(draft: ImportDraft, look: Look | None) -> str:
    """What the new deck could be called: as the file says, or as it is called."""
    path = draft.options.get("path")
    about = look.about.title if look and look.about else ""
    stem = PurePath(draft.file_name).stem
    title = draft.title or (path[-1] if path else "") or about or stem
    return (title or f"Pasted on {timezone.localdate():%-d %B %Y}")[:200]


def show_preview(
    request: LearnerRequest,
    draft: ImportDraft,
    look: Look | None,
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
        "keeps": merging.keeps(draft),
        "is_anki": look is not None and look.kind == ANKI,
    }
    return render_page(request, "cards/import_preview.html", context)


@never_cache
@learner_required
@require_POST
def import_samples(request: LearnerRequest, token: str, note_type: str) -> HttpResponse:
    """Three notes of a type as they would become cards with the fields chosen just now; writes nothing."""
    if instead := too_often(request, "preview"):
        return instead
    draft = draft_or_404(request, token)
    try:
        with open_draft(draft) as parsed:
            reading = ReadingForm(request.POST, draft=draft, look=Look(parsed.kind, parsed))
            if reading.is_valid():
                draft.options = reading.options()
        with open_draft(draft) as parsed:
            info = next((info for info in parsed.note_types if str(info.id) == note_type), None)
    except (FormatError, FileNotFoundError):
        info = None
    if info is None:
        raise Http404("no such note type")
    chosen = [name for name in (f"term_{info.id}", f"definition_{info.id}") if name in reading.fields]
    errors = [error for name in chosen for error in reading[name].errors]
    context = {"draft": draft, "info": info, "samples": samples_of_type(info), "errors": errors}
    return render_page(request, "cards/_type_samples.html", context)


def samples_of_type(info: NoteTypeInfo) -> list[dict[str, object]]:
    return [shown(card) for _, card in info.samples]


def samples_of(look: Look) -> list[dict[str, object]]:
    """The first cards as they will look."""
    return [shown(card) for card in look.preview.samples[: kept_looks.SAMPLES]]


def shown(card: ParsedCard) -> dict[str, object]:
    html = {"term_html": render(card.term), "definition_html": render(card.definition)}
    return {**html, "images": len(card.images), "tags": card.tags}


def parts_of(look: Look, draft: ImportDraft) -> list[tuple[str, int, Deck | None]]:
    """The decks that a file is split into: title, cards, and the deck that is there already."""
    counts = sorted(look.preview.decks.items())
    title = title_of(draft, look)
    return [(splitting.title_of(path, title), count, look.targets.get(path)) for path, count in counts]


def left_out(look: Look) -> list[tuple[str, int]]:
    """What will not be there, most first."""
    counts = look.preview.report.skipped.copy()
    counts["cards that are too long"] += look.unfit
    return [(what, count) for what, count in counts.most_common() if count]


def begin(draft: ImportDraft, look: Look, into: IntoForm) -> None:
    title = into.cleaned_data.get("title") or title_of(draft, look)
    importing.begin(draft=draft, look=look, title=title)


@learner_required
@require_POST
def import_go_on(request: LearnerRequest, token: str) -> HttpResponse:
    """Write the next cards of an import that has begun."""
    draft = draft_or_404(request, token)
    if draft.phase == ImportDraft.Phase.PREVIEW:
        return redirect(draft)
    return step(request, draft)


def step(request: LearnerRequest, draft: ImportDraft) -> HttpResponse:
    """Write for some seconds; then the deck, or how far it is."""
    try:
        done = merging.go_on(draft=draft)
    except (FormatError, FileNotFoundError) as error:
        importing.give_up(draft=draft)
        done = draft.phase == ImportDraft.Phase.DONE
        why = str(error) if isinstance(error, FormatError) else "The file has waited for too long."
        messages.error(request, f"{HALF if done else NOTHING} {why}")
    if done:
        messages.success(request, came_to(draft))
    if request.htmx and draft.phase in (ImportDraft.Phase.CARDS, ImportDraft.Phase.HISTORY):
        return render_page(request, "cards/import_progress.html", {"draft": draft}, parts=PARTS)
    target = page_after(request, draft) if done else draft.get_absolute_url()
    return HttpResponseClientRedirect(target) if request.htmx else redirect(target)


def page_after(request: LearnerRequest, draft: ImportDraft) -> str:
    """Where a finished import leads: to its deck, or to one's own decks where it made several.

    To the deck's page in the admin where only an editor gets to it.
    """
    if draft.deck is None or len(splitting.parts_of(draft)) > 1:
        return reverse("home")
    if draft.deck in Deck.objects.visible_to(request.learner).filter(pk=draft.deck.pk):
        return draft.deck.get_absolute_url()
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
        importing.drop_draft(draft=draft)
        is_half = draft.phase == ImportDraft.Phase.HISTORY
        messages.info(request, HALF if is_half else NOTHING)
    return redirect("import")


def draft_or_404(request: LearnerRequest, token: str) -> ImportDraft:
    drafts = ImportDraft.objects.select_related("owner", "deck__owner", "staging__owner").defer("look")
    return get_object_or_404(drafts, token=token, owner=request.learner)
