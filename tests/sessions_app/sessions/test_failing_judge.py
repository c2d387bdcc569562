"""If a rule of the judge fails, the request still works: the log has no text, and the learner is asked."""

import logging

import pytest
from django.urls import reverse

from cards.editing.decks import refresh_deck
from cards.models import Card, Deck
from sessions_app.models import Enrollment, OverriddenAnswer, Paper, Review, Step
from sessions_app.study.judging import Reason, SegmentKind, difference, differences, judge, typed_answers
from sessions_app.study.types import Verdict
from studysite.accounts.models import User

pytestmark = pytest.mark.django_db

ASKED = Reason.FAILED.text
TYPED = "Lutetia"
CITIES = "Paris London Madrid Lisbon Berlin Vienna Rome Athens".split()


def fail(*args: object) -> None:
    raise ValueError(TYPED)


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on every comparison fails, with the learner's text in its message."""
    monkeypatch.setattr(typed_answers, "best_of", fail)


@pytest.fixture
def deck(owner: User) -> Deck:
    deck = Deck.objects.create(owner=owner, title="Capitals", visibility="public", side_choice="definition")
    for position, city in enumerate(CITIES):
        Card.objects.create(
            deck=deck, position=position, term=f"Land {'abcdefgh'[position]}", definition=city
        )
    refresh_deck(deck=deck)
    return deck


@pytest.fixture
def ask(learner_client, deck):
    """``ask("learn", "answer", typed=...)``: sends a learner's post and returns the page."""

    def ask(mode: str, what: str = "", **fields: object) -> str:
        page = reverse("study", args=[deck.slug, mode])
        if step := Step.objects.unanswered().first():
            fields = {"step": step.pk} | fields
        answer = learner_client.post(f"{page}{what}/" if what else page, fields, follow=True)
        assert answer.status_code == 200
        return answer.content.decode()

    return ask


def test_failing_rule_asks_the_learner_and_logs_no_text(failing, caplog):
    judgement = judge(TYPED, "Paris", accepted=["Parigi"], strict=True)
    assert (judgement.verdict, judgement.reason, judgement.matched) == (Verdict.ASK, Reason.FAILED, "Paris")
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert "ValueError" in record.getMessage()
    assert f"{__file__}:{fail.__code__.co_firstlineno + 1}" in record.getMessage()
    assert not any(text in caplog.text for text in (TYPED, "Paris", "Parigi"))
    assert record.exc_info is None


def test_failing_difference_marks_the_whole_text(monkeypatch, caplog):
    # The package has a function with the same name as the module.
    monkeypatch.setattr(differences, "align", fail)
    assert difference(TYPED, "Paris") == (((TYPED, SegmentKind.EXTRA),), (("Paris", SegmentKind.MISSING),))
    assert difference("", "Paris") == ((), (("Paris", SegmentKind.MISSING),))
    assert "ValueError" in caplog.text
    assert TYPED not in caplog.text


def test_learn_asks_the_learner_if_the_judge_fails(ask, failing):
    ask("learn", learn_kinds=["typed"])
    assert ASKED in ask("learn", "answer", typed=TYPED)
    assert "feedback" in ask("learn", "answer", typed=TYPED, held="yes", verdict="correct")
    assert Review.objects.get().verdict == Verdict.CORRECT


def test_retyping_works_if_the_judge_fails(ask, failing):
    ask("learn", learn_kinds=["typed"], retype="on")
    ask("learn", "answer", typed=TYPED)
    ask("learn", "answer", held="yes", verdict="wrong")
    step = Step.objects.exclude(answered_at=None).get()
    assert "Not quite" in ask("learn", "retype", step=step.pk, typed=TYPED)


def test_spaced_asks_the_learner_if_the_judge_fails(ask, failing, learner, deck):
    Enrollment.objects.create(learner=learner, deck=deck, typed=True)
    ask("spaced")
    assert ASKED in ask("spaced", "answer", typed=TYPED)
    ask("spaced", "answer", rating="3", typed=TYPED)
    assert Review.objects.get().response == TYPED


@pytest.mark.parametrize("fails_from", ["start", "handing in", "results"])
def test_test_can_be_finished_if_the_judge_fails(ask, request, learner_client, fails_from):
    if fails_from == "start":
        request.getfixturevalue("failing")
    ask("test", questions=3, kinds=["typed"])
    paper = {"paper": Paper.objects.get().pk}
    ask("test", "save", **paper, **{"q0-typed": TYPED, "q0-revision": 1})
    if fails_from == "handing in":
        request.getfixturevalue("failing")
    page = ask("test", "hand-in", confirm="1", **paper)
    if fails_from != "results":
        assert ASKED in page
        ask("test", "judge", **paper, **{"q0-verdict": "correct", "q0-revision": 2})
    request.getfixturevalue("failing")
    assert (
        TYPED
        in learner_client.get(
            reverse("test_results", args=[Paper.objects.get().session.deck.slug, paper["paper"]])
        ).content.decode()
    )


def test_answer_called_right_is_listed_for_the_owner(ask, failing, learner_client, owner_client, deck):
    ask("learn", learn_kinds=["typed"])
    ask("learn", "answer", typed=TYPED)
    ask("learn", "answer", held="yes", verdict="wrong")
    line = Review.objects.get()
    override = reverse("review_override", args=[line.pk])
    assert learner_client.post(override, {"verdict": "correct"}).status_code == 302
    assert TYPED in owner_client.get(reverse("deck_overridden", args=[deck.slug])).content.decode()
    # Editing the card compares the undecided answers again.
    line.card.save()
    assert OverriddenAnswer.objects.get().decision == ""


@pytest.mark.parametrize("kind", ["choice", "true_false"])
def test_questions_are_made_if_the_judge_fails(ask, failing, kind):
    ask("test", questions=4, kinds=[kind])
    assert Step.objects.on_paper().exists()


def test_no_block_is_made_if_the_judge_fails(ask, failing):
    assert "None of these cards can be asked" in ask("test", questions=4, kinds=["block"])
