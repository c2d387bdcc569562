"""The databases' indexes of the column ``words``: FTS5 on SQLite, GIN on PostgreSQL (docs/search.md).

Both get words that are already cut, and split them at spaces only. So no text configuration is involved, and the
hits are the same. The database keeps its index up to date in the transaction of each write, bulk writes included.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, F, Func

from cards.text.words import Word
from studysite.queries.chunks import chunked
from studysite.slices import Slice

MERGED_AT_ONCE = 500
"""Pages of SQLite's index that are merged in one transaction."""

VECTOR = "word_vector"
"""PostgreSQL's column that is indexed. The database makes it from ``words``; Django's models do not have it."""

GROUPS_AT_ONCE = 500
"""Groups that are named in one query to FTS5."""

TRIGGERS = ("insert", "delete", "update")
"""The writes after which SQLite updates its index."""


@dataclass(frozen=True)
class SearchIndex:
    """The index of a table. Its rows can be narrowed to values of ``group``, a column of whole numbers.

    ``is_present`` is the condition for rows that have not been removed.
    """

    table: str
    group: str = ""
    is_present: str = "removed_at IS NULL"

    @property
    def name(self) -> str:
        return f"{self.table}_words"

    @property
    def columns(self) -> list[str]:
        return ["words", self.group] if self.group else ["words"]


CARDS = SearchIndex("cards_card", "deck_id")
DECKS = SearchIndex("cards_deck")
TAGS = SearchIndex("cards_tag", is_present="TRUE")
INDEXES = (CARDS, DECKS, TAGS)


# --- Its tables


def create_indexes(connection: BaseDatabaseWrapper = connection) -> None:
    """Create what is missing, from the words that are stored.

    This runs after each `migrate`: on SQLite, a migration may make a table anew, which loses its triggers.
    """
    for index in INDEXES:
        with transaction.atomic(connection.alias), connection.cursor() as cursor:
            if not is_whole(index, connection, cursor):
                statements = postgresql_statements if connection.vendor == "postgresql" else sqlite_statements
                for statement in statements(index):
                    cursor.execute(statement)


def drop_indexes(connection: BaseDatabaseWrapper) -> None:
    for index in INDEXES:
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(f"ALTER TABLE {index.table} DROP COLUMN IF EXISTS {VECTOR}")
            else:
                for when in TRIGGERS:
                    cursor.execute(f"DROP TRIGGER IF EXISTS {index.name}_{when}")
                cursor.execute(f"DROP TABLE IF EXISTS {index.name}")


def is_whole(index: SearchIndex, connection: BaseDatabaseWrapper, cursor: Any) -> bool:
    if connection.vendor == "postgresql":
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [index.name])
        return bool(cursor.fetchone()[0])
    parts = (index.name, *(f"{index.name}_{when}" for when in TRIGGERS))
    cursor.execute("SELECT count(*) FROM sqlite_master WHERE name IN (%s, %s, %s, %s)", parts)
    return bool(cursor.fetchone()[0] == len(parts))


def postgresql_statements(index: SearchIndex) -> Iterator[str]:
    # Stored, because a scan that reads many rows would compute it for each.
    yield (
        f"ALTER TABLE {index.table} ADD COLUMN IF NOT EXISTS {VECTOR} tsvector"
        " GENERATED ALWAYS AS (array_to_tsvector(string_to_array(words, ' '))) STORED"
    )
    # Without a list of pending rows, which each search would read from its beginning to its end.
    yield f"CREATE INDEX {index.name} ON {index.table} USING gin ({VECTOR}) WITH (fastupdate = off)"


def sqlite_statements(index: SearchIndex) -> Iterator[str]:
    """Statements that make the index anew.

    It holds neither texts nor places: FTS5 reads the text of a row that changes from the table (external content).
    """
    name, table, columns = index.name, index.table, ", ".join(index.columns)
    new, old = (", ".join(f"{row}.{column}" for column in index.columns) for row in ("new", "old"))
    insert = f"INSERT INTO {name}(rowid, {columns}) VALUES (new.id, {new});"
    delete = f"INSERT INTO {name}({name}, rowid, {columns}) VALUES ('delete', old.id, {old});"
    changes = " OR ".join(f"old.{column} IS NOT new.{column}" for column in index.columns)
    yield f"DROP TABLE IF EXISTS {name}"
    yield (
        f"CREATE VIRTUAL TABLE {name} USING fts5({columns}, content='{table}', content_rowid='id',"
        " detail='column', columnsize=0, prefix='2 3', tokenize=\"ascii tokenchars '+#='\")"
    )
    for when, event, work in (
        ("insert", "INSERT", insert),
        ("delete", "DELETE", delete),
        ("update", f"UPDATE OF {columns}", delete + insert),
    ):
        condition = f"WHEN {changes} " if when == "update" else ""
        yield f"DROP TRIGGER IF EXISTS {name}_{when}"
        yield f"CREATE TRIGGER {name}_{when} AFTER {event} ON {table} {condition}BEGIN {work} END"
    yield f"INSERT INTO {name}({name}) VALUES ('rebuild')"


