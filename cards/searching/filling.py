"""Cutting the words of rows that are stored already: after an upgrade, or after `loaddata`."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db import connections, transaction
from django.db.models import Model

from cards.text.words import words_of

FILLED_AT_ONCE = 2_000
"""Rows whose words are written in one statement."""

TEXTS: dict[str, Sequence[str]] = {
    "card": ("term", "definition"),
    "deck": ("title", "description"),
    "tag": ("name",),
}
"""The texts by whose words a row is found, by the name of its model; the first one is its title."""


def fill_words(
    model: type[Model], *, using: str = "default", on_progress: Callable[[int], object] = int
) -> int:
    """Cut the words of all rows of ``model`` again; return how many have changed.

    ``on_progress`` is called with the number of rows that were looked at. Each chunk is one transaction. Works
    with the models of a migration too.
    """
    looked_at = changed = last = 0
    while True:
        with transaction.atomic(using):
            rows = next_rows(model, using, after=last)
            if not rows:
                return changed
            new = [(words, key) for key, old, words in rows if words != old]
            write_words(model, new, using)
        last, looked_at, changed = rows[-1][0], looked_at + len(rows), changed + len(new)
        on_progress(looked_at)


def next_rows(model: type[Model], using: str, *, after: int) -> list[tuple[int, str, str]]:
    """The next rows by primary key, locked: the key, the stored words, and the words that their texts have."""
    texts = TEXTS[str(model._meta.model_name)]
    # Only cards and decks are erased; their words are gone with their texts.
    erased = ["erased_at"] if model._meta.model_name != "tag" else []
    rows: Any = model._base_manager.using(using).filter(pk__gt=after).order_by("pk").select_for_update()
    return [
        (row[0], row[1], "" if erased and row[-1] else words_of(*row[2 : 2 + len(texts)]))
        for row in rows.values_list("pk", "words", *texts, *erased)[:FILLED_AT_ONCE]
    ]


def write_words(model: type[Model], new: Sequence[tuple[str, int]], using: str) -> None:
    """Write new words, each before the key of its row."""
    connection, table = connections[using], model._meta.db_table
    if not new:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # One statement, where executemany would wait for each row.
            cursor.execute(
                f"UPDATE {table} SET words = new.words FROM unnest(%s::text[], %s::bigint[]) AS new(words, id)"
                f" WHERE {table}.id = new.id",
                [list(column) for column in zip(*new, strict=True)],
            )
        else:
            cursor.executemany(f"UPDATE {table} SET words = %s WHERE id = %s", new)
