"""Whether what a reader has found can be stored, and what is told if not. Pure."""

import re
from collections.abc import Iterable
from dataclasses import replace

from cards.formats.types import FormatError, ParsedCard, Report
from cards.text.markdown import MAX_SOURCE
from cards.text.studied_side import SIDES

MAX_TAG = 60
"""Characters of a tag's name."""

MAX_TAGS_OF_CARD = 1_000
"""Tags of one card that are read. The site keeps far fewer."""

TOO_LONG = "cards that are too long"
"""What a report counts."""

ESCAPED = re.compile(r"\\[!-/:-@\[-`{-~]")
"""A sign that is shown as it is, with its backslash."""

MOST_TOO_LONG = 100
"""Cards that are too long whose beginnings a report keeps."""


def nothing_in(report: Report) -> FormatError:
    """The error for a file without any card, with the reasons if there were some in it."""
    if not report.skipped:
        return FormatError("There are no cards in it.")
    why = f" {report.notices[0]}" if report.notices else ""
    return FormatError(f"There are no cards in it that can be imported. Left out: {report.reasons}.{why}")


def fits(card: ParsedCard, report: Report) -> bool:
    """Whether ``card`` can be stored. If not, ``report`` says why it is left out."""
    for side in SIDES:
        source = getattr(card, side)
        if len(source) > MAX_SOURCE:
            # A text that is not Markdown has become longer: this is its length as it would be stored.
            escaped = len(ESCAPED.findall(source))
            signs = f" with {escaped:,} backslashes that show signs as they are" if escaped else ""
            why = f"The {side} has {len(source):,} characters{signs}; a side has at most {MAX_SOURCE:,}."
            report.skip(TOO_LONG, where=card.where, why=why)
            if len(report.too_long) < MOST_TOO_LONG:
                beginnings = {name: getattr(card, name)[:MAX_SOURCE] for name in SIDES}
                report.too_long.append(replace(card, **beginnings))
            return False
    if card.term or card.definition or card.images:
        return True
    report.skip("cards with nothing on them")
    return False


def clean_tags(names: Iterable[str], report: Report, *, where: str) -> tuple[str, ...]:
    """Tag names without duplicates, with single spaces, and no longer than a tag's name may be."""
    tags: dict[str, str] = {}
    names = list(names)
    if len(names) > MAX_TAGS_OF_CARD:
        report.notice(f"Only the first {MAX_TAGS_OF_CARD:,} of its tags are read.", where=where)
    for name in names[:MAX_TAGS_OF_CARD]:
        tag = " ".join(name.replace("\0", "").split())
        if len(tag) > MAX_TAG:
            tag = tag[:MAX_TAG].rstrip()
            report.notice(f"A tag has at most {MAX_TAG} characters; “{tag}” was shortened.", where=where)
        if tag:
            tags.setdefault(tag.casefold(), tag)
    return tuple(tags.values())
