"""The form in which the learner mends cards that should be looked at, or leaves them out, before the import."""

from dataclasses import dataclass
from typing import Any

from django import forms

from cards.forms import SourceField
from cards.importing.preview.comparing import Preview
from cards.importing.reading.problems import (
    JOIN,
    KEEP,
    KNOWN,
    LEAVE,
    LONG,
    MENDED,
    MOST_MENDED,
    MOST_TEXT,
    OTHERS,
    REPLACE,
    Decision,
    Problem,
)
from cards.models import ImportDraft
from cards.text.markdown import plain
from cards.text.studied_side import SIDES

AS_IN_FILE = "file"

LABELS = {
    KEEP: "Import this card",
    LEAVE: "Leave it out",
    JOIN: "Add its definition to the first card with this term",
    REPLACE: "Replace the deck’s definition",
    AS_IN_FILE: "As in the file",
}

TOO_MANY = (
    f"At most {MOST_MENDED} cards can be changed here. Change the others in the file, or after the import."
)
TOO_MUCH = f"At most {MOST_TEXT:,} characters can be changed here. Change the others after the import."


@dataclass(frozen=True)
class Row:
    """A card to look at, with its form fields."""

    problem: Problem
    do: forms.BoundField
    sides: list[forms.BoundField]

    @property
    def other(self) -> tuple[str, str] | None:
        """Who has another definition of the term, and the beginning of that."""
        who = OTHERS.get(self.problem.what)
        return (who, plain(self.problem.other)) if who and self.problem.other else None


class MendingForm(forms.Form):
    """A choice and both sides for each problem of the preview. See `decisions`.

    A card whose fields are not sent is left as it is: the page may have been made before the card was a problem.
    """

    def __init__(
        self, data: Any = None, *, draft: ImportDraft, preview: Preview | None, languages: dict[str, str]
    ) -> None:
        super().__init__(data)
        self.stored: dict[str, Decision] = draft.options.get(MENDED, {})
        self.problems: list[Problem] = []
        for problem in preview.problems if preview else []:
            names = names_of(problem)
            if data is None or all(name in data for name in names):
                self.problems.append(problem)
                has_history = bool(preview and preview.kind.has_history)
                self.add_fields(problem, languages, has_history=has_history)

    def add_fields(self, problem: Problem, languages: dict[str, str], *, has_history: bool) -> None:
        choices = problem.choices(has_history=has_history)
        initial = choices[0]
        if problem.done:
            choices.append(AS_IN_FILE)
            initial = problem.done if problem.done in choices else KEEP
        do, *sides = names_of(problem)
        labels = [(choice, LABELS[choice]) for choice in choices]
        self.fields[do] = forms.ChoiceField(label="What to do", choices=labels, initial=initial)
        for name, side in zip(sides, SIDES, strict=True):
            field = SourceField(label=side.capitalize(), initial=getattr(problem.card, side))
            field.widget.attrs["lang"] = languages[side]
            self.fields[name] = field

    @property
    def rows(self) -> list[Row]:
        return [
            Row(problem, self[do], [self[side] for side in sides])
            for problem in self.problems
            for do, *sides in [names_of(problem)]
        ]

    @property
    def undecided(self) -> int:
        """How many of the cards that are shown the learner has not decided about."""
        return sum(not problem.done for problem in self.problems)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and self.has_changed():
            made = self.decisions()
            if len(made) > MOST_MENDED:
                self.add_error(None, TOO_MANY)
            elif sum(len(one.get(side, "")) for one in made.values() for side in SIDES) > MOST_TEXT:
                self.add_error(None, TOO_MUCH)
        return cleaned

    def decisions(self) -> dict[str, Decision]:
        """All decisions about cards of the file: those before, with what has changed in this form."""
        made = dict(self.stored)
        for problem in self.problems:
            names = names_of(problem)
            if not {*names}.intersection(self.changed_data):
                continue
            chosen = self.cleaned_data[names[0]]
            if chosen == AS_IN_FILE:
                made.pop(problem.id, None)
            else:
                made[problem.id] = self.decision(problem, chosen, names[1:], made.get(problem.id, {}))
        return made

    def decision(self, problem: Problem, chosen: str, names: list[str], before: Decision) -> Decision:
        """What is stored about one card: of its sides only those that are not as in the file."""
        typed = {
            side: self.cleaned_data[name]
            for side, name in zip(SIDES, names, strict=True)
            # Of a side that is too long, only its beginning was shown.
            if name in self.changed_data or problem.what == LONG
        }
        is_typed = any(text != getattr(problem.card, side) for side, text in typed.items())
        if is_typed and chosen == LEAVE and f"{problem.id}-do" not in self.changed_data:
            # Who changes a card that was to be left out, and not the choice, wants it.
            chosen = KEEP
        key = {"key": problem.key} if problem.what == KNOWN else {}
        return {**before, **typed, **key, "what": problem.what, "do": chosen}


def names_of(problem: Problem) -> list[str]:
    """The names of the fields for a card: the choice, the term, the definition."""
    return [f"{problem.id}-{name}" for name in ("do", *SIDES)]
