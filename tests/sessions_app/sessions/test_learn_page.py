"""Learn's pages, with htmx and as plain forms."""

from random import Random
from unittest.mock import patch

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cards.editing.decks import refresh_deck
from cards.models import Card, CardReport, Deck, Tag, TwinPair
from sessions_app.models import CardProgress, Enrollment, Review, Step, StudySession
from sessions_app.study.questions.kinds import typed
from sessions_app.study.questions.types import Question
from sessions_app.study.types import Kind, Level
from studysite.accounts.models import User

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true", "HX-Target": "question"}
LONG = "the quick brown fox that jumps over the lazy old"
CAPITALS = "Paris London Madrid Lisbon Berlin Vienna Rome Athens Oslo Helsinki Warsaw Prague".split()


@pytest.fixture
def deck(owner: User) -> Deck:
    """Twelve capitals that can be typed."""
    deck = Deck.objects.create(owner=owner, title="Capitals", visibility="public", side_choice="definition")
    for position, city in enumerate(CAPITALS):
        Card.objects.create(
            deck=deck, position=position, term=f"Country {'abcdefghijkl'[position]}", definition=city
        )
    refresh_deck(deck=deck)
    return deck


class Learning:
    """A learner's browser in Learn."""

    def __init__(self, client: Client, deck: Deck) -> None:
        self.client, self.deck = client, deck
        self.page = reverse("study", args=[deck.slug, "learn"])

    def start(self, **choices: object) -> None:
        self.client.post(self.page, choices)

    def step(self) -> Step:
        return Step.objects.unanswered().get(session__deck=self.deck, session__mode="learn")

    def question(self) -> Question:
        return Question.from_json(self.step().question)

    def answer(self, *, htmx: bool = True, **response: object):
        address = reverse("study_answer", args=[self.deck.slug, "learn"])
        data = {"step": self.step().pk} | response
        return self.client.post(address, data, headers=HTMX if htmx else {})

    def right(self, **options: object):
        return self.answer(**right_answer(self.question()), **options)

    def wrong(self, **options: object):
        return self.answer(**wrong_answer(self.question()), **options)


def right_answer(question: Question) -> dict[str, object]:
    if question.kind is Kind.CHOICE:
        return {"option": question.options.index(question.answer)}
    if question.kind is Kind.TRUE_FALSE:
        return {"truth": "true" if question.options[0] == question.answer else "false"}
    return {"typed": question.answer} if question.kind is Kind.TYPED else {"knew": "yes"}


def wrong_answer(question: Question) -> dict[str, object]:
    if question.kind is Kind.CHOICE:
        return {"option": next(n for n, text in enumerate(question.options) if text != question.answer)}
    if question.kind is Kind.TRUE_FALSE:
        return {"truth": "false" if question.options[0] == question.answer else "true"}
    return {"typed": "Quito"} if question.kind is Kind.TYPED else {"knew": "no"}


@pytest.fixture
def learning(learner_client, deck) -> Learning:
    return Learning(learner_client, deck)


def text(response) -> str:
    return response.content.decode()


def progress(card: int) -> CardProgress:
    return CardProgress.objects.get(card=card)


# --- The way through


def test_start_asks_a_choice_without_revealing_the_answer(learning):
    learning.start()
    question = learning.question()
    page = text(learning.client.get(learning.page))
    assert question.kind is Kind.CHOICE
    assert len(question.options) == 4
    assert all(option in page for option in question.options)
    assert page.count(f">{question.answer}<") <= 1 or f'value="{question.answer}"' not in page


def test_right_choice_raises_the_level(learning):
    learning.start()
    card = learning.question().card_id
    response = learning.right()
    assert 'class="feedback right"' in text(response)
    assert progress(card).level == Level.RECOGNISED
    assert progress(card).due is None


def test_wrong_choice_shows_both_answers_and_records_the_pick(learning):
    learning.start()
    question = learning.question()
    picked = question.options[wrong_answer(question)["option"]]
    page = text(learning.wrong())
    assert 'class="feedback wrong"' in page
    assert picked in page
    assert question.answer in page
    assert Review.objects.get().mistaken_for.definition == picked


