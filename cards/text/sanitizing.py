"""The HTML that a card may contain."""

import re

import nh3
from pygments.token import STANDARD_TYPES

# Each declaration of the generators' style attributes as a class: the site's CSP allows no style
# attribute. Other declarations are dropped (math-core repeats attributes in styles for older browsers).
STYLE_CLASSES = {
    "text-align:left": "align-left",
    "text-align:center": "align-center",
    "text-align:right": "align-right",
    "padding-left:0": "pad-left-0",
    "padding-left:0.1em": "pad-left-rule",
    "padding-left:0.1667em": "pad-left-relation",
    "padding-left:0.2222em": "pad-left-binary",
    "padding-left:1em": "pad-left-1",
    "padding-right:0": "pad-right-0",
    "padding-right:0.1em": "pad-right-rule",
    "padding-right:0.1667em": "pad-right-relation",
    "padding-right:0.2222em": "pad-right-binary",
    "padding-top:0": "pad-top-0",
    "padding-top:0.1667em": "pad-top-fraction",
    "padding-bottom:0": "pad-bottom-0",
    "margin-left:-0.16666667em": "back-thin",
    "math-shift:compact": "shift-compact",
    "width:100%": "width-full",
    "width:50%": "width-half",
    "width:7.5%": "width-indent",
    "font-variant-caps:small-caps": "small-caps",
    **{
        f"border-{side}:0.05emsolidcurrentcolor": f"line-{side}"
        for side in ("left", "right", "top", "bottom")
    },
    **{
        f"border-{side}:0.05emdashedcurrentcolor": f"dash-{side}"
        for side in ("left", "right", "top", "bottom")
    },
}

STYLE_ATTRIBUTE = re.compile(r' style="([^"]*)"')

MATHML_ATTRIBUTES = {
    "accent", "accentunder", "columnspan", "depth", "dir", "displaystyle", "form", "height", "largeop",
    "linethickness", "lspace", "mathbackground", "mathcolor", "mathsize", "mathvariant", "maxsize", "minsize",
    "movablelimits", "notation", "rowspan", "rspace", "scriptlevel", "separator", "stretchy", "symmetric",
    "voffset", "width",
}  # fmt: skip

MATHML_TAGS = {
    "math", "menclose", "mfrac", "mi", "mmultiscripts", "mn", "mo", "mover", "mpadded", "mphantom", "mprescripts",
    "mroot", "mrow", "mspace", "msqrt", "msub", "msubsup", "msup", "mtable", "mtd", "mtext", "mtr", "munder",
    "munderover",
}  # fmt: skip

HTML_TAGS = {
    "a", "b", "blockquote", "br", "code", "em", "hr", "i", "li", "ol", "p", "pre", "s", "span", "strong",
    "table", "tbody", "td", "th", "thead", "tr", "u", "ul",
}  # fmt: skip

MATHML_CLASSES = set(STYLE_CLASSES.values()) | {
    "menclose-downdiagonalstrike",
    "menclose-phasorangle",
    "menclose-updiagonalstrike",
}

CELL_CLASSES = {"align-left", "align-center", "align-right"}

cleaner = nh3.Cleaner(
    tags=HTML_TAGS | MATHML_TAGS,
    attributes={
        "a": {"href", "title"},
        "code": {"title"},
        "math": {"display"} | MATHML_ATTRIBUTES,
        "ol": {"start"},
        **dict.fromkeys(MATHML_TAGS - {"math"}, MATHML_ATTRIBUTES),
    },
    allowed_classes={
        **dict.fromkeys(MATHML_TAGS, MATHML_CLASSES),
        "code": {"maths-error"},
        "p": {"card-heading"},
        "pre": {"highlight"},
        "span": {
            "maths-display", "maths-wide", "math-core-sans-serif-font", "math-core-serif-font", "small-caps",
            *filter(None, STANDARD_TYPES.values()),
        },
        "td": CELL_CLASSES,
        "th": CELL_CLASSES,
    },
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
    link_rel="nofollow noopener",
)  # fmt: skip


def styles_to_classes(match: re.Match[str]) -> str:
    """The replacement of one style attribute. A colour becomes a MathML attribute."""
    attributes, classes = "", []
    for declaration in re.sub(r"\s", "", match[1]).split(";"):
        name, _, value = declaration.partition(":")
        if name == "color":
            attributes = f' mathcolor="{value}"'
        elif name == "font-size":
            attributes = f' mathsize="{value}"'
        elif declaration in STYLE_CLASSES:
            classes.append(STYLE_CLASSES[declaration])
    return attributes + (f' class="{" ".join(classes)}"' if classes else "")
