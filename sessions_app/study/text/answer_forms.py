"""The texts that count as a card's answer."""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Generic, TypeVar

from sessions_app.study.text.codes import compound
from sessions_app.study.text.dates import Date, dates
from sessions_app.study.text.formulas import looks_like, spelled
from sessions_app.study.text.meanings import ARTICLES
from sessions_app.study.text.normal import fold, plain, symbols, tidy, words
from sessions_app.study.text.notation import one_notation
from sessions_app.study.text.numbers import Quantity, quantity

Value = TypeVar("Value")

# Longer texts, in characters, are compared without being split or cleaned.
LONGEST = 1_000
MOST_FORMS = 50

# Brackets with symbols in them are mathematics or code, not a remark.
REMARK = re.compile(r"(?:(?<=\s)|^)[(\[][^\W\d_][^()\[\]=+*/^\\]*[)\]](?=\s|[.,;]|$)")
# Letters that may be there or not: colo(u)r, actor(s).
OPTIONAL = re.compile(
    r"(?<=[a-zß-ÿ])\(([a-zß-ÿ]{1,3})\)(?=[a-zß-ÿ])|(?<=[a-zß-ÿ]{2})\((s|es|e|n|en|r|in|innen)\)"
)
SEPARATOR = re.compile(r"[;；]|\s[/／|]\s")
LISTING = re.compile(r"[;,|]|\s(?:/|or)\s")
FORMULA_SIGNS = re.compile(r"[$\\^=]")


class lazily(Generic[Value]):  # noqa: N801 - it is used as a decorator
    """An attribute that is calculated once, when it is first read: functools.cached_property without its lock."""

    def __init__(self, calculate: Callable[[Any], Value]) -> None:
        self.calculate = calculate
        self.__doc__ = calculate.__doc__

    def __get__(self, form: Any, _: object = None) -> Value:
        value = form.__dict__[self.calculate.__name__] = self.calculate(form)
        return value


class Form:
    """A text prepared for comparison; other readings of it are calculated when a rule first needs them.

    Only ``shown`` has more than ``LONGEST`` characters. ``is_whole``: it is the answer itself. ``is_part``: it is
    one of several alternatives, or a text without its remark.
    """

    def __init__(self, shown: str, *, is_whole: bool = True, is_part: bool = False) -> None:
        self.shown = shown
        self.is_whole = is_whole
        self.is_part = is_part
        self.tidied = tidy(shown[:LONGEST])
        self.folded = fold(self.tidied)

    @lazily
    def plain(self) -> str:
        """Without accents."""
        return plain(self.folded)

    @lazily
    def article(self) -> str:
        """The article or "to" at the beginning of the text, with its space; empty if there is none."""
        if self.folded.startswith("l'"):
            return "l'"
        first, space, rest = self.folded.partition(" ")
        return f"{first} " if space and first in ARTICLES and len(rest) > 1 else ""

    @lazily
    def words(self) -> tuple[str, ...]:
        return tuple(words(self.folded))

    @lazily
    def symbols(self) -> str:
        return symbols(self.folded)

    @lazily
    def notation(self) -> str:
        """The text with numbers in digits and abbreviations written out."""
        return one_notation(self.tidied, self.folded, self.words)

    @lazily
    def quantity(self) -> Quantity | None:
        return quantity(self.tidied)

    @lazily
    def dates(self) -> tuple[Date, ...]:
        return dates(self.tidied)

    @lazily
    def compound(self) -> str | None:
        """The chemical formula without raised and lowered digits."""
        return compound(self.tidied)

    @lazily
    def formula(self) -> str | None:
        """The formula in the one spelling in which formulas are compared."""
        return spelled(self.tidied) if looks_like(self.tidied) else None


@lru_cache(maxsize=1_024)
def forms_of(texts: tuple[str, ...]) -> tuple[Form, ...]:
    """Return the accepted forms of texts, whole texts first, each folded form once."""
    found: dict[str, Form] = {}
    for index, text in enumerate(texts):
        for part in parts(text):
            form = Form(part, is_whole=index == 0 and part == text, is_part=part != text)
            if form.folded and len(found) < MOST_FORMS:
                found.setdefault(form.tidied, form)
    return tuple(found.values())


def parts(text: str) -> Iterator[str]:
    """Yield the text, its alternatives, and both without remarks in brackets.

    ``;`` and a spaced ``/`` or ``|`` separate alternatives; a formula and code are never split. Letters in
    brackets within or after a word may be there or not.
    """
    yield text
    if len(text) > LONGEST or FORMULA_SIGNS.search(text):
        return
    for part in dict.fromkeys([text, *SEPARATOR.split(text)]):
        yield part
        if "(" not in part and "[" not in part:
            continue
        bare = REMARK.sub("", part).strip(" ,")
        if bare != part:
            yield bare
        if OPTIONAL.search(part):
            yield OPTIONAL.sub("", part)
            yield OPTIONAL.sub(lambda found: found[1] or found[2], part)


def split_response(text: str) -> list[str]:
    """Return the pieces of a response that lists alternatives."""
    return [fold(piece.strip()) for piece in LISTING.split(text) if piece.strip()]


@lru_cache(maxsize=64)
def folded_set(texts: tuple[str, ...]) -> frozenset[str]:
    """Return all folded forms of other cards' texts."""
    return frozenset(fold(tidy(part[:LONGEST])) for text in texts for part in parts(text)) - {""}
