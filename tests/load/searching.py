"""Time of searches among many cards, with SQLite in a directory of its own, or with --postgres on its own server.

    python -m tests.load.searching --cards 100000
    python -m tests.load.searching --cards 1000000 --postgres

Processor time of this process, and the time of the statements, which PostgreSQL runs in another: each the least of
many. Every fifth deck is public, and the learner owns one of them.
"""
# ruff: noqa: E402 (the settings have to be there before what reads them)

import argparse
import atexit
import itertools
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from http import HTTPStatus

from tests import postgres, programs

DECKS, ROUNDS, AT_ONCE = 300, 30, 5_000
RARE, COMMON = "zyxwv", "the"

if __name__ == "__main__":
    from studysite.server.prepare import start_django

    parser = argparse.ArgumentParser()
    parser.add_argument("--cards", type=int, default=100_000)
    parser.add_argument("--postgres", action="store_true")
    chosen = parser.parse_args()
    DATA_DIR, key = (
        tempfile.mkdtemp(prefix="studysite-search-"),
        "of-a-measurement-0123456789-abcdefghijklmnop",
    )
    atexit.register(shutil.rmtree, DATA_DIR, ignore_errors=True)
    # DEBUG: static files need not be collected. Its list of statements makes the page a little slower.
    os.environ |= {"DATA_DIR": DATA_DIR, "LOG_LEVEL": "ERROR", "SECRET_KEY": key, "DEBUG": "1"}
    os.environ.pop("DATABASE_URL", None)
    if chosen.postgres:
        directory = programs.find_postgres() or sys.exit(programs.NO_POSTGRES)
        stack = ExitStack()
        atexit.register(stack.close)
        server = stack.enter_context(postgres.server(directory))
        server.create()
        os.environ["DATABASE_URL"] = server.url
    start_django()

from django.core.management import call_command
from django.db import connection
from django.test import Client

from cards.models import Card, Deck, Visibility
from cards.searching.finding import find
from studysite.accounts.models import User
from studysite.queries.chunks import chunked


def make_cards(count: int) -> User:
    """Cards of twelve words each, frequent and rare ones as in a language; return an owner of one deck."""
    learner, other = (User.objects.create_user(f"{n}@example.org", name=n) for n in ("lena", "olga"))
    decks = [
        Deck.objects.create(
            owner=other if number else learner,
            title=f"Deck {number}",
            visibility=Visibility.PRIVATE if number % 5 else Visibility.PUBLIC,
        )
        for number in range(DECKS)
    ]
    for chunk in chunked(cards_of(decks, count), AT_ONCE):
        Card.objects.bulk_create(chunk)
    return learner


def cards_of(decks: list[Deck], count: int) -> Iterator[Card]:
    chance = random.Random(1)
    syllables = [first + vowel for first in "bcdfghklmnprst" for vowel in "aeiou"]
    vocabulary = ["".join(chance.choices(syllables, k=chance.randint(2, 4))) for _ in range(30_000)]
    weights = list(itertools.accumulate(1 / (number + 3) for number in range(len(vocabulary))))
    for number in range(count):
        words = chance.choices(vocabulary, cum_weights=weights, k=11)
        rare = f" {RARE}" if number % (count // 4) == 5 else ""
        card = Card(deck=decks[number % DECKS], key=str(number), position=number)
        card.term, card.definition = " ".join(words[:2]), f"{COMMON} {' '.join(words[2:])}{rare}"
        card.prepare()
        yield card


class Statements:
    """Adds up the seconds of statements."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self, execute, sql, params, many, context):
        started = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.seconds += time.perf_counter() - started


def measure(learner: User, text: str) -> tuple[float, float, str]:
    """Milliseconds of processor time, milliseconds of statements, and how many cards were found."""
    times, statements = [], []
    for _ in range(ROUNDS):
        timed = Statements()
        with connection.execute_wrapper(timed):
            started = time.process_time()
            cards = find(learner, text).cards
            times.append(time.process_time() - started)
        statements.append(timed.seconds)
    count = f"{cards.count}{'+' if cards.has_more else ''}"
    return min(times) * 1_000, min(statements) * 1_000, count


def page_time(learner: User, text: str, kind: str = "") -> float:
    """Milliseconds of processor time of the whole page, with the learner's session and rendering."""
    client, times = Client(SERVER_NAME="localhost"), []
    client.force_login(learner)
    for _ in range(ROUNDS):
        started = time.process_time()
        assert client.get("/search/", {"q": text, "kind": kind}).status_code == HTTPStatus.OK
        times.append(time.process_time() - started)
    return min(times) * 1_000


def main() -> None:
    call_command("migrate", verbosity=0)
    learner = make_cards(chosen.cards)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    queries = {"no card": "nosuchword", "a rare word": RARE, "its beginning": RARE[:3]}
    queries |= {"every card": COMMON, "two letters": COMMON[:2], "a syllable": "ka"}
    for what, text in queries.items():
        processor, statements, count = measure(learner, text)
        page, of_cards = page_time(learner, text), page_time(learner, text, "cards")
        print(
            f"{what:15}{processor:8.1f} ms, statements {statements:8.1f} ms, {count} cards; "
            f"page {page:5.1f} ms, of cards alone {of_cards:5.1f} ms"
        )


if __name__ == "__main__":
    main()
