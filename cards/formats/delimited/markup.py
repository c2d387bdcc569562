"""Whether plain rows are HTML. Pure.

Anki takes a text for HTML if one of its first five rows has something between ``<`` and ``>``
(``is_html`` of ``get_csv_metadata`` in Anki 26.9.3), also "x < y, z > w" and ``List<String>``. Here it must be
a tag of HTML, but in any of the first rows.
"""

import re
from collections.abc import Iterable, Sequence

TAGS = (
    "a abbr article aside audio b big blockquote body br center cite code dd del details dfn div dl "
    "dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr html i iframe img ins kbd li "
    "main mark nav ol p pre q rp rt ruby s samp section small span strike strong style sub summary "
    "sup svg table tbody td tfoot th thead tr tt u ul var video wbr"
)
TAG = re.compile(rf"</?(?:{'|'.join(TAGS.split())})(?=[\s/>])[^<>]*>|<!--", re.IGNORECASE)
SHOWS = re.compile(r"<(?:img|audio|video|hr)\b", re.IGNORECASE)


def looks_like_html(rows: Iterable[Sequence[str]]) -> bool:
    """Whether rows have tags of HTML, and are not about such tags.

    A text about HTML has cells that are nothing but a tag, which would become empty.
    """
    tagged = about = 0
    for fields in rows:
        if any(TAG.search(text) for text in fields if "<" in text):
            tagged += 1
            about += any(is_a_tag(text) for text in fields)
    return tagged > about * 2


def is_a_tag(text: str) -> bool:
    """Whether nothing of ``text`` would be seen as HTML."""
    return "<" in text and not SHOWS.search(text) and not TAG.sub("", text).strip()
