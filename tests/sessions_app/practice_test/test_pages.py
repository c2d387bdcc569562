"""Test's pages: starting, saving, handing in, judging, and the score."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cards.editing.cards import remove_cards
from cards.editing.decks import refresh_deck
from cards.editing.moving import reask_cards
from cards.models import Card, Deck
from sessions_app.models import CardProgress, Enrollment, Paper, Review, Step, StudySession
from sessions_app.review_log import replaying
from sessions_app.sessions import undo
from sessions_app.study.questions.kinds import block
from sessions_app.study.questions.types import Question
from sessions_app.study.types import Kind
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
        places = [block.right_pair(question, place) for place in range(count)]
        values = {
            block.pair_name(n): place if right else places[(n + 1) % count] for n, place in enumerate(places)
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
    assert replaying.rebuild(Enrollment.objects.get()) == 0
    assert StudySession.objects.get().finished_at


# --- Starting


def test_the_start_form_offers_twenty_or_the_deck(testing, learner_client, deck):
    page = text(learner_client.get(testing.page))
    assert 'name="questions" value="16"' in page
    assert page.count('name="kinds"') == 5
    assert "checked" in page


def test_a_get_writes_nothing(testing):
    testing.client.get(testing.page)
    assert not StudySession.objects.exists()
    assert not Enrollment.objects.exists()


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({"questions": 0}, "greater than or equal to 1"),
        ({"questions": 9_999}, "less than or equal to 200"),
        ({"kinds": ()}, "Choose at least one kind."),
        ({"kinds": ("essay",)}, "not one of the available choices"),
        ({"minutes": "x"}, "Enter a whole number."),
        ({"tag": 99}, "not one of the available choices"),
        ({"side": "edge"}, "not one of the available choices"),
    ],
)
def test_a_wrong_choice_is_said_and_starts_nothing(testing, data, error):
    response = testing.start(**{"questions": 5} | data)
    assert response.status_code == 200
    assert error in text(response)
    assert not StudySession.objects.exists()


def test_what_cannot_be_asked_is_said(testing):
    Card.objects.update(definition="the same everywhere")
    response = testing.start(kinds=("choice",))
    assert "None of these cards can be asked" in text(response)
    assert not StudySession.objects.exists()


def test_starting_again_goes_on_with_the_open_test(testing):
    testing.start(questions=4)
    first = testing.paper()
    testing.start(questions=6)
    assert testing.paper() == first


def test_settings_choose_the_cards_and_the_side(testing, learner, deck):
    cards = list(deck.cards.in_order()[:3])
    for card in cards:
        CardProgress.objects.create(learner=learner, deck=deck, card=card, side="definition", starred=True)
    testing.start(questions=10, starred="on", side="term", kinds=("typed", "flip"))
    questions = [Question.from_json(step.question) for step in testing.steps()]
    assert {question.card_id for question in questions} == {card.pk for card in cards}
    assert {question.side for question in questions} == {"term"}


def test_a_suspended_card_is_not_asked_and_one_suspended_later_stays(testing, learner, deck):
    first, second = deck.cards.in_order()[:2]
    CardProgress.objects.create(learner=learner, deck=deck, card=first, side="definition", suspended=True)
    testing.start(questions=16, kinds=("typed",))
    assert first.pk not in {step.card_id for step in testing.steps()}
    mark = reverse("card_mark", args=[deck.slug, second.pk])
    testing.client.post(mark, {"mark": "suspended", "on": "on"})
    assert len(testing.steps()) == 15
    assert testing.paper().session.finished_at is None


def test_new_tests_offer_the_settings_of_the_last(testing):
    testing.start(questions=3, kinds=("typed", "choice"), minutes=7)
    testing.post("hand_in")
    page = text(testing.client.get(testing.page))
    assert 'name="questions" value="3"' in page
    assert 'name="minutes" value="7"' in page
    assert page.count("checked") == 2


def test_a_paper_shorter_than_wished_and_a_kind_too_rare_are_said(testing, deck):
    testing.start(questions=50, kinds=("typed",))
    assert "This paper has 16 questions" in text(testing.client.get(testing.page))
    testing.post("discard")
    deck.cards.filter(position__gt=1).update(definition="$x^2$ and no word to type")
    testing.start(questions=8, kinds=("typed", "flip"))
    assert "too few cards for “Type the answer”" in text(testing.client.get(testing.page))
    assert testing.paper().questions == 8


# --- The paper stays as it was drawn


def test_the_key_of_choices_and_typed_answers_is_not_on_the_page(testing):
    testing.start(questions=6, kinds=("typed",))
    page = text(testing.client.get(testing.page))
    assert not any(city in page for city in CAPITALS)


def test_editing_removing_and_asking_anew_changes_no_paper(testing, deck, owner):
    testing.start(questions=8)
    before = [step.question for step in testing.steps()]
    for card in Card.objects.all():
        card.definition = "Edited"
        card.save()
    remove_cards(deck=deck, cards=deck.cards.filter(position=0))
    reask_cards(deck=deck, cards=deck.cards.filter(position=1), now=timezone.now())
    assert [step.question for step in testing.steps()] == before
    assert "Edited" not in text(testing.client.get(testing.page))


def test_what_was_asked_anew_counts_for_the_score_alone(testing, deck):
    testing.start(questions=16, kinds=("typed",))
    reask_cards(deck=deck, cards=deck.cards.filter(position=1), now=timezone.now())
    testing.post("hand_in", testing.answers())
    assert testing.paper().right == 16
    assert Review.objects.count() == 15


# --- Saving


def test_a_change_is_saved_with_a_rising_revision(testing):
    testing.start(questions=4, kinds=("typed",))
    response = testing.post("save", {"q1-typed": "Rom", "q1-revision": 1}, htmx=True)
    assert response["Paper-Revision"] == "1"
    assert "<html" not in text(response)
    assert "1/4" in text(response)
    testing.post("save", {"q1-typed": "Rome", "q1-revision": 3}, htmx=True)
    response = testing.post("save", {"q1-typed": "Ro", "q1-revision": 2}, htmx=True)
    assert response["Paper-Revision"] == "3"
    assert testing.steps()[1].saved == {"typed": "Rome"}


def test_what_is_emptied_is_blank_again(testing):
    testing.start(questions=4, kinds=("typed",))
    testing.post("save", {"q1-typed": "Rom", "q1-revision": 1}, htmx=True)
    response = testing.post("save", {"q1-typed": " ", "q1-revision": 2}, htmx=True)
    assert "0/4" in text(response)


def test_fields_that_were_never_on_the_paper_are_passed_over(testing):
    testing.start(questions=4, kinds=("choice",))
    fields = {
        "q0-option": "9",
        "q77-option": "0",
        "q1-typed": "x",
        "q2-revision": "x",
        "q2-option": "0",
        "zz": "1",
    }
    response = testing.post("save", fields | {"q0-revision": 1, "q1-revision": 1, "q77-revision": 1})
    assert response.status_code == 302
    assert [step.saved for step in testing.steps()] == [{}] * 4


def test_a_whole_form_is_saved_in_one_statement_and_keeps_newer_answers(testing):
    testing.start(questions=8, kinds=("typed",))
    testing.post("save", {"q0-typed": "newer", "q0-revision": 5}, htmx=True)
    fields = {f"q{n}-typed": f"word {n}" for n in range(8)} | {f"q{n}-revision": 1 for n in range(8)}
    with CaptureQueriesContext(connection) as captured:
        testing.post("save", fields)
    assert sum("UPDATE" in query["sql"] and "step" in query["sql"] for query in captured) == 1
    assert [step.saved["typed"] for step in testing.steps()] == ["newer", *(f"word {n}" for n in range(1, 8))]


def test_a_text_that_is_too_long_is_said_and_not_lost(testing):
    testing.start(questions=4, kinds=("typed",))
    long = "x" * 2_001
    fields = {"q0-typed": long, "q0-revision": 1, "q1-typed": "Rome", "q1-revision": 1}
    for what in ("save", "hand_in"):
        response = testing.post(what, fields)
        assert response.status_code == 200
        assert "At most 2,000 characters." in text(response)
        assert long in text(response)
    assert testing.steps()[1].saved == {"typed": "Rome"}
    assert testing.paper().handed_in_at is None


@pytest.mark.parametrize(
    "revision", [{}, *({"q1-revision": value} for value in ("", "²", "٣", "9" * 5_000, str(2**63)))]
)
@pytest.mark.parametrize("what", ["save", "hand_in"])
def test_an_answer_whose_revision_is_none_overwrites_nothing(testing, what, revision):
    testing.start(questions=4, kinds=("typed",))
    testing.post("save", {"q1-typed": "Rome", "q1-revision": 1}, htmx=True)
    assert testing.post(what, {"q1-typed": "Rom"} | revision).status_code == 302
    assert testing.steps()[1].saved == {"typed": "Rome"}


@pytest.mark.parametrize("value", ["", "x", "-1", "9" * 30, "9" * 5_000, str(2**63), "²", "0"])
def test_a_paper_that_is_none_is_404(testing, value):
    testing.start(questions=4)
    for what in ("save", "hand_in", "judge", "discard"):
        data = {"paper": value, "q0-option": "0", "q0-revision": "1"}
        assert testing.client.post(reverse(f"test_{what}", args=[testing.deck.slug]), data).status_code == 404


@pytest.mark.parametrize("what", ["save", "hand_in", "judge", "discard"])
def test_a_get_of_what_is_posted_is_405(testing, what):
    assert testing.client.get(reverse(f"test_{what}", args=[testing.deck.slug])).status_code == 405


def test_saving_takes_few_queries(testing):
    numbers = []
    for questions in (4, 16):
        testing.start(questions=questions, kinds=("typed",))
        with CaptureQueriesContext(connection) as captured:
            testing.post("save", {"q1-typed": "Rom", "q1-revision": 1}, htmx=True, paper=testing.paper().pk)
        numbers.append(len(captured) - 1)  # The paper's key is asked for by the test itself.
        testing.post("hand_in")
    assert max(numbers) <= 8
    assert numbers[0] == numbers[1]


# --- Handing in


def hand_in_queries(testing, questions: int) -> int:
    testing.start(questions=questions, kinds=("choice", "true_false", "block", "typed"))
    fields, paper = testing.answers(), testing.paper().pk
    with CaptureQueriesContext(connection) as captured:
        testing.post("hand_in", fields, paper=paper)
    assert Paper.objects.get(pk=paper).right == questions
    return len(captured)


@pytest.mark.slow
def test_handing_in_takes_as_many_queries_for_eight_questions_as_for_a_hundred(learner_client, owner):
    """In decks where nothing was answered before, and where much was."""
    fresh = [Sitting(learner_client, large_deck(owner)) for _ in range(2)]
    few, many = hand_in_queries(fresh[0], 8), hand_in_queries(fresh[1], 100)
    assert few == many
    again = [hand_in_queries(fresh[1], 100) for _ in range(2)]
    assert max(again) <= many + 4
    assert {replaying.rebuild(enrollment) for enrollment in Enrollment.objects.all()} == {0}


def large_deck(owner: User) -> Deck:
    deck = Deck.objects.create(owner=owner, title="Many", visibility="public", side_choice="definition")
    Card.objects.bulk_create(prepared(deck, number) for number in range(150))
    refresh_deck(deck=deck)
    return deck


def prepared(deck: Deck, number: int) -> Card:
    word = "".join("bcdfghklmnprstvw"[int(digit)] + "aeiou"[int(digit) % 5] for digit in f"{number:03}")
    card = Card(deck=deck, position=number, term=f"Land of {word}", definition=f"{word[::-1]} city")
    card.prepare()
    return card


def test_handing_in_twice_counts_once_and_the_first_stands(testing):
    testing.start(questions=6, kinds=("typed",))
    testing.post("hand_in", testing.answers())
    assert testing.paper().right == 6
    for what in ("hand_in", "save", "judge"):
        response = testing.post(what, testing.answers(right=False))
        assert response.url == reverse("test_results", args=[testing.deck.slug, testing.paper().pk])
    response = testing.post("save", testing.answers(right=False), htmx=True)
    assert response["HX-Redirect"]
    assert testing.paper().right == 6
    assert Review.objects.count() == 6


def test_a_stale_tab_writes_nothing_into_the_next_paper(testing):
    testing.start(questions=6, kinds=("typed",))
    old, fields = testing.paper().pk, testing.answers()
    testing.post("hand_in")
    testing.start(questions=6, kinds=("typed",))
    testing.post("save", fields, paper=old)
    testing.post("hand_in", fields, paper=old)
    assert [step.saved for step in testing.steps()] == [{}] * 6
    assert testing.paper().handed_in_at is None


def test_blanks_lower_the_score_and_leave_no_evidence(testing):
    testing.start(questions=10, kinds=("typed",))
    fields = {
        name: value for name, value in testing.answers().items() if name.split("-")[0] in ("q0", "q1", "q2")
    }
    testing.post("hand_in", fields)
    paper = testing.paper()
    assert (paper.right, paper.questions, paper.percent) == (3, 10, 30)
    assert Review.objects.count() == 3
    assert CardProgress.objects.count() == 3
    page = text(testing.client.get(reverse("test_results", args=[testing.deck.slug, paper.pk])))
    assert "7 were left blank" in page


def test_recognition_and_recall_are_logged_as_such(testing):
    testing.start(questions=16)
    testing.post("save", testing.answers())
    testing.post("hand_in")
    testing.post("judge", testing.judgements())
    evidence = {line.kind: line.evidence for line in Review.objects.all()}
    assert evidence == {
        "choice": "recognition",
        "true_false": "recognition",
        "block": "recognition",
        "typed": "recall",
        "flip": "recall",
    }
    assert set(Review.objects.values_list("mode", flat=True)) == {"test"}


def test_a_wrong_pair_says_which_card_was_taken_for_which(testing):
    testing.start(questions=4, kinds=("block",))
    testing.post("hand_in", testing.answers(right=False))
    assert testing.paper().right == 0
    lines = Review.objects.all()
    assert {line.card_id for line in lines} == {line.mistaken_for_id for line in lines}


def test_giving_up_leaves_neither_score_nor_evidence(testing):
    testing.start(questions=6, kinds=("typed",))
    testing.post("save", testing.answers())
    testing.post("discard")
    assert testing.paper().graded is None
    assert not Review.objects.exists()
    assert 'id="start-form"' in text(testing.client.get(testing.page))


# --- Judging


def test_judgement_comes_before_the_score_and_every_answer_wants_one(testing):
    testing.start(questions=4, kinds=("flip",))
    testing.post("save", testing.answers())
    testing.post("hand_in")
    assert testing.paper().handed_in_at
    assert testing.paper().graded is None
    assert not Review.objects.exists()
    some = {name: value for name, value in testing.judgements().items() if name.startswith(("q0", "q1"))}
    response = testing.post("judge", some)
    assert response.status_code == 200
    assert text(response).count("Say whether your answer is right.") == 4
    assert testing.steps()[0].saved["knew"] == "yes"
    testing.post("judge", testing.judgements(right=False))
    assert testing.paper().right == 0


def test_answers_cannot_be_changed_while_they_are_judged(testing):
    testing.start(questions=4, kinds=("flip",))
    testing.post("save", testing.answers(right=False))
    testing.post("hand_in")
    fields = {"q0-typed": "Paris", "q0-revision": 9, "q0-knew": "yes"}
    response = testing.post("save", fields, htmx=True)
    assert response["HX-Redirect"] == testing.page
    assert testing.steps()[0].saved == {"typed": "Quito"}
    testing.post("save", fields | {"stage": "judge"}, htmx=True)
    assert testing.steps()[0].saved == {"typed": "Quito", "knew": "yes"}


def test_blank_self_graded_questions_are_not_judged(testing):
    testing.start(questions=4, kinds=("flip",))
    testing.post("hand_in", {"q0-said": "on", "q0-revision": 1})
    page = text(testing.client.get(testing.page))
    assert page.count('class="paper-item"') == 1


# --- The time


def test_when_the_time_is_up_what_is_saved_is_handed_in(testing, learner, deck):
    with time_machine.travel("2026-03-02T12:00Z", tick=False) as clock:
        testing.start(questions=6, kinds=("typed",), minutes=5)
        answers = testing.answers()
        testing.post("save", {name: value for name, value in answers.items() if name.startswith("q0-")})
        clock.shift(299)
        assert 'data-seconds-left="1"' in text(testing.client.get(testing.page))
        clock.shift(timedelta(days=2))
        page = text(testing.client.get(testing.page))
        assert "Time is up" in page
        assert 'class="paper-item"' not in page
        testing.post("save", answers)
        assert [step.filled for step in testing.steps()] == [1, 0, 0, 0, 0, 0]
        testing.post("hand_in", answers)
    paper = testing.paper()
    assert paper.right == 1
    assert paper.handed_in_at == datetime(2026, 3, 2, 12, 5, tzinfo=UTC)
    assert str(Review.objects.get().study_day) == "2026-03-02"
    assert replaying.rebuild(Enrollment.objects.get()) == 0


def test_starting_a_new_test_hands_the_one_in_whose_time_is_up(testing):
    with time_machine.travel("2026-03-02T12:00Z", tick=False) as clock:
        testing.start(questions=6, kinds=("typed",), minutes=5)
        testing.post("save", testing.answers())
        first = testing.paper().pk
        clock.shift(600)
        testing.start(questions=3, kinds=("typed",))
    assert Paper.objects.get(pk=first).right == 6
    assert testing.paper().pk != first


# --- The score


def score(testing, right: int, questions: int = 4) -> Paper:
    testing.start(questions=questions, kinds=("choice",))
    fields = {}
    for step in testing.steps():
        fields |= filled(step, right=step.position < right)
    testing.post("hand_in", fields)
    return testing.paper()


def results(testing) -> str:
    return text(testing.client.get(reverse("test_results", args=[testing.deck.slug, testing.paper().pk])))


def test_an_override_keeps_both_scores(testing):
    score(testing, 2)
    line = Review.objects.standing().filter(verdict="wrong").first()
    override = reverse("review_override", args=[line.pk])
    testing.client.post(override, {"verdict": "correct"})
    assert (testing.paper().graded, testing.paper().right) == (2, 3)
    page = results(testing)
    assert "75 %" in page
    assert "As graded: 50 %; 1 marked right by you." in page
    line = Review.objects.standing().filter(verdict="correct").first()
    testing.client.post(reverse("review_override", args=[line.pk]), {"verdict": "wrong"})
    assert (testing.paper().graded, testing.paper().right) == (2, 2)
    assert replaying.rebuild(Enrollment.objects.get()) == 0


def test_a_pair_of_a_block_is_overridden_by_itself(testing):
    testing.start(questions=4, kinds=("block",))
    testing.post("hand_in", testing.answers())
    line = Review.objects.first()
    testing.client.post(reverse("review_override", args=[line.pk]), {"verdict": "wrong"})
    assert testing.paper().right == 3
    assert "graded as right" in results(testing)


def test_mine_is_right_too_takes_the_question_out_of_the_score(testing):
    score(testing, 2)
    line = Review.objects.filter(verdict="wrong").first()
    testing.client.post(reverse("review_right_too", args=[line.pk]))
    paper = testing.paper()
    assert (paper.right, paper.counted, paper.percent, paper.graded_percent) == (2, 3, 66, 50)
    assert "1 not counted" in results(testing)


def test_an_answer_on_a_paper_cannot_be_taken_back(testing, learner):
    score(testing, 2)
    step = testing.steps()[0]
    assert undo.answer_undo(learner=learner, step=step, now=timezone.now()).is_stale
    assert 'id="undo-form"' not in text(testing.client.get(testing.page))


def test_the_missed_are_taken_again(testing):
    score(testing, 1)
    missed = {line.card_id for line in Review.objects.filter(verdict="wrong")}
    old = testing.paper().pk
    testing.client.post(reverse("test_retake", args=[testing.deck.slug, old]))
    assert testing.paper().pk != old
    assert {step.card_id for step in testing.steps()} == missed


def test_nothing_missed_is_nothing_to_take_again(testing):
    paper = score(testing, 4)
    response = testing.client.post(reverse("test_retake", args=[testing.deck.slug, paper.pk]), follow=True)
    assert "Nothing was missed" in text(response)
    assert testing.paper() == paper


def test_earlier_tests_are_listed_and_plotted(testing):
    score(testing, 1)
    assert "<svg viewBox" not in text(testing.client.get(testing.page))
    score(testing, 3)
    page = text(testing.client.get(testing.page))
    assert page.count("<circle") == 2
    assert "25 %" in page
    assert "75 %" in page


def test_the_table_shows_the_last_score_the_best_and_how_many(testing, deck):
    score(testing, 3)
    score(testing, 2)
    line = Review.objects.standing().filter(verdict="wrong").last()
    testing.client.post(reverse("review_override", args=[line.pk]), {"verdict": "correct"})
    score(testing, 1)
    line = Review.objects.standing().filter(verdict="wrong", step__session__paper=testing.paper()).first()
    testing.client.post(reverse("review_override", args=[line.pk]), {"verdict": "correct"})
    page = " ".join(text(testing.client.get(deck.get_absolute_url())).split())
    assert "50 % <small>best 75 %, 3 tests</small>" in page
    assert "As graded: 25 %; 1 marked right by the learner." in page
    assert '<span class="badge">50 %</span>' in page


def test_nothing_right_is_a_score_too(testing, deck):
    score(testing, 0)
    page = " ".join(text(testing.client.get(deck.get_absolute_url())).split())
    assert "0 % <small>best 0 %, 1 test</small>" in page
    assert '<span class="badge">0 %</span>' in page


# --- Who may see what


def test_strangers_see_neither_paper_nor_results(testing, stranger_client, owner_client):
    paper = score(testing, 2)
    for client in (stranger_client, owner_client):
        for name in ("test_results", "test_print", "test_key"):
            assert client.get(reverse(name, args=[testing.deck.slug, paper.pk])).status_code == 404
        assert client.post(reverse("test_retake", args=[testing.deck.slug, paper.pk])).status_code == 404
        assert client.post(reverse("test_sharing", args=[testing.deck.slug, paper.pk])).status_code == 404
        data = {"paper": paper.pk}
        assert client.post(reverse("test_hand_in", args=[testing.deck.slug]), data).status_code == 404


def test_a_private_decks_tests_are_404_for_strangers(testing, stranger_client):
    Deck.objects.update(visibility="private")
    assert stranger_client.get(testing.page).status_code == 404
    assert stranger_client.post(testing.page, {"questions": 4}).status_code == 404


def test_a_guest_takes_a_test(client, deck):
    guest = Sitting(client, deck)
    assert "Start the test" in text(client.get(guest.page))
    guest.start(questions=6, kinds=("typed",))
    guest.post("hand_in", guest.answers())
    assert guest.paper().right == 6
    assert guest.paper().session.learner.is_guest


def test_who_is_nobody_cannot_post_answers(client, testing):
    testing.start(questions=4)
    response = client.post(reverse("test_save", args=[testing.deck.slug]), {"paper": testing.paper().pk})
    assert response.url == testing.page


def test_the_key_is_for_who_has_handed_in_and_for_the_owner(testing, owner_client, deck):
    testing.start(questions=4, kinds=("typed",))
    paper = testing.paper()
    assert testing.client.get(reverse("test_print", args=[deck.slug, paper.pk])).status_code == 200
    assert testing.client.get(reverse("test_key", args=[deck.slug, paper.pk])).status_code == 404
    testing.post("hand_in")
    assert testing.client.get(reverse("test_key", args=[deck.slug, paper.pk])).status_code == 200
    mine = Sitting(owner_client, deck)
    mine.start(questions=4)
    assert owner_client.get(reverse("test_key", args=[deck.slug, mine.paper().pk])).status_code == 200


def test_the_printed_paper_has_no_answers_and_the_key_has(testing, deck):
    testing.start(questions=6, kinds=("typed",))
    cities = [Question.from_json(step.question).answer for step in testing.steps()]
    testing.post("hand_in")
    pages = [
        text(testing.client.get(reverse(name, args=[deck.slug, testing.paper().pk])))
        for name in ("test_print", "test_key")
    ]
    assert not any(city in pages[0] for city in cities)
    assert all(city in pages[1] for city in cities)


# --- Beat my paper


def share(testing) -> str:
    testing.client.post(reverse("test_sharing", args=[testing.deck.slug, testing.paper().pk]))
    return reverse("test_beat", args=[testing.deck.slug, testing.paper().token])


def test_a_guest_takes_a_friends_paper_and_shows_the_score(testing, client):
    source = score(testing, 2)
    link = share(testing)
    assert "Lena Learner had 50 %" in text(client.get(link))
    client.post(link, {"shows": "on", "name": "  Kim "})
    friend = Sitting(client, testing.deck)
    copy = Paper.objects.get(source=source)
    assert [step.question for step in copy.session.steps.on_paper()] == [
        step.question for step in source.session.steps.on_paper()
    ]
    friend.post("hand_in", friend.answers(), paper=copy.pk)
    page = results_of(testing, source)
    assert "Kim</strong> 100 %" in page
    assert "you beat it" in text(client.get(reverse("test_results", args=[testing.deck.slug, copy.pk])))


def results_of(testing, paper: Paper) -> str:
    return text(testing.client.get(reverse("test_results", args=[testing.deck.slug, paper.pk])))


def test_who_does_not_agree_is_not_seen(testing, stranger_client):
    source = score(testing, 2)
    stranger_client.post(share(testing), {"name": "Sam"})
    friend = Sitting(stranger_client, testing.deck)
    friend.post("hand_in", friend.answers(), paper=Paper.objects.get(source=source).pk)
    assert "Sam" not in results_of(testing, source)


def test_a_name_is_wanted_of_who_shows_the_score(testing, stranger_client):
    score(testing, 2)
    response = stranger_client.post(share(testing), {"shows": "on", "name": " "})
    assert "Under which name?" in text(response)
    assert StudySession.objects.count() == 1


def test_a_link_that_is_taken_back_leads_nowhere(testing, client):
    score(testing, 2)
    link = share(testing)
    testing.client.post(reverse("test_sharing", args=[testing.deck.slug, testing.paper().pk]), {"off": "1"})
    assert client.get(link).status_code == 404
    assert client.post(link).status_code == 404


def test_a_link_to_a_private_deck_is_404(testing, client):
    score(testing, 2)
    link = share(testing)
    Deck.objects.update(visibility="private")
    assert client.get(link).status_code == 404


def test_ones_own_link_starts_nothing(testing):
    score(testing, 2)
    assert "your own paper" in text(testing.client.post(share(testing)))
    assert StudySession.objects.count() == 1


def test_an_open_test_goes_on_before_a_friends_paper(testing, stranger_client):
    source, link = score(testing, 2), share(testing)
    Sitting(stranger_client, testing.deck).start(questions=4)
    response = stranger_client.post(link, follow=True)
    assert "Finish this test first." in text(response)
    assert not source.copies.exists()
