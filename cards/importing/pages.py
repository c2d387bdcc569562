"""What the pages of importing show: the preview, the progress, and where a finished import leads."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import PurePath
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone

from cards.editing.deck_forms import LANGUAGES
from cards.formats.anki.reader import NoteTypeInfo
from cards.formats.checking import TOO_LONG
from cards.formats.delimited.rows import name_of
from cards.formats.types import FormatError, ParsedCard
from cards.importing import running, splitting
from cards.importing.card_merging import keeps_existing
from cards.importing.forms import IntoForm
from cards.importing.images import images_message
from cards.importing.options_form import OptionsForm
from cards.importing.preview import languages, mending, saving
from cards.importing.preview.comparing import Preview
from cards.importing.reading.as_json import SAMPLES
from cards.importing.reading.problems import MENDED
from cards.models import Deck, ImportDraft
from cards.text.markdown import render
from studysite.http.htmx import go_to, render_page
from studysite.http.limits import too_often
from studysite.http.requests import LearnerRequest
from studysite.slices import Slice

PARTS = ("import-progress",)
READ_AT_ONCE = 5 * 2**20
"""Bytes of a file that is read in the same request in which it is uploaded."""

CHANGED = "The preview has changed. Import if it is right."


# --- The draft


def known_draft(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Respond with 404 if the draft is deleted in another tab during the request."""

    @wraps(view)
    def wrapped(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except ImportDraft.DoesNotExist:
            raise Http404("deleted in the meantime") from None

    return wrapped


def draft_or_404(request: LearnerRequest, token: str) -> ImportDraft:
    drafts = ImportDraft.objects.select_related("owner", "deck__owner", "staging__owner").defer("look")
    return get_object_or_404(drafts, token=token, owner=request.learner)


# --- The preview


def begin_preview(draft: ImportDraft, slice_: Slice | None = None) -> None:
    """Read a small file right away, so that its page need not wait. A large one is read by later requests."""
    if draft.path.stat().st_size <= READ_AT_ONCE:
        preview_or_error(draft, slice_)


def preview_or_error(draft: ImportDraft, slice_: Slice | None = None) -> tuple[Preview | None, str]:
    """The preview, or why the file cannot be read. Neither of them while it is not read to its end."""
    try:
        return saving.prepare(draft, slice_ or Slice()), ""
    except FormatError as error:
        return None, str(error)
    except FileNotFoundError:
        return None, running.GONE


@dataclass(frozen=True)
class Forms:
    """The forms of the preview's page, which are sent together."""

    options: OptionsForm
    into: IntoForm
    mends: mending.MendingForm

    @property
    def are_valid(self) -> bool:
        return all([self.options.is_valid(), self.into.is_valid(), self.mends.is_valid()])

    @property
    def are_changed(self) -> bool:
        """Whether the file has to be read or compared again."""
        return self.mends.has_changed() or not self.only_mends

    @property
    def only_mends(self) -> bool:
        """Whether nothing else has changed than cards that the learner mended."""
        return not (self.options.has_changed() or "into" in self.into.changed_data)


def respond(request: LearnerRequest, draft: ImportDraft) -> HttpResponse | None:
    """Show the preview or the progress, or do what the post of the preview's form asks for.

    Returns None if the import is done; then `leave`, or show something else.
    """
    if draft.phase == ImportDraft.Phase.DONE:
        return None
    if draft.phase != ImportDraft.Phase.PREVIEW:
        return show_progress(request, draft)
    preview, error = preview_or_error(draft)
    if preview is None and not error:
        return show_progress(request, draft)
    sent = forms_of(request, draft, preview)
    into = sent.into
    if request.method != "POST" or preview is None or not sent.are_valid:
        return show_preview(request, draft, preview, sent, error)
    if sent.are_changed:
        if instead := too_often(request, "import"):
            return instead
        mended, response = update_preview(request, draft, preview, sent)
        if mended is None:
            return response
        preview = mended
    if request.POST.get("do") != "import":
        draft.options |= languages.chosen_in(into, draft)
        draft.title = into.cleaned_data.get("title") or draft.title
        draft.keep_until_begun("options", "title")
        return redirect(draft)
    title = into.cleaned_data.get("title") or title_of(draft, preview)
    draft.options |= languages.seen_in(into)
    try:
        result = running.start(draft=draft, preview=preview, title=title)
    except FormatError as start_error:
        return show_preview(request, draft, preview, sent, str(start_error))
    return after_slice(request, draft, result)


def update_preview(
    request: LearnerRequest, draft: ImportDraft, preview: Preview, sent: Forms
) -> tuple[Preview | None, HttpResponse]:
    """Save the changed options, if the file can be read with them, and show the new preview.

    Also returns that preview if it can be imported at once: the learner has only mended cards, and asks for it.
    """
    into = sent.into
    chosen = sent.options.options() | {MENDED: sent.mends.decisions()}
    chosen |= languages.chosen_in(into, draft)
    is_split = chosen.get("subdecks") == splitting.DECKS
    saving.change_options(draft, chosen, None if is_split else into.cleaned_data.get("into"))
    new_preview, error = preview_or_error(draft)
    if error:
        return None, show_preview(request, draft, preview, sent, error)
    draft.title = into.cleaned_data.get("title") or draft.title
    draft.keep_until_begun("options", "deck", "title", *([] if new_preview else ["look"]))
    if request.POST.get("do") == "import":
        if new_preview and sent.only_mends:
            return new_preview, redirect(draft)
        messages.info(request, CHANGED)
    return None, redirect(draft)


def forms_of(request: LearnerRequest, draft: ImportDraft, preview: Preview | None) -> Forms:
    data = request.POST if request.method == "POST" else None
    known = known_title(draft, preview)
    shown = languages.shown_in(draft, preview)
    initial = {"title": known, "into": draft.deck, **dict(zip(LANGUAGES, shown, strict=True))}
    suggestion = "" if known else title_of(draft, preview)
    into = IntoForm(data, draft=draft, initial=initial, suggestion=suggestion)
    spoken = spoken_in(draft, preview)
    mends = mending.MendingForm(data, draft=draft, preview=preview, languages=spoken)
    return Forms(OptionsForm(data, draft=draft, preview=preview), into, mends)


def title_of(draft: ImportDraft, preview: Preview | None) -> str:
    """The title of the new deck if none is typed."""
    return known_title(draft, preview) or f"Pasted on {timezone.localdate():%-d %B %Y}"


def known_title(draft: ImportDraft, preview: Preview | None) -> str:
    """The title that was typed, or that the options, the file or its name have. Empty for a pasted text."""
    path = draft.options.get("path")
    about = preview.about.title if preview and preview.about else ""
    stem = PurePath(draft.file_name).stem
    title = draft.title or (path[-1] if path else "") or about or stem
    return title[:200]


def show_preview(
    request: LearnerRequest,
    draft: ImportDraft,
    preview: Preview | None,
    sent: Forms,
    error: str,
) -> HttpResponse:
    options = sent.options
    context: dict[str, Any] = {
        "draft": draft,
        "preview": preview,
        "options": options,
        "into": sent.into,
        "mends": sent.mends,
        "error": error,
        "types": [(info, fields, type_samples(info)) for info, fields in options.note_types],
        "keeps_existing": keeps_existing(draft),
        "asked": splitting.asked_sides(draft),
        "languages": spoken_in(draft, preview),
    }
    if preview:
        context |= {
            "samples": [sample_context(card) for card in first_cards(preview)],
            "left_out": left_out(preview),
            "separator": name_of(preview.parsed.separator),
            "parts": parts_of(preview, draft) if splitting.is_split(draft) else [],
        }
    return render_page(request, "cards/import/preview.html", context)


def first_cards(preview: Preview) -> list[ParsedCard]:
    """The first cards but for those that are shown before them as problems."""
    shown = {(one.card.term, one.card.definition) for one in preview.problems}
    samples = preview.file_counts.samples[:SAMPLES]
    return [card for card in samples if (card.term, card.definition) not in shown]


def spoken_in(draft: ImportDraft, preview: Preview | None) -> dict[str, str]:
    """The language tags of both sides of the cards that the page shows, for its ``lang`` attributes."""
    if draft.deck:
        return {"term": draft.deck.language, "definition": draft.deck.language_of_definitions}
    terms, definitions = languages.languages_of(draft, preview)
    return {"term": terms, "definition": definitions or terms}


def type_samples(info: NoteTypeInfo) -> list[dict[str, object]]:
    return [sample_context(card) for _, card in info.samples]


def sample_context(card: ParsedCard) -> dict[str, object]:
    html = {"term_html": render(card.term), "definition_html": render(card.definition)}
    return {**html, "images": len(card.images), "tags": card.tags}


def parts_of(preview: Preview, draft: ImportDraft) -> list[tuple[str, int, Deck | None, str]]:
    """The decks that the file is split into: title, number of cards, existing deck, languages of a new one."""
    counts = sorted(preview.file_counts.decks.items())
    title = title_of(draft, preview)
    return [
        (
            splitting.part_title(path, title),
            count,
            preview.targets.get(path),
            languages.named(languages.languages_of(draft, preview, path)),
        )
        for path, count in counts
    ]


def left_out(preview: Preview) -> list[tuple[str, int]]:
    """What is not imported, and how much of it, the largest number first."""
    counts = preview.file_counts.report.skipped.copy()
    counts[TOO_LONG] += preview.unstorable
    counts["cards that you leave out"] += preview.dismissed
    return [(what, count) for what, count in counts.most_common() if count]


# --- The import


def show_progress(request: LearnerRequest, draft: ImportDraft) -> HttpResponse:
    # While another process works on it, the next request can wait.
    context = {"draft": draft, "delay": "1s" if draft.is_claimed() else "50ms"}
    return render_page(request, "cards/import/progress.html", context, parts=PARTS)


def after_slice(request: LearnerRequest, draft: ImportDraft, result: running.Result) -> HttpResponse | None:
    """Show how far the import is, or why it was rolled back. Returns None if it is done."""
    if result.error:
        messages.error(request, result.error)
    if result.is_done:
        return None
    if request.htmx and draft.phase != ImportDraft.Phase.PREVIEW:
        return show_progress(request, draft)
    return go_to(request, draft.get_absolute_url())


def leave(request: LearnerRequest, draft: ImportDraft) -> HttpResponse:
    """Leave a finished import for its deck, with a message about the result."""
    messages.success(request, result_message(draft))
    return go_to(request, page_after(request, draft))


def page_after(request: LearnerRequest, draft: ImportDraft) -> str:
    """The address of the imported deck, or of the learner's own decks if there are several.

    It is the deck's page in the admin if only an editor can open the deck, and the home page if the learner can no
    longer open it.
    """
    if draft.deck is None or len(splitting.parts_of(draft)) > 1:
        return reverse("home")
    if draft.deck in Deck.objects.visible_to(request.learner).filter(pk=draft.deck.pk):
        return draft.deck.get_absolute_url()
    if not request.learner.is_staff:
        return reverse("home")
    return reverse("admin:cards_deck_change", args=[draft.deck.pk])


def result_message(draft: ImportDraft) -> str:
    """A message about what a finished import has done."""
    counts = ((draft.added, "added"), (draft.updated, "updated"), (draft.unchanged, "there already"))
    parts = [f"{count:,} {what}" for count, what in counts if count]
    decks = len(splitting.parts_of(draft))
    into = f" In {decks} decks." if decks > 1 else ""
    cards = f"Cards: {', '.join(parts)}.{into}" if parts else "There were no cards to add."
    return f"{cards} {images_message(draft)}".strip()
