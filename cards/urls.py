"""Addresses of the pages for decks, cards, tags, imports and exports.

They come before the page of a deck, whose address matches any word after /decks/.
"""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from cards.editing.views import card_list, cards, decks, replace, twins
from cards.exporting import views as exporting
from cards.importing import views as importing
from cards.media import views as media
from cards.reporting import views as reporting
from cards.searching import views as searching
from cards.tagging import card_views, tag_views


class FormatConverter(StringConverter):
    """The name of a kind of file for exports."""

    regex = "|".join((*exporting.FORMATS, *exporting.WITH_HISTORY.values()))


class HashConverter(StringConverter):
    """The SHA-256 of a file."""

    regex = "[0-9a-f]{64}"


register_converter(FormatConverter, "format")
register_converter(HashConverter, "sha256")

urlpatterns = [
    path("decks/new/", decks.deck_new, name="deck_new"),
    path("decks/removed/", decks.decks_removed, name="decks_removed"),
    path("decks/<slug:slug>/edit/", card_list.deck_edit, name="deck_edit"),
    path("decks/<slug:slug>/edit/details/", decks.deck_details, name="deck_details"),
    path("decks/<slug:slug>/edit/add/", card_list.card_add, name="card_add"),
    path("decks/<slug:slug>/edit/preview/", card_list.card_preview, name="card_preview"),
    path("decks/<slug:slug>/edit/replace/", replace.deck_replace, name="deck_replace"),
    path("decks/<slug:slug>/edit/reports/", reporting.deck_reports, name="deck_reports"),
    path("decks/<slug:slug>/edit/removed/", cards.cards_removed, name="cards_removed"),
    path("decks/<slug:slug>/copy/", decks.deck_copy, name="deck_copy"),
    path("decks/<slug:slug>/remove/", decks.deck_remove, name="deck_remove"),
    path("decks/<slug:slug>/restore/", decks.deck_restore, name="deck_restore"),
    path("decks/<slug:slug>/cards/<key:pk>/edit/", cards.card_edit, name="card_edit"),
    path("decks/<slug:slug>/cards/<key:pk>/place/", cards.card_place, name="card_place"),
    path("decks/<slug:slug>/cards/<key:pk>/remove/", cards.card_remove, name="card_remove"),
    path("decks/<slug:slug>/cards/<key:pk>/restore/", cards.card_restore, name="card_restore"),
    path("decks/<slug:slug>/cards/<key:pk>/twins/", twins.card_twins, name="card_twins"),
    path("decks/<slug:slug>/cards/<key:pk>/tags/", card_views.card_tags, name="card_tags"),
    path("decks/<slug:slug>/tags/", card_views.deck_tags, name="deck_tags"),
    path("search/", searching.search, name="search"),
    path("shortcuts/", searching.shortcuts, name="shortcuts"),
    path("tags/", tag_views.my_tags, name="tags"),
    path("tags/names/", tag_views.tag_names, name="tag_names"),
    path("tags/<key:pk>/", tag_views.tag_edit, name="tag"),
    path("tags/<key:pk>/merge/", tag_views.tag_merge, name="tag_merge"),
    path("tags/<key:pk>/delete/", tag_views.tag_delete, name="tag_delete"),
    path("import/", importing.import_new, name="import"),
    path("import/<slug:token>/", importing.import_draft, name="import_draft"),
    path("import/<slug:token>/go-on/", importing.import_go_on, name="import_go_on"),
    path("import/<slug:token>/samples/<str:note_type>/", importing.import_samples, name="import_samples"),
    path("import/<slug:token>/drop/", importing.import_drop, name="import_drop"),
    path("decks/<slug:slug>/import/", importing.import_into, name="deck_import"),
    path("images/<sha256:sha256>/", media.image, name="image"),
    path("decks/<slug:slug>/export/", exporting.export, name="deck_export"),
    path("decks/<slug:slug>/export/<format:name>/", exporting.export_file, name="deck_export_file"),
    path("decks/<slug:slug>/export/<format:name>/prepare/", exporting.export_prepare, name="export_prepare"),
    path("exports/<slug:token>/", exporting.export_progress, name="export"),
    path("exports/<slug:token>/go-on/", exporting.export_go_on, name="export_go_on"),
    path("exports/<slug:token>/file/", exporting.export_fetch, name="export_fetch"),
    path("exports/<slug:token>/drop/", exporting.export_drop, name="export_drop"),
]
