"""What the engine asks of every kind of question."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random
from string import ascii_uppercase
from typing import ClassVar

from sessions_app.study.questions.types import CardPool, Graded, InvalidResponseError, Question
from sessions_app.study.types import Evidence, JudgedBy, Kind, StudyCard, Verdict

# A longer response is neither graded nor stored, in characters.
LONGEST_RESPONSE = 2_000
# The value of a ticked box in a form.
ON = "on"
# The options of a paper's question are lettered: a block has at most ten.
LETTERS = ascii_uppercase[:10]


class QuestionKind(ABC):
    """How questions of one kind are made, graded, and answered on a test's paper.

    The defaults are those of a question about one card whose verdict needs no word of the learner.
    """

    kind: ClassVar[Kind]
    evidence: ClassVar[Evidence] = Evidence.RECOGNITION
    # A test draws the kinds with lower ranks first: fewer cards can be asked in them.
    draw_rank: ClassVar[int]
    # The fewest cards that a question is about. Only questions about one card are asked one after another.
    fewest_cards: ClassVar[int] = 1
    # Whether the response is a text that the judge of typed answers compares with the answer.
    is_typed: ClassVar[bool] = False
    # Whether the learner may say that the wrong option that they chose is right as well.
    can_be_right_too: ClassVar[bool] = False
    # Whether a wrong answer without a response means "I don't know".
    has_response: ClassVar[bool] = True
    # Whether the learner has read the answer before they respond.
    is_self_graded: ClassVar[bool] = False

    # --- One question after another

    def can_ask(self, card: StudyCard) -> bool:
        """Whether it is worth looking at the card's pool: a quick check of the card alone."""
        return True

    @abstractmethod
    def build(self, question: Question, pool: CardPool, rng: Random, *, strict: bool) -> Question | None:
        """``question``, which has prompt and answer, with what this kind adds; None if the pool does not allow it.

        ``strict`` is stored for the judge of typed answers.
        """

    def grade(self, question: Question, response: Mapping[str, str]) -> Graded:
        """What ``response`` says about the question's card.

        Raises:
            InvalidResponseError: the response does not answer the question.
        """
        raise InvalidResponseError("This question is answered on a test’s paper.")

    def ways(self, question: Question) -> Sequence[tuple[str, str, bool]]:
        """What the learner chooses between: its text, the response that it gives, and whether it is right.

        Empty for kinds without a choice.
        """
        return ()

    def stated(self, question: Question) -> str:
        """The statement that is true or false; empty for other kinds."""
        return ""

    # --- On a test's paper

    @abstractmethod
    def fields(self, question: Question) -> Sequence[str]:
        """The names of the form's fields that answer the question, and that judge the answer."""

    @abstractmethod
    def read(self, question: Question, data: Mapping[str, str]) -> dict[str, str]:
        """The fields of ``data`` that answer the question, without other names and values that were not offered.

        Raises:
            InvalidResponseError: a text is longer than `LONGEST_RESPONSE`.
        """

    def read_judgement(
        self, question: Question, saved: Mapping[str, str], data: Mapping[str, str]
    ) -> dict[str, str]:
        """The ``saved`` answer with the learner's own judgement from ``data`` in place of an earlier one."""
        return dict(saved)

    def needs_judgement(self, question: Question, saved: Mapping[str, str]) -> bool:
        """Whether the learner has to say whether the ``saved`` answer is right."""
        return False

    def filled(self, question: Question, saved: Mapping[str, str]) -> int:
        """How many of the question's points are answered."""
        return int(bool(saved))

    def grade_saved(self, question: Question, saved: Mapping[str, str]) -> list[Graded]:
        """What the ``saved`` answer, which is not blank, says about each card that it answers.

        An answer that the learner should have judged and has not is wrong, and so is one that cannot be graded (a
        prompt that was typed as its own answer).
        """
        try:
            # Here ``held`` means: the learner's own verdict counts.
            graded = self.grade(question, {**saved, "held": "yes"})
        except InvalidResponseError:
            graded = Graded(question.card_id, self.evidence, Verdict.WRONG, judged_by=JudgedBy.JUDGE)
        if graded.verdict is Verdict.ASK:
            graded = replace(graded, verdict=Verdict.WRONG)
        return [replace(graded, response=saved["typed"])] if saved.get("typed") else [graded]

    def given(self, question: Question, saved: Mapping[str, str], place: int) -> str:
        """What was chosen or written for the question's card at ``place``, from 0; empty for a blank."""
        return saved.get("typed", "")

    def answer_key(self, question: Question) -> list[tuple[str, str]]:
        """For each of the question's cards the letter or word to look for, which may be empty, and the answer."""
        return [("", question.answer)]


def plain_question(kind: Kind, card: StudyCard, origin: str) -> Question:
    """The card's prompt and answer as a question, without what its kind adds."""
    return Question(
        kind=kind,
        card_id=card.id,
        side=card.side,
        prompt=card.text(card.side.other),
        answer=card.text(card.side),
        origin=origin,
    )


def verdict_of(*, is_right: bool) -> Verdict:
    return Verdict.CORRECT if is_right else Verdict.WRONG


def mistaken_for(question: Question, option: int, verdict: Verdict) -> int | None:
    """The card whose answer was taken for the right one; None if it was right, or if no card has the option."""
    if verdict is Verdict.CORRECT or option >= len(question.option_cards):
        return None
    return question.option_cards[option] or None


def number_among(data: Mapping[str, str], name: str, count: int) -> dict[str, str]:
    """The value of the field ``name``, if it is one of the numbers from 0 to ``count`` - 1."""
    value = data.get(name)
    return {name: value} if value is not None and value in {str(number) for number in range(count)} else {}


def read_text(data: Mapping[str, str]) -> dict[str, str]:
    """The field ``typed``, if there is anything in it.

    Raises:
        InvalidResponseError: the text is longer than `LONGEST_RESPONSE`.
    """
    typed = data.get("typed", "").strip()
    if len(typed) > LONGEST_RESPONSE:
        raise InvalidResponseError(too_long())
    return {"typed": typed} if typed else {}


def too_long() -> str:
    return f"At most {LONGEST_RESPONSE:,} characters."
