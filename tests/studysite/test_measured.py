"""The benchmarks check that the timed requests wrote their data; if not, they print no figure."""

import pytest
from django.test import Client
from django.utils import timezone

from cards.models import Deck
from sessions_app.models import Enrollment, Review, Step
from sessions_app.questions.today import scheduled_for
from studysite.accounts.models import User
from tests.load import bench, imports, pages
from tests.load.written import NotWrittenError, counted

ANSWERS = {"question and answer": "spaced", "the same in Learn": "learn"}


@pytest.fixture
def deck(learner: User) -> Deck:
    deck = bench.make_deck(learner, bench.FEW)
    bench.study_half(learner, deck)
    return deck


@pytest.fixture
def client(learner_client: Client, deck: Deck) -> Client:
    """Lena's browser; a question is open in both modes, and one was answered."""
    for mode in ANSWERS.values():
        learner_client.post(f"/decks/{deck.slug}/{mode}/")
    for name in ANSWERS:
        bench.measured(name, bench.TIMED[name], learner_client, deck.slug)
    return learner_client


@pytest.fixture
def _answered_before(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A search for the open step finds the previous one."""
    monkeypatch.setattr(pages, "open_step", pages.last_step)


def test_half_of_what_was_seen_is_due_and_asked(learner: User, learner_client: Client, deck: Deck) -> None:
    mine = Enrollment.objects.filter(learner=learner, deck=deck)
    enrollment = scheduled_for(mine, learner, timezone.now()).get()
    assert (enrollment.scheduled, enrollment.due_count) == (23, 12)
    learner_client.post(f"/decks/{deck.slug}/spaced/")
    for _ in range(4):
        bench.answer(learner_client, deck.slug)
    assert set(Step.objects.values_list("origin", flat=True)) == {"new", "review"}


def test_each_timed_answer_writes_one_review(client: Client, deck: Deck) -> None:
    assert [Review.objects.filter(mode=mode).count() for mode in ANSWERS.values()] == [1, 1]
    assert min(bench.answers_per_second(client, deck, 0.01)) > 0
    answered = Step.objects.exclude(answered_at=None)
    assert Review.objects.standing().filter(step__in=answered).count() == answered.count() > 2


@pytest.mark.usefixtures("_answered_before")
@pytest.mark.parametrize("name", ANSWERS)
def test_benchmark_refuses_stale_answers(name: str, client: Client, deck: Deck) -> None:
    with pytest.raises(NotWrittenError, match=f"{name}, reviews: 1 sent, 0 written"):
        bench.measured(name, bench.TIMED[name], client, deck.slug)


@pytest.mark.usefixtures("_answered_before")
def test_stale_answers_are_not_counted_by_the_second(client: Client, deck: Deck) -> None:
    with pytest.raises(NotWrittenError, match=r"answers a second, reviews: \d+ sent, 0 written"):
        bench.answers_per_second(client, deck, 0.01)


def test_benchmark_refuses_a_page_that_writes(client: Client, deck: Deck) -> None:
    writes = bench.Timed(bench.answer)
    with pytest.raises(NotWrittenError, match="page, reviews: 0 sent, 1 written"):
        bench.measured("page", writes, client, deck.slug)


def test_benchmark_refuses_a_test_with_fewer_questions(client: Client, deck: Deck) -> None:
    with pytest.raises(NotWrittenError, match="questions of a test: 100 sent, 46 written"):
        bench.paper_milliseconds(client, deck)


@pytest.mark.parametrize(("cards", "tags"), [(9_999, 10_000), (10_000, 0), (20_000, 10_000)])
def test_benchmark_refuses_an_import_of_other_cards(
    cards: int, tags: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = {"make": "", "ours": f"1.0 2.0 6.0 {cards} {tags}", "anki": "0.1 10000"}
    monkeypatch.setattr(imports, "run", lambda kind, *_: told[kind])
    with pytest.raises(NotWrittenError, match="import, "):
        imports.compare(10_000)
    assert not capsys.readouterr().out


def test_row_sent_twice_and_written_once_is_reported(owner: User) -> None:
    with pytest.raises(NotWrittenError, match="decks: 2 sent, 1 written"), counted("decks", Deck.objects, 2):
        Deck.objects.create(owner=owner, title="Once")
