"""Exporting and importing decks in the admin, by the same code as on the site's pages."""

import tempfile
import zipfile
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from cards.admin.actions import CONFIRMED, confirmation
from cards.exporting import services as exporting
from cards.importing import drafts
from cards.importing.forms import HandInForm
from cards.importing.pages import begin_preview
from cards.models import Card, Deck

MAX_DECKS = 50
"""Decks that can be exported at once."""


class ExportForm(forms.Form):
    """The kind of file."""

    kind = forms.ChoiceField(
        choices=[(kind.name, f"{kind.title} (.{kind.ending})") for kind in exporting.FORMATS.values()],
        initial="archive",
        label="Kind of file",
        widget=forms.RadioSelect,
    )


@admin.action(description="Export selected decks", permissions=["view"])
def export(modeladmin: ModelAdmin, request: HttpRequest, queryset: QuerySet[Deck]) -> HttpResponseBase | None:
    """Export one deck as a file, several as files in a zip, without anyone's answers."""
    count = queryset.count()
    if count > MAX_DECKS:
        modeladmin.message_user(request, f"Choose at most {MAX_DECKS} decks to export.", messages.ERROR)
        return None
    form = ExportForm(request.POST if CONFIRMED in request.POST else None)
    if not form.is_valid():
        return confirmation(modeladmin, request, queryset, "export", form=form)
    kind = exporting.FORMATS[form.cleaned_data["kind"]]
    decks = list(queryset.select_related("owner"))
    # FileResponse closes it.
    file = tempfile.TemporaryFile()  # noqa: SIM115
    if len(decks) == 1:
        exporting.write(kind.name, file, decks[0], None, now=timezone.now())
        name, media_type = exporting.file_name(decks[0], kind.ending), kind.media_type
    else:
        write_zip(file, decks, kind)
        name, media_type = "Decks.zip", "application/zip"
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=name, content_type=media_type)


def write_zip(file: Any, decks: list[Deck], kind: exporting.Format) -> None:
    """Write a file for each deck; its slug makes file names unique."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        for deck in decks:
            with tempfile.TemporaryFile() as one:
                exporting.write(kind.name, one, deck, None, now=timezone.now())
                one.seek(0)
                name = exporting.file_name(deck, f"{deck.slug}.{kind.ending}")
                with package.open(name, "w", force_zip64=True) as member:
                    while block := one.read(2**20):
                        member.write(block)


def may_import(decks: ModelAdmin, request: HttpRequest) -> bool:
    """Whether the editor may add and change cards: an import does both."""
    cards = decks.admin_site.get_model_admin(Card)
    return cards.has_change_permission(request) and cards.has_add_permission(request)


def import_into(decks: ModelAdmin, request: HttpRequest, pk: int) -> HttpResponseBase:
    """The form for a file or pasted text; it leads to the site's preview page, for this deck.

    New tags belong to the deck's owner. A learner's history in the file is left out.
    """
    if not may_import(decks, request):
        raise PermissionDenied
    deck = get_object_or_404(decks.get_queryset(request).filter(removed_at=None), pk=pk)
    form = HandInForm(request.POST, request.FILES) if request.method == "POST" else HandInForm()
    if form.is_bound and form.is_valid():
        draft = drafts.make_draft(
            owner=request.user,  # type: ignore[arg-type]
            content=form.content,
            file_name=form.file_name,
            deck=deck,
            options={"history": False, **form.options},
        )
        begin_preview(draft)
        return redirect(draft)
    context = {
        **decks.admin_site.each_context(request),
        "title": f"Import into {deck}",
        "opts": decks.opts,
        "deck": deck,
        "form": form,
        "media": decks.media,
    }
    return TemplateResponse(request, "admin/cards/deck/import.html", context)
