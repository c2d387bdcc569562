"""The answers of a paper with their verdicts, and its score by kind of question."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from sessions_app.models import Paper
from sessions_app.practice_test import scores
from sessions_app.practice_test.items import Item, items_of
from sessions_app.practice_test.scores import AnswerResult
from sessions_app.questions.kind_pages import KIND_PAGES
from sessions_app.sessions import gains
from sessions_app.study.judging import Judgement
from sessions_app.study.questions import paper_answers
from sessions_app.study.questions.kinds import KINDS
from sessions_app.study.questions.kinds.base import QuestionKind
from sessions_app.study.questions.types import Question

MOST_FRIENDS = 50


@dataclass(frozen=True)
class Answer:
    """The answer for one card on a scored paper: to a question, or to the pair at ``place`` in a block."""

    item: Item
    result: AnswerResult
    place: int
    is_owner: bool

    @property
    def question(self) -> Question:
        return self.item.question

    @property
    def kind(self) -> QuestionKind:
        return KINDS[self.question.kind]

    @property
    def card_id(self) -> int:
        return paper_answers.cards_of(self.question)[self.place]

    @property
    def number(self) -> int:
        return self.item.first + self.place

    @property
    def prompt(self) -> str:
        return self.question.prompts[self.place] if self.question.prompts else self.question.prompt

    @property
    def answer(self) -> str:
        """The right answer."""
        return self.kind.answer_key(self.question)[self.place][1]

    @property
    def given(self) -> str:
        """The text that was chosen or written; empty for a blank and for an answer that was only said."""
        return self.kind.given(self.question, self.item.step.saved, self.place)

    @property
    def stated(self) -> str:
        """The statement of a true/false question; empty for other kinds."""
        return self.kind.stated(self.question)

    @property
    def is_missed(self) -> bool:
        """Wrong or blank, and not taken out of the score."""
        return not (self.result.is_right or self.result.is_void)

    @property
    def truth(self) -> str:
        """The answer to a true/false question: "true" or "false"; empty for a blank and for other kinds."""
        return self.item.step.saved.get("truth", "")

    @property
    def is_typed(self) -> bool:
        return self.kind.is_typed and bool(self.given)

    @cached_property
    def judgement(self) -> Judgement:
        return self.item.judgement

    @property
    def is_judged(self) -> bool:
        """Whether the learner has overridden the verdict."""
        return bool(self.result.graded) and self.result.now != self.result.graded

    @property
    def reason(self) -> str:
        """Why the answer has its verdict; empty if that is obvious."""
        if self.result.is_void:
            return "Not counted."
        if self.is_judged:
            return "You graded this answer."
        if not self.is_typed:
            return ""
        own = self.item.step.saved.get("verdict")
        return "You graded this answer." if own else self.judgement.reason.text

    @property
    def can_be_right_too(self) -> bool:
        """Whether the learner can say that the option they chose is right as well."""
        return bool(self.result.line and self.kind.can_be_right_too and not self.result.is_right)

    @property
    def can_be_accepted(self) -> bool:
        return bool(self.is_owner and self.result.line and self.is_typed and not self.result.is_right)

    @property
    def can_be_twins(self) -> bool:
        return bool(self.is_owner and self.result.line and self.result.line.mistaken_for_id)


@dataclass(frozen=True)
class KindScore:
    """The score of the questions of one kind, which the pages call ``heading`` and ``plural``."""

    heading: str
    plural: str
    right: int
    count: int
    answers: Sequence[Answer]


def answers_of(paper: Paper, *, is_owner: bool) -> list[Answer]:
    """Each card's answer, in the paper's order."""
    items = items_of(paper, {}, {})
    cards = {item.step.pk: (item.step.position, paper_answers.cards_of(item.question)) for item in items}
    results = scores.results_of(paper, cards)
    return [
        Answer(item, result, place, is_owner)
        for item in items
        for place, result in enumerate(results[item.step.pk])
    ]


def by_kind(answers: Sequence[Answer]) -> list[KindScore]:
    """The scores by kind of question, in the order of ``answers``; answers that do not count are left out."""
    found = []
    for kind, group in groupby(answers, key=lambda answer: answer.question.kind):
        listed = list(group)
        counted = [answer for answer in listed if not answer.result.is_void]
        right = sum(answer.result.is_right for answer in counted)
        page = KIND_PAGES[kind]
        found.append(KindScore(page.heading, page.plural, right, len(counted), listed))
    return found


def sentence_of(paper: Paper, kinds: Sequence[KindScore], last: Paper | None) -> str:
    """What the paper showed, against the ``last`` one of the deck; empty if it has no score."""
    score, before = _score(paper), _score(last) if last else None
    found = [gains.KindResult(kind.plural, kind.right, kind.count) for kind in kinds]
    return gains.score_sentence(score, found, before) if score else ""


def _score(paper: Paper) -> gains.Score | None:
    return gains.Score(paper.right or 0, paper.counted) if paper.counted else None


def friends_of(paper: Paper) -> list[Paper]:
    """The copies of this paper whose learners show their score, best first, at most `MOST_FRIENDS`."""
    copies = paper.copies.scored().exclude(shown_as="")
    return list(copies.order_by("-right", "handed_in_at")[:MOST_FRIENDS])
