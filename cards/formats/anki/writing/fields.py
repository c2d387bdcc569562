r"""A side of a card -> a field of an Anki note. Pure.

Formulas become ``\(..\)`` and ``\[..\]``, which Anki typesets itself.
"""

import html
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from cards.formats.types import ImageRef
from cards.text.markdown import PLAIN, fresh_bounds, make_engine, normal, paragraph
from cards.text.sanitizing import cleaner

TAG = re.compile(r"<[^>]*>")


def maths_rule(opening: str, closing: str) -> Callable[..., str]:
    def rule(_renderer: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
        return html.escape(f"{opening}{tokens[index].content.strip()}{closing}", quote=False)

    return rule


def fence_rule(_renderer: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    return f"<pre><code>{html.escape(tokens[index].content, quote=False)}</code></pre>"


def anki_engine() -> MarkdownIt:
    """The site's Markdown, but with formulas in Anki's notation."""
    engine = make_engine()
    engine.add_render_rule("math_inline", maths_rule("\\(", "\\)"))
    engine.add_render_rule("math_inline_double", maths_rule("\\[", "\\]"))
    engine.add_render_rule("math_block", maths_rule("\\[", "\\]"))
    engine.add_render_rule("fence", fence_rule)
    return engine


engine = anki_engine()


def side_html(source: str, images: Iterable[ImageRef] = ()) -> str:
    """One side as an Anki field."""
    source = normal(source)
    marked = (
        paragraph(source) if PLAIN.fullmatch(source) else cleaner.clean(engine.render(source, fresh_bounds()))
    )
    marked = marked.strip().replace(' rel="nofollow noopener"', "")
    if marked.startswith("<p>") and marked.count("<p>") == 1 and marked.endswith("</p>"):
        marked = marked[3:-4]
    # In Anki's fields a line break is <br>, except in code.
    if "<pre>" not in marked:
        marked = marked.replace("<br>\n", "<br>").replace("\n", "")
    return marked + "".join(
        f'<img src="{html.escape(image.name)}" alt="{html.escape(image.alt)}">' for image in images
    )


def sort_text(field: str) -> str:
    """The words of a field, by which Anki sorts notes and finds those that have the same first field."""
    return html.unescape(TAG.sub(" ", field)).strip()
