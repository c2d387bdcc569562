r"""Cards -> an ``.apkg`` that Anki imports, with `genanki`. Pure.

Each card is a note whose guid is the card's key, so that importing a later export updates the notes. Formulas
become ``\(..\)`` and ``\[..\]``, which Anki typesets itself.
"""

import hashlib
import html
import tempfile
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import genanki
from markdown_it import MarkdownIt
from markdown_it.token import Token

from cards.formats.anki.schema import OWN_TYPES
from cards.formats.types import ImageRef, ParsedCard
from cards.rendering import PLAIN, cleaner, fresh_bounds, make_engine, normal, paragraph
from cards.sides import TERM

FIELDS = [{"name": "Term"}, {"name": "Definition"}]
ANSWER = '{{FrontSide}}<hr id="answer">'
STYLE = ".card{font-family:sans-serif;font-size:20px;line-height:1.4;text-align:center}img{max-width:100%}"
ASKS_FOR_DEFINITION = {"name": "Term, definition", "qfmt": "{{Term}}", "afmt": ANSWER + "{{Definition}}"}
ASKS_FOR_TERM = {"name": "Definition, term", "qfmt": "{{Definition}}", "afmt": ANSWER + "{{Term}}"}

MODELS = {
    "definition": genanki.Model(
        OWN_TYPES["definition"], "Studysite", fields=FIELDS, templates=[ASKS_FOR_DEFINITION], css=STYLE
    ),
    "term": genanki.Model(
        OWN_TYPES["term"],
        "Studysite (asks for the term)",
        fields=FIELDS,
        templates=[ASKS_FOR_TERM],
        css=STYLE,
    ),
    "both": genanki.Model(
        OWN_TYPES["both"],
        "Studysite (both sides)",
        fields=FIELDS,
        templates=[ASKS_FOR_DEFINITION, ASKS_FOR_TERM],
        css=STYLE,
    ),
}


def maths_rule(opening: str, closing: str) -> Callable[..., str]:
    def rule(_renderer: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
        return html.escape(f"{opening}{tokens[index].content.strip()}{closing}", quote=False)

    return rule


def fence_rule(_renderer: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    return f"<pre><code>{html.escape(tokens[index].content, quote=False)}</code></pre>"


def anki_engine() -> MarkdownIt:
    """The site's own Markdown, but with formulas as Anki writes them."""
    engine = make_engine()
    engine.add_render_rule("math_inline", maths_rule("\\(", "\\)"))
    engine.add_render_rule("math_inline_double", maths_rule("\\[", "\\]"))
    engine.add_render_rule("math_block", maths_rule("\\[", "\\]"))
    engine.add_render_rule("fence", fence_rule)
    return engine


engine = anki_engine()


def side_html(source: str, images: Iterable[ImageRef] = ()) -> str:
    """One side as a field of Anki's."""
    source = normal(source)
    marked = (
        paragraph(source) if PLAIN.fullmatch(source) else cleaner.clean(engine.render(source, fresh_bounds()))
    )
    marked = marked.strip().replace(' rel="nofollow noopener"', "")
    if marked.startswith("<p>") and marked.count("<p>") == 1 and marked.endswith("</p>"):
        marked = marked[3:-4]
    # Anki's fields know no line ends but <br>; those in code stay.
    if "<pre>" not in marked:
        marked = marked.replace("<br>\n", "<br>").replace("\n", "")
    return marked + "".join(
        f'<img src="{html.escape(image.name)}" alt="{html.escape(image.alt)}">' for image in images
    )


def stable_id(name: str) -> int:
    """A number of Anki's kind that belongs to ``name``."""
    return int.from_bytes(hashlib.sha256(name.encode("utf-8", "replace")).digest()[:5], "big") + 2**40


def note_of(card: ParsedCard) -> genanki.Note:
    kind = "both" if card.both_sides else "term" if card.side_choice == TERM else "definition"
    return genanki.Note(
        MODELS[kind],
        [side_html(card.term, card.term_images), side_html(card.definition, card.definition_images)],
        guid=card.key,
        tags=["_".join(tag.split()) for tag in card.tags],
    )


def write_anki(
    file: BinaryIO,
    *,
    title: str,
    deck_key: str,
    cards: Iterable[ParsedCard],
    now: datetime,
    description: str = "",
    read_image: Callable[[str], bytes] | None = None,
) -> None:
    """Write a deck as an ``.apkg`` to ``file``.

    ``deck_key`` is what the deck is known by for ever (its address), so that a later export meets the same deck in
    Anki, which takes over the notes of the one with the later ``now``. ``side_choice`` of the cards must be
    settled: anything but ``term`` asks for the definition.
    """
    # In Anki's names of decks two colons start a deck inside.
    deck = genanki.Deck(
        stable_id(deck_key), title.replace("::", ": :") or "Studysite", side_html(description)
    )
    images: dict[str, None] = {}
    for card in cards:
        deck.add_note(note_of(card))
        images |= dict.fromkeys(image.name for image in card.images)
    with tempfile.TemporaryDirectory(prefix="studysite-anki-") as folder:
        paths = []
        for name in images if read_image else ():
            assert read_image is not None  # noqa: S101
            path = Path(folder) / Path(name).name
            path.write_bytes(read_image(name))
            paths.append(str(path))
        package = Path(folder) / "deck.apkg"
        genanki.Package(deck, media_files=paths).write_to_file(str(package), now.timestamp())
        with package.open("rb") as written:
            while chunk := written.read(2**20):
                file.write(chunk)
