"""The queries of each page in large data: how many, how long they take, and which of them read a whole table.

    python -m tests.load.large_data && python -m tests.load.queries

Uses the database of DATA_DIR or DATABASE_URL, which `tests.load.large_data` has filled. Whatever a page writes is
rolled back. With ``--sql`` it prints the statements of the pages whose names contain the word; with ``--slow 5``
all statements that take more milliseconds. Each page is asked for several times, and the fastest time counts: the
machine is shared.
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

if __name__ == "__main__":
    from studysite.server.prepare import start_django

    start_django()

from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from cards.models import Deck
from sessions_app.study.modes import test
from studysite.accounts.models import User
from tests.load.plans import scanned

TIMES = 3
HTMX = {"HX-Request": "true"}
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Statement:
    """One statement of a page, with the seconds it took."""

    sql: str
    params: Any
    seconds: float


@dataclass
class Recorder:
    """Records what is sent to the database; used as Django's wrapper of executions."""

    statements: list[Statement] = field(default_factory=list)

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            if not many:
                self.statements.append(Statement(sql, params, time.perf_counter() - started))


@dataclass(frozen=True)
class Page:
    """A page by its address and who asks for it; with ``fields`` they are posted. ``part`` is what htmx swaps."""

    name: str
    who: str
    path: str
    fields: dict[str, Any] | None = None
    part: str = ""


@dataclass(frozen=True)
class Measured:
    """A page's statements, and its milliseconds at the fastest time: of the statements, and of this process.

    SQLite works in this process, PostgreSQL does not.
    """

    page: Page
    status: int
    statements: Sequence[Statement]
    database: float
    total: float


def pages() -> Iterator[Page]:
    """The pages to measure, in each deck of which there is a first one."""
    slugs = ["deck-1000-1", "deck-10000-1", "deck-100000-1"]
    for deck in Deck.objects.filter(slug__in=slugs).order_by("card_count"):
        yield from pages_of(deck)
    yield Page("home", "learner-1", "/")
    yield Page("home, last page", "learner-1", "/?page=99999")
    yield Page("home", "nobody", "/")
    for path in ("tags/", "tags/names/?q=top", "import/", "decks/removed/", "accounts/preferences/"):
        yield Page(path, "learner-1", f"/{path}")
    yield from admin_pages()


