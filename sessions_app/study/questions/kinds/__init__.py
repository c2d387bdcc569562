"""The table of the kinds of question.

To add a kind: a member of `Kind`, a class and its row here, a row in `sessions_app.questions.kind_pages`, and the
templates that it names.
"""

from collections.abc import Mapping

from sessions_app.study.questions.kinds.base import QuestionKind
from sessions_app.study.questions.kinds.block import Block
from sessions_app.study.questions.kinds.choice import Choice
from sessions_app.study.questions.kinds.flip import Flip
from sessions_app.study.questions.kinds.true_false import TrueFalse
from sessions_app.study.questions.kinds.typed import Typed
from sessions_app.study.types import Kind

# In their order on a paper.
KINDS: Mapping[Kind, QuestionKind] = {
    each.kind: each for each in (Choice(), TrueFalse(), Block(), Typed(), Flip())
}
