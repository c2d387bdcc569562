"""The note types of our packages, as values of both of Anki's schemas. Pure."""

from typing import Any

from cards.formats.anki.collection import ANSWER as ANSWER_FIELD
from cards.formats.anki.collection import OWN_TYPES, QUESTION, NoteType, Template
from cards.formats.anki.container import protobuf

FIELDS = ("Term", "Definition")
ANSWER = '{{FrontSide}}<hr id="answer">'
STYLE = ".card{font-family:sans-serif;font-size:20px;line-height:1.4;text-align:center}img{max-width:100%}"
ASKS_FOR_DEFINITION = Template("Term, definition", "{{Term}}", ANSWER + "{{Definition}}")
ASKS_FOR_TERM = Template("Definition, term", "{{Definition}}", ANSWER + "{{Term}}")

NOTE_TYPES = {
    choice: NoteType(OWN_TYPES[choice], name, FIELDS, templates)
    for choice, name, templates in (
        ("definition", "Studysite", (ASKS_FOR_DEFINITION,)),
        ("term", "Studysite (asks for the term)", (ASKS_FOR_TERM,)),
        ("both", "Studysite (both sides)", (ASKS_FOR_DEFINITION, ASKS_FOR_TERM)),
    )
}
"""By what the card asks for. Anki compares the names of fields and templates: a changed one is another type."""

LATEX_START = (
    "\\documentclass[12pt]{article}\n\\special{papersize=3in,5in}\n\\usepackage[utf8]{inputenc}\n"
    "\\usepackage{amssymb,amsmath}\n\\pagestyle{empty}\n\\setlength{\\parindent}{0in}\n\\begin{document}\n"
)
LATEX_END = "\\end{document}"
"""What Anki puts around ``[latex]``, which our fields do not have. An empty one would be shown as damaged."""

FONT, SIZE = "Arial", 20

# Field numbers of Notetype.Config and Notetype.Field.Config.
CSS, LATEX_BEFORE, LATEX_AFTER = 3, 5, 6
FONT_NAME, FONT_SIZE = 3, 4


def needed_field(template: Template) -> int:
    """The number of the field that a question of ours consists of."""
    return FIELDS.index(template.question.strip("{}"))


def as_json(note_type: NoteType, seconds: int) -> dict[str, Any]:
    """The note type as the old schema has it, changed at ``seconds``."""
    return {
        "id": note_type.id,
        "name": note_type.name,
        "type": 0,
        "mod": seconds,
        "usn": -1,
        "sortf": 0,
        "did": None,
        "tmpls": [
            {
                "name": one.name,
                "ord": number,
                "qfmt": one.question,
                "afmt": one.answer,
                "bqfmt": "",
                "bafmt": "",
                "did": None,
                "bfont": "",
                "bsize": 0,
            }
            for number, one in enumerate(note_type.templates)
        ],
        "flds": [
            {
                "name": name,
                "ord": number,
                "sticky": False,
                "rtl": False,
                "font": FONT,
                "size": SIZE,
                "media": [],
            }
            for number, name in enumerate(note_type.fields)
        ],
        "css": STYLE,
        "latexPre": LATEX_START,
        "latexPost": LATEX_END,
        "latexsvg": False,
        "req": [[number, "any", [needed_field(one)]] for number, one in enumerate(note_type.templates)],
        "tags": [],
        "vers": [],
    }


def config() -> bytes:
    """Anki's Notetype.Config of any of our types."""
    return protobuf.write({CSS: STYLE, LATEX_BEFORE: LATEX_START, LATEX_AFTER: LATEX_END})


def field_config() -> bytes:
    return protobuf.write({FONT_NAME: FONT, FONT_SIZE: SIZE})


def template_config(template: Template) -> bytes:
    return protobuf.write({QUESTION: template.question, ANSWER_FIELD: template.answer})