@pytest.mark.slow
def test_session_of_right_answers_learns_every_card(learning):
    learning.start()
    for _ in range(36):
        learning.right()
    assert not StudySession.objects.open().exists()
    assert set(CardProgress.objects.values_list("level", flat=True)) == {Level.LEARNED}
    page = text(learning.client.get(learning.page))
    assert "All learned" in page
    assert "12 cards learned." in page
    assert Enrollment.objects.get().learned == 12


@pytest.mark.slow
def test_start_in_a_learned_deck_begins_a_review(learning):
    learning.start()
    for _ in range(36):
        learning.right()
    learning.start()
    assert learning.step().origin == "review"


def test_dont_know_counts_as_a_miss(learning):
    learning.start()
    page = text(learning.answer(unknown="1"))
    assert "Now you know" in page
    assert Review.objects.get().verdict == "wrong"


def test_known_card_is_asked_by_recall(learning):
    learning.start()
    old = learning.step()
    address = reverse("study_instead", args=[learning.deck.slug, "learn"])
    page = text(learning.client.post(address, {"step": old.pk}, headers=HTMX))
    assert 'id="typed"' in page
    assert learning.question().card_id == old.card_id
    assert not Review.objects.exists()
    learning.right()
    assert progress(old.card_id).level == Level.RECALLED
    stale = learning.client.post(address, {"step": old.pk}, headers=HTMX)
    assert "already answered" in text(stale)


def test_answer_without_htmx_redirects_to_its_feedback(learning):
    learning.start()
    step = learning.step()
    response = learning.right(htmx=False)
    assert response["Location"] == f"{learning.page}?answered={step.pk}"
    page = text(learning.client.get(response["Location"]))
    assert 'class="feedback right"' in page
    assert f'href="{learning.page}"' in page


@pytest.mark.slow
def test_round_is_summarised_before_the_next(learning):
    learning.start()
    for _ in range(6):
        learning.right()
    page = text(learning.right())
    assert f'href="{learning.page}?round=1"' in page
    summed_up = text(learning.client.get(f"{learning.page}?round=1"))
    assert "Round 1 done" in summed_up
    assert " cards met. " in summed_up
    assert "Round 99" not in text(learning.client.get(f"{learning.page}?round=99"))


def one_missed(learning: Learning) -> str:
    """The summary of a round of which the last question was missed."""
    learning.start()
    for _ in range(6):
        learning.right()
    learning.wrong()
    return text(learning.client.get(f"{learning.page}?round=1"))


def test_missed_card_comes_first_in_a_round(learning):
    page = one_missed(learning)
    missed = Review.objects.latest("pk").card
    cards = page[page.index('class="term-list"') :]
    assert cards.count('<div class="prose term"') == 7
    assert cards.index(">missed<") < cards.index("</li>")
    assert cards.index(missed.term) < cards.index("</li>")


@pytest.mark.parametrize(("signup", "is_offered"), [("open", True), ("closed", False)])
def test_guest_may_keep_the_cards_of_a_round(client, deck, settings, signup, is_offered):
    settings.SIGNUP = signup
    assert ("Keep these cards: sign up" in one_missed(Learning(client, deck))) is is_offered


def test_round_of_a_learner_asks_for_no_account(learning):
    assert "Keep these cards" not in one_missed(learning)


def test_session_continues_on_another_device(learning, learner):
    learning.start()
    learning.right()
    other = Client()
    other.force_login(learner)
    assert f'value="{learning.step().pk}"' in text(other.get(learning.page))


def test_finished_session_keeps_its_answers(learning):
    learning.start()
    learning.right()
    learning.client.post(reverse("study_finish", args=[learning.deck.slug, "learn"]), headers=HTMX)
    assert Review.objects.count() == 1
    assert Step.objects.unanswered().count() == 0


# --- What is studied


def test_tag_filter_limits_the_cards(learning, owner):
    tag = Tag.objects.create(owner=owner, name="North")
    wanted = set(learning.deck.cards.filter(position__lt=3).values_list("pk", flat=True))
    tag.cards.add(*wanted)
    assert "North" in text(learning.client.get(learning.page))
    learning.start(tag=tag.pk)
    asked = set()
    while Step.objects.unanswered().exists():
        asked.add(learning.question().card_id)
        learning.right()
    assert asked == wanted


