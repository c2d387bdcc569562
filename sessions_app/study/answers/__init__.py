"""Judging typed answers: correct, wrong, or for the learner to say."""

from sessions_app.study.answers.judging import judge
from sessions_app.study.answers.reasons import Judgement, Reason

__all__ = ["Judgement", "Reason", "judge"]
