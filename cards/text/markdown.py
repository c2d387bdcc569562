"""A card's source (Markdown and LaTeX) -> safe HTML, made once when the card is saved. Pure.

The Markdown is CommonMark with tables, strikethrough and formulas between dollars. Left out on purpose are raw
HTML and pictures, and underlined headings, indented code and link definitions, which would change or hide text
that people paste. Headings become strong paragraphs, since a card is part of a page with its own outline.
"""

import html
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.table import table
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.link import link
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name

from cards.text import simple
from cards.text.formulas.mathml import Formula, typeset, typesetting_before
from cards.text.formulas.syntax import FormulaError
from cards.text.sanitizing import STYLE_ATTRIBUTE, cleaner, styles_to_classes

MAX_SOURCE = 32_000
"""Characters of one side of a card. A longer one is cut off when rendered, and cannot be saved."""

MAX_HTML = 200_000
"""Characters of rendered HTML. A source that makes more (500 primes make 25,000) is shown as plain text."""

WIDE_FORMULA = 60
"""Characters of LaTeX from which a formula in a line gets its own box, which scrolls on a phone."""

# A short row is filled up to the header's width, so a table of N characters could have N²/16 cells.
MAX_TABLE_CELLS = 1_000

MAX_LINK_TRIES = 500
"""Square brackets that are tried as links. Each try may read to the end of the text."""

# Pygments' lexers take quadratic time for some texts, so only this much code is coloured per
# source (1,200 line ends as C take 0.1 s, 10,000 take 10), and C# is missing: its lexer is the slowest.
MAX_CODE = 1_200
CODE_LANGUAGES = frozenset(
    {
        "bash", "c", "c++", "cpp", "css", "diff", "go", "haskell", "html", "ini", "java", "javascript", "js",
        "json", "julia", "kotlin", "latex", "lua", "matlab", "php", "py", "python", "r", "rb", "ruby", "rs",
        "rust", "scala", "sh", "sql", "swift", "tex", "toml", "ts", "typescript", "xml", "yaml",
    }
)  # fmt: skip

# One or more lines that start with a letter and contain no character with a meaning in Markdown, LaTeX or HTML:
# the engine would only wrap them in a paragraph. Most cards are such lines.
PLAIN_LINE = r"[^\W\d_](?:[^\s&<>$*\[\]\\_`~|\x00-\x1f\x7f-\x9f\ud800-\udfff]|[ ](?=\S))*"
PLAIN = re.compile(rf"{PLAIN_LINE}(?:\n{PLAIN_LINE})*")

BLANK_LINES = re.compile(r"\n{2,}")

Typeset = Mapping[Formula, str | FormulaError]

rendered: ContextVar[dict[str, str] | None] = ContextVar("rendered", default=None)
"""The sources that were rendered in this block of `rendering_together`, with their HTML."""


def formula(latex: str, typeset: Typeset, *, display: bool, alone: bool) -> str:
    """One formula as HTML. If it cannot be typeset, its source with the reason as its title.

    ``display`` centres it in its own box. A formula ``alone`` on its line gets the same height.
    """
    mathml = typeset[latex.strip(), display]
    if isinstance(mathml, FormulaError):
        why = html.escape(f"This formula could not be typeset: {mathml}")
        return f'<code class="maths-error" title="{why}">{html.escape(latex.strip())}</code>'
    if display:
        return f'<span class="maths-display">{mathml}</span>'
    if alone:
        mathml = mathml.replace("<math>", '<math displaystyle="true">', 1)
    return f'<span class="maths-wide">{mathml}</span>' if len(latex) > WIDE_FORMULA else mathml


formatter = HtmlFormatter(nowrap=True)


@lru_cache(maxsize=len(CODE_LANGUAGES))
def lexer_for(language: str) -> Lexer:
    return get_lexer_by_name(language, stripnl=False)


