"""On every page each text of a card stands in the language of its side, whichever side is asked for."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from random import Random

import pytest
from django.test import Client
from django.urls import reverse

from cards.editing.decks import refresh_deck
from cards.models import Card, CardReport, Deck, TwinPair
from sessions_app.models import MatchingBoard, Paper, Review, Step
from sessions_app.study.questions.types import Question
from sessions_app.study.types import Kind
from studysite.accounts.models import User
from tests.sessions_app.practice_test.pages.taking import filled

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

LANGUAGES = {"Wort": "de", "mot": "fr"}
VOID = {"input", "br", "img", "meta", "link", "hr", "path", "wbr"}
WALK = 14
"""Questions of a sitting that are answered: enough for each kind of question and feedback."""


class Spoken(HTMLParser):
    """Collects the texts of terms and definitions, with the language that each stands in."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[tuple[str, str, bool]] = [("", "en", False)]
        self.found: list[tuple[str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        language = given.get("lang") or self.open[-1][1]
        is_shown = self.open[-1][2] or bool({"prose", "flashcard"} & {*(given.get("class") or "").split()})
        if tag not in VOID:
            self.open.append((tag, language, is_shown))
        elif given.get("type", "text") == "text" and "lang" in given:
            self.note(given.get("value") or "", language)

    def handle_endtag(self, tag: str) -> None:
        if tag in [name for name, _, _ in self.open]:
            while self.open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        _, language, is_shown = self.open[-1]
        # Names of buttons quote a card in the language of the site.
        if language != "en" or is_shown:
            self.note(data, language)

    def note(self, text: str, language: str) -> None:
        self.found += [(word, language) for word in LANGUAGES if re.search(rf"\b{word}\b", text)]


def check(html: str, *words: str) -> None:
    """Each text stands in its own language, and those of the sides called ``words`` are there."""
    found = Spoken(html).found
    assert {(word, language) for word, language in found} <= {*LANGUAGES.items()}
    assert {*words} <= {word for word, _ in found}


@pytest.fixture
def deck(owner: User) -> Deck:
    deck = Deck.objects.create(
        owner=owner, title="Deck", visibility="public", language="de", definition_language="fr"
    )
    for position in range(12):
        text = "abcdefghijkl"[position] * 4
        Card.objects.create(deck=deck, position=position, term=f"Wort {text}", definition=f"mot {text[:3]}")
    refresh_deck(deck=deck)
    return deck


@pytest.fixture(params=["definition", "term", "both"])
def sided(deck: Deck, request: pytest.FixtureRequest) -> Deck:
    """The deck, asking for this side."""
    Deck.objects.update(side_choice=request.param)
    deck.refresh_from_db()
    for card in deck.cards.all():
        card.save()
    refresh_deck(deck=deck)
    return deck


def responses(question: Question, step: Step, chance: Random) -> dict[str, object]:
    """A right or a wrong answer of the kind that is asked for."""
    if question.kind is Kind.CHOICE:
        return {"option": chance.randrange(len(question.options))}
    if question.kind is Kind.TRUE_FALSE:
        return {"truth": chance.choice(["true", "false"])}
    if question.kind is Kind.TYPED:
        return chance.choice([{"typed": question.answer}, {"typed": "mot Wort"}, {"unknown": "1"}])
    return {"rating": "1", "knew": "no"}


def sitting(client: Client, deck: Deck, mode: str, **choices: str) -> Iterator[str]:
    """The pages of a sitting: each question, and what follows its answer."""
    page, chance = reverse("study", args=[deck.slug, mode]), Random(1)
    client.post(page, choices)
    for _ in range(WALK):
        yield client.get(page).text
        step = Step.objects.unanswered().filter(session__mode=mode).first()
        if step is None:
            return
        data = {"step": step.pk} | responses(Question.from_json(step.question), step, chance)
        yield client.post(reverse("study_answer", args=[deck.slug, mode]), data, follow=True).text
    yield client.post(reverse("study_finish", args=[deck.slug, mode]), follow=True).text


@pytest.mark.parametrize("mode", ["learn", "spaced"])
def test_questions_and_feedback(learner_client: Client, sided: Deck, mode: str) -> None:
    for html in sitting(learner_client, sided, mode):
        check(html)
    check(learner_client.get(sided.get_absolute_url()).text, "Wort", "mot")
    line = Review.objects.latest("pk")
    check(learner_client.get(reverse("card", args=[sided.slug, line.card_id])).text, "Wort", "mot")


def test_paper_and_its_results(owner_client: Client, sided: Deck) -> None:
    url = reverse("study", args=[sided.slug, "test"])
    kinds = ["typed", "choice", "true_false", "block", "flip"]
    owner_client.post(url, {"questions": "12", "kinds": kinds})
    check(owner_client.get(url).text, "Wort", "mot")
    paper = Paper.objects.get()
    check(owner_client.get(reverse("test_print", args=[sided.slug, paper.pk])).text, "Wort", "mot")
    data = {"paper": paper.pk, "confirm": "1"}
    for step in paper.session.steps.on_paper():
        data |= filled(step, right=step.position % 2 == 0)
    check(owner_client.post(reverse("test_hand_in", args=[sided.slug]), data, follow=True).text)
    data = {"paper": paper.pk}
    for step in paper.session.steps.on_paper():
        data |= {f"q{step.position}-knew": "yes", f"q{step.position}-revision": step.revision + 1}
    owner_client.post(reverse("test_judge", args=[sided.slug]), data, follow=True)
    check(owner_client.get(reverse("test_results", args=[sided.slug, paper.pk])).text, "Wort", "mot")
    check(owner_client.get(reverse("test_key", args=[sided.slug, paper.pk])).text)


def test_board_of_pairs(learner_client: Client, deck: Deck) -> None:
    url = reverse("matching", args=[deck.slug])
    learner_client.post(url)
    assert MatchingBoard.objects.exists()
    check(learner_client.get(url).text, "Wort", "mot")


def test_pages_of_learners(learner_client: Client, learner: User, deck: Deck) -> None:
    card = deck.cards.in_order()[0]
    learner_client.post(reverse("card_mark", args=[deck.slug, card.pk]), {"mark": "starred", "on": "1"})
    for name, *key in (("deck",), ("deck_marked",), ("card", card.pk), ("card_report", card.pk)):
        check(learner_client.get(reverse(name, args=[deck.slug, *key])).text, "Wort", "mot")
    check(learner_client.get(reverse("search"), {"q": "mot"}).text, "Wort", "mot")


def test_pages_of_the_owner(owner_client: Client, learner: User, deck: Deck) -> None:
    card, other, gone = deck.cards.in_order()[:3]
    CardReport.objects.create(card=card, reporter=learner, kind="also_right", side="definition", text="mot x")
    TwinPair.objects.create(first=card, second=other)
    pages = [
        ("deck_edit",),
        ("card_edit", card.pk),
        ("card_twins", card.pk),
        ("deck_reports",),
        ("deck_replace",),
    ]
    for name, *key in pages:
        html = owner_client.get(reverse(name, args=[deck.slug, *key]), {"find": " "}).text
        check(html, "Wort", "mot")
    owner_client.post(reverse("card_remove", args=[deck.slug, gone.pk]))
    check(owner_client.get(reverse("cards_removed", args=[deck.slug])).text, "Wort", "mot")
    preview = {"term": "**Wort**", "definition": "*mot*"}
    check(owner_client.post(reverse("card_preview", args=[deck.slug]), preview).text, "Wort", "mot")
