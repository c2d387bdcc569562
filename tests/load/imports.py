"""Time and memory of importing an Anki package, compared with Anki's own import of the same file.

`tests.load.bench` runs it; Anki's only if its package ``anki`` is installed (requirements-dev.txt). Each of the
three runs in its own process, so that their costs are separate:
``python -m tests.load.imports make FILE CARDS``, ``... anki FILE``, and ``... ours FILE`` with a database.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from tests.load.written import expect

CARDS = 10_000
PAIRS = 3
MOST_SECONDS, MOST_MEGABYTES = 5.0, 200
"""For `CARDS` cards: processor time of the preview and the import, and by how much the process may grow."""


def make(path: str, cards: int) -> None:
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


def by_us(path: Path) -> tuple[float, float, float, int, int]:
    """Processor seconds of the preview and of the import, and the growth of the process at most, in megabytes.

    Then the cards that were written, and how many tags they have.
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
    from studysite.accounts.models import User

    # The turns of a benchmark import into one database.
    owner = User.objects.create_user(f"import-{os.getpid()}@example.org", name="Ida Import")
    # Memory that the first card loads is not growth with the number of cards.
    render("$x$")
    with path.open("rb") as file:
        draft = drafts.make_draft(owner=owner, content=file, file_name=path.name)
    rows = [Card.objects.all(), Card.tags.through.objects.all()]
    there = [kind.count() for kind in rows]
    before, started = megabytes(), time.process_time()
    preview = comparing.preview_file(draft)
    looked = time.process_time()
    running.begin(draft=draft, preview=preview, title="Measured")
    while not running.run(draft=draft):
        pass
    written = time.process_time()
    cards, tags = (kind.count() - count for kind, count in zip(rows, there, strict=True))
    return looked - started, written - looked, megabytes() - before, cards, tags


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


def taken(cards: int, pairs: int = PAIRS) -> Taken:
    """Import a file of this many cards here and into Anki, each in a process of its own: medians of several pairs.

    Raises NotWrittenError if one of them has not written the cards of the file.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "measured.apkg"
        run("make", str(path), str(cards))
        # In turns, so that a busy machine is equally busy for both.
        ours, anki = [], []
        for _ in range(pairs):
            ours.append(our_seconds(path, cards))
            anki.append(anki_seconds(path, cards) if find_spec("anki") else 0.0)
    return Taken(*map(statistics.median, zip(*ours, strict=True)), statistics.median(anki))


def compare(cards: int) -> str:
    """Print what both take; what is wrong with it, in words, else an empty text. Raises NotWrittenError."""
    took = taken(cards)
    beside = f", {took.seconds / took.anki:.1f} times Anki's {took.anki:.2f} s" if took.anki else ""
    ours = f"{took.look:.2f} s to look at, {took.write:.2f} s to import{beside}; {took.growth:.0f} MB more memory"
    print(f"{cards:,} cards of an .apkg: {ours}")
    if took.growth > MOST_MEGABYTES:
        return f"Above {MOST_MEGABYTES} MB: an import holds too much."
    if took.seconds > MOST_SECONDS * cards / CARDS:
        return f"Above {MOST_SECONDS} s for each {CARDS:,} cards: importing is slow."
    return ""


def our_seconds(path: Path, cards: int) -> tuple[float, float, float]:
    """Seconds of looking at the file, and of importing it, and the megabytes of growth."""
    look, write, growth, *written = map(float, run("ours", str(path)).split())
    for what, count in zip(("cards", "tags of cards"), written, strict=True):
        expect(f"import, {what}", sent=cards, written=int(count))
    return look, write, growth


def anki_seconds(path: Path, cards: int) -> float:
    seconds, written = run("anki", str(path)).split()
    expect("Anki's import, cards", sent=cards, written=int(written))
    return float(seconds)


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2], int(sys.argv[3]))
    elif sys.argv[1] == "anki":
        print(*by_anki(sys.argv[2]))
    else:
        print(*by_us(Path(sys.argv[2])))
