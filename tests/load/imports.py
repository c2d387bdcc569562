"""Time and memory of importing an Anki package, compared with Anki's own import of the same file.

`tests.load.bench` runs it; Anki's only if its package ``anki`` is installed (requirements-dev.txt). Each of the
three runs in its own process, so that their costs are separate:
``python -m tests.load.imports make FILE CARDS [ANSWERS]``, ``... anki FILE``, and ``... ours FILE`` with a
database. ANSWERS are those to each card.
"""

import json
import os
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from contextlib import closing
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from tests.load.written import expect

CARDS = 10_000
PAIRS = 3
MOST_SECONDS, MOST_MEGABYTES = 5.0, 200
"""For `CARDS` cards: processor time of the preview and the import, and by how much the process may grow."""

MOST_FOR_ANSWERS = 4.0
"""Processor time for ten times as many answers: 100,000 cards with a million answers may take 90 s."""


DAY_MS = 86_400_000


def make(path: str, cards: int, answers: int = 0) -> None:
    """A package with a formula and a bold word on each card, and twenty tags."""
    import genanki

    template = {"name": "Card 1", "qfmt": "{{Front}}", "afmt": '{{FrontSide}}<hr id="answer">{{Back}}'}
    fields = [{"name": "Front"}, {"name": "Back"}]
    model = genanki.Model(1_607_392_319, "Basic", fields=fields, templates=[template])
    deck = genanki.Deck(2_059_400_110, "Measured")
    for n in range(cards):
        sides = [f"Term <b>{n}</b>", f"The definition of \\(x_{{{n}}}^2 + \\frac{{{n}}}{{2}}\\) and more"]
        deck.add_note(genanki.Note(model=model, fields=sides, tags=[f"tag{n % 20}"], guid=f"guid{n}"))
    genanki.Package(deck).write_to_file(path)
    if answers:
        with tempfile.TemporaryDirectory() as folder:
            with zipfile.ZipFile(path) as archive:
                archive.extractall(folder)
            add_answers(Path(folder) / "collection.anki2", answers)
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                for file in Path(folder).iterdir():
                    archive.write(file, file.name)


