"""The feedback on an answer: whether it was right, why, and how the verdict can be corrected."""

from dataclasses import dataclass

from django.urls import reverse

from sessions_app.models import Review, Step
from sessions_app.questions.images import illustrated
from sessions_app.sessions.state import SessionState
from sessions_app.study.judging import Judgement
from sessions_app.study.judging.reasons import Reason
from sessions_app.study.modes.types import SessionSettings
from sessions_app.study.questions import grading
from sessions_app.study.questions.kinds import KINDS
from sessions_app.study.questions.types import Question
from sessions_app.study.types import Verdict
from studysite.accounts.models import User

PLAIN_REASONS = (Reason.EXACT, Reason.WRONG)
"""Reasons that say no more than the verdict."""


@dataclass(frozen=True)
class AnsweredOption:
    """An option as the page shows it after the answer, at the place where it was chosen.

    ``was_chosen`` by the learner. ``is_answer`` if choosing it is right.
    """

    text: str
    was_chosen: bool
    is_answer: bool

    @property
    def look(self) -> str:
        """The name of its look: the answer is "right", a wrong choice "wrong", and the rest "other"."""
        return "right" if self.is_answer else "wrong" if self.was_chosen else "other"


@dataclass(frozen=True)
class Feedback:
    """An answered step as its learner sees it.

    ``line`` is its review; None if it was taken out of the log or the card was erased. ``judgement`` says how a
    typed response compares with the answer. ``next_url`` is the address of what comes next: the
    finished round if the answer ``ends_round``.
    """

    step: Step
    question: Question
    line: Review | None
    judgement: Judgement | None
    is_owner: bool
    next_url: str
    ends_round: bool

    @property
    def is_right(self) -> bool:
        return self.step.verdict == Verdict.CORRECT

    @property
    def is_void(self) -> bool:
        return not self.step.verdict

    @property
    def stops(self) -> bool:
        """Whether the feedback is shown at all.

        Not after a self-graded card: the learner has just read the answer, and said whether they knew it. What a
        missed line makes of an answer in several lines is said.
        """
        is_seen = KINDS[self.question.kind].is_self_graded
        return not is_seen or (not self.is_right and len(grading.lines_of(self.question.answer)) > 1)

    @property
    def goes_on(self) -> bool:
        """Whether the page may go on by itself, if the answer was given by pointer: there is nothing to read."""
        is_exact = self.judgement is not None and self.judgement.reason is Reason.EXACT
        return self.is_right and (is_exact or bool(self.options))

    @property
    def options(self) -> list[AnsweredOption]:
        """What could be chosen, with what became of it; empty for kinds of question without a choice."""
        ways = KINDS[self.question.kind].ways(self.question)
        return [AnsweredOption(text, response == self.step.response, is_it) for text, response, is_it in ways]

    @property
    def is_unknown(self) -> bool:
        """Whether the learner said that they do not know the answer."""
        return not self.is_right and not self.step.response and KINDS[self.question.kind].has_response

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
        """Why a typed response got its verdict; empty where the verdict says it all, and for other questions."""
        if self.judgement is None or self.is_unknown:
            return ""
        if self.judgement.verdict != self.step.verdict:
            return "You graded this answer."
        return "" if self.judgement.reason in PLAIN_REASONS else self.judgement.reason.text

    @property
    def stated(self) -> str:
        """The statement of a true/false question; empty for other kinds."""
        return KINDS[self.question.kind].stated(self.question)

    @property
    def was_true(self) -> bool:
        """Whether that statement is true."""
        return grading.states_truth(self.question)

    @property
    def picked(self) -> str:
        """The wrong option that was chosen, with its images; empty if none was."""
        if self.is_right or not KINDS[self.question.kind].can_be_right_too:
            return ""
        shown = (option for option in self.question.options if option == self.step.response)
        return next(shown, self.step.response)

    @property
    def can_be_right_too(self) -> bool:
        """Whether the learner can say that their choice is right too."""
        return bool(self.line and self.picked)

    @property
    def can_be_accepted(self) -> bool:
        """Whether the learner owns the deck and can add the typed response to the accepted answers."""
        typed = KINDS[self.question.kind].is_typed and self.step.response
        return bool(self.is_owner and self.line and typed and not self.is_right)

    @property
    def can_be_twins(self) -> bool:
        """Whether the learner owns the deck and can say that the two confused cards mean the same."""
        return bool(self.is_owner and self.line and self.line.mistaken_for_id)

    @property
    def wants_retyping(self) -> bool:
        """Whether the learner chose to type missed answers again, and missed this one."""
        settings = SessionSettings.from_json(self.step.session.settings)
        return settings.retype and KINDS[self.question.kind].is_typed and self.step.verdict == Verdict.WRONG


def feedback_on(step: Step, state: SessionState, *, learner: User) -> Feedback:
    """The feedback on an answered ``step``, which comes with its session, deck and card.

    ``state`` is the session's: right after the answer, with the lines and the judgement of it, or read later.
    """
    session = step.session
    (question,) = illustrated([Question.from_json(step.question)], session.deck)
    page = reverse("study", args=[session.deck.slug, session.mode])
    following = state.step and Question.from_json(state.step.question).round
    ends_round = following is not None and following != question.round
    judgement = state.judgement
    if judgement is None and KINDS[question.kind].is_typed and step.response:
        judgement = grading.judged(question, step.response)
    return Feedback(
        step=step,
        question=question,
        line=state.lines[0] if state.lines else step.reviews.standing().first(),
        judgement=judgement,
        is_owner=session.deck.owner_id == learner.pk,
        next_url=f"{page}?round={question.round}" if ends_round else page,
        ends_round=ends_round,
    )