def test_tag_of_another_learner_is_refused(learning, stranger):
    tag = Tag.objects.create(owner=stranger, name="Mine")
    tag.cards.add(learning.deck.cards.first())
    assert "Mine" not in text(learning.client.get(learning.page))
    page = text(learning.client.post(learning.page, {"tag": tag.pk}, headers=HTMX))
    assert "Select a valid choice" in page
    assert not StudySession.objects.exists()


def test_starred_filter_limits_the_cards(learning, learner):
    card = learning.deck.cards.last()
    CardProgress.objects.create(
        learner=learner, deck=learning.deck, card=card, side="definition", starred=True
    )
    learning.start(starred="on")
    assert learning.question().card_id == card.pk


def test_start_settings_are_saved(learning):
    learning.start(learn_kinds=["true_false"], retype="on")
    enrollment = Enrollment.objects.get()
    assert (enrollment.learn_kinds, enrollment.retype, enrollment.strict) == (["true_false"], True, False)
    assert learning.question().kind is Kind.TRUE_FALSE
    learning.right()
    assert CardProgress.objects.get().level == Level.NEW


@pytest.mark.parametrize("kinds", [["magic"], ["choice", "magic"], [""]])
def test_unknown_kinds_are_a_form_error(learning, kinds):
    response = learning.client.post(learning.page, {"learn_kinds": kinds}, headers=HTMX)
    assert response.status_code == 200
    assert not StudySession.objects.exists()


# --- Typed answers


@pytest.fixture
def typing(learning) -> Learning:
    learning.start(learn_kinds=["typed"])
    return learning


def test_doubtful_answer_waits_for_the_learner(typing):
    step = typing.step()
    Step.objects.filter(pk=step.pk).update(question=step.question | {"answer": f"It is {LONG} dog"})
    page = text(typing.answer(typed=f"it was {LONG} dog"))
    assert "Is your answer right?" in page
    assert not Review.objects.exists()
    assert LONG in text(typing.client.get(typing.page))
    page = text(typing.answer(verdict="correct", typed="something else"))
    assert 'class="feedback right"' in page
    assert Review.objects.get().response == f"it was {LONG} dog"


@pytest.mark.parametrize("response", ["Quito", f"it was {LONG} dog"])
def test_typed_answer_is_judged_once_a_request(typing, response):
    """The second one is in doubt: it stays on the page until the learner has decided."""
    with patch.object(typed, "judge", wraps=typed.judge) as judge:
        assert "You answered" in text(typing.answer(typed=response))
    judge.assert_called_once()


@pytest.mark.parametrize("typed", ["", "   ", "\0", "x" * 2_001, "x" * 1_000_000])
def test_invalid_response_asks_again_and_keeps_the_text(typing, typed):
    step = typing.step()
    page = text(typing.answer(typed=typed))
    assert typing.step() == step
    assert not Review.objects.exists()
    assert typed.strip("\0 ") in page


def test_typed_back_question_asks_again(typing):
    page = text(typing.answer(typed=typing.question().prompt))
    assert "That is the question itself" in page


@pytest.mark.parametrize("typed", ["‮abc", "́" * 50, "$" * 500, "a\nb", "<script>alert(1)</script>"])
def test_hostile_texts_are_wrong_and_escaped(typing, typed):
    response = typing.answer(typed=typed)
    assert response.status_code == 200
    assert "<script>alert" not in text(response)
    assert Review.objects.get().verdict == "wrong"


def test_slip_is_forgiven_unless_strict(learner_client, deck):
    for strict, verdict in ((False, "correct"), (True, "wrong")):
        learning = Learning(learner_client, deck)
        learning.start(learn_kinds=["typed"], **({"strict": "on"} if strict else {}))
        step = learning.step()
        Step.objects.filter(pk=step.pk).update(question=step.question | {"answer": "mitochondria"})
        learning.answer(typed="mitochondira")
        assert Review.objects.latest("pk").verdict == verdict
        StudySession.objects.all().update(finished_at=step.drawn_at)
        Step.objects.filter(answered_at=None).update(retired_at=step.drawn_at)


