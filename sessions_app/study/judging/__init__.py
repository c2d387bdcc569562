"""Judging typed answers: correct, wrong, or for the learner to say; and what differs, for the feedback."""

from sessions_app.study.judging.difference import Kind, Segment, difference
from sessions_app.study.judging.judge import judge
from sessions_app.study.judging.reasons import Judgement, Reason
from sessions_app.study.text.normal import normalised

__all__ = ["Judgement", "Kind", "Reason", "Segment", "difference", "judge", "normalised"]