def add_answers(collection: Path, answers: int) -> None:
    """Answers to each card on days further and further apart, and the schedule and the memory after the last."""
    chance = random.Random(1)
    first_day = int(time.time()) // 86_400 - 400
    with closing(sqlite3.connect(collection)) as db:
        cards = [card for (card,) in db.execute("SELECT id FROM cards")]
        # Each card has an instant of its own in a day, since Anki knows an answer by its millisecond.
        step = DAY_MS // len(cards)
        for place, card in enumerate(cards):
            day, interval = first_day, 0
            for number in range(answers):
                day, last = day + interval, interval
                ease = chance.choice((1, 2, 3, 3, 3, 3, 4))
                interval = min(max(int(interval * 1.6), number + 1), 60) if ease > 1 else 1
                at, took = day * DAY_MS + place * step, chance.randint(1_000, 9_000)
                row = (at, card, -1, ease, interval, last, 2_500, took, int(number > 0))
                db.execute("INSERT INTO revlog VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
            memory = json.dumps({"s": interval * 1.1, "d": 5.0, "lrt": at // 1_000})
            schedule = (day - first_day + interval, interval, answers, memory, card)
            update = "UPDATE cards SET type = 2, queue = 2, due = ?, ivl = ?, reps = ?, data = ? WHERE id = ?"
            db.execute(update, schedule)
        db.execute("UPDATE col SET crt = ?", (first_day * 86_400 + 14_400,))
        db.commit()


def by_anki(path: str) -> tuple[float, int]:
    """Processor seconds of Anki's own import, into a new collection, and the cards that this has afterwards."""
    from anki.collection import Collection, ImportAnkiPackageRequest

    with tempfile.TemporaryDirectory() as folder:
        collection = Collection(str(Path(folder) / "collection.anki2"))
        started = time.process_time()
        collection.import_anki_package(ImportAnkiPackageRequest(package_path=path))
        seconds = time.process_time() - started
        cards = collection.card_count()
        collection.close()
    return seconds, cards


def by_us(path: Path) -> tuple[float, float, float, int, int, int]:
    """Processor seconds of the preview and of the import, and the growth of the process at most, in megabytes.

    Then the cards that were written, how many tags they have, and the answers that were written.
    """
    from studysite.server.prepare import start_django
    from studysite.server.serve import keep_what_is_loaded

    start_django()
    # As a worker of the server does.
    keep_what_is_loaded()
    from cards.importing import drafts, running
    from cards.importing.preview import comparing
    from cards.models import Card
    from cards.text.markdown import render
    from sessions_app.models import Review
    from studysite.accounts.models import User

    # The turns of a benchmark import into one database.
    owner = User.objects.create_user(f"import-{os.getpid()}@example.org", name="Ida Import")
    # Memory that the first card loads is not growth with the number of cards.
    render("$x$")
    with path.open("rb") as file:
        draft = drafts.make_draft(owner=owner, content=file, file_name=path.name)
    rows = [Card.objects.all(), Card.tags.through.objects.all(), Review.objects.all()]
    there = [kind.count() for kind in rows]
    before, started = megabytes(), time.process_time()
    preview = comparing.preview_file(draft)
    looked = time.process_time()
    running.begin(draft=draft, preview=preview, title="Measured")
    while not running.run(draft=draft):
        pass
    written = time.process_time()
    cards, tags, answers = (kind.count() - count for kind, count in zip(rows, there, strict=True))
    return looked - started, written - looked, megabytes() - before, cards, tags, answers


def megabytes() -> float:
    """The most memory that this process has held so far (`getrusage` would count its parent's too)."""
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def run(*args: str) -> str:
    command = [sys.executable, "-m", "tests.load.imports", *args]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


@dataclass(frozen=True)
class Taken:
    """What the import of a file has taken: processor seconds, and megabytes. ``anki`` is 0 without its package."""

    look: float
    write: float
    growth: float
    anki: float

    @property
    def seconds(self) -> float:
        return self.look + self.write


def taken(cards: int, answers: int = 0, pairs: int = PAIRS) -> Taken:
    """Import a file of this many cards here and into Anki, each in a process of its own: medians of several pairs.

    Each card has this many ``answers``. Raises NotWrittenError if one of them has not written what is in the file.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "measured.apkg"
        run("make", str(path), str(cards), str(answers))
        # In turns, so that a busy machine is equally busy for both.
        ours, anki = [], []
        for _ in range(pairs):
            ours.append(our_seconds(path, cards, answers))
            anki.append(anki_seconds(path, cards) if find_spec("anki") else 0.0)
    return Taken(*map(statistics.median, zip(*ours, strict=True)), statistics.median(anki))


def compare(cards: int, answers: int = 0) -> str:
    """Print what both take; what is wrong with it, in words, else an empty text. Raises NotWrittenError."""
    took = taken(cards, answers, pairs=1 if answers else PAIRS)
    beside = f", {took.seconds / took.anki:.1f} times Anki's {took.anki:.2f} s" if took.anki else ""
    ours = f"{took.look:.2f} s to look at, {took.write:.2f} s to import{beside}; {took.growth:.0f} MB more memory"
    print(f"{cards:,} cards of an .apkg, {cards * answers:,} answers: {ours}")
    if took.growth > MOST_MEGABYTES:
        return f"Above {MOST_MEGABYTES} MB: an import holds too much."
    most = (MOST_SECONDS * cards + MOST_FOR_ANSWERS * cards * answers / 10) / CARDS
    if took.seconds > most:
        return f"Above {most:.0f} s: importing is slow."
    return ""


def our_seconds(path: Path, cards: int, answers: int = 0) -> tuple[float, float, float]:
    """Seconds of looking at the file, and of importing it, and the megabytes of growth."""
    look, write, growth, *written = map(float, run("ours", str(path)).split())
    sent = {"cards": cards, "tags of cards": cards, "answers": cards * answers}
    for (what, count), there in zip(sent.items(), written, strict=True):
        expect(f"import, {what}", sent=count, written=int(there))
    return look, write, growth


def anki_seconds(path: Path, cards: int) -> float:
    seconds, written = run("anki", str(path)).split()
    expect("Anki's import, cards", sent=cards, written=int(written))
    return float(seconds)


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2], *map(int, sys.argv[3:]))
    elif sys.argv[1] == "anki":
        print(*by_anki(sys.argv[2]))
    else:
        print(*by_us(Path(sys.argv[2])))
