"""What is told after an answer: whether it was right, why, and what can be said against it."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from sessions_app.models import Review, Step
from sessions_app.questions.images import illustrated
from sessions_app.sessions.services import SessionState
from sessions_app.study.judging import Judgement
from sessions_app.study.modes.types import SessionSettings
from sessions_app.study.questions import grading
from sessions_app.study.questions.types import Question
from sessions_app.study.types import Kind, Verdict
from studysite.accounts.models import User


@dataclass(frozen=True)
class Feedback:
    """An answered step as its learner sees it.

    ``line`` is its standing review, None where it was taken out of the log or the card is gone. ``judgement`` says
    how a typed response compares with the answer.
    """

    step: Step
    question: Question
    line: Review | None
    judgement: Judgement | None
    is_owner: bool
    next_url: str

    @property
    def is_right(self) -> bool:
        return self.step.verdict == Verdict.CORRECT

    @property
    def is_void(self) -> bool:
        return not self.step.verdict

    @property
    def is_unknown(self) -> bool:
        """Whether the learner said that she does not know."""
        return not self.is_right and not self.step.response and self.question.kind is not Kind.FLIP

    @property
    def url(self) -> str:
        """The address of this feedback."""
        session = self.step.session
        return f"{reverse('study', args=[session.deck.slug, session.mode])}?answered={self.step.pk}"

    @property
    def kind(self) -> str:
        return self.question.kind.value

    @property
    def reason(self) -> str:
        """Why a typed response was judged as it was; empty where the learner has judged it otherwise."""
        if self.judgement is None or self.is_unknown:
            return ""
        return (
            self.judgement.reason.text
            if self.judgement.verdict == self.step.verdict
            else "You judged this answer."
        )

    @property
    def stated(self) -> str:
        """What a true/false question claimed."""
        return self.question.options[0] if self.question.kind is Kind.TRUE_FALSE else ""

    @property
    def was_true(self) -> bool:
        return grading.states_truth(self.question)

    @property
    def picked(self) -> str:
        """The wrong option that was chosen."""
        wrong = self.question.kind is Kind.CHOICE and not self.is_right
        if not wrong:
            return ""
        shown = (option for option in self.question.options if option == self.step.response)
        return next(shown, self.step.response)

    @property
    def can_be_right_too(self) -> bool:
        return bool(self.line and self.picked)

    @property
    def can_be_accepted(self) -> bool:
        """Whether the deck's owner can let the typed response count from now on."""
        typed = self.question.kind is Kind.TYPED and self.step.response
        return bool(self.is_owner and self.line and typed and not self.is_right)

    @property
    def can_be_twins(self) -> bool:
        return bool(self.is_owner and self.line and self.line.mistaken_for_id)

    @property
    def wants_retyping(self) -> bool:
        """Whether the learner wants to type what she missed once more."""
        settings = SessionSettings.from_json(self.step.session.settings)
        return settings.retype and self.question.kind is Kind.TYPED and self.step.verdict == Verdict.WRONG


def feedback_context(learner: User, step: Step, line: Review | None, state: SessionState) -> dict[str, Any]:
    """What the page tells after ``step``, which comes with its session and card.

    ``state`` is where things go on.
    """
    deck = step.session.deck
    (question,) = illustrated([Question.from_json(step.question)], deck)
    is_typed = question.kind is Kind.TYPED and step.response
    next_url = reverse("study", args=[deck.slug, step.session.mode])
    following = state.step and Question.from_json(state.step.question).round
    if following is not None and following != question.round:
        next_url = f"{next_url}?round={question.round}"
    feedback = Feedback(
        step=step,
        question=question,
        line=line,
        judgement=grading.judged(question, step.response) if is_typed else None,
        is_owner=deck.owner_id == learner.pk,
        next_url=next_url,
    )
    return {"feedback": feedback, "question": question, "step": step}
