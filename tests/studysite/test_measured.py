"""The benchmarks check that the timed requests wrote their data; if not, they print no figure."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from cards.models import Deck
from studysite.accounts.models import User
from tests.load import imports
from tests.load.bench import figures, turns
from tests.load.bench.__main__ import read_arguments
from tests.load.bench.data import memories, plan_of, texts_of
from tests.load.bench.running import Run
from tests.load.bench.table import Table
from tests.load.bench.turns import Measured, Window
from tests.load.bench.works import WORKS, Answers, FailedError, HandsIn, Saves, fields_in
from tests.load.browser import Answer, Browser
from tests.load.written import NotWrittenError, counted

INPUT = '<input type="hidden" name="step" value="7">'
PAGE = f'<form id="answer-form">{INPUT}</form>{INPUT.replace("step", "other")}'


@dataclass
class Side:
    """A server whose database has written what the test says."""

    rows: Counter[str] = field(default_factory=Counter)
    lines: Counter[int] = field(default_factory=Counter)
    name: str = "site"

    def written(self) -> Counter[str]:
        return self.rows

    def steps_since(self, line: int) -> Counter[int]:
        return self.lines


def answer(text: str = PAGE, status: int = 200, **headers: str) -> Answer:
    return Answer(status, headers, text, len(text))  # type: ignore[arg-type]


def answered(*steps: int) -> Answers:
    """A learner whose answers to these steps were acknowledged."""
    learner = Answers(Browser(1), "deck")
    for step in steps:
        learner.page = PAGE.replace("7", f"{step}")
        learner.next()
        learner.take(answer())
    return learner


def test_written_answers_pass_the_check() -> None:
    side = Side(Counter(reviews=12), Counter({5: 1, 6: 1}))
    turns.check(side, [answered(5), answered(6)], Counter(reviews=10), 0)


@pytest.mark.parametrize(
    ("written", "said"), [(11, "2 reviews acknowledged, 1 written"), (13, "2 .* 3 written")]
)
def test_other_number_of_written_rows_ends_the_benchmark(written: int, said: str) -> None:
    side = Side(Counter(reviews=written), Counter({5: 1, 6: 1}))
    with pytest.raises(NotWrittenError, match=f"site: {said}"):
        turns.check(side, [answered(5, 6)], Counter(reviews=10), 0)


def test_row_of_another_kind_ends_the_benchmark() -> None:
    with pytest.raises(NotWrittenError, match="0 saves acknowledged, 1 written"):
        turns.check(Side(Counter(saves=1)), [answered()], Counter(), 0)


def test_answer_that_is_not_in_the_log_ends_the_benchmark() -> None:
    side = Side(Counter(reviews=2), Counter({5: 1, 9: 1}))
    with pytest.raises(NotWrittenError, match="1 acknowledged answers are not in the log"):
        turns.check(side, [answered(5, 6)], Counter(), 0)


@pytest.mark.parametrize("refused", [answer("You have already answered that card."), answer(status=503)])
def test_refused_answer_is_a_failure(refused: Answer) -> None:
    learner = Answers(Browser(1), "deck", page=PAGE)
    learner.next()
    with pytest.raises(FailedError):
        learner.take(refused)
    assert not learner.written


def test_save_of_another_revision_is_a_failure() -> None:
    saving = Saves(Browser(1), "deck")
    saving.revision = 3
    with pytest.raises(FailedError, match="not saved"):
        saving.take(answer(**{"Paper-Revision": "2"}))
    saving.take(answer(**{"Paper-Revision": "3"}))
    assert saving.written == {"saves": 3}


def test_handed_in_test_with_errors_is_a_failure() -> None:
    with pytest.raises(FailedError, match="status 200, not 302"):
        HandsIn(Browser(1), "deck").take(answer())


def test_only_the_named_form_is_read() -> None:
    assert fields_in(PAGE, "answer-form") == {"step": "7"}
    assert fields_in(PAGE, "undo-form") == {}


def windows(*rates: float) -> Measured:
    return Measured([Window([0.1] * 10, [300] * 10, started=5, ended=5 + 10 / rate) for rate in rates])


def test_ratio_is_the_median_of_the_pairs() -> None:
    assert turns.ratio(windows(10, 20, 90), windows(100, 40, 100)) == pytest.approx(0.5)


def test_sides_are_measured_in_turns_by_fresh_learners(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = []

    def take(side: Any, pupils: list[list[Answers]], seconds: float) -> Window:
        taken.append((side.name, [pupil.number for mine in pupils for pupil in mine]))
        return Window([0.1], ended=1)

    monkeypatch.setattr(turns, "take_window", take)
    sides: Any = [
        SimpleNamespace(name=name, browser=lambda number: None, memory=lambda: 80)
        for name in ("site", "floor")
    ]
    measured = turns.in_turns(WORKS[0], sides, pairs=2, clients=2, seconds=1, first=4)
    assert taken == [("site", [4, 5]), ("floor", [4, 5]), ("site", [6, 7]), ("floor", [6, 7])]
    assert [len(one.windows) for one in measured.values()] == [2, 2]
    turns.in_turns(WORKS[0], sides, pairs=9, clients=2, seconds=1, until=0)
    assert len(taken) == 6


def test_growth_compares_the_end_of_a_sitting_with_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    side: Any = SimpleNamespace(spent=0.0)
    side.work = lambda: side.spent

    class Slower:
        """Each answer takes a thousandth more than the one before."""

        count = 0

        def begin(self) -> None:
            pass

        def next(self) -> Any:
            return lambda: None

        def take(self, answer: None) -> None:
            side.spent += 1 + self.count / 1000
            self.count += 1

    monkeypatch.setattr(figures, "pupils_of", lambda *_: [Slower()])
    assert figures.growth(side, WORKS[0], 600, (0, 1)) == pytest.approx(1.5495 / 1.0495)


@pytest.mark.parametrize("deck", ["learn-46", "spaced-1000", "sitting-2000"])
def test_decks_have_as_many_due_cards_as_planned(deck: str) -> None:
    plan, now = plan_of(deck), timezone.now()
    known = list(memories(plan, now))
    assert len(known) == plan.seen <= plan.cards
    assert sum(one.due <= now for one in known) == plan.due
    assert len({term for term, _ in texts_of(plan)}) == plan.cards


@pytest.fixture
def table() -> Table:
    rows = {"answer": {"share": 0.5, "bytes": 5_264.0}, "import": {"bytes": 7.0}}
    return Table("works", "work", {"share": 2, "bytes": 0}, rows)


def test_committed_table_is_read_as_it_was_written(table: Table) -> None:
    begin, end = table.marks
    text = table.put_into(f"# Before\n\n{begin}\nold\n{end}\n\nAfter\n")
    assert "| answer | 0.50 | 5,264 |\n| import | - | 7 |" in text
    assert "old" not in text
    assert text.startswith("# Before\n\n")
    assert text.endswith("\n\nAfter\n")
    assert table.put_into(text) == text
    assert table.read(text) == {"answer": {"share": 0.5, "bytes": 5264}, "import": {"bytes": 7}}
    assert table.read(f"{begin}\n{end}") == table.read("") == {}


def test_table_without_a_place_is_an_error(table: Table) -> None:
    with pytest.raises(ValueError, match="no place"):
        table.put_into("# Nothing here\n")


def test_only_figures_that_moved_are_reported(table: Table) -> None:
    before = {"answer": {"share": 0.4, "bytes": 5_100.0}, "import": {"share": 1.0}, "gone": {"share": 1.0}}
    assert list(table.moved(before, ["share", "bytes"])) == ["answer, share: 0.40, now 0.50 (1.25 times)"]


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


def test_part_of_the_rows_is_not_committed() -> None:
    with pytest.raises(SystemExit, match="2"):
        read_arguments(["--write", "--only", "Learn"])


@pytest.mark.long
def test_benchmark_measures_the_site_and_its_floor(tmp_path: Path) -> None:
    chosen = read_arguments(["--quick", "--only", "Learn", "--pairs", "1", "--seconds", "0.5"])
    run = Run(chosen, tmp_path)
    run.measure()
    assert not run.failures
    row = run.works.rows["answer in Learn, 46 cards"]
    assert row.keys() == run.works.columns.keys()
    assert row["queries"] > row["floor's queries"] > 0
    assert min(row.values()) > 0
