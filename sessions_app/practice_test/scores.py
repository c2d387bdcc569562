"""What a handed-in paper came to: as it was graded, and as its learner has judged some answers since."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sessions_app.models import Paper, Review, Step
from sessions_app.study.questions.types import Graded
from sessions_app.study.types import Verdict


@dataclass(frozen=True)
class AnswerResult:
    """How one card's answer stands: ``graded`` as handed in (empty for a blank), ``now`` after the learner's word.

    ``line`` is its standing line of the log, None for a blank, and where nothing was logged or it was voided.
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
    """For each card of a question what it was graded as; empty for a blank."""
    by_card = {item.card_id: item.verdict.value for item in graded}
    return [by_card.get(card, "") for card in cards]


def count_right(verdicts: Mapping[str, Sequence[str]]) -> int:
    return sum(verdict == Verdict.CORRECT for each in verdicts.values() for verdict in each)


def marks_of(paper: Paper, cards: Mapping[int, tuple[int, Sequence[int]]]) -> dict[int, list[AnswerResult]]:
    """How each card of each step stands; ``cards`` gives for the key of a step its position and its cards."""
    lines: dict[tuple[int | None, int], list[Review]] = defaultdict(list)
    for line in Review.objects.filter(step__session=paper.session_id).select_related("card"):
        lines[line.step_id, line.card_id].append(line)
    return {
        pk: [
            _mark(graded, lines[pk, card])
            for card, graded in zip(step_cards, paper.verdicts.get(str(position), ()), strict=False)
        ]
        for pk, (position, step_cards) in cards.items()
    }


def _mark(graded: str, lines: Sequence[Review]) -> AnswerResult:
    if not lines:
        return AnswerResult(graded, graded)
    standing = next((line for line in lines if line.voided_at is None), None)
    return AnswerResult(graded, standing.verdict if standing else "", standing)


def settle(step_id: int) -> None:
    """Count the paper of a step anew, after its learner has judged an answer otherwise; nothing without one."""
    paper = Paper.objects.scored().filter(session__steps=step_id).first()
    if paper is None:
        return
    steps = Step.objects.filter(session=paper.session_id, on_paper=True)
    names = ("pk", "position", "question__card", "question__cards")
    cards = {pk: (position, more or [card]) for pk, position, card, more in steps.values_list(*names)}
    marks = [mark for each in marks_of(paper, cards).values() for mark in each]
    Paper.objects.filter(pk=paper.pk).update(
        right=sum(mark.is_right for mark in marks), voided=sum(mark.is_void for mark in marks)
    )
