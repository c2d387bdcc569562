"""The longest request and the longest transaction of importing and exporting large decks.

    python -m tests.load.slices                        # 10,000 cards of each kind
    python -m tests.load.slices --cards 100000 anki    # more, of one kind

Each kind has a process and a database of its own. A file is handed in, looked at, imported into a new deck,
imported again into that deck, and the deck is exported as each kind of file, as a browser does all of it. Prints
for each part the seconds in all, the number of requests, and the longest request and transaction. Ends with 1
above MOST_SECONDS of a request or MOST_OF_A_TRANSACTION, or where a card or an answer is not written once.
"""

import argparse
import atexit
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.load.written import NotWrittenError, counted, expect

MOST_SECONDS, MOST_OF_A_TRANSACTION = 0.8, 0.5
KINDS = ("text", "anki", "archive")
ANSWERS = {"text": 0, "anki": 2, "archive": 2}
"""Of each card."""
AT = 1_772_000_000_000
DAY = 86_400_000


def text(cards: int) -> tuple[str, bytes]:
    rows = (
        f"Term **{n}**\tThe definition of $x_{{{n}}}^2 + \\frac{{{n}}}{{2}}$ and more\n" for n in range(cards)
    )
    return "Many.txt", "".join(rows).encode()


def anki(cards: int) -> tuple[str, bytes]:
    """A package with a formula on each card, twenty tags, and two answers of every card."""
    from tests.cards.formats.packages import note, package

    def fields(n: int) -> list[str]:
        return [f"Term <b>{n}</b>", f"The definition of \\(x_{{{n}}}^2 + \\frac{{{n}}}{{2}}\\) and more"]

    learned = {"type": 2, "queue": 2, "due": 800, "ivl": 9}
    notes = [note(fields(n), guid=f"guid{n}", tags=f"tag{n % 20}", **learned) for n in range(cards)]
    reviews = [(10 * n, AT + n + DAY * day, 3, 4, 5_000, 1) for n in range(1, cards + 1) for day in range(2)]
    return "Many.apkg", package(notes, reviews=reviews)


def archive(cards: int) -> tuple[str, bytes]:
    """An archive with two answers of every card and a star on each tenth."""
    from datetime import UTC, datetime

    from cards.formats.archive import write_archive
    from cards.formats.types import ParsedCard, ParsedDeck

    def review(n: int, day: int) -> dict[str, object]:
        at = datetime.fromtimestamp((AT + n + day * DAY) / 1000, UTC)
        answer = {"mode": "spaced", "side": "definition", "kind": "flip", "evidence": "recall"}
        said = {"verdict": "correct", "rating": 3, "study_day": at.date().isoformat()}
        return {"card": f"key{n}", **answer, **said, "reviewed_at": at.isoformat()}

    every = (
        ParsedCard(f"Term **{n}**", f"The definition of $x_{{{n}}}$", key=f"key{n}", tags=(f"tag{n % 20}",))
        for n in range(cards)
    )
    records = {
        "reviews": (review(n, day) for n in range(cards) for day in range(2)),
        "marks": ({"card": f"key{n}", "side": "definition", "starred": True} for n in range(0, cards, 10)),
    }
    file = io.BytesIO()
    write_archive(file, deck=ParsedDeck((), title="Many"), cards=every, records=records)
    return "Many.zip", file.getvalue()