def pages_of(deck: Deck) -> Iterator[Page]:
    """The pages of studying a deck as the first learner, and of editing it as its owner."""
    start, size = f"/decks/{deck.slug}/", deck.card_count
    cards = list(deck.cards.in_order().values_list("pk", flat=True)[:: size - 1])
    owner = deck.owner.email.partition("@")[0]
    words = {"term": "harbour", "rare": f"{1_000_000 + size // 2}"}
    learner = {
        "page": "",
        "viewer, last card": f"?card={size}",
        "terms, last page": "?page=99999",
        "terms at a level": "?level=recalled",
        "terms, new": "?level=new&page=99999",
        "terms, fading": "?level=fading",
        "card": f"cards/{cards[0]}/",
        "marked": "marked/",
        "mixed up": "mixed-up/",
        "settings": "settings/",
        "start over": "start-over/",
        "matching": "matching/",
        "test": "test/",
        "spaced": "spaced/",
        "learn": "learn/",
        "tags": "tags/",
        "tags, last page": "tags/?page=99999",
        "tags, one tag": "tags/?tag=topic+3",
        "tags, a word": f"tags/?q={words['term']}",
        "tags, a rare word": f"tags/?q={words['rare']}",
        "copy": "copy/",
        "export": "export/",
    }
    owning = {
        "page with table": "",
        "editor": "edit/",
        "editor, last page": "edit/?page=99999",
        "editor, a word": f"edit/?q={words['term']}",
        "editor, a rare word": f"edit/?q={words['rare']}",
        "details": "edit/details/",
        "replace": "edit/replace/?find=harbour&replace=port",
        "removed cards": "edit/removed/",
        "reports": "edit/reports/",
        "overridden": "edit/overridden/",
        "edit card": f"cards/{cards[-1]}/edit/",
        "twins": f"cards/{cards[-1]}/twins/?q=harbour",
        "remove": "remove/",
        "import into": "import/",
    }
    for names, who in ((learner, "learner-1"), (owning, owner)):
        for name, path in names.items():
            yield Page(f"{name} of {size:,}", who, start + path)
    yield Page(f"viewer part of {size:,}", "learner-1", f"{start}?card={size}&shuffle=7", part="card-viewer")
    yield Page(f"terms part of {size:,}", "learner-1", f"{start}?page=9999", part="terms")
    for mode in ("spaced", "learn", "matching"):
        yield Page(f"start {mode} of {size:,}", "learner-1", f"{start}{mode}/", {})
    kinds = {"questions": 100, "kinds": list(test.KINDS)}
    yield Page(f"draw a test of {size:,}", "learner-1", f"{start}test/", kinds)
    some = list(deck.cards.in_order().values_list("pk", flat=True)[:1_000])
    tagged = {"name": "Chosen", "do": "tag", "card": some}
    yield Page(f"tag 1,000 of {size:,}", "learner-1", f"{start}tags/", tagged)
    yield Page(
        f"untag 1,000 of {size:,}", owner, f"{start}tags/", {**tagged, "do": "untag", "name": "Topic 1"}
    )
    yield Page(f"add a card to {size:,}", owner, f"{start}edit/add/", {"term": "One", "definition": "Two"})
    yield Page(f"place a card of {size:,}", owner, f"{start}cards/{cards[0]}/place/", {"place": size // 2})
    yield Page(f"remove a card of {size:,}", owner, f"{start}cards/{cards[0]}/remove/", {})


def admin_pages() -> Iterator[Page]:
    """Lists of the admin: the first and the last page, a search, and filters."""
    deck = Deck.objects.latest("card_count")
    lists = {
        "cards/card": (
            "",
            "?q=harbour",
            "?q=1000777",
            f"?deck={deck.pk}",
            "?p=9999",
            "?studied_side__exact=term",
        ),
        "cards/deck": ("", "?q=harbour", "?p=99", "?visibility__exact=link"),
        "cards/tag": ("", "?q=topic"),
        "cards/cardreport": ("",),
        "cards/twinpair": ("",),
        "accounts/user": ("", "?q=learner-77", "?p=99", "?is_staff__exact=1"),
        "accounts/invitation": ("",),
        "sessions_app/review": (
            "",
            "?q=learner-77",
            "?p=999",
            "?verdict__exact=wrong",
            "?mode__exact=spaced",
        ),
        "sessions_app/cardprogress": ("", "?q=learner-77", "?p=999", "?level__exact=4"),
        "sessions_app/enrollment": ("", "?q=learner-77"),
        "sessions_app/studysession": ("", "?q=learner-77"),
        "sessions_app/step": ("",),
    }
    for name, queries in lists.items():
        for query in queries:
            yield Page(f"admin {name} {query}", "admin", f"/admin/{name}/{query}")
    yield Page("admin", "admin", "/admin/")


def measured(client: Client, page: Page, times: int) -> Measured:
    """Ask for the page several times; what it writes is rolled back."""
    headers = {**HTMX, "HX-Target": page.part} if page.part else {}
    best: Measured | None = None
    for _ in range(times + 1):
        recorder = Recorder()
        with rolled_back(), connection.execute_wrapper(recorder):
            started = time.process_time()
            if page.fields is None:
                response = client.get(page.path, headers=headers)
            else:
                form = urlencode(page.fields, doseq=True)
                response = client.post(page.path, form, content_type=FORM, headers=headers)
            total = 1000 * (time.process_time() - started)
        database = 1000 * sum(one.seconds for one in recorder.statements)
        if best is None or total < best.total:
            best = Measured(page, response.status_code, recorder.statements, database, total)
    assert best
    return best


@contextmanager
def rolled_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def browser_of(who: str) -> Client:
    """A browser of who asks for a page; the admin is made if there is none."""
    client = Client(headers={"host": "localhost"})
    if who == "admin":
        admin = User.objects.filter(is_superuser=True).first()
        client.force_login(admin or User.objects.create_superuser("admin@example.org", name="Admin"))
    elif who != "nobody":
        client.force_login(User.objects.get(email=f"{who}@example.org"))
    return client


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--page", default="", help="only pages whose names contain this")
    parser.add_argument("--sql", action="store_true", help="print all statements")
    parser.add_argument(
        "--slow", type=float, default=1e9, help="print statements that take more milliseconds"
    )
    parser.add_argument("--times", type=int, default=TIMES)
    chosen = parser.parse_args()
    browsers: dict[str, Client] = {}
    print(f"{connection.vendor}, {timezone.now():%Y-%m-%d}\n")
    print("| page | status | queries | statements, ms | processor, ms | reads as a whole |")
    print("| --- | --- | --- | --- | --- | --- |")
    for page in pages():
        if chosen.page not in page.name:
            continue
        if page.who not in browsers:
            browsers[page.who] = browser_of(page.who)
        one = measured(browsers[page.who], page, chosen.times)
        scans = sorted({table for each in one.statements for table in scanned(each.sql, each.params)})
        print(
            f"| {page.name} | {one.status} | {len(one.statements)} | {one.database:.1f} | {one.total:.0f} "
            f"| {', '.join(scans)} |",
            flush=True,
        )
        for each in one.statements:
            if chosen.sql or 1000 * each.seconds > chosen.slow:
                print(f"    {1000 * each.seconds:.1f} ms: {each.sql} -- {str(each.params)[:300]}")


if __name__ == "__main__":
    main()
