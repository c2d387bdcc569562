"""What compiled statements send and return is what Django itself would send and return."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, models, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from cards.models import Card, Deck
from sessions_app.models import CardProgress, DayTotal, Review, Step, StudySession
from studysite.accounts.models import User
from studysite.queries import compiled as module
from studysite.queries.compiled import (
    CompiledQuery,
    CompiledStatement,
    CompiledUpdate,
    compiled,
    compiled_update,
    insert,
    insert_rows,
    padded,
    probes,
    save,
)
from tests.sessions_app.recorded import test_recorded as recorded

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


# --- Every statement of the site, while learners study


@contextmanager
def intercepted() -> Iterator[list[tuple[str, Any]]]:
    """Keep statements from the database; the list has them, with their parameters."""
    sent: list[tuple[str, Any]] = []

    def keep(execute: object, sql: str, params: Any, many: bool, context: object) -> None:
        sent.append((sql, tuple(params or ())))

    with connection.execute_wrapper(keep):
        yield sent


class Checked:
    """Compares each compiled statement that is run with Django's, and remembers which were."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seen: set[CompiledStatement[Any]] = set()
        self.query, self.update = CompiledQuery.__call__, CompiledUpdate.__call__
        monkeypatch.setattr(
            CompiledQuery, "__call__", lambda one, *args, **given: self.read(one, args, given)
        )
        monkeypatch.setattr(
            CompiledUpdate, "__call__", lambda one, *args, **given: self.write(one, args, given)
        )
        monkeypatch.setattr(
            CompiledQuery, "iterate", lambda one, *args, **given: iter(self.read(one, args, given))
        )

    def read(self, one: CompiledQuery[Any, Any], args: tuple[Any, ...], given: dict[str, Any]) -> list[Any]:
        rows = self.query(one, *args, **given)
        statement = one.statement(args, given)
        # Django builds only statements that can find nothing.
        assert statement or not rows, one.__name__
        if statement:
            self.seen.add(one)
            # Django leaves out what a list repeats, so another set of probes is compared, too.
            for values in (given, probes(given, 2)):
                if all(
                    len(set(value)) == len(value) for value in values.values() if isinstance(value, tuple)
                ):
                    query = one.build(*args, **values).query
                    sql, params = query.get_compiler(connection=connection).as_sql()
                    assert (statement.sql, statement.params_for(values)) == (sql, tuple(params)), one.__name__
        query_set = one.build(*args, **given)
        # Without an order a database may choose one that depends on how often a list repeats a key.
        order = list if query_set.ordered else partial(sorted, key=repr)
        assert order(map(contents, rows)) == order(map(contents, query_set)), one.__name__
        return rows

    def write(self, one: CompiledUpdate[Any], args: tuple[Any, ...], given: dict[str, Any]) -> int:
        statement = one.statement(args, given)
        if statement:
            self.seen.add(one)
            query_set, changes = one.build(*args, **given)
            with intercepted() as sent:
                query_set.update(**changes)
            assert sent == [(statement.sql, statement.params_for(given))], one.__name__
        return self.update(one, *args, **given)


def contents(row: Any, *above: Any) -> Any:
    """What a row or object consists of, with the objects that were read with it."""
    if not isinstance(row, models.Model) or any(row is one for one in above):
        return type(row) if isinstance(row, models.Model) else row
    fields = {name: value for name, value in row.__dict__.items() if name != "_state"}
    cached = {name: one for name, one in row._state.fields_cache.items() if one is not None}
    joined = {name: contents(one, row, *above) for name, one in cached.items()}
    return type(row), fields, joined, row._state.db, row._state.adding


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> Checked:
    for one in CompiledStatement.instances:
        # Each is compiled anew, and says so if that is not possible.
        monkeypatch.setattr(one, "_statements", {})
    return Checked(monkeypatch)


def assert_all_are_compiled(caplog: pytest.LogCaptureFixture) -> None:
    """No statement of the site was left to Django: that is right, but slow."""
    lines = [line.getMessage() for line in caplog.records]
    assert [line for line in lines if line.startswith("Django builds")] == []


@pytest.mark.parametrize("sitting", recorded.QUICK, ids=lambda sitting: sitting.__name__)
def test_statements_of_a_short_sitting_are_djangos(
    checked: Checked,
    sitting: Callable[..., None],
    owner: User,
    learner: User,
    caplog: pytest.LogCaptureFixture,
) -> None:
    recorded.compare(sitting, owner, learner)
    assert checked.seen
    assert_all_are_compiled(caplog)


@pytest.mark.slow
@pytest.mark.long
def test_all_statements_of_all_sittings_are_djangos(
    checked: Checked, owner: User, learner: User, caplog: pytest.LogCaptureFixture
) -> None:
    for sitting in (*recorded.QUICK, *recorded.LONG):
        with transaction.atomic():
            recorded.compare(sitting, owner, learner)
            # Their decks begin with progress that has no log, so this changes rows, too.
            call_command("rebuild_progress", verbosity=0)
            transaction.set_rollback(True)
    of_the_site = {one for one in CompiledStatement.instances if one.build.__module__ != __name__}
    assert {one.__name__ for one in of_the_site - checked.seen} == set()
    assert_all_are_compiled(caplog)


