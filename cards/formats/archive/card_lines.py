"""One line of an archive -> its card. Pure."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from cards.formats.archive.layout import (
    IMAGE_LISTS,
    IMAGE_NAME,
    MAX_KEY,
    MAX_LIST,
    MOMENTS,
    SIDE_CHOICES,
    TEXT_LISTS,
)
from cards.formats.archive.lines import is_texts, text
from cards.formats.checking import MAX_TAG
from cards.formats.types import FormatError, ImageRef, ParsedCard


def card_from_json(line: Mapping[str, Any], where: str) -> ParsedCard:
    """The card of one line. Unknown fields are ignored. Raises FormatError, which names the line and the field."""
    card = ParsedCard(
        text(line, "term", where), text(line, "definition", where), key=text(line, "key", where), where=where
    )
    if len(card.key) > MAX_KEY:
        raise FormatError(f"“key” has more than {MAX_KEY} characters.", where=where)
    for name in TEXT_LISTS:
        values = line.get(name, [])
        if not is_texts(values) or any(not text({name: value}, name, where).strip() for value in values):
            raise FormatError(f"“{name}” must be a list of texts.", where=where)
        if len(values) > MAX_LIST:
            raise FormatError(f"“{name}” lists more than {MAX_LIST:,}.", where=where)
        setattr(card, name, tuple(values))
    if any(len(tag) > MAX_TAG for tag in card.tags):
        raise FormatError(f"A tag has at most {MAX_TAG} characters.", where=where)
    card.side_choice = text(line, "side_choice", where) or "auto"
    if card.side_choice not in SIDE_CHOICES:
        raise FormatError("“side_choice” must be auto, term, definition or both.", where=where)
    for name in MOMENTS:
        if name in line:
            setattr(card, name, moment(line, name, where))
    for name in IMAGE_LISTS:
        setattr(card, name, tuple(image_refs(line, name, where)))
    return card


def moment(line: Mapping[str, Any], name: str, where: str) -> datetime:
    try:
        value = datetime.fromisoformat(text(line, name, where))
    except ValueError as error:
        if isinstance(error, FormatError):
            raise
        raise FormatError(f"“{name}” must be a time.", where=where) from error
    if value.utcoffset() is None:
        raise FormatError(f"“{name}” must be a time with its zone.", where=where)
    return value


def image_refs(line: Mapping[str, Any], name: str, where: str) -> Iterator[ImageRef]:
    refs = line.get(name, [])
    if isinstance(refs, list) and len(refs) > MAX_LIST:
        raise FormatError(f"“{name}” lists more than {MAX_LIST:,}.", where=where)
    for ref in refs if isinstance(refs, list) else [None]:
        if not isinstance(ref, dict) or not IMAGE_NAME.fullmatch(text(ref, "name", where)):
            raise FormatError(f"“{name}” must be a list of images with a name.", where=where)
        yield ImageRef(text(ref, "name", where), text(ref, "alt", where))
