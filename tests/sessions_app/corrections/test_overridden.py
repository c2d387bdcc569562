"""Answers graded wrong that learners marked as right: the deck's owner decides on them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cards.editing import cards, moving
from cards.models import Card
from cards.reporting.services import accept_answer, pending_feedback_in, report_card
from sessions_app.corrections import services as corrections
from sessions_app.models import Enrollment, OverriddenAnswer, Review, Step, StudySession
from sessions_app.review_log import overridden_answers
from sessions_app.sessions import services as sessions
from sessions_app.study.modes.types import SessionSettings
from sessions_app.study.questions.types import Question
from sessions_app.study.types import Kind, Side, Verdict
from studysite.accounts.models import User

pytestmark = pytest.mark.django_db

NOTHING = "Nothing to review."


@pytest.fixture
def card(deck):
    return deck.cards.in_order()[0]


@pytest.fixture
def url(deck):
    return reverse("deck_overridden", args=[deck.slug])


def type_answer(learner: User, card: Card, text: str, then: str = "", **settings: object) -> Review:
    """The line of a typed answer; if it is in doubt, the learner decides with ``then``."""
    now = timezone.now()
    Enrollment.objects.get_or_create(learner=learner, deck=card.deck)
    session = StudySession.objects.create(
        learner=learner,
        deck=card.deck,
        mode="learn",
        seed=1,
        study_day=now.date(),
        settings=SessionSettings().to_json(),
    )
    question = Question(
        Kind.TYPED, card.pk, Side(card.studied_side), card.term, card.definition, origin="new", **settings
    )
    step = Step.objects.create(
        session=session, position=0, card=card, origin="new", question=question.to_json()
    )
    sessions.step_answer(learner=learner, step=step, response={"typed": text}, now=now)
    if then:
        sessions.step_answer(learner=learner, step=step, response={"verdict": then}, now=now)
    learner.study_sessions.filter(deck=card.deck, mode="learn").finish(now)
    return Review.objects.select_related("card__deck", "step").latest("pk")


def call_right(learner: User, card: Card, text: str, **settings: object) -> Review:
    line = type_answer(learner, card, text, **settings)
    assert corrections.answer_override(
        learner=learner, line=line, verdict=Verdict.CORRECT, now=timezone.now()
    )
    return Review.objects.select_related("card__deck", "step").latest("pk")


def waiting(deck) -> list[tuple[str, int, int]]:
    return [
        (item.text, item.times, item.learners)
        for item in overridden_answers.with_texts(overridden_answers.waiting_in(deck))
    ]


class TestWhatWaits:
    def test_equal_answers_are_listed_once_with_counts(self, deck, card, learner, stranger):
        for user, text in (
            (learner, "Sucre"),
            (learner, "sucre. "),
            (stranger, "SUCRE"),
            (stranger, "Quito"),
        ):
            call_right(user, card, text)
        assert waiting(deck) == [("SUCRE", 3, 2), ("Quito", 1, 1)]

    def test_wrong_answer_without_overriding_is_not_listed(self, deck, card, learner):
        type_answer(learner, card, "Sucre")
        assert waiting(deck) == []

    def test_answer_undone_or_called_wrong_again_is_not_listed(self, deck, card, learner):
        line = call_right(learner, card, "Sucre")
        corrections.answer_override(learner=learner, line=line, verdict=Verdict.WRONG, now=timezone.now())
        assert waiting(deck) == []
        line = call_right(learner, card, "Quito")
        corrections.answer_void(learner=learner, line=line, now=timezone.now())
        assert waiting(deck) == []

    def test_answer_wrong_only_by_strict_grading_is_not_listed(self, deck, card, learner):
        card.definition = "Definitions"
        cards.save_card(card=card)
        call_right(learner, card, "Definitoins", strict=True)
        assert waiting(deck) == []

    def test_doubtful_answer_called_right_is_listed(self, deck, card, learner):
        type_answer(learner, card, "Sucre", twins=("Sucre",), then="correct")
        assert waiting(deck) == [("Sucre", 1, 1)]
        type_answer(learner, card, "Quito", twins=("Quito",), then="wrong")
        assert waiting(deck) == [("Sucre", 1, 1)]

    def test_reasked_card_drops_its_answers(self, deck, card, learner):
        call_right(learner, card, "Sucre")
        moving.reask_cards(deck=deck, cards=Card.objects.filter(pk=card.pk), now=timezone.now())
        assert waiting(deck) == []

    def test_edit_that_accepts_the_answer_removes_it(self, deck, card, learner):
        call_right(learner, card, "Sucre")
        card.accepted_definitions = ["Sucre"]
        cards.save_card(card=card)
        assert waiting(deck) == []
        card.accepted_definitions = []
        cards.save_card(card=card)
        call_right(learner, card, "Sucre")
        assert waiting(deck) == [("Sucre", 2, 1)]

    def test_accepting_in_learn_removes_the_answer(self, deck, card, learner):
        call_right(learner, card, "Sucre")
        accept_answer(card=card, side="definition", text="sucre")
        assert waiting(deck) == []

    def test_answers_without_reviews_are_not_listed(self, deck, card, learner):
        call_right(learner, card, "Sucre")
        Review.objects.all().delete()
        assert waiting(deck) == []
        assert pending_feedback_in(deck).total == 0


class TestThePage:
    def test_page_is_for_editors_of_the_deck(self, url, owner_client, learner_client, client):
        assert NOTHING in owner_client.get(url).text
        assert owner_client.put(url).status_code == 405
        assert learner_client.get(url).status_code == 404
        assert learner_client.post(url, {"answer": "1", "word": "accept"}).status_code == 404
        assert client.get(url).status_code in (302, 404)

    def test_page_names_no_learner(self, url, card, owner_client, learner):
        call_right(learner, card, "<b>Sucre")
        page = owner_client.get(url).text
        assert "&lt;b&gt;Sucre" in page
        assert "marked right 1 time by 1 learner<" in page
        assert learner.name not in page

    def test_accepting_twice_accepts_once(self, url, deck, card, owner_client, learner):
        call_right(learner, card, "Sucre")
        answer = OverriddenAnswer.objects.get()
        for _ in range(2):
            response = owner_client.post(url, {"answer": answer.pk, "word": "accept"}, follow=True)
            assert NOTHING in response.text
        assert "was already decided" in response.text
        card.refresh_from_db()
        assert card.accepted_definitions == ["Sucre"]

    def test_rejected_answer_is_not_listed_again(self, url, deck, card, owner_client, learner, stranger):
        call_right(learner, card, "Sucre")
        owner_client.post(url, {"answer": OverriddenAnswer.objects.get().pk, "word": "not_right"})
        call_right(stranger, card, "sucre")
        assert NOTHING in owner_client.get(url).text

    def test_answer_beyond_the_limit_of_alternatives_stays(self, url, deck, card, owner_client, learner):
        Card.objects.filter(pk=card.pk).update(accepted_definitions=[f"x{n}" for n in range(20)])
        call_right(learner, card, "Sucre")
        data = {"answer": OverriddenAnswer.objects.get().pk, "word": "accept"}
        assert "was not added" in owner_client.post(url, data, follow=True).text
        assert len(waiting(deck)) == 1

    def test_too_long_answer_cannot_be_accepted(self, url, deck, card, owner_client, learner):
        call_right(learner, card, "Sucre " * 300)
        data = {"answer": OverriddenAnswer.objects.get().pk, "word": "accept"}
        assert "was not added" in owner_client.post(url, data, follow=True).text

    @pytest.mark.parametrize("key", ["", "x", "0", "9" * 40, "-1", "٣", "y" * 20_000])
    def test_unknown_answer_returns_404(self, url, owner_client, key):
        assert owner_client.post(url, {"answer": key, "word": "accept"}).status_code == 404

    def test_removed_card_and_other_deck_return_404(self, url, deck, card, owner_client, learner, make_deck):
        call_right(learner, card, "Sucre")
        data = {"answer": OverriddenAnswer.objects.get().pk, "word": "accept"}
        other = reverse("deck_overridden", args=[make_deck(1).slug])
        assert owner_client.post(other, data).status_code == 404
        cards.remove_cards(deck=deck, cards=deck.cards.filter(pk=card.pk))
        assert NOTHING in owner_client.get(url).text
        assert owner_client.post(url, data).status_code == 404

    def test_answers_follow_a_card_to_another_deck(self, url, deck, card, owner_client, learner, make_deck):
        call_right(learner, card, "Sucre")
        there = make_deck(1)
        moving.move_cards(cards=deck.cards.filter(pk=card.pk), to=there, now=timezone.now())
        assert NOTHING in owner_client.get(url).text
        assert len(waiting(there)) == 1
        answer = {"answer": OverriddenAnswer.objects.get().pk, "word": "accept"}
        owner_client.post(reverse("deck_overridden", args=[there.slug]), answer)
        assert not waiting(there)

    @pytest.mark.parametrize("word", ["", "z" * 20_000])
    def test_unknown_decision_changes_nothing(self, url, deck, card, owner_client, learner, word):
        call_right(learner, card, "Sucre")
        data = {"answer": OverriddenAnswer.objects.get().pk, "word": word}
        assert "Choose whether" in owner_client.post(url, data, follow=True).text
        assert len(waiting(deck)) == 1


class TestTheNotice:
    def test_link_counts_reports_and_answers_together(
        self, deck, card, owner_client, learner_client, learner
    ):
        pages = [deck.get_absolute_url(), reverse("deck_edit", args=[deck.slug]), "/"]
        for page in pages:
            assert "to review" not in owner_client.get(page).text
        call_right(learner, card, "Sucre")
        report_card(card=card, reporter=learner, kind="problem", side="definition", text="wrong")
        for page in pages:
            text = owner_client.get(page).text.replace('<span class="badge">2</span>', "2")
            assert "2 to review" in text
        assert "to review" not in learner_client.get(pages[0]).text

    def test_queries_do_not_grow_with_decks_and_answers(self, make_deck, owner_client, learner, stranger):
        numbers = []
        for count in (1, 4):
            deck = make_deck(5)
            for n, card in enumerate(deck.cards.in_order()[:count]):
                for user in (learner, stranger):
                    call_right(user, card, f"Sucre {n}")
            pages = (deck.get_absolute_url(), reverse("deck_overridden", args=[deck.slug]), "/")
            numbers.append([queries(owner_client, page) for page in pages])
        assert numbers[0] == numbers[1]


def queries(client, address) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)