# --- The module itself


@compiled
def positions(limit: int, /, *, deck: int, keys: tuple[int, ...], removed_at: datetime | None) -> Any:
    cards = Card.objects.filter(deck=deck, pk__in=keys, removed_at=removed_at).in_order()
    return cards.values_list("position", flat=True)[:limit]


@compiled
def after(*, key: int) -> Any:
    return Card.objects.filter(pk=key + 1)


@compiled
def of_any_deck(*, deck: int) -> Any:
    return Card.objects.in_order().values_list("deck", flat=True)[:1]


@compiled
def locked(*, deck: int) -> Any:
    return Deck.objects.filter(pk=deck).select_for_update()


@compiled_update
def move(names: tuple[str, ...], /, *, card: int, by: int) -> module.Changes:
    return Card.objects.filter(pk=card), {name: F(name) + by for name in names}


@pytest.fixture
def deck(owner: User) -> Deck:
    deck = Deck.objects.create(owner=owner, slug="numbers", title="Numbers")
    for number in range(10):
        Card.objects.create(deck=deck, position=number, term=f"{number}", definition=f"number {number}")
    return deck


@pytest.fixture
def cards(deck: Deck) -> list[Card]:
    return list(deck.cards.in_order())


def test_values_limits_lists_and_none_give_the_same_rows_as_django(deck: Deck, cards: list[Card]) -> None:
    keys = [card.pk for card in cards]
    for limit in (1, 3, 50):
        for chosen in ([], keys[:1], keys[:3], keys[2:7], [*keys, -1]):
            for removed_at in (None, NOON):
                given = {"deck": deck.pk, "keys": padded(chosen), "removed_at": removed_at}
                assert positions(limit, **given) == list(positions.build(limit, **given))
    assert positions(2, deck=deck.pk, keys=padded(keys), removed_at=None) == [0, 1]


def test_statement_is_compiled_once_for_lists_of_similar_length(deck: Deck, cards: list[Card]) -> None:
    positions._statements.clear()
    for number in range(1, 9):
        positions(5, deck=deck.pk, keys=padded([card.pk for card in cards[:1]] * number), removed_at=None)
    assert len(positions._statements) == 4


