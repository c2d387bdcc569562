"""Writes many rows by statements that SQLite and PostgreSQL both understand."""

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, models

BATCH = 1_000


@contextmanager
def helper_table(name: str, columns: Sequence[str]) -> Iterator[None]:
    """A temporary table of whole numbers, with an index on its first column."""
    typed = ", ".join(f"{column} bigint" for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {name} ({typed})")
        cursor.execute(f"CREATE INDEX {name}_index ON {name} ({columns[0]})")
        yield
        cursor.execute(f"DROP TABLE {name}")


def fill(table: str, rows: Iterable[Sequence[int]]) -> None:
    """Add rows to a helper table, and let the database know how many they are."""
    rows = iter(rows)
    with connection.cursor() as cursor:
        while chunk := list(itertools.islice(rows, BATCH)):
            values = ", ".join(str(tuple(row)).replace(",)", ")") for row in chunk)
            cursor.execute(f"INSERT INTO {table} VALUES {values}")
        cursor.execute(f"ANALYZE {table}" if connection.vendor == "postgresql" else "SELECT 1")


def columns_of(model: type[models.Model]) -> list[Any]:
    """The fields that have a column, except the primary key."""
    return [field for field in model._meta.concrete_fields if not field.primary_key]


def copies(model: type[models.Model], given: Collection[str]) -> dict[str, str]:
    """The SQL of all columns but those ``given``: as they are in the row ``model``."""
    names = [field.column for field in columns_of(model)]
    return {name: f"model.{name}" for name in names if name not in given}


def insert(prototype: models.Model, given: Mapping[str, str], *, source: str) -> None:
    """Insert a row for each row of ``source``: ``given`` has the SQL of some columns, ``prototype`` all others."""
    fields = columns_of(type(prototype))
    values = [
        field.get_db_prep_save(getattr(prototype, field.attname), connection)
        for field in fields
        if field.column not in given
    ]
    names = ", ".join(field.column for field in fields)
    sql = ", ".join(given.get(field.column, "%s") for field in fields)
    # Where there are values, a percent sign has to be doubled.
    source = source.replace(" % ", " %% ") if values else source
    with connection.cursor() as cursor:
        table = type(prototype)._meta.db_table
        cursor.execute(f"INSERT INTO {table} ({names}) SELECT {sql} FROM {source}", values or None)
