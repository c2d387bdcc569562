"""The tables of the kinds of question: each kind is in both, and a form offers what its mode can ask."""

from sessions_app.questions.kind_pages import KIND_PAGES, LEARN_CHOICES, TEST_CHOICES
from sessions_app.study.modes import learn
from sessions_app.study.modes import test as test_mode
from sessions_app.study.questions.kinds import KINDS
from sessions_app.study.types import Evidence, Kind


def test_every_kind_is_in_both_tables():
    assert set(KINDS) == set(KIND_PAGES) == set(Kind)


def test_forms_offer_the_kinds_that_the_modes_ask():
    assert [value for value, _ in LEARN_CHOICES] == list(learn.KINDS)
    assert [value for value, _ in TEST_CHOICES] == list(test_mode.KINDS)
    assert set(learn.DEFAULT_KINDS) <= set(learn.KINDS)


def test_learn_asks_for_recognition_before_recall():
    assert set(learn.RECOGNITIONS) | set(learn.RECALLS) == set(learn.KINDS)
    assert {KINDS[kind].evidence for kind in learn.RECALLS} == {Evidence.RECALL}
    assert learn.RECALLS[0] is Kind.TYPED


def test_test_draws_the_scarcest_kinds_first():
    assert sorted(test_mode.DRAW_ORDER) == sorted(test_mode.KINDS)
    assert test_mode.DRAW_ORDER[0] is Kind.TYPED
    assert test_mode.DRAW_ORDER[-1] is Kind.FLIP
