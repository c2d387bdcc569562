"""The tables of cards."""

from cards.models.card import (
    ALTERNATIVES,
    CHUNK,
    DERIVED,
    MAX_ALTERNATIVE,
    MAX_ALTERNATIVES,
    RENDERED,
    Card,
    CardQuerySet,
    TagLink,
    make_card_key,
    validate_alternatives,
)
from cards.models.card_image import MAX_ALT, CardImage
from cards.models.card_report import MAX_REPORT, CardReport
from cards.models.deck import (
    LIBRARY_SLUG,
    RESTORABLE_DAYS,
    Deck,
    DeckQuerySet,
    SideChoice,
    Visibility,
    is_editor,
    make_slug,
)
from cards.models.deck_export import DeckExport, exports_folder
from cards.models.import_draft import KEPT_DRAFTS, KEPT_FOR, ImportDraft, drafts_folder
from cards.models.tag import MAX_TAG_KEY, MAX_TAG_NAME, Tag, TagQuerySet, clean_tag_name, tag_key
from cards.models.twin_pair import TwinPair

__all__ = [
    "ALTERNATIVES",
    "CHUNK",
    "DERIVED",
    "KEPT_DRAFTS",
    "KEPT_FOR",
    "LIBRARY_SLUG",
    "MAX_ALT",
    "MAX_ALTERNATIVE",
    "MAX_ALTERNATIVES",
    "MAX_REPORT",
    "MAX_TAG_KEY",
    "MAX_TAG_NAME",
    "RENDERED",
    "RESTORABLE_DAYS",
    "Card",
    "CardImage",
    "CardQuerySet",
    "CardReport",
    "Deck",
    "DeckExport",
    "DeckQuerySet",
    "ImportDraft",
    "SideChoice",
    "Tag",
    "TagLink",
    "TagQuerySet",
    "TwinPair",
    "Visibility",
    "clean_tag_name",
    "drafts_folder",
    "exports_folder",
    "is_editor",
    "make_card_key",
    "make_slug",
    "tag_key",
    "validate_alternatives",
]
