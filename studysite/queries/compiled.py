"""Query sets that are compiled once, for the statements that every answer runs.

Django builds the SQL of a query set anew each time, which takes several times as long as running it. A function
that is decorated with `compiled` still returns an ordinary query set. Its first call compiles it; later calls send
the same SQL with other values, and get the same rows or objects from Django.

Where a value stands in the SQL is found by compiling the query set twice, with different probes in place of the
values. Where that is not clear, Django builds every statement, as it would without this module.

This relies on two undocumented parts of Django: the compiler of a query, and how a query set iterates.
tests/studysite/queries/test_compiled.py compares what is sent with what Django itself would send.
"""

import copy
import itertools
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, Generic, ParamSpec, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model, QuerySet
from django.db.models.sql import UpdateQuery
from django.db.transaction import TransactionManagementError

logger = logging.getLogger(__name__)

MOST_FORMS = 200
"""So many forms of one statement are kept. Then all of them are dropped, so that memory stays bounded."""

CHUNK = 2_000
"""So many rows are read at a time, as by Django."""

NOT_COMPILED: Any = object()
"""Stands for a form of which nothing is known yet; None means that Django builds it."""

P = ParamSpec("P")
Row = TypeVar("Row")
Changes = tuple[QuerySet[Any, Any], Mapping[str, Any]]


def compiled(build: Callable[P, QuerySet[Any, Row]]) -> "CompiledQuery[P, Row]":
    """Let the SQL of the query set that ``build`` returns be compiled once.

    Positional arguments may change the statement: a limit, or a choice. It is compiled for each combination of
    them. Keyword arguments are the values that it compares with: numbers, texts, dates, instants, or tuples of
    them for a list. ``build`` only passes them on to the query set. None, a truth value and the length of a tuple
    are parts of the statement. See `padded` for lists of any length.

    ``build`` is called with probes, so it must not depend on the values otherwise. What comes from a browser must
    never be a positional argument, or the length of a tuple: each would be compiled, and replace others.
    """
    return CompiledQuery(build)


def compiled_update(build: Callable[P, Changes]) -> "CompiledUpdate[P]":
    """The same for a function that returns a query set and the new values for its rows."""
    return CompiledUpdate(build)


def padded(keys: Sequence[int]) -> tuple[int, ...]:
    """``keys`` for a condition "in", whose number is the next power of two: the last one is repeated."""
    if not keys:
        return ()
    length = 1 << (len(keys) - 1).bit_length()
    return (*keys, *[keys[-1]] * (length - len(keys)))


@dataclass(frozen=True, slots=True)
class Place:
    """The argument that a place of a statement gets its value from; ``item`` is the number in a tuple."""

    name: str
    item: int | None = None

    def value_of(self, given: Mapping[str, Any]) -> Any:
        value = given[self.name]
        return value if self.item is None else value[self.item]


