"""Reading and grading the answers on a paper."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.study.questions import paper_answers
from sessions_app.study.questions.kinds import KINDS
from sessions_app.study.questions.types import InvalidResponseError, Question
from sessions_app.study.types import Kind, Side, Verdict

CHOICE = Question(Kind.CHOICE, 1, Side.TERM, "?", "b", "test", options=("a", "b"), option_cards=(7, 1))
TRUTH = Question(Kind.TRUE_FALSE, 1, Side.TERM, "?", "b", "test", options=("a",), option_cards=(7,))
TYPED = Question(Kind.TYPED, 1, Side.TERM, "question", "Paris", "test", twins=("Lutetia",))
SELF = Question(Kind.FLIP, 1, Side.TERM, "?", "one", "test")
LINES = Question(Kind.FLIP, 1, Side.TERM, "?", "- one\n- two", "test")
BLOCK = Question(
    Kind.BLOCK, 1, Side.TERM, "", "", "test",
    options=("b", "c", "a"), option_cards=(2, 3, 1), cards=(1, 2, 3), prompts=("A", "B", "C"),
)  # fmt: skip
ALL = (CHOICE, TRUTH, TYPED, SELF, LINES, BLOCK)
FIELDS = ["option", "truth", "typed", "said", "knew", "verdict", "pair-0", "pair-1", "pair-9", "line-0", "x"]


def graded(question: Question, **response: str) -> list[Verdict]:
    return [item.verdict for item in paper_answers.grade(question, response)]


def test_form_is_read_by_question_position():
    data = {
        "q3-option": "1",
        "q3-revision": "2",
        "q12-pair-0": "4",
        "paper": "9",
        "q-1-x": "",
        "q3": "1",
        "q9999999-a": "1",
    }
    assert paper_answers.by_position(data) == {3: {"option": "1", "revision": "2"}, 12: {"pair-0": "4"}}


@pytest.mark.parametrize(
    ("question", "data", "expected"),
    [
        (CHOICE, {"option": "1", "typed": "x"}, {"option": "1"}),
        (CHOICE, {"option": "2"}, {}),
        (CHOICE, {"option": "-1"}, {}),
        (CHOICE, {"option": "²"}, {}),
        (TRUTH, {"truth": "true"}, {"truth": "true"}),
        (TRUTH, {"truth": "yes"}, {}),
        (TYPED, {"typed": "  Paris "}, {"typed": "Paris"}),
        (TYPED, {"typed": " ", "verdict": "correct"}, {}),
        (SELF, {"said": "on", "knew": "yes"}, {"said": "on"}),
        (BLOCK, {"pair-0": "2", "pair-1": "", "pair-2": "3", "pair-9": "0"}, {"pair-0": "2"}),
    ],
)  # fmt: skip
def test_only_offered_values_are_read(question, data, expected):
    assert paper_answers.read(question, data) == expected


def test_too_long_answer_is_refused():
    with pytest.raises(InvalidResponseError, match="2,000"):
        paper_answers.read(TYPED, {"typed": "x" * 2_001})


@pytest.mark.parametrize("question", ALL)
def test_blank_answer_is_not_graded(question):
    assert paper_answers.grade(question, {}) == []
    assert paper_answers.filled(question, {}) == 0
    assert not paper_answers.needs_judgement(question, {})


def test_answers_are_graded_by_kind():
    assert graded(CHOICE, option="1") == [Verdict.CORRECT]
    assert graded(CHOICE, option="0") == [Verdict.WRONG]
    assert graded(TRUTH, truth="false") == [Verdict.CORRECT]
    assert graded(TYPED, typed="paris") == [Verdict.CORRECT]
    assert graded(SELF, said="on", knew="no") == [Verdict.WRONG]
    assert graded(LINES, said="on", judged="on", **{"line-0": "on", "line-1": "on"}) == [Verdict.CORRECT]
    assert graded(LINES, said="on", judged="on", **{"line-0": "on"}) == [Verdict.WRONG]


def test_pairs_of_a_block_are_graded_separately():
    items = paper_answers.grade(BLOCK, {"pair-0": "2", "pair-1": "1"})
    assert [(item.card_id, item.verdict, item.mistaken_for) for item in items] == [
        (1, Verdict.CORRECT, None),
        (2, Verdict.WRONG, 3),
    ]


def test_judgement_keeps_the_written_answer():
    (item,) = paper_answers.grade(LINES, {"typed": "one, two", "judged": "on"})
    assert item.response == "one, two"


def test_typed_back_prompt_is_wrong():
    assert graded(TYPED, typed="question") == [Verdict.WRONG]


def test_doubtful_answer_waits_for_the_learner():
    saved = {"typed": "Lutetia"}
    assert paper_answers.needs_judgement(TYPED, saved)
    assert not paper_answers.is_judged(saved)
    assert graded(TYPED, **saved) == [Verdict.WRONG]
    judged = paper_answers.read_judgement(TYPED, saved, {"verdict": "correct", "typed": "Paris"})
    assert judged == {"typed": "Lutetia", "verdict": "correct"}
    assert graded(TYPED, **judged) == [Verdict.CORRECT]


def test_judgement_can_be_withdrawn_and_changed():
    judged = paper_answers.read_judgement(SELF, {"typed": "a", "knew": "yes"}, {"knew": "no"})
    assert judged == {"typed": "a", "knew": "no"}
    assert not paper_answers.is_judged(paper_answers.read_judgement(SELF, judged, {"knew": "maybe"}))


@given(
    question=st.sampled_from(ALL),
    data=st.dictionaries(
        st.sampled_from(FIELDS),
        st.sampled_from(["0", "1", "true", "on", "yes", "correct"]) | st.text(max_size=9),
    ),
)
def test_any_form_data_is_read_and_graded(question, data):
    saved = paper_answers.read(question, data)
    saved = (
        paper_answers.read_judgement(question, saved, data)
        if paper_answers.needs_judgement(question, saved)
        else saved
    )
    items = paper_answers.grade(question, saved)
    assert len(items) == paper_answers.filled(question, saved) <= paper_answers.points(question)
    assert {item.card_id for item in items} <= set(paper_answers.cards_of(question))
    assert Verdict.ASK not in [item.verdict for item in items]


def test_choice_whose_right_option_was_erased_can_still_be_graded():
    """So stored when another card had the same answer, which the option was kept with."""
    erased = replace(CHOICE, answer="gone")
    assert graded(erased, option="1") == [Verdict.WRONG]
    assert KINDS[Kind.CHOICE].answer_key(erased) == [("", "gone")]