def test_forms_are_dropped_before_they_are_too_many(deck: Deck, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_FORMS", 3)
    for limit in range(1, 20):
        positions(limit, deck=deck.pk, keys=(1,), removed_at=None)
        assert len(positions._statements) <= 3


@pytest.mark.parametrize("length", [0, 1, 2, 3, 4, 5, 8, 9, 100])
def test_padded_list_has_the_same_keys_and_a_power_of_two_of_them(length: int) -> None:
    keys = list(range(100, 100 + length))
    assert set(padded(keys)) == set(keys)
    assert len(padded(keys)) == 0 if not keys else len(padded(keys)).bit_count() == 1


def test_query_set_that_changes_its_value_is_built_by_django(
    cards: list[Card], caplog: pytest.LogCaptureFixture
) -> None:
    assert after.first(key=cards[0].pk) == cards[1]
    assert after.first(key=cards[1].pk) == cards[2]
    assert [line.getMessage() for line in caplog.records] == [
        "Django builds each statement of after: a value is not clear."
    ]


def test_query_set_that_leaves_out_a_value_is_built_by_django(deck: Deck) -> None:
    assert of_any_deck(deck=deck.pk) == [deck.pk] == of_any_deck(deck=-1)
    assert None in of_any_deck._statements.values()


def test_form_that_another_thread_drops_meanwhile_is_used(
    deck: Deck, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Dropped(dict[Any, Any]):
        """Forms that are gone as soon as one was added or looked up."""

        def __setitem__(self, *item: Any) -> None:
            super().__setitem__(*item)
            self.clear()

        def __contains__(self, form: object) -> bool:
            is_there = super().__contains__(form)
            self.clear()
            return is_there

    monkeypatch.setattr(positions, "_statements", Dropped())
    assert [positions(1, deck=deck.pk, keys=(-1,), removed_at=None) for _ in range(2)] == [[], []]


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL locks rows")
def test_lock_outside_of_a_transaction_is_refused(deck: Deck) -> None:
    with transaction.atomic():
        assert locked.first(deck=deck.pk) == deck
    with pytest.raises(transaction.TransactionManagementError):
        locked.first(deck=deck.pk)


@pytest.mark.django_db(transaction=True)
def test_threads_share_statements_but_not_connections(deck: Deck, cards: list[Card]) -> None:
    positions._statements.clear()
    both = Barrier(2)

    def read(number: int) -> list[list[int]]:
        try:
            both.wait()
            given = {"deck": deck.pk, "keys": (cards[number].pk,), "removed_at": None}
            return [positions(1, **given) for _ in range(20)]
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(read, (3, 4))) == [[[3]] * 20, [[4]] * 20]
    connection.close()
    assert positions(1, deck=deck.pk, keys=(cards[5].pk,), removed_at=None) == [5]


def test_update_changes_what_djangos_would(cards: list[Card]) -> None:
    card = cards[0]
    assert move(("position",), card=card.pk, by=40) == 1
    assert move((), card=-1, by=40) == 0
    card.refresh_from_db()
    assert card.position == 40


def test_statement_finds_what_was_written_meanwhile(deck: Deck, cards: list[Card]) -> None:
    given = {"deck": deck.pk, "keys": padded([cards[0].pk]), "removed_at": None}
    assert positions(1, **given) == [0]
    Card.objects.filter(pk=cards[0].pk).update(position=7)
    assert positions(1, **given) == [7]
    assert positions(1, **given | {"removed_at": NOON}) == []


def rows(learner: User, deck: Deck, card: Card) -> list[models.Model]:
    """A row of each kind that answers insert."""
    day = date(2026, 3, 2)
    session = StudySession.objects.create(learner=learner, deck=deck, mode="learn", seed=1, study_day=day)
    question = {
        "kind": "flip",
        "card": card.pk,
        "side": "term",
        "prompt": "%s",
        "answer": "b",
        "origin": "new",
    }
    return [
        Step(session=session, position=0, card=card, origin="new", question=question),
        CardProgress(learner=learner, deck=deck, card=card, side="term", starred=True),
        DayTotal(learner=learner, deck=deck, study_day=day, answers=1),
        Review(
            learner=learner,
            card=card,
            deck=deck,
            mode="learn",
            side="term",
            kind="flip",
            evidence="recall",
            verdict="correct",
            judged_by="learner",
            response="100 %",
            reviewed_at=NOON,
            study_day=day,
        ),
    ]


def statements(write: Callable[[], object]) -> list[str]:
    """What is sent; then it is undone."""
    with transaction.atomic(), CaptureQueriesContext(connection) as captured:
        point = transaction.savepoint()
        write()
        transaction.savepoint_rollback(point)
    return [one["sql"] for one in captured if not one["sql"].startswith(("SAVEPOINT", "ROLLBACK", "RELEASE"))]


def test_inserted_rows_are_those_that_django_inserts(learner: User, deck: Deck, cards: list[Card]) -> None:
    for row in rows(learner, deck, cards[0]):
        (mine,) = statements(partial(insert, row))
        row.pk = None
        djangos, *_ = statements(partial(row.save, force_insert=True))
        # Of a generated column, Django reads the value back.
        assert mine.split(" RETURNING")[0] == djangos.split(" RETURNING")[0]
        row.pk = None
        insert(row)
        stored = type(row)._base_manager.get(pk=row.pk)
        names = [each.attname for each in row._meta.concrete_fields if not each.generated]
        assert [getattr(stored, name) for name in names] == [getattr(row, name) for name in names]
        assert not row._state.adding


def test_many_rows_of_values_are_those_that_django_inserts(
    learner: User, deck: Deck, cards: list[Card]
) -> None:
    """Also where columns are not named, and where values are empty. The values of a JSON column are texts."""
    for row in rows(learner, deck, cards[0])[1:]:
        model, found = type(row), []
        columns = [each for each in row._meta.concrete_fields if not (each.generated or each.primary_key)]
        named = [each.attname for each in columns if getattr(row, each.attname) != each.get_default()]
        for names in (named, [each.attname for each in columns]):
            insert_rows(model, names, [[getattr(row, name) for name in names]])
            found += model._base_manager.values(*(each.attname for each in columns))
            model._base_manager.all().delete()
        row.save(force_insert=True)
        (djangos,) = model._base_manager.values(*(each.attname for each in columns))
        assert found == [djangos, djangos]
    insert_rows(DayTotal, ["learner_id"], [])


def test_defaults_are_made_for_each_statement(learner: User) -> None:
    for title in ("one", "other"):
        insert_rows(Deck, ["owner_id", "title"], [[learner.pk, title]])
    one, other = Deck.objects.filter(owner=learner)
    assert one.slug != other.slug
    assert one.created_at < other.created_at or other.created_at < one.created_at


def test_saved_fields_are_those_that_django_saves(learner: User, deck: Deck, cards: list[Card]) -> None:
    row = CardProgress.objects.create(learner=learner, deck=deck, card=cards[0], side="term")
    names = CardProgress.DERIVED
    row.level, row.peak, row.last_reviewed_at, row.last_day = 2, 3, NOON, NOON.date()
    for changes in ({}, {"due": NOON + timedelta(days=1), "stability": 1.5, "difficulty": 5.0, "state": 2}):
        for name, value in changes.items():
            setattr(row, name, value)
        row.last_recalled_at = NOON if changes else None
        save(row, *names)
        stored = CardProgress.objects.get(pk=row.pk)
        assert [getattr(stored, name) for name in names] == [getattr(row, name) for name in names]
