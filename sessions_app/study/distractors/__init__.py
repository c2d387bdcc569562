"""Wrong options: what a learner may pick instead of the answer, and statements that are false."""

from sessions_app.study.distractors.choosing import choose
from sessions_app.study.distractors.options import options, owner_of, owners_of, statement

__all__ = ["choose", "options", "owner_of", "owners_of", "statement"]
