"""The texts that count as a card's answer."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from sessions_app.study.answers.formulas import looks_like, spelled
from sessions_app.study.answers.numbers import Quantity, quantity
from sessions_app.study.answers.text import fold, plain, symbols, tidy, words

# A text longer than this is compared as it stands.
LONGEST = 1_000
MOST_FORMS = 50

# Brackets that hold symbols are mathematics or code, not a remark.
REMARK = re.compile(r"(?:(?<=\s)|^)[(\[][^\W\d_][^()\[\]=+*/^\\]*[)\]](?=\s|[.,;]|$)")
SEPARATOR = re.compile(r"[;；]|\s[/／|]\s")
LISTING = re.compile(r"[;,|]|\s(?:/|or)\s")
FORMULA_SIGNS = re.compile(r"[$\\^=]")


class Form(NamedTuple):
    """A text made ready for comparison: as shown, tidied, folded, without accents, and what else it may be.

    Beyond ``LONGEST`` characters only ``shown`` is the whole text.

    ``formula`` is the formula's one spelling. ``is_whole`` is true of the answer itself, ``is_part`` of
    an alternative split off or a text without its remark.
    """

    shown: str
    tidied: str
    folded: str
    plain: str
    words: tuple[str, ...]
    symbols: str
    quantity: Quantity | None
    formula: str | None
    is_whole: bool
    is_part: bool


@lru_cache(maxsize=1_024)
def forms_of(texts: tuple[str, ...]) -> tuple[Form, ...]:
    """Return the accepted forms of texts, whole texts first, each folded form once."""
    found: dict[str, Form] = {}
    for index, text in enumerate(texts):
        for part in parts(text):
            form = form_of(part, is_whole=index == 0 and part == text, is_part=part != text)
            if form.folded and len(found) < MOST_FORMS:
                found.setdefault(form.tidied, form)
    return tuple(found.values())


def form_of(text: str, *, is_whole: bool = True, is_part: bool = False) -> Form:
    tidied = tidy(text[:LONGEST])
    folded = fold(tidied)
    return Form(
        shown=text,
        tidied=tidied,
        folded=folded,
        plain=plain(folded),
        words=tuple(words(folded)),
        symbols=symbols(folded),
        quantity=quantity(tidied),
        formula=spelled(tidied) if looks_like(tidied) else None,
        is_whole=is_whole,
        is_part=is_part,
    )


def parts(text: str) -> Iterator[str]:
    """Yield the text, its alternatives, and both without remarks in brackets.

    ``;`` and a spaced ``/`` or ``|`` separate alternatives; a formula and code are never split.
    """
    yield text
    if len(text) > LONGEST or FORMULA_SIGNS.search(text):
        return
    for part in dict.fromkeys([text, *SEPARATOR.split(text)]):
        yield part
        bare = REMARK.sub("", part).strip(" ,")
        if bare != part:
            yield bare


def split_response(text: str) -> list[str]:
    """Return the pieces of a response that lists alternatives."""
    return [fold(piece.strip()) for piece in LISTING.split(text) if piece.strip()]


@lru_cache(maxsize=64)
def folded_set(texts: tuple[str, ...]) -> frozenset[str]:
    """Return every folded form of other cards' texts."""
    return frozenset(fold(tidy(part[:LONGEST])) for text in texts for part in parts(text)) - {""}