class Watch:
    """Notes how long requests and transactions take."""

    def __init__(self) -> None:
        from django.db.transaction import Atomic

        self.requests: list[tuple[float, str]] = []
        self.transactions: list[float] = []
        self.open, self.since = 0, 0.0
        self.wrap(Atomic)

    def wrap(self, atomic: type) -> None:
        enter, leave = atomic.__enter__, atomic.__exit__

        def entered(this: object) -> object:
            result = enter(this)
            self.open += 1
            if self.open == 1:
                # From now on: the lock is held.
                self.since = time.perf_counter()
            return result

        def left(this: object, *error: object) -> object:
            try:
                return leave(this, *error)
            finally:
                self.open -= 1
                if not self.open:
                    self.transactions.append(time.perf_counter() - self.since)

        atomic.__enter__, atomic.__exit__ = entered, left

    @contextmanager
    def request(self, what: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.requests.append((time.perf_counter() - started, what))

    def tell(self, part: str) -> bool:
        """Print a line for what has happened since the last; whether all of it was quick enough."""
        longest, what = max(self.requests)
        transaction = max(self.transactions, default=0.0)
        total = sum(seconds for seconds, _ in self.requests)
        print(
            f"{part:<22}{total:7.2f} s in {len(self.requests):4} requests; "
            f"the longest {longest:5.2f} s ({what}), transaction {transaction:5.2f} s",
            flush=True,
        )
        self.requests, self.transactions = [], []
        return longest <= MOST_SECONDS and transaction <= MOST_OF_A_TRANSACTION


class Browser:
    """Uploads, imports and exports as a browser does, with a user logged in."""

    def __init__(self, watch: Watch) -> None:
        from django.conf import settings
        from django.test import Client
        from django.test.utils import setup_test_environment

        from studysite.accounts.models import User

        # So that responses have the context of their templates.
        setup_test_environment()
        settings.ACCOUNT_RATE_LIMITS = {}
        self.watch, self.client = watch, Client()
        self.client.force_login(User.objects.create_user("slices@example.org", name="Sina Slices"))
        self.client.get("/import/")

    def post(self, what: str, address: str, data: dict | None = None):
        with self.watch.request(what):
            response = self.client.post(address, data or {})
            if response.streaming:
                b"".join(response.streaming_content)
        assert response.status_code in (200, 302), (address, response.status_code)
        return response

    def get(self, what: str, address: str):
        with self.watch.request(what):
            response = self.client.get(address)
            file = b"".join(response.streaming_content) if response.streaming else b""
        assert response.status_code in (200, 302), (address, response.status_code)
        return response, file

    def preview(self, name: str, data: bytes, address: str = "/import/"):
        """Hand a file in and wait for its preview; its address and page."""
        from django.core.files.uploadedfile import SimpleUploadedFile

        given = {"text": "", "file": SimpleUploadedFile(name, data)}
        response = self.post("handing in", address, given)
        assert response.status_code == 302, response.context["form"].errors
        address = response["Location"]
        while True:
            page, _ = self.get("opening the preview", address)
            if page.context and "options" in page.context:
                return address, page
            self.post("reading", f"{address}go-on/")

    def bring_in(self, address: str, page) -> str:
        """Import what the preview shows; the deck's address."""
        shown = {
            field.html_name: getattr(field.value(), "slug", field.value())
            for form in (page.context["options"], page.context["into"])
            for field in form
            if field.value()
        }
        response = self.post("importing", address, {**shown, "do": "import"})
        while response["Location"] == address:
            response = self.post("going on", f"{address}go-on/")
        return response["Location"]

    def take_out(self, deck: str, kind: str) -> bytes:
        """Export a deck; the file."""
        _, file = self.get("exporting", f"{deck}export/{kind}/")
        if file:
            return file
        address = self.post("preparing", f"{deck}export/{kind}/prepare/")["Location"]
        while not (found := re.search(r'href="([^"]*/file/)"', self.get("looking", address)[0].text)):
            self.post("going on", f"{address}go-on/")
        return self.get("fetching", found[1])[1]


def measure(kind: str, cards: int) -> bool:
    from studysite.server.prepare import prepare, start_django

    start_django()
    prepare()
    from cards.models import Card
    from sessions_app.models import Review

    name, data = globals()[kind](cards)
    print(f"{kind}: {cards:,} cards, {len(data) / 2**20:.1f} MB", flush=True)
    browser = Browser(watch := Watch())
    page = browser.preview(name, data)
    well = watch.tell("look")
    answers = cards * ANSWERS[kind]
    with counted("cards", Card.objects, cards), counted("answers", Review.objects, answers):
        deck = browser.bring_in(*page)
    well &= watch.tell("import")
    page = browser.preview(name, data, f"{deck}import/")
    well &= watch.tell("look again")
    with counted("cards again", Card.objects), counted("answers again", Review.objects):
        browser.bring_in(*page)
    well &= watch.tell("import again")
    for export in ("tab", "comma", "excel", "markdown", "anki", "archive", "history"):
        file = browser.take_out(deck, export)
        expect(f"{export}, cards", sent=cards, written=cards_in(file))
        well &= watch.tell(f"{export}, {len(file) / 2**20:.1f} MB")
    return well


def cards_in(file: bytes) -> int:
    """The cards of an export; in a text, counted by a piece of each definition."""
    from cards.formats.detect import read_file

    if not file.startswith(b"PK"):
        return file.count(b"The definition of")
    with read_file(io.BytesIO(file)) as parsed:
        return sum(1 for _ in parsed)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"of {', '.join(KINDS)}")
    parser.add_argument("--cards", type=int, default=10_000)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.here:
        try:
            sys.exit(not measure(args.kinds[0], args.cards))
        except NotWrittenError as error:
            sys.exit(f"{args.kinds[0]}: {error}")
    wrong = 0
    for kind in args.kinds or KINDS:
        folder = tempfile.mkdtemp(prefix="studysite-slices-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        environment = {**os.environ, "DATA_DIR": folder, "LOG_LEVEL": "ERROR"}
        environment.pop("DATABASE_URL", None)
        command = [sys.executable, "-m", "tests.load.slices", "--here", kind, "--cards", str(args.cards)]
        wrong |= subprocess.run(
            command, env=environment, check=False, cwd=Path(__file__).parents[2]
        ).returncode
    sys.exit(wrong)


if __name__ == "__main__":
    main()