def fence_rule(
    _renderer: Any, tokens: Sequence[Token], index: int, _options: Any, env: dict[str, Any]
) -> str:
    """A fenced block, with classes for its tokens if its language is supported and the code not too long."""
    code = tokens[index].content
    language = tokens[index].info.strip().lower()
    marked = html.escape(code)
    if language in CODE_LANGUAGES and env["code"] >= len(code):
        env["code"] -= len(code)
        marked = highlight(code, lexer_for(language), formatter)
    return f'<pre class="highlight"><code>{marked}</code></pre>\n'


def bounded_link(state: StateInline, silent: bool) -> bool:
    """markdown-it's link rule, for the first brackets of a source."""
    if state.src[state.pos] != "[":
        return False
    state.env["link_tries"] -= 1
    return state.env["link_tries"] >= 0 and link(state, silent)


def small_table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """markdown-it's table rule, for tables that cannot have more than `MAX_TABLE_CELLS` cells."""
    columns = state.getLines(start, start + 1, 0, keepLastLF=False).count("|") + 1
    return columns * (end - start) <= MAX_TABLE_CELLS and table(state, start, end, silent)


def guard_first_dollar(state: StateCore) -> None:
    """Make sure that a formula at the start of a paragraph stays a formula.

    dollarmath checks the character before a dollar, and before the first it finds the paragraph's last one
    (Python's index -1): with a digit or a backslash there, "$E$ is 5" would be money.
    """
    for token in state.tokens:
        if token.type == "inline" and simple.needs_guard(token.content):
            token.content += " "


def mark_lone_formulas(state: StateCore) -> None:
    """Mark the formulas that are alone on their line, which can have their full height."""
    breaks = {"softbreak", "hardbreak"}
    for block in state.tokens:
        kinds = [child.type for child in block.children or ()]
        for index, kind in enumerate(kinds):
            alone = breaks.issuperset(kinds[max(index - 1, 0) : index] + kinds[index + 1 : index + 2])
            if kind == "math_inline" and alone and block.children:
                block.children[index].info = "alone"


def headings_to_paragraphs(state: StateCore) -> None:
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = "p"
            if token.nesting == 1:
                token.attrSet("class", "card-heading")


FORMULA_TOKENS = {"math_inline": False, "math_inline_double": True, "math_block": True}
"""The tokens that are formulas, and whether one is displayed."""


def formula_rule(wrapping: str = "{}", *, display: bool = False) -> Callable[..., str]:
    def rule(_renderer: Any, tokens: Sequence[Token], index: int, _options: Any, env: dict[str, Any]) -> str:
        token = tokens[index]
        return wrapping.format(
            formula(token.content, env["formulas"], display=display, alone=token.info == "alone")
        )

    return rule


def make_engine() -> MarkdownIt:
    engine = MarkdownIt("commonmark", {"breaks": True, "html": False})
    engine.enable(["table", "strikethrough"])
    engine.disable(["code", "html_block", "html_inline", "image", "lheading", "reference"])
    engine.block.ruler.at("table", small_table, {"alt": ["paragraph"]})
    engine.inline.ruler.at("link", bounded_link)
    engine.use(
        dollarmath_plugin,
        allow_labels=False,
        allow_space=False,
        allow_digits=False,
        allow_blank_lines=False,
        double_inline=True,
    )
    engine.core.ruler.after("block", "guard_first_dollar", guard_first_dollar)
    engine.core.ruler.push("mark_lone_formulas", mark_lone_formulas)
    engine.core.ruler.push("headings_to_paragraphs", headings_to_paragraphs)
    engine.add_render_rule("fence", fence_rule)
    engine.add_render_rule("math_inline", formula_rule())
    engine.add_render_rule("math_inline_double", formula_rule(display=True))
    engine.add_render_rule("math_block", formula_rule("<p>{}</p>\n", display=True))
    return engine


engine = make_engine()


def fresh_bounds() -> dict[str, Any]:
    """The remaining limits for one source, in the engine's ``env``."""
    return {"code": MAX_CODE, "link_tries": MAX_LINK_TRIES}


