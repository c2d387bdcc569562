"""The texts of a note that become term and definition: those of its template, or chosen fields. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from cards.formats.anki import cloze, templates
from cards.formats.anki.collection import OWN_TYPES, NoteType, Template

LINE = "<br>"

MAX_TURNED = 10
"""Templates among which the other direction of a card is looked for."""


@dataclass(frozen=True, slots=True)
class FieldChoice:
    """The fields of a note type that make the term and the definition, each as a paragraph."""

    term: tuple[str, ...]
    definition: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sides:
    """Two sides as HTML. ``answers`` are the texts that a cloze deletion hides, which can be typed."""

    term: str
    definition: str
    answers: tuple[str, ...] = ()


class TemplateReader:
    """One parsed template: what its question shows, and what its answer adds."""

    def __init__(self, template: Template) -> None:
        template = replace(
            template, question=templates.normal(template.question), answer=templates.normal(template.answer)
        )
        self.question = templates.parse(template.question)
        names = templates.field_names(self.question, as_question=True)
        shown = set(names)
        rest, is_repeated = self.added(template, shown)
        self.answer = templates.without_question(
            templates.parse(rest), shown | {templates.FRONT}, is_repeated=is_repeated
        )
        self.term_fields = tuple(dict.fromkeys(names))
        # A deletion may be only in the input for it.
        self.cloze_fields = tuple(dict.fromkeys(templates.field_names(self.question)))
        added = (name for name in templates.field_names(self.answer) if name not in shown)
        self.definition_fields = tuple(name for name in dict.fromkeys(added) if name != templates.FRONT)
        self.direction = frozenset(self.term_fields), frozenset(self.definition_fields)

    @staticmethod
    def added(template: Template, shown: set[str]) -> tuple[str, bool]:
        """The answer's template without the question, and whether it was there literally."""
        answer = template.answer
        if line := templates.ANSWER_LINE.search(answer):
            before = templates.field_names(templates.parse(answer[: line.start()]))
            if set(before) <= shown | {templates.FRONT}:
                return answer[line.end() :], False
            answer = answer[: line.start()] + LINE + answer[line.end() :]
        question = template.question.strip()
        answer = answer.strip()
        is_repeated = bool(question) and answer != question and answer.startswith(question)
        return answer.removeprefix(question) if is_repeated else answer, is_repeated


class NoteReader:
    """Reads the notes of one note type."""

    def __init__(self, note_type: NoteType, choice: FieldChoice | None = None) -> None:
        self.note_type = note_type
        self.choice = choice
        self.templates = [TemplateReader(template) for template in note_type.templates]

    @property
    def asked_side(self) -> str:
        """The side that the type's first template asks for."""
        return "term" if self.note_type.id == OWN_TYPES["term"] else "definition"

    @property
    def default(self) -> FieldChoice:
        """The fields in the question of the first template, and those that its answer adds."""
        if not self.templates:
            return FieldChoice(self.note_type.fields[:1], self.note_type.fields[1:2])
        first = self.templates[0]
        known = set(self.note_type.fields)
        return FieldChoice(
            tuple(name for name in first.term_fields if name in known),
            tuple(name for name in first.definition_fields if name in known),
        )

    def turned_templates(self, ord_: int) -> Iterator[int]:
        """Earlier templates with the fields of the template ``ord_`` the other way round, by number.

        None if the note type makes cards of cloze deletions.
        """
        if not self.note_type.is_cloze and 0 < ord_ < len(self.templates):
            wanted = self.templates[ord_].direction[::-1]
            for number, earlier in enumerate(self.templates[: min(ord_, MAX_TURNED)]):
                if earlier.direction == wanted:
                    yield number

    def values(self, texts: Sequence[str]) -> dict[str, str]:
        return dict(zip(self.note_type.fields, texts, strict=False))

    def sides(self, values: Mapping[str, str], ord_: int) -> Sides | None:
        """The sides of a note's card. None if its template does not exist."""
        if self.note_type.is_cloze:
            return self.cloze_sides(values, ord_ + 1) if self.templates else None
        if self.choice is not None:
            return Sides(joined(values, self.choice.term), joined(values, self.choice.definition))
        if not 0 <= ord_ < len(self.templates):
            return None
        template = self.templates[ord_]
        question = templates.render(template.question, templates.Fields(values))
        answer = templates.render(template.answer, templates.Fields(values, as_question=False))
        return Sides(answer, question) if self.asked_side == "term" else Sides(question, answer)

    def cloze_sides(self, values: Mapping[str, str], number: int) -> Sides | None:
        """The text with its deletion hidden, and the hidden text followed by the rest of the answer."""
        template = self.templates[0]
        names = self.choice.term if self.choice else template.cloze_fields
        answers = [answer for name in names for answer in cloze.answers(values.get(name, ""), number)]
        if not answers:
            return None
        hidden = ", ".join(answers)
        if self.choice is not None:
            whole = {
                name: cloze.shown(cloze.parse(values.get(name, "")), number, as_question=True)
                for name in names
            }
            extra = joined(values, self.choice.definition)
            return Sides(joined(whole, names), spaced(hidden, extra), (hidden,) if extra else ())
        term = templates.render(template.question, templates.Fields(values, number))
        others = templates.Fields(values, number, as_question=False, clozes=lambda _text: "")
        extra = templates.render(template.answer, others)
        return Sides(term, spaced(hidden, extra), (hidden,))


def joined(values: Mapping[str, str], names: Sequence[str]) -> str:
    """The fields that are not empty, each as a paragraph."""
    texts = [values.get(name, "") for name in names]
    return "".join(f"<p>{text}</p>" for text in texts if templates.is_something(text))


def spaced(first: str, second: str) -> str:
    return f"<p>{first}</p><p>{second}</p>" if re.sub(r"<(?!img\b)[^<>]*>|\s", "", second) else first
