"""A learner who takes tests in a browser, and the deck of the tests."""

from django.test import Client
from django.urls import reverse

from cards.models import Deck
from sessions_app.models import Paper, Step
from sessions_app.study.questions.kinds import block
from sessions_app.study.questions.types import Question
from sessions_app.study.types import Kind

CAPITALS = (
    "Paris London Madrid Lisbon Berlin Vienna Rome Athens Oslo Helsinki Warsaw Prague Dublin Kyiv Riga Bern"
).split()


class Sitting:
    """A learner's browser in Test."""

    def __init__(self, client: Client, deck: Deck) -> None:
        self.client, self.deck = client, deck
        self.page = reverse("study", args=[deck.slug, "test"])

    def start(
        self,
        questions: int = 10,
        kinds: tuple[str, ...] = ("choice", "true_false", "block", "typed", "flip"),
        **more,
    ):
        return self.client.post(self.page, {"questions": questions, "kinds": kinds} | more)

    def paper(self) -> Paper:
        return Paper.objects.filter(session__deck=self.deck).latest("session__started_at")

    def steps(self) -> list[Step]:
        return list(self.paper().session.steps.on_paper())

    def post(
        self,
        what: str,
        fields: dict[str, object] | None = None,
        *,
        htmx: bool = False,
        paper: int | None = None,
    ):
        data = {"paper": paper or self.paper().pk} | (fields or {})
        if what == "hand_in":
            # Blanks and all.
            data = {"confirm": "1"} | data
        headers = {"HX-Request": "true", "HX-Target": "paper-bar"} if htmx else {}
        return self.client.post(reverse(f"test_{what}", args=[self.deck.slug]), data, headers=headers)

    def answers(self, *, right: bool = True) -> dict[str, object]:
        return {name: value for step in self.steps() for name, value in filled(step, right=right).items()}

    def judgements(self, *, right: bool = True) -> dict[str, object]:
        fields = {}
        for step in self.steps():
            if Question.from_json(step.question).kind is Kind.FLIP and step.saved:
                fields |= {
                    f"q{step.position}-knew": "yes" if right else "no",
                    f"q{step.position}-revision": step.revision + 1,
                }
        return fields


def filled(step: Step, *, right: bool = True) -> dict[str, object]:
    """A question's fields as a learner fills them in."""
    question = Question.from_json(step.question)
    values: dict[str, object] = {"typed": question.answer if right else "Quito"}
    if question.kind is Kind.CHOICE:
        place = question.options.index(question.answer)
        values = {"option": place if right else (place + 1) % len(question.options)}
    elif question.kind is Kind.TRUE_FALSE:
        values = {"truth": "true" if (question.options[0] == question.answer) == right else "false"}
    elif question.kind is Kind.BLOCK:
        count = len(question.cards)
        places = [block.right_pair(question, place) for place in range(count)]
        values = {
            block.pair_name(n): place if right else places[(n + 1) % count] for n, place in enumerate(places)
        }
    values["revision"] = step.revision + 1
    return {f"q{step.position}-{name}": value for name, value in values.items()}


def text(response) -> str:
    return response.content.decode()


def score(testing, right: int, questions: int = 4) -> Paper:
    testing.start(questions=questions, kinds=("choice",))
    fields = {}
    for step in testing.steps():
        fields |= filled(step, right=step.position < right)
    testing.post("hand_in", fields)
    return testing.paper()


def results(testing) -> str:
    return text(testing.client.get(reverse("test_results", args=[testing.deck.slug, testing.paper().pk])))
