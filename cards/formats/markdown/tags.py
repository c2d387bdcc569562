"""The tags and texts of a piece of HTML, without what browsers do not show. Pure."""

import html
import re
from collections.abc import Iterator

from cards.formats.markdown.inline import SPACES

MAX_HTML_SOURCE = 100_000
"""Characters of one side's HTML, without embedded images. A longer one is first cut down to its text."""

TOKEN = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:-]*+)([^<>]*+)>")
ATTRIBUTE = re.compile(r"""([a-zA-Z-]{1,30})\s*=\s*(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++))""")
UNSEEN = {
    "script", "style", "head", "title", "template", "iframe", "object", "noscript", "textarea", "select", "svg",
    "audio", "video", "rp",
}  # fmt: skip
MAY_HIDE = re.compile(r"hidden|none", re.IGNORECASE)
HIDDEN_ATTRIBUTE = re.compile(r"\shidden(?=[\s/>=]|\Z)", re.IGNORECASE)
VOID = {"img", "br", "hr", "input", "wbr", "source", "embed", "col", "area"}
DRAWING, BREAK = "svg", "<br>"
LINES = {"br", "li", "table", "blockquote", "pre"}
READ = {"img": ("src", "alt"), "a": ("href",), "ol": ("start",), "anki-mathjax": ("block",)}
"""Attributes that are read."""

COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
LISTED = re.compile(r"""(?:\s+[\w:.@-]++(?:\s*=\s*(?:"[^"]*+"|'[^']*+'|[^\s"'>]++))?+)*+\s*+/?""")
"""All attributes of a tag. A text like "a<b\\) and c>" has none."""

HEADINGS = {"h1": "# ", "h2": "## ", "h3": "### ", "h4": "#### ", "h5": "##### ", "h6": "###### "}
APART = {"p", "dl", "hr", *HEADINGS}
BLOCKS = APART | {
    "div", "section", "article", "header", "footer", "center", "dt", "dd", "figure", "figcaption", "tr", "details",
    "summary", "main", "aside", "nav", "form", "fieldset", "address", "caption", "body", "html",
}  # fmt: skip


def attributes(source: str) -> dict[str, str]:
    return {
        match[1].lower(): html.unescape(match[2] or match[3] or match[4] or "")
        for match in ATTRIBUTE.finditer(source)
    }


def visible(marked: str) -> Iterator[str | re.Match[str]]:
    """The texts and tags of ``marked`` that browsers show. Of a drawing only its first tag."""
    position, unseen, depth = 0, "", 0
    for match in TOKEN.finditer(marked):
        if not unseen and match.start() > position:
            yield marked[position : match.start()]
        position = match.end()
        name, closes, is_alone = match[2].lower(), bool(match[1]), match[3].endswith("/")
        if unseen:
            if name == unseen and not is_alone:
                depth += -1 if closes else int(name not in UNSEEN)
                unseen = unseen if depth else ""
            continue
        is_hidden = not closes and bool(MAY_HIDE.search(match[3])) and is_not_shown(match[3])
        if is_hidden and name in VOID:
            continue
        if (is_hidden or (name in UNSEEN and not closes)) and not is_alone:
            unseen, depth = name, 1
        if not unseen or name == DRAWING:
            yield match
    if not unseen and position < len(marked):
        yield marked[position:]


def is_not_shown(attributes_source: str) -> bool:
    """Whether a tag with these attributes hides its element."""
    found = attributes(attributes_source)
    style = found.get("style", "").lower().replace(" ", "")
    return (
        "display:none" in style
        or "visibility:hidden" in style
        or bool(HIDDEN_ATTRIBUTE.search(attributes_source))
    )


def without_comments(marked: str) -> str:
    # After the last end no comment can be complete, and searching one from each start would take too long.
    last = marked.rfind("-->") + 3
    return COMMENT.sub("", marked[:last]) + marked[last:] if last > 2 else marked


def without_unread(marked: str) -> str:
    """HTML with the same text, tags and images, without what is never shown: styles, scripts and most attributes.

    A drawing stays without its content. HTML with a cloze deletion in what is not shown stays as it is.
    """
    made = "".join(
        piece if isinstance(piece, str) else short_tag(piece) for piece in visible(without_comments(marked))
    )
    return made if made.count("{{c") == marked.count("{{c") else marked


def short_tag(tag: re.Match[str]) -> str:
    """The tag with only the attributes that are read. A drawing's first tag with its end."""
    name, source = tag[2].lower(), tag[3]
    if name == DRAWING and not tag[1] and not source.endswith("/"):
        return "<svg></svg>"
    if not source or not LISTED.fullmatch(source):
        return tag[0]
    read = READ.get(name)
    kept = {key: value for key, value in attributes(source).items() if key in read} if read else {}
    listed = "".join(f' {key}="{html.escape(value)}"' for key, value in kept.items())
    return f"<{tag[1]}{name}{listed}{'/' if source.endswith('/') else ''}>"


def cut_down(marked: str) -> tuple[str, int]:
    """HTML with the same text, and how many drawings it is without.

    Dictionaries put a whole page with its styles, scripts and thousands of tags into a field. Here tags keep only
    the attributes that are read. If that is still too long, only the ends of lines are left of them.
    """
    short: list[str] = []
    lines: list[str] = []
    drawings = 0
    for piece in visible(marked):
        if isinstance(piece, str):
            text = SPACES.sub(" ", piece)
            short.append(text)
            if text != " " or lines[-1:] != [BREAK]:
                lines.append(text)
            continue
        name = piece[2].lower()
        if name == DRAWING:
            drawings += not piece[1]
            continue
        short.append(short_tag(piece))
        if (name in BLOCKS or name in LINES) and lines[-1:] != [BREAK]:
            lines.append(BREAK)
    whole = "".join(short)
    return whole if len(whole) <= MAX_HTML_SOURCE else "".join(lines), drawings
