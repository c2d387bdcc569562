"""The score of a paper: as it was graded, and after the learner has overridden some answers."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sessions_app.models import Paper, Review, Step
from sessions_app.study.questions.types import Graded
from sessions_app.study.types import Verdict


@dataclass(frozen=True)
class AnswerResult:
    """The verdicts on one card's answer: ``graded`` when it was handed in, ``now`` after it was overridden.

    ``graded`` is empty for a blank, ``now`` also for an answer that was taken out of the log. ``line`` is the line
    of the log that counts; None if there is none.
    """

    graded: str
    now: str
    line: Review | None = None

    @property
    def is_blank(self) -> bool:
        return not self.graded

    @property
    def is_right(self) -> bool:
        return self.now == Verdict.CORRECT

    @property
    def is_void(self) -> bool:
        """Whether the answer was taken out of the log and counts neither way."""
        return bool(self.graded) and not self.now


def verdicts_of(cards: Sequence[int], graded: Sequence[Graded]) -> list[str]:
    """The verdict on each card of a question; empty for a blank."""
    by_card = {item.card_id: item.verdict.value for item in graded}
    return [by_card.get(card, "") for card in cards]


def count_right(verdicts: Mapping[str, Sequence[str]]) -> int:
    """How many verdicts are right; ``verdicts`` maps the position of a step to those on its cards."""
    return sum(verdict == Verdict.CORRECT for each in verdicts.values() for verdict in each)


def results_of(paper: Paper, cards: Mapping[int, tuple[int, Sequence[int]]]) -> dict[int, list[AnswerResult]]:
    """The result of each card of each step; ``cards`` maps the key of a step to its position and its cards."""
    lines: dict[tuple[int | None, int], list[Review]] = defaultdict(list)
    for line in Review.objects.filter(step__session=paper.session_id):
        lines[line.step_id, line.card_id].append(line)
    return {
        pk: [
            _result(graded, lines[pk, card])
            for card, graded in zip(step_cards, paper.verdicts.get(str(position), ()), strict=False)
        ]
        for pk, (position, step_cards) in cards.items()
    }


def _result(graded: str, lines: Sequence[Review]) -> AnswerResult:
    if not lines:
        return AnswerResult(graded, graded)
    standing = next((line for line in lines if line.voided_at is None), None)
    return AnswerResult(graded, standing.verdict if standing else "", standing)


def recount(step_id: int) -> None:
    """Recount a test's score after an answer was overridden. Does nothing for steps of other modes."""
    paper = Paper.objects.scored().filter(session__steps=step_id).first()
    if paper is None:
        return
    steps = Step.objects.filter(session=paper.session_id, on_paper=True)
    names = ("pk", "position", "question__card", "question__cards")
    cards = {pk: (position, more or [card]) for pk, position, card, more in steps.values_list(*names)}
    results = [result for each in results_of(paper, cards).values() for result in each]
    Paper.objects.filter(pk=paper.pk).update(
        right=sum(result.is_right for result in results), voided=sum(result.is_void for result in results)
    )