def normal(source: str) -> str:
    """The part of any ``str`` that is rendered: encodable, one kind of line end, not too long, no outer spaces."""
    source = source[:MAX_SOURCE].encode("utf-8", "replace").decode("utf-8")
    return source.replace("\r\n", "\n").replace("\r", "\n").strip()


def paragraph(text: str) -> str:
    return "<p>" + "<br>\n".join(text.split("\n")) + "</p>"


def render_with_engine(source: str) -> str:
    bounds = fresh_bounds()
    tokens = engine.parse(source, bounds)
    # All together, since each request to the converter takes time.
    bounds["formulas"] = typeset(formulas_of(tokens))
    return cleaned(engine.renderer.render(tokens, engine.options, bounds), source)


def formulas_of(tokens: Sequence[Token]) -> Iterator[Formula]:
    for token in tokens:
        if token.type in FORMULA_TOKENS:
            yield token.content.strip(), FORMULA_TOKENS[token.type]
        yield from formulas_of(token.children or ())


def render_simple(paragraphs: Sequence[str]) -> str:
    """The same as `render_with_engine`, but faster, for paragraphs that are all simple (`is_simple`)."""
    formulas = [latex for text in paragraphs for latex in simple.formulas_in(text)]
    if not formulas:
        return "\n".join(paragraph("\n".join(map(simple.marked, text.split("\n")))) for text in paragraphs)
    found = typeset((latex, False) for latex in formulas)

    def line(text: str) -> str:
        is_alone = simple.is_formula(text)
        return simple.marked(text, lambda latex: formula(latex, found, display=False, alone=is_alone))

    made = "\n".join(paragraph("\n".join(map(line, text.split("\n")))) for text in paragraphs)
    return cleaned(made, "\n\n".join(paragraphs))


def cleaned(marked: str, source: str) -> str:
    """The allowed part of the generated HTML, or ``source`` as plain text if that is too long."""
    marked = STYLE_ATTRIBUTE.sub(styles_to_classes, marked)
    if len(marked) > MAX_HTML:
        marked = paragraph(html.escape(source))
    return cleaner.clean(marked).strip()


def is_plain(source: str) -> bool:
    """Whether ``source`` has no markup, so that it looks as it is typed."""
    source = normal(source)
    return not source or PLAIN.fullmatch(source) is not None


def render(source: str) -> str:
    """Safe HTML for one side of a card. Never raises an error, whatever the text.

    The result has no script, style, event handler, picture or form, only links to http, https and mailto,
    and the classes listed above. It is at most a few times `MAX_HTML` long and takes milliseconds.
    """
    source = normal(source)
    if not source:
        return ""
    if PLAIN.fullmatch(source):
        return paragraph(source)
    known = rendered.get()
    if known is None:
        return render_marked(source)
    if source not in known:
        known[source] = render_marked(source)
    return known[source]


def render_marked(source: str) -> str:
    paragraphs = BLANK_LINES.split(source)
    return render_simple(paragraphs) if all(map(simple.is_simple, paragraphs)) else render_with_engine(source)


@contextmanager
def rendering_together(sources: Iterable[str]) -> Iterator[None]:
    """Let `render` be faster in the block: equal sources are rendered once, the formulas of all typeset at once.

    ``sources`` are what will be rendered; they are kept in memory until the end of the block.
    """
    with typesetting_before(latex for source in sources for latex in simple.likely_formulas(normal(source))):
        token = rendered.set({})
        try:
            yield
        finally:
            rendered.reset(token)


def pieces(tokens: Sequence[Token]) -> list[str]:
    """The texts of ``tokens``, with a space where a block or a line ends."""
    found = []
    for token in tokens:
        if token.children is not None:
            found += [*pieces(token.children), " "]
        elif token.type in ("softbreak", "hardbreak"):
            found.append(" ")
        else:
            found.append(token.content)
    return found


def plain(source: str) -> str:
    """``source`` on one line without markup, for titles, labels and lists. Formulas stay as LaTeX."""
    source = normal(source)
    text = source if PLAIN.fullmatch(source) else "".join(pieces(engine.parse(source, fresh_bounds())))
    return " ".join(text.split())
