"""A paper's questions as its page shows them: numbered, with the saved answers and the names of their fields."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from cards.models import SideChoice
from sessions_app.models import Paper, Step
from sessions_app.practice_test import saving
from sessions_app.questions.images import illustrated
from sessions_app.questions.kind_pages import KIND_PAGES
from sessions_app.study.judging import Judgement
from sessions_app.study.modes.types import SessionSettings
from sessions_app.study.questions import grading, paper_answers
from sessions_app.study.questions.kinds import KINDS
from sessions_app.study.questions.kinds.base import LETTERS
from sessions_app.study.questions.kinds.block import pair_name
from sessions_app.study.questions.types import Question

# Characters to a line on a printed paper, and the most lines for one answer.
PRINTED_LINE, MOST_PRINTED_LINES = 70, 10


@dataclass(frozen=True)
class Option:
    """An option of a question: the value that is sent, the letter and the text that are shown."""

    value: str
    letter: str
    text: str
    is_chosen: bool


@dataclass(frozen=True)
class Pair:
    """A prompt of a block, with the name and the value of its field."""

    name: str
    number: int
    prompt: str
    chosen: str


@dataclass(frozen=True)
class Item:
    """One question of the paper; ``first`` is the number of its first point, from 1.

    ``error`` says why the answer that was ``sent`` just now could not be saved.
    """

    step: Step
    question: Question
    first: int
    error: str = ""
    sent: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return self.question.kind.value

    @property
    def last(self) -> int:
        return self.first + paper_answers.points(self.question) - 1

    @property
    def name(self) -> str:
        """The prefix of the names of its fields."""
        return f"q{self.step.position}"

    @property
    def number(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}–{self.last}"

    @property
    def is_filled(self) -> bool:
        """Whether all its points have a saved answer."""
        return self.step.filled >= paper_answers.points(self.question)

    @property
    def revision(self) -> int:
        """The revision of the next save from this page."""
        return self.step.revision + 1

    @property
    def saved(self) -> Mapping[str, str]:
        """The values of the fields: those sent just now, if they could not be saved, else the saved ones."""
        return {**self.step.saved, **self.sent}

    @property
    def options(self) -> list[Option]:
        chosen = self.saved.get("option")
        return [
            Option(str(place), LETTERS[place], text, str(place) == chosen)
            for place, text in enumerate(self.question.options)
        ]

    @property
    def pairs(self) -> list[Pair]:
        names = map(pair_name, range(len(self.question.prompts)))
        return [
            Pair(f"{self.name}-{name}", self.first + place, prompt, self.saved.get(name, ""))
            for place, (name, prompt) in enumerate(zip(names, self.question.prompts, strict=True))
        ]

    @property
    def fields(self) -> str:
        """The names of the fields that a save of this question sends, separated by commas."""
        names = (*KINDS[self.question.kind].fields(self.question), "revision")
        return ",".join(f"{self.name}-{name}" for name in names)

    @property
    def lines(self) -> list[str]:
        """The lines of a self-graded answer."""
        return grading.lines_of(self.question.answer)

    @property
    def ticks(self) -> list[tuple[str, str, bool]]:
        """For each line the name of its checkbox, its text, and whether it is ticked."""
        return [
            (f"{self.name}-line-{number}", line, f"line-{number}" in self.saved)
            for number, line in enumerate(self.lines)
        ]

    @property
    def judgement(self) -> Judgement:
        """How a typed response is judged."""
        return grading.judged(self.question, self.step.saved.get("typed", ""))

    @property
    def key(self) -> list[tuple[int, str, str]]:
        """The lines of the answer key: number, letter or truth value if there is one, and the right answer."""
        answers = KINDS[self.question.kind].answer_key(self.question)
        return [(number, short, text) for number, (short, text) in enumerate(answers, self.first)]

    @property
    def printed_lines(self) -> range:
        """The blank lines for the answer on a printed paper."""
        answer = self.question.answer
        needed = len(answer) // PRINTED_LINE + answer.count("\n") + 2
        return range(min(needed, MOST_PRINTED_LINES))


@dataclass(frozen=True)
class Section:
    """The paper's questions of one kind."""

    kind: str
    heading: str
    items: Sequence[Item]


def items_of(paper: Paper, errors: Mapping[int, str], filled: saving.Filled) -> list[Item]:
    """The questions of a paper, which comes with its deck, in order.

    ``errors`` and ``filled`` are by position: an answer with an error stays in the fields as it was sent.
    """
    items, first = [], 1
    steps = list(paper.session.steps.on_paper())
    questions = illustrated([Question.from_json(step.question) for step in steps], paper.session.deck)
    for step, question in zip(steps, questions, strict=True):
        error = errors.get(step.position, "")
        sent = filled.get(step.position, {}) if error else {}
        items.append(Item(step, question, first, error, sent))
        first += paper_answers.points(question)
    return items


def sections_of(items: Iterable[Item]) -> list[Section]:
    return [
        Section(kind.value, KIND_PAGES[kind].heading, list(group))
        for kind, group in groupby(items, key=lambda item: item.question.kind)
    ]


def names_sides(paper: Paper) -> bool:
    """Whether the paper's pages say what each question asks for: if a card could be asked for both sides.

    The paper, or the one that it is a copy of, knows it since it was drawn.
    """
    settings = SessionSettings.from_json(paper.session.settings)
    return settings.side == SideChoice.BOTH or settings.size > settings.cards_to_ask > 0
