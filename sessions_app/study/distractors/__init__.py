"""Wrong options for choices, and statements that are true or false. docs/options.md has the rules."""

from sessions_app.study.distractors.choosing import choose
from sessions_app.study.distractors.options import options, owner_of, owners_of, statement

__all__ = ["choose", "options", "owner_of", "owners_of", "statement"]
