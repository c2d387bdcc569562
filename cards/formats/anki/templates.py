"""Anki's card templates: ``{{Field}}``, ``{{#Field}}..{{/Field}}``, filters, ``{{FrontSide}}``. Pure.

Only what matters for the text of a card: scripts, styles and speech are removed. Names that Anki fills in itself
(tags, deck, note type) stay empty: they would be on every card, and are stored separately.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from cards.formats.anki import cloze

TAG = re.compile(r"\{\{\s*([#^/]?)\s*([^{}]{0,200}?)\s*\}\}")
ANSWER_LINE = re.compile(r"<hr\b[^<>]*\bid\s*=\s*[\"']?answer\b[^<>]*>", re.IGNORECASE)
BASE = re.compile(r" ?([^ >\[\]]{1,50})\[(?!sound:)([^\[\]]{1,50})\]")
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
MARKUP, LETTER = re.compile(r"<[^<>]*>"), re.compile(r"[^\W\d_]")
LINE_END = re.compile(r"<(?:br|hr|div|p|/div|/p|h[1-6]|/h[1-6]|table|tr|td|li)\b", re.IGNORECASE)
DELIMITERS = "{{=<% %>=}}"
"""A template that begins with this has its fields between these signs."""
MAX_TEMPLATE = 100_000
MAX_TAGS = 1_000
MAX_SECTIONS = 20
MAX_RENDERED = 1_000_000
"""Characters of HTML that fields may add to one side."""

AUTOMATIC = frozenset({"Tags", "Type", "Deck", "Subdeck", "Card", "CardFlag", "CardID"})
ALWAYS_FILLED = frozenset({"Type", "Deck", "Subdeck", "Card", "CardID"})
FRONT = "FrontSide"

Node = tuple[str, str, tuple[str, ...], "list[Node]"]
"""A piece of a template: its kind (text, field, if, unless), its text or field, filters, and nested pieces."""


def normal(source: str) -> str:
    """A template with the usual signs around its fields, and without comments: their fields are not replaced."""
    source = source[:MAX_TEMPLATE]
    if source.lstrip().startswith(DELIMITERS):
        source = source.replace(DELIMITERS, "", 1).replace("<%", "{{").replace("%>", "}}")
    # A last comment without an end is a text.
    return COMMENT.sub("", source)


def parse(source: str) -> list[Node]:
    """The pieces of a template. Sections that do not match end with their parent."""
    root: list[Node] = []
    stack = [root]
    position = 0
    for count, match in enumerate(TAG.finditer(source)):
        if count > MAX_TAGS:
            break
        if text := source[position : match.start()]:
            stack[-1].append(("text", text, (), []))
        position = match.end()
        sign, name = match[1], match[2]
        if sign == "/":
            if len(stack) > 1:
                stack.pop()
        elif sign:
            inside: list[Node] = []
            if len(stack) > MAX_SECTIONS:
                inside = stack[-1]
            else:
                stack[-1].append(("if" if sign == "#" else "unless", name, (), inside))
            stack.append(inside)
        else:
            *filters, name = (part.strip() for part in name.split(":"))
            stack[-1].append(("field", name, tuple(filters), []))
    stack[-1].append(("text", source[position:], (), []))
    return root


def field_names(nodes: list[Node], *, as_question: bool = False) -> list[str]:
    """The fields that a template shows, in order; ``as_question`` without those that a question hides."""
    names: list[str] = []
    for kind, name, filters, inside in nodes:
        is_hidden = is_speech(filters) or (as_question and not {"hint", "type"}.isdisjoint(filters))
        if kind == "field" and name not in AUTOMATIC and not is_hidden:
            names.append(name)
        names += field_names(inside, as_question=as_question)
    return names


def without_question(nodes: list[Node], shown: Collection[str], *, is_repeated: bool = False) -> list[Node]:
    """The pieces of an answer without the ``shown`` fields at its beginning and at its end.

    An answer repeats its question like that, in whatever style; ``is_repeated`` says that it has done so before
    these pieces. Words in the same line as the answer stay ("is not"). Without another field all pieces stay: then
    the answer is the question's fields in another form.
    """
    added = [place for place, node in enumerate(nodes) if not names_of(node) <= {*shown, *AUTOMATIC}]
    repeated = [place for place, node in enumerate(nodes) if names_of(node) & {*shown}]
    if not added:
        return nodes
    first, last = added[0], added[-1]
    start, end = 0, len(nodes)
    if is_repeated or any(place < first for place in repeated):
        start = max((place + 1 for place in repeated if place < first), default=0)
        words = "".join(text for kind, text, *_ in nodes[start:first] if kind == "text")
        if LINE_END.search(words) or not LETTER.search(MARKUP.sub("", words)) or words.rstrip().endswith(":"):
            start = first
    if any(place > last for place in repeated):
        end = last + 1
    kept = nodes[start:end]
    if len(kept) < len(nodes):
        # Tags whose other end is gone.
        while kept and is_markup(kept[0]):
            kept = kept[1:]
        while kept and is_markup(kept[-1]):
            kept = kept[:-1]
    return kept


def is_markup(node: Node) -> bool:
    """Whether a piece is tags without a text."""
    return node[0] == "text" and not MARKUP.sub("", node[1]).strip()


def names_of(node: Node) -> set[str]:
    """The fields that a piece shows."""
    return set(field_names([node]))


def is_speech(filters: tuple[str, ...]) -> bool:
    return any(name.split(" ")[0] in ("tts", "tts-voices") for name in filters)


@dataclass(slots=True)
class Fields:
    """A note's fields as HTML, and the number of the card for its cloze deletions, as a question or whole."""

    values: Mapping[str, str]
    number: int = 0
    as_question: bool = True
    # What replaces a deletion's field, unless it is the text itself.
    clozes: Callable[[str], str] | None = None
    room: int = MAX_RENDERED

    def is_empty(self, name: str) -> bool:
        if re.fullmatch(r"c\d{1,3}", name):  # {{#c1}}: only on the card of this deletion
            return int(name[1:]) != self.number
        return name not in ALWAYS_FILLED and not is_something(self.values.get(name, ""))

    def value(self, name: str, filters: tuple[str, ...]) -> str:
        if is_speech(filters) or len(self.values.get(name, "")) > self.room:
            return ""
        self.room -= len(self.values.get(name, ""))
        return self.filtered(self.values.get(name, ""), filters)

    def filtered(self, text: str, filters: tuple[str, ...]) -> str:
        if self.as_question and ("type" in filters or "hint" in filters):
            return ""  # The input for a typed answer, or a link that shows the field.
        if "text" in filters:
            text = MARKUP.sub("", text)
        if "cloze" in filters or "cloze-only" in filters:
            if self.clozes is not None:
                return self.clozes(text)
            parsed = cloze.parse(text)
            # As in Anki, a field without this card's deletion is empty.
            is_on_card = self.number in cloze.numbers(parsed)
            return cloze.shown(parsed, self.number, as_question=self.as_question) if is_on_card else ""
        if reading := READINGS.get(next(iter(set(filters) & set(READINGS)), "")):
            return BASE.sub(reading, text)
        return text


READINGS = {"furigana": r"\1(\2)", "kanji": r"\1", "kana": r"\2"}


def is_something(marked: str) -> bool:
    """Whether Anki counts a field as filled: it has more than spaces, line breaks and empty blocks."""
    return bool(re.sub(r"<(?:br|/?div)\b[^<>]*>|&nbsp;|\s", "", marked))


def render(nodes: list[Node], fields: Fields) -> str:
    """The HTML of a template for one card."""
    made = []
    for kind, name, filters, inside in nodes:
        if kind == "text":
            made.append(name)
        elif kind == "field":
            made.append(fields.value(name, filters))
        elif fields.is_empty(name) == (kind == "unless"):
            made.append(render(inside, fields))
    return "".join(made)
