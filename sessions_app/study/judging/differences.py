"""The differences between a response and the answer, marked in both texts for the feedback."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple

from rapidfuzz.distance import Levenshtein

from sessions_app.study.judging.failures import log_failure
from sessions_app.study.text.normal import MARKS

# Longer texts, in characters, are marked as a whole.
LONGEST = 2_000
# Words that have a smaller share of letters in common are marked whole: such letters are equal by chance.
ALIKE = 0.5
# Equal letters between two differences, up to this many, are marked as part of one difference.
BETWEEN = 1

# A letter keeps its marks.
LETTER = re.compile(f".[{MARKS}]*", re.DOTALL)
PIECE = re.compile(rf"(?:\w[{MARKS}]*)+|\s+|[^\w\s][{MARKS}]*")


class SegmentKind(StrEnum):
    """Whether a segment is in both texts, only in the response, or only in the answer."""

    SAME = "same"
    EXTRA = "extra"
    MISSING = "missing"


class Segment(NamedTuple):
    text: str
    kind: SegmentKind


Segments = tuple[Segment, ...]
# A piece of each text, one of which may be empty, and whether they are the same.
Aligned = tuple[str, str, bool]


def difference(response: str, answer: str) -> tuple[Segments, Segments]:
    """Return the response in segments that are same or extra, and the answer in ones that are same or missing.

    The joined segments of a text are the text. Case makes no difference. Words are compared first, then the
    letters of similar words. Takes milliseconds for any texts, and raises nothing: if the comparison fails, that
    is logged, and both texts are marked as a whole.
    """
    aligned = [(response, answer, response == answer)]
    if max(len(response), len(answer)) <= LONGEST:
        try:
            aligned = list(by_words(response, answer))
        except Exception as error:
            log_failure("Marking the difference", error)
    return (
        segments(((one, same) for one, _, same in aligned), SegmentKind.EXTRA),
        segments(((other, same) for _, other, same in aligned), SegmentKind.MISSING),
    )


def by_words(response: str, answer: str) -> Iterator[Aligned]:
    for typed, needed, same in align(PIECE.findall(response), PIECE.findall(answer)):
        one, other = "".join(typed), "".join(needed)
        if same or not one or not other:
            yield one, other, same
        else:
            yield from by_letters(one, other)


def by_letters(typed: str, word: str) -> Iterator[Aligned]:
    letters, needed = LETTER.findall(typed), LETTER.findall(word)
    found = [("".join(one), "".join(other), same) for one, other, same in align(letters, needed)]
    alike = sum(len(one) for one, _, same in found if same) / max(len(typed), len(word))
    if alike < ALIKE:
        yield typed, word, False
        return
    for at, (one, other, same) in enumerate(found):
        yield one, other, same and not (0 < at < len(found) - 1 and len(one) <= BETWEEN)


def align(left: list[str], right: list[str]) -> Iterator[tuple[Sequence[str], Sequence[str], bool]]:
    """Yield the pieces of both texts in pairs: each run of equal ones together, different ones one by one."""
    for step in Levenshtein.opcodes([key(each) for each in left], [key(each) for each in right]):
        ours, theirs = left[step.src_start : step.src_end], right[step.dest_start : step.dest_end]
        if step.tag == "replace":
            yield from (([one], [other], False) for one, other in zip(ours, theirs, strict=True))
        else:
            yield ours, theirs, step.tag == "equal"


def key(piece: str) -> str:
    """The form in which two pieces are compared: kinds of space, case and composition make no difference."""
    return " " if piece.isspace() else unicodedata.normalize("NFC", piece).casefold()


def segments(pieces: Iterator[tuple[str, bool]], odd: SegmentKind) -> Segments:
    """Return the pieces of one text as segments; neighbours of the same kind become one segment."""
    runs = groupby(((text, same) for text, same in pieces if text), key=lambda piece: piece[1])
    return tuple(
        Segment("".join(text for text, _ in run), SegmentKind.SAME if same else odd) for same, run in runs
    )