def rebuild_indexes() -> None:
    """Make all indexes anew from the words that are stored."""
    for index in INDEXES:
        with transaction.atomic(), connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(f"REINDEX INDEX {index.name}")
            else:
                cursor.execute(f"INSERT INTO {index.name}({index.name}) VALUES ('rebuild')")


def forget_deleted_words(*, slice_: Slice) -> bool:
    """Remove words from the indexes that no row has any more; return whether all are removed.

    Until then both databases only mark a deleted word: FTS5 until it merges the parts of its index, and GIN for
    ever. Call it outside any transaction.
    """
    for index in INDEXES:
        if slice_.is_over:
            return False
        if connection.vendor == "postgresql":
            if connection.in_atomic_block:
                return False
            with connection.cursor() as cursor:
                # Left behind if this was interrupted.
                cursor.execute(f"DROP INDEX IF EXISTS {index.name}_ccnew")
                cursor.execute(f"REINDEX INDEX CONCURRENTLY {index.name}")
        elif not merge(index, slice_):
            return False
    return True


def merge(index: SearchIndex, slice_: Slice) -> bool:
    """Merge the parts of SQLite's index into one, in short transactions; return whether it is done.

    A negative number begins (https://sqlite.org/fts5.html#the_merge_command). Nothing is left to do once a step
    writes less than two rows.
    """
    pages = -MERGED_AT_ONCE
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            before = connection.connection.total_changes
            cursor.execute(f"INSERT INTO {index.name}({index.name}, rank) VALUES ('merge', {pages})")
            if connection.connection.total_changes - before < 2:
                return True
        if slice_.is_over:
            return False
        pages = MERGED_AT_ONCE


# --- Questions to it


def fts5_query(index: SearchIndex, words: Collection[Word], groups: Collection[int] = ()) -> str:
    """The query in FTS5's language. Words hold no quotation marks, so nothing in them is an operator."""
    found = " AND ".join(f'"{word.text}"*' if word.is_prefix else f'"{word.text}"' for word in words)
    if not groups:
        return f"words : ({found})"
    among = " OR ".join(f'"{group}"' for group in groups)
    return f"words : ({found}) AND {index.group} : ({among})"


def tsquery(words: Collection[Word]) -> str:
    """The query in PostgreSQL's language. Words hold neither quotation marks nor backslashes."""
    return " & ".join(f"'{word.text}':*" if word.is_prefix else f"'{word.text}'" for word in words)


class HasWords(Func):
    """Whether a row has all of ``words``, of which there has to be one; a condition for `filter`."""

    output_field = BooleanField()

    def __init__(self, index: SearchIndex, words: Collection[Word]) -> None:
        self.index, self.words = index, words
        super().__init__(F("pk"))

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, tuple[str]]:
        name = self.index.name
        found = f"{self.key(compiler)} IN (SELECT rowid FROM {name} WHERE {name} MATCH %s)"
        return found, (fts5_query(self.index, self.words),)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, tuple[str]]:
        table, _, _ = self.key(compiler).rpartition(".")
        return f"{table}.{VECTOR} @@ %s::tsquery", (tsquery(self.words),)

    def key(self, compiler: Any) -> str:
        return str(compiler.compile(self.get_source_expressions()[0])[0])


def some_keys(index: SearchIndex, words: Collection[Word], *, limit: int) -> Sequence[int]:
    """The primary keys of up to ``limit`` present rows that have all ``words``, in any order."""
    query = tsquery(words) if connection.vendor == "postgresql" else fts5_query(index, words)
    return fetch(f"{matching(index)} LIMIT %s", query, limit)


def first_keys(
    index: SearchIndex, words: Collection[Word], *, groups: Sequence[int], limit: int
) -> Sequence[int]:
    """The primary keys of the first present rows that have all ``words``, in ascending order.

    ``groups`` are the values of the index's group to which the rows are narrowed.
    """
    if connection.vendor == "postgresql":
        statement = f"{matching(index)} AND {index.group} = ANY(%s) ORDER BY id LIMIT %s"
        return fetch(statement, tsquery(words), list(groups), limit)
    # FTS5 has the rows in this order, and its index has the groups. So it reads no more rows than it returns.
    statement = f"{matching(index)} ORDER BY {index.name}.rowid LIMIT %s"
    found = [
        key
        for chunk in chunked(groups, GROUPS_AT_ONCE)
        for key in fetch(statement, fts5_query(index, words, chunk), limit)
    ]
    return sorted(found)[:limit]


def matching(index: SearchIndex) -> str:
    """A statement for the keys of present rows that match a query, its first parameter."""
    name, table = index.name, index.table
    if connection.vendor == "postgresql":
        return f"SELECT id FROM {table} WHERE {VECTOR} @@ %s::tsquery AND {index.is_present}"
    return (
        f"SELECT {name}.rowid FROM {name} JOIN {table} ON {table}.id = {name}.rowid"
        f" WHERE {name} MATCH %s AND {index.is_present}"
    )


def fetch(statement: str, *parameters: Any) -> Sequence[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [key for (key,) in cursor.fetchall()]