def test_missed_answer_is_retyped_if_enabled(learner_client, deck):
    learning = Learning(learner_client, deck)
    learning.start(learn_kinds=["typed"], retype="on")
    step, answer = learning.step(), learning.question().answer
    assert 'id="retype-form"' in text(learning.wrong())
    address = reverse("study_retype", args=[deck.slug, "learn"])
    again = learner_client.post(address, {"step": step.pk, "typed": "Quito"}, headers=HTMX)
    assert "Not quite" in text(again)
    assert 'value="Quito"' in text(again)
    right = learner_client.post(address, {"step": step.pk, "typed": answer})
    assert right["Location"] == learning.page
    assert Review.objects.count() == 1


def test_retyping_before_answering_returns_404(learner_client, deck):
    learning = Learning(learner_client, deck)
    learning.start(learn_kinds=["typed"])
    address = reverse("study_retype", args=[deck.slug, "learn"])
    assert learner_client.post(address, {"step": learning.step().pk, "typed": "x"}).status_code == 404


# --- Self-graded


def test_answer_of_several_lines_is_ticked_by_line(learning):
    Card.objects.update(definition="one\ntwo\nthree")
    learning.start(learn_kinds=["flip"])
    page = text(learning.client.get(learning.page))
    assert page.count('type="checkbox"') == 3
    learning.answer(**{"line-0": "on", "line-2": "on"})
    assert (Review.objects.get().verdict, Review.objects.get().response) == ("wrong", "2 of 3")
    learning.answer(**{"line-0": "on", "line-1": "on", "line-2": "on"})
    assert Review.objects.latest("pk").verdict == "correct"


# --- What can be said against a verdict


def miss(learning: Learning) -> Review:
    learning.start()
    learning.wrong()
    return Review.objects.get()


def test_verdict_can_be_overridden_both_ways(learning):
    line = miss(learning)
    feedback = f"{learning.page}?answered={line.step_id}"
    for verdict, level in (("correct", Level.RECOGNISED), ("wrong", Level.NEW)):
        line = Review.objects.standing().get()
        address = reverse("review_override", args=[line.pk])
        response = learning.client.post(address, {"verdict": verdict, "next": feedback})
        assert response["Location"] == feedback
        assert progress(line.card_id).level == level
    assert 'class="feedback wrong"' in text(learning.client.get(feedback))


def test_mine_is_right_too_voids_and_reports_the_answer(learning, learner):
    line = miss(learning)
    learning.client.post(reverse("review_right_too", args=[line.pk]))
    assert not Review.objects.standing().exists()
    report = CardReport.objects.get()
    assert (report.kind, report.text, report.reporter) == ("also_right", line.response, learner)
    assert progress(line.card_id).misses == 0
    assert "Not counted" in text(learning.client.get(f"{learning.page}?answered={line.step_id}"))
    again = learning.client.post(reverse("review_right_too", args=[line.pk]))
    assert again.status_code == 404
    assert CardReport.objects.count() == 1


def test_learners_cannot_accept_answers_or_mark_twins(learning, owner_client, deck):
    line = miss(learning)
    for name in ("review_accept", "review_twins"):
        assert learning.client.post(reverse(name, args=[line.pk])).status_code == 404
        assert owner_client.post(reverse(name, args=[line.pk])).status_code == 404
    assert "Mark as twins" not in text(learning.client.get(f"{learning.page}?answered={line.step_id}"))
    assert not TwinPair.objects.exists()


def test_owner_accepts_their_own_answer(owner_client, deck):
    learning = Learning(owner_client, deck)
    learning.start(learn_kinds=["typed"])
    page = text(learning.wrong())
    line = Review.objects.get()
    assert "Add as accepted answer" in page
    owner_client.post(reverse("review_accept", args=[line.pk]))
    assert line.card.__class__.objects.get(pk=line.card_id).accepted_definitions == ["Quito"]
    assert Review.objects.standing().get().verdict == "correct"


def test_owner_marks_twins_from_feedback(owner_client, deck):
    learning = Learning(owner_client, deck)
    line = miss(learning)
    owner_client.post(reverse("review_twins", args=[line.pk]))
    pair = TwinPair.objects.get()
    assert {pair.first_id, pair.second_id} == {line.card_id, line.mistaken_for_id}
    assert not Review.objects.standing().exists()


