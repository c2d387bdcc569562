"""Test's pages: starting, saving, handing in, judging, and the score."""

import pytest
from django.test import Client
from django.urls import reverse

from cards.models import Card, Deck
from cards.services import refresh_deck
from sessions_app import log
from sessions_app.models import CardProgress, Enrollment, Paper, Review, Step, StudySession
from sessions_app.study import sheets
from sessions_app.study.types import Kind, Question
from studysite.accounts.models import User

pytestmark = pytest.mark.django_db

CAPITALS = (
    "Paris London Madrid Lisbon Berlin Vienna Rome Athens Oslo Helsinki Warsaw Prague Dublin Kyiv Riga Bern"
).split()


@pytest.fixture
def deck(owner: User) -> Deck:
    """Sixteen capitals that can be asked in every way."""
    deck = Deck.objects.create(owner=owner, title="Capitals", visibility="public", side_choice="definition")
    for position, city in enumerate(CAPITALS):
        Card.objects.create(
            deck=deck, position=position, term=f"Land {'abcdefghijklmnop'[position] * 4}", definition=city
        )
    refresh_deck(deck=deck)
    return deck


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
        places = [sheets.right_pair(question, place) for place in range(count)]
        values = {
            sheets.pair_name(n): place if right else places[(n + 1) % count] for n, place in enumerate(places)
        }
    values["revision"] = step.revision + 1
    return {f"q{step.position}-{name}": value for name, value in values.items()}


@pytest.fixture
def testing(learner_client, deck) -> Sitting:
    return Sitting(learner_client, deck)


def text(response) -> str:
    return response.content.decode()


def test_a_test_from_start_to_score(testing):
    testing.start()
    steps = testing.steps()
    assert {Question.from_json(step.question).kind for step in steps} == set(Kind)
    page = text(testing.client.get(testing.page))
    assert "0/10" in page
    testing.post("save", testing.answers())
    assert "10/10" in text(testing.client.get(testing.page))
    response = testing.post("hand_in")
    assert response.url == testing.page
    assert "only you can judge" in text(testing.client.get(testing.page))
    response = testing.post("judge", testing.judgements())
    assert testing.paper().right == 10
    page = text(testing.client.get(response.url))
    assert "100 %" in page
    assert Review.objects.count() == 10
    assert CardProgress.objects.count() == 10
    assert log.rebuild(Enrollment.objects.get()) == 0
    assert StudySession.objects.get().finished_at