@dataclass(frozen=True, slots=True)
class Statement:
    """A compiled statement: its SQL, its parameters with a `Place` for each value, and what compiled it."""

    sql: str
    params: tuple[Any, ...]
    source: Any

    def params_for(self, given: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple(adapted(one.value_of(given)) if type(one) is Place else one for one in self.params)


class CompiledStatement(Generic[P]):
    """What queries and updates have in common: a `Statement` for each form."""

    instances: "list[CompiledStatement[Any]]" = []

    def __init__(self, build: Callable[P, Any]) -> None:
        self.build = build
        self.__doc__, self.__name__ = build.__doc__, build.__name__
        self._statements: dict[Any, Statement | None] = {}
        self.instances.append(self)

    def compile(self, *args: Any, **values: Any) -> tuple[str, Sequence[Any], Any]:
        """The SQL and parameters that Django sends for these arguments, and the query set or query behind them."""
        raise NotImplementedError

    def statement(self, args: tuple[Any, ...], given: Mapping[str, Any]) -> Statement | None:
        """The statement for these arguments; None if Django has to build it."""
        form = (connection().vendor, args, *[(name, form_of(value)) for name, value in given.items()])
        # Read once, and answered from what was read: another thread may drop all forms at any time.
        known = self._statements.get(form, NOT_COMPILED)
        if known is not NOT_COMPILED:
            return known
        statement = self._bind(args, given)
        if len(self._statements) >= MOST_FORMS:
            self._statements.clear()
        self._statements[form] = statement
        return statement

    def _bind(self, args: tuple[Any, ...], given: Mapping[str, Any]) -> Statement | None:
        one, other = probes(given, 1), probes(given, 2)
        try:
            sql, params, source = self.compile(*args, **one)
            other_sql, other_params, _ = self.compile(*args, **other)
        except EmptyResultSet:
            return None
        places = {
            (adapted(place.value_of(one)), adapted(place.value_of(other))): place
            for place in places_of(given)
        }
        # What the probes change is a value; everything else is part of the statement.
        changed = [pair for pair in zip(params, other_params, strict=False) if pair[0] != pair[1]]
        if sql != other_sql or set(changed) != set(places):
            logger.warning("Django builds each statement of %s: a value is not clear.", self.__name__)
            return None
        pairs = zip(params, other_params, strict=True)
        return Statement(
            sql, tuple(places[pair] if pair[0] != pair[1] else pair[0] for pair in pairs), source
        )


class CompiledQuery(CompiledStatement[P], Generic[P, Row]):
    """A query set that is compiled once."""

    def __call__(self, *args: P.args, **given: P.kwargs) -> list[Row]:
        """The rows or objects that the query set has for these arguments."""
        return list(self._rows(args, given))

    def iterate(self, *args: P.args, **given: P.kwargs) -> Iterator[Row]:
        """The same, read bit by bit, as by ``QuerySet.iterator``."""
        return self._rows(args, given, chunked_fetch=True, chunk_size=CHUNK)

    def _rows(self, args: tuple[Any, ...], given: Mapping[str, Any], **reading: Any) -> Iterator[Row]:
        statement = self.statement(args, given)
        if statement is None:
            rows = self.build(*args, **given)
            return rows.iterator(CHUNK) if reading else iter(rows)
        ready, _ = statement.source
        # A copy, since threads share the statement. Not `copy.copy`, which would fetch the rows.
        copied = object.__new__(type(ready))
        copied.__dict__ = ready.__dict__ | {"_query": CompiledSelect(statement, given)}
        return iter(copied._iterable_class(copied, **reading))

    def first(self, *args: P.args, **given: P.kwargs) -> Row | None:
        """The first of them. The query set finds at most one, or has a limit."""
        return next(iter(self(*args, **given)), None)

    def compile(self, *args: Any, **values: Any) -> tuple[str, Sequence[Any], Any]:
        query_set = self.build(*args, **values)
        compiler = query_set.query.get_compiler(query_set.db)
        sql, params = compiler.as_sql()
        converters = compiler.get_converters([column for column, *_ in compiler.select])
        compiler.get_converters = lambda columns: converters
        return sql, params, (query_set, compiler)


class CompiledSelect:
    """Stands for the query of a query set: its compiler has its SQL already."""

    def __init__(self, statement: Statement, given: Mapping[str, Any]) -> None:
        self.statement, self.given = statement, given

    def __getattr__(self, name: str) -> Any:
        return getattr(self.statement.source[0].query, name)

    def get_compiler(self, using: str) -> Any:
        # A copy, since each thread has a connection of its own.
        compiler = copy.copy(self.statement.source[1])
        compiler.connection = connections[using]
        # Django checks this only when it builds the SQL.
        locks = self.select_for_update and compiler.connection.features.has_select_for_update
        if locks and compiler.connection.get_autocommit():
            raise TransactionManagementError(f"{self.statement.sql} locks rows outside of a transaction.")
        compiler.as_sql = lambda: (self.statement.sql, self.statement.params_for(self.given))
        return compiler


class CompiledUpdate(CompiledStatement[P]):
    """An update of rows that is compiled once."""

    def __call__(self, *args: P.args, **given: P.kwargs) -> int:
        """Update the rows, and return their number."""
        statement = self.statement(args, given)
        if statement is None:
            query_set, changes = self.build(*args, **given)
            return int(query_set.update(**changes))
        with connection().cursor() as cursor:
            cursor.execute(statement.sql, statement.params_for(given))
            return int(cursor.rowcount)

    def compile(self, *args: Any, **values: Any) -> tuple[str, Sequence[Any], Any]:
        query_set, changes = self.build(*args, **values)
        query = query_set.query.chain(UpdateQuery)
        query.add_update_values(changes)
        query.clear_select_clause()
        return (*query.get_compiler(query_set.db).as_sql(), query)


# --- Objects and rows


def insert(row: Model) -> None:
    """Insert a new object, as ``save(force_insert=True)`` does without signals, and set its primary key."""
    sql, columns = _insert_sql(type(row), connection().vendor)
    with connection().cursor() as cursor:
        cursor.execute(sql, [stored(field, field.pre_save(row, add=True)) for field in columns])
        row.pk = cursor.fetchone()[0]
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


def save(row: Model, *names: str) -> None:
    """Write these fields of an object that is stored already, as ``save(update_fields=names)`` without signals."""
    sql, columns = _update_sql(type(row), names, connection().vendor)
    with connection().cursor() as cursor:
        values = [stored(field, field.pre_save(row, add=False)) for field in columns]
        cursor.execute(sql, [*values, row.pk])


@cache
def _insert_sql(model: type[Model], vendor: str) -> tuple[str, list[Any]]:
    quote = connection().ops.quote_name
    columns = [
        field for field in model._meta.local_concrete_fields if not (field.primary_key or field.generated)
    ]
    names = ", ".join(quote(field.column) for field in columns)
    table, key = quote(model._meta.db_table), quote(model._meta.pk.column)
    marks = ", ".join(["%s"] * len(columns))
    # Names of the models' own tables and columns, quoted.
    return f"INSERT INTO {table} ({names}) VALUES ({marks}) RETURNING {table}.{key}", columns  # noqa: S608


def insert_rows(model: type[Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert many rows of values, which are in the order of ``names``: the columns' names in Python (``attname``).

    The values are as their columns have them, or an enum's members; a column that is not named gets the default of
    its field, one for all rows, or an empty text. Nothing is returned and no signal is sent. Django's
    ``bulk_create`` prepares each value in half a dozen calls, which for a row of thirty columns takes ten times as
    long as to write it.
    """
    sql, rest, adapters = _insert_rows_sql(model, tuple(names), connection().vendor)
    defaults = [stored(field, field.get_default()) for field in rest]

    def prepared(row: Sequence[Any]) -> list[Any]:
        values = [*row, *defaults]
        for place, adapt in adapters:
            if values[place] is not None:
                values[place] = adapt(values[place])
        return values

    if values := list(map(prepared, rows)):
        with connection().cursor() as cursor:
            cursor.executemany(sql, values)


@cache
def _insert_rows_sql(
    model: type[Model], names: tuple[str, ...], vendor: str
) -> tuple[str, list[Any], list[tuple[int, Callable[[Any], Any]]]]:
    """The statement, the fields that are not named, and what makes values of instants and dates that are named."""
    quote, operations = connection().ops.quote_name, connection().ops
    by_name = {field.attname: field for field in model._meta.local_concrete_fields if not field.generated}
    rest = [field for name, field in by_name.items() if name not in names and not field.primary_key]
    columns = [*(by_name[name] for name in names), *rest]
    kinds = {
        "DateTimeField": operations.adapt_datetimefield_value,
        "DateField": operations.adapt_datefield_value,
    }
    adapters = [
        (place, kinds[field.get_internal_type()])
        for place, field in enumerate(columns[: len(names)])
        if field.get_internal_type() in kinds
    ]
    table = quote(model._meta.db_table)
    marks = ", ".join(["%s"] * len(columns))
    listed = ", ".join(quote(field.column) for field in columns)
    # Names of the models' own tables and columns, quoted.
    sql = f"INSERT INTO {table} ({listed}) VALUES ({marks})"  # noqa: S608
    return sql, rest, adapters


@cache
def _update_sql(model: type[Model], names: tuple[str, ...], vendor: str) -> tuple[str, list[Any]]:
    quote = connection().ops.quote_name
    columns: list[Any] = [model._meta.get_field(name) for name in names]
    changes = ", ".join(f"{quote(field.column)} = %s" for field in columns)
    table, key = quote(model._meta.db_table), quote(model._meta.pk.column)
    return f"UPDATE {table} SET {changes} WHERE {table}.{key} = %s", columns  # noqa: S608


def stored(field: Any, value: Any) -> Any:
    """``value`` as the database takes it for this field."""
    return field.get_db_prep_save(value, connection())


# --- Values


def connection() -> Any:
    return connections[DEFAULT_DB_ALIAS]


def form_of(value: Any) -> Any:
    """What of ``value`` is part of the statement."""
    if isinstance(value, tuple):
        return len(value)
    return value if value is None or isinstance(value, bool) else ""


def places_of(given: Mapping[str, Any]) -> Iterator[Place]:
    """The values that are not part of the statement."""
    for name, value in given.items():
        if isinstance(value, tuple):
            yield from (Place(name, item) for item in range(len(value)))
        elif form_of(value) == "":
            yield Place(name)


def probes(given: Mapping[str, Any], number: int) -> dict[str, Any]:
    """Values of the same types that differ from each other, from those of another number, and from common ones."""
    counter = itertools.count(1_000 + 15_000 * (number - 1))

    def probe(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(map(probe, value))
        if form_of(value) != "":
            return value
        return _probe_like(value, next(counter))

    return {name: probe(value) for name, value in given.items()}


def _probe_like(value: Any, number: int) -> Any:
    # At most 32,767, the largest number of the smallest column.
    if isinstance(value, datetime):
        return datetime(2001, 1, 1, tzinfo=UTC) + timedelta(seconds=number)
    if isinstance(value, date):
        return date(2001, 1, 1) + timedelta(days=number)
    if isinstance(value, str):
        return f"probe {number}"
    return float(number) if isinstance(value, float) else number


def adapted(value: Any) -> Any:
    """A value as Django gives it to the database."""
    kind = type(value)
    if kind is int or kind is str or kind is float:
        return value
    if isinstance(value, datetime):
        return connection().ops.adapt_datetimefield_value(value)
    if isinstance(value, date):
        return connection().ops.adapt_datefield_value(value)
    # Members of an enum.
    return int(value) if isinstance(value, int) else str(value)