def test_report_sent_twice_is_stored_once(learner_client, deck):
    card = deck.cards.first()
    address = reverse("card_report", args=[deck.slug, card.pk])
    assert "What is wrong?" in text(learner_client.get(address))
    assert "This field is required" in text(learner_client.post(address, {"text": " "}))
    for _ in range(2):
        learner_client.post(address, {"text": "It is spelled otherwise."})
    assert CardReport.objects.get().text == "It is spelled otherwise."


def test_report_on_a_private_deck_returns_404(stranger_client, deck):
    Deck.objects.update(visibility="private")
    assert (
        stranger_client.post(reverse("card_report", args=[deck.slug, deck.cards.first().pk])).status_code
        == 404
    )


# --- Bad input


@pytest.mark.parametrize("option", ["4", "-1", "x", "", "٣", "1e9"])
def test_unknown_option_is_a_form_error(learning, option):
    learning.start()
    page = text(learning.answer(option=option))
    assert "Choose one of the answers." in page
    assert not Review.objects.exists()


def test_late_answer_shows_the_current_question(learning):
    learning.start()
    step = learning.step()
    learning.right()
    response = learning.client.post(
        reverse("study_answer", args=[learning.deck.slug, "learn"]),
        {"step": step.pk, "option": 0},
        headers=HTMX,
    )
    assert "already answered" in text(response)
    assert Review.objects.count() == 1


def test_step_and_feedback_are_private_to_the_learner(learning, stranger_client):
    learning.start()
    step = learning.step()
    address = reverse("study_answer", args=[learning.deck.slug, "learn"])
    assert stranger_client.post(address, {"step": step.pk, "option": 0}).status_code == 404
    learning.right()
    page = text(stranger_client.get(f"{learning.page}?answered={step.pk}"))
    assert 'id="feedback"' not in page


def test_editing_a_card_keeps_the_open_question(learning):
    learning.start()
    before = learning.question()
    Card.objects.filter(pk=before.card_id).update(term="Other", definition="Otherwise")
    assert before.answer in text(learning.client.get(learning.page))
    Card.objects.filter(pk=before.card_id).update(removed_at="2026-01-01T00:00Z")
    response = learning.right()
    assert 'class="feedback right"' in text(response)
    assert learning.question().card_id != before.card_id


# --- Queries

MOST_QUERIES = 24
"""A self-graded answer brings the next question along, which is a request of its own after other answers."""


def queries_of_an_answer(learning: Learning, response: dict[str, object]) -> int:
    data = {"step": learning.step().pk} | response
    address = reverse("study_answer", args=[learning.deck.slug, "learn"])
    with CaptureQueriesContext(connection) as captured:
        assert learning.client.post(address, data, headers=HTMX).status_code == 200
    return len(captured)


@pytest.mark.slow
@pytest.mark.parametrize("cards", [10, 100, pytest.param(1_000, marks=pytest.mark.long)])
def test_answer_queries_do_not_grow_with_the_deck(learner_client, make_deck, cards):
    learning, chance = Learning(learner_client, make_deck(cards)), Random(cards)
    learning.start()
    numbers = []
    while Step.objects.unanswered().exists() and len(numbers) < 36:
        answer = right_answer if chance.random() < 0.7 else wrong_answer
        numbers.append(queries_of_an_answer(learning, answer(learning.question())))
    assert max(numbers) <= MOST_QUERIES


def test_padding_questions_stay_within_the_query_limit(learner, learner_client, make_deck):
    deck = make_deck(6)
    learned = deck.cards.all()[:5]
    CardProgress.objects.bulk_create(
        CardProgress(learner=learner, deck=deck, card=card, side="definition", level=3, peak=3)
        for card in learned
    )
    Enrollment.objects.create(learner=learner, deck=deck, learned=5)
    learning = Learning(learner_client, deck)
    learning.start()
    numbers, origins = [], set()
    while Step.objects.unanswered().exists():
        origins.add(learning.step().origin)
        numbers.append(queries_of_an_answer(learning, right_answer(learning.question())))
    assert "padding" in origins
    assert max(numbers) <= MOST_QUERIES
