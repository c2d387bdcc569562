"""Judging typed answers: correct, wrong, or for the learner to say; and what differs, for the feedback."""

from sessions_app.study.answers.difference import Kind, Segment, difference
from sessions_app.study.answers.judging import judge
from sessions_app.study.answers.reasons import Judgement, Reason
from sessions_app.study.answers.text import normalised

__all__ = ["Judgement", "Kind", "Reason", "Segment", "difference", "judge", "normalised"]
