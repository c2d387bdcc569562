"""Typed answers: whether one is right, wrong or for the learner to judge, and in what it differs from the answer.

`typed_answers` is where to begin: it applies the rules of `rules` in turn. docs/answers.md lists them.
"""

from sessions_app.study.judging.differences import Segment, SegmentKind, difference
from sessions_app.study.judging.reasons import Judgement, Reason
from sessions_app.study.judging.typed_answers import judge
from sessions_app.study.text.normal import normalised

__all__ = ["Judgement", "Reason", "Segment", "SegmentKind", "difference", "judge", "normalised"]
