"""How the pages name each kind of question; what a kind does is in `sessions_app.study.questions.kinds`."""

from collections.abc import Mapping
from dataclasses import dataclass

from sessions_app.study.questions.kinds import KINDS
from sessions_app.study.types import Kind


@dataclass(frozen=True)
class KindPage:
    """The words for one kind.

    ``heading`` is shown above its questions on a test's paper, ``plural`` names them in a sentence.
    ``learn_label`` and ``test_label`` name it in the forms that start the modes; a kind without ``learn_label``
    is not asked in Learn.
    """

    heading: str
    plural: str
    test_label: str
    learn_label: str = ""


KIND_PAGES: Mapping[Kind, KindPage] = {
    Kind.CHOICE: KindPage(
        "Choose the answer", "Multiple-choice questions", "Choose among four", "Choose among four"
    ),
    Kind.TRUE_FALSE: KindPage("True or false?", "True-or-false questions", "True or false", "True or false"),
    Kind.BLOCK: KindPage("Match", "Matching questions", "Match up to ten"),
    Kind.TYPED: KindPage("Type the answer", "Typed answers", "Type the answer", "Type the answer"),
    Kind.FLIP: KindPage(
        "Write or say the answer",
        "Written or spoken answers",
        "Write or say it, grade it afterwards",
        "Say it, show it, and tick what you knew",
    ),
}
# As choices of a form's field.
TEST_CHOICES = [(kind.value, KIND_PAGES[kind].test_label) for kind in KINDS]
LEARN_CHOICES = [(kind.value, page.learn_label) for kind in KINDS if (page := KIND_PAGES[kind]).learn_label]
