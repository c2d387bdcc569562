"""How much slower a deck of 10,000 cards is than one of 46, and how many answers a second one process takes.

    make bench
    python -m tests.load.bench --both-sides        # with cards that ask for both sides
    python -m tests.load.bench --import 100000     # only the import of a package of this many cards

Processor time (except answers a second), in turns in one run, so that ratios hold on a busy machine.
The learner has seen half of each deck, with --both-sides its definitions, and half of that is due. What was
written is counted in the database. Ends with 1 where it is not what was sent, or where a ratio is above its bound.
"""
# ruff: noqa: E402 (the settings have to be there before what reads them)

import argparse
import atexit
import itertools
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

FEW, MANY = 46, 10_000
ROUNDS = 15
SECONDS_OF_ANSWERS = 10
# How many questions a test from the large deck has, and the milliseconds that drawing it may take.
QUESTIONS, MOST_MILLISECONDS = 100, 300
WORST = 2.0
WORST_DRAWN = 2.5
"""Of a question that is drawn: from up to 200 due cards and 200 new ones, and the small deck has 35 of both."""
HTMX = {"HX-Request": "true", "HX-Target": "question"}

if __name__ == "__main__":
    from studysite.server.prepare import prepare, start_django

    DATA_DIR = tempfile.mkdtemp(prefix="studysite-bench-")
    os.environ.pop("DATABASE_URL", None)
    os.environ |= {"DATA_DIR": DATA_DIR, "LOG_LEVEL": "ERROR"}
    atexit.register(shutil.rmtree, DATA_DIR, ignore_errors=True)
    start_django()

from django.test import Client
from django.utils import timezone

from cards.editing.decks import refresh_deck
from cards.models import Card, Deck, SideChoice, Visibility
from cards.text.studied_side import sides_of
from sessions_app.models import CardProgress, Enrollment, Paper, Review
from sessions_app.study.days import study_day
from sessions_app.study.modes import test
from sessions_app.study.types import Level, State
from studysite.accounts.models import User
from tests.load import imports, pages
from tests.load.written import NotWrittenError, counted, expect

Ask = Callable[[Client, str], None]


@dataclass(frozen=True)
class Timed:
    """What is timed, how many reviews it writes, and what is done before each time, outside the time.

    ``most`` is the ratio between the decks that it may have.
    """

    ask: Ask
    reviews: int = 0
    before: Ask | None = None
    most: float = WORST


def make_deck(owner: User, count: int, side_choice: str = SideChoice.AUTO) -> Deck:
    fields = {"title": f"{count:,} cards", "visibility": Visibility.PUBLIC, "side_choice": side_choice}
    deck = Deck.objects.create(owner=owner, slug=f"bench-{count}", **fields)
    cards = [
        Card(deck=deck, position=n, term=f"Term {n}", definition=f"The **definition** of $x_{{{n}}}$")
        for n in range(count)
    ]
    for card in cards:
        card.prepare()
    Card.objects.bulk_create(cards, batch_size=500)
    refresh_deck(deck=deck)
    return deck


def study_half(learner: User, deck: Deck) -> None:
    """Half of the cards were recalled five days ago; every other one of these is due, today or since some days."""
    now = timezone.now()
    today = study_day(now, learner.zone)
    days = {"memory_day": today - timedelta(days=5), "last_recall_day": today - timedelta(days=5)}
    cards = deck.cards.in_order()[: deck.card_count // 2]
    rows = [
        CardProgress(
            learner=learner,
            deck=deck,
            card=card,
            side=sides_of(card.studied_side)[0],
            level=Level.RECALLED,
            peak=Level.RECALLED,
            recalls=1,
            recall_days=1,
            stability=5.0,
            difficulty=5.0,
            state=State.REVIEW,
            last_recalled_at=now - timedelta(days=5),
            last_reviewed_at=now - timedelta(days=5),
            **days,
            last_day=days["memory_day"],
            due=now + timedelta(days=later),
            due_day=today + timedelta(days=later),
        )
        for later, card in zip(itertools.cycle([0, 1, -1, 2]), cards)
    ]
    CardProgress.objects.bulk_create(rows, batch_size=500)
    Enrollment.objects.create(learner=learner, deck=deck, last_studied_at=now, new_per_day=999)
    Enrollment.objects.filter(learner=learner, deck=deck).recount()


def get(path: str, **headers: str) -> Timed:
    def ask(client: Client, deck: str) -> None:
        response = client.get(f"/decks/{deck}/{path}", headers=headers)
        assert response.status_code == 200, response.status_code

    return Timed(ask)


def answer(client: Client, deck: str) -> None:
    """Answer the open question; the timed part includes the page that shows it."""
    send_answer(client, deck, open_step(client.get(f"/decks/{deck}/spaced/").content))


def send_answer(client: Client, deck: str, step: int) -> bytes:
    return post(client, f"/decks/{deck}/spaced/answer/", {"step": step, "rating": "3"})


def learn(client: Client, deck: str) -> None:
    """Answer the open question of Learn wrongly; the page that shows it is timed too."""
    step = open_step(client.get(f"/decks/{deck}/learn/").content)
    post(client, f"/decks/{deck}/learn/answer/", {"step": step, "unknown": "1"})


def start_learning(client: Client, deck: str) -> None:
    """Start a round if none is open."""
    client.post(f"/decks/{deck}/learn/")


def post(client: Client, path: str, fields: dict[str, object]) -> bytes:
    """The part of the page that htmx swaps."""
    response = client.post(path, fields, headers=HTMX)
    assert response.status_code == 200, response.status_code
    return bytes(response.content)


def open_step(page: bytes) -> int:
    """The step that the page asks for."""
    step = pages.open_step(page.decode())
    assert step, "No question is open."
    return step


TIMED = {
    "deck page": get(""),
    "last card, shuffled": get(f"?card={MANY}&shuffle=7", **{**HTMX, "HX-Target": "card-viewer"}),
    "last page of terms": get("?page=999", **{**HTMX, "HX-Target": "terms"}),
    "editor": get("edit/"),
    "last page of editor": get("edit/?page=999", **{**HTMX, "HX-Target": "cards"}),
    "cards to tag": get("tags/"),
    "question": replace(get("spaced/"), most=WORST_DRAWN),
    "question and answer": Timed(answer, reviews=1, most=WORST_DRAWN),
    "the same in Learn": Timed(learn, reviews=1, before=start_learning),
}


def milliseconds(ask: Ask, client: Client, deck: str) -> float:
    started = time.process_time()
    ask(client, deck)
    return 1000 * (time.process_time() - started)


def measured(name: str, timed: Timed, client: Client, deck: str) -> float:
    """The milliseconds of one time. Raises NotWrittenError unless its reviews are written."""
    if timed.before:
        timed.before(client, deck)
    with counted(f"{name}, reviews", Review.objects, timed.reviews):
        return milliseconds(timed.ask, client, deck)


def compare(client: Client, few: Deck, many: Deck) -> list[str]:
    """Print a line for each page, and return those whose ratio is too large."""
    print(f"{'median ms':<22}{FEW:>8,}{MANY:>8,}   ratio")
    wrong = []
    for name, timed in TIMED.items():
        times: dict[str, list[float]] = {few.slug: [], many.slug: []}
        for _, slug in itertools.product(range(ROUNDS + 1), times):
            times[slug].append(measured(name, timed, client, slug))
        # The first of each fills caches.
        small, large = (statistics.median(values[1:]) for values in times.values())
        print(f"{name:<22}{small:8.1f}{large:8.1f}{large / small:8.2f}")
        if large / small > timed.most:
            wrong.append(f"{name}: above {timed.most}, so something grows with the deck.")
    return wrong


def answers_per_second(
    client: Client, deck: Deck, seconds: float = SECONDS_OF_ANSWERS
) -> tuple[float, float]:
    """How many answers one process takes in Spaced, and the milliseconds of processor time for each.

    Raises NotWrittenError if one has written no review.
    """
    step = open_step(client.get(f"/decks/{deck.slug}/spaced/").content)
    with counted("answers a second, reviews", Review.objects) as sent:
        started, work = time.perf_counter(), time.process_time()
        while time.perf_counter() - started < seconds:
            step = open_step(send_answer(client, deck.slug, step))
            sent.count += 1
        taken, work = time.perf_counter() - started, time.process_time() - work
    return sent.count / taken, 1000 * work / sent.count


def paper_milliseconds(client: Client, deck: Deck) -> float:
    """Processor time for drawing a test of all kinds of question, its page not counted."""

    def start(client: Client, deck: str) -> None:
        response = client.post(f"/decks/{deck}/test/", {"questions": QUESTIONS, "kinds": list(test.KINDS)})
        assert response.status_code == 302, response.status_code

    times = []
    for _ in range(ROUNDS):
        with counted("tests drawn", Paper.objects, 1):
            times.append(milliseconds(start, client, deck.slug))
        paper = Paper.objects.latest("pk")
        expect("questions of a test", sent=QUESTIONS, written=paper.questions)
        client.post(f"/decks/{deck.slug}/test/discard/", {"paper": paper.pk})
    return statistics.median(times)


def main() -> None:
    try:
        bench()
    except NotWrittenError as error:
        sys.exit(str(error))


def bench() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--import", dest="cards", type=int, help="measure only the import of this many cards")
    parser.add_argument("--both-sides", action="store_true", help="each card asks for both sides")
    chosen = parser.parse_args()
    alone, side_choice = chosen.cards, SideChoice.BOTH if chosen.both_sides else SideChoice.AUTO
    prepare()
    slow = imports.compare(alone or imports.CARDS)
    if alone or slow:
        sys.exit(slow or 0)
    learner = User.objects.create_user("bench@example.org", name="Ben Bench")
    decks = [make_deck(learner, count, side_choice) for count in (FEW, MANY)]
    client = Client(headers={"host": "localhost"})
    client.force_login(learner)
    for deck in decks:
        study_half(learner, deck)
        client.post(f"/decks/{deck.slug}/spaced/")
    wrong = compare(client, *decks)
    rate, work = answers_per_second(client, decks[1])
    print(f"\n{rate:.0f} answers a second in one process, {work:.0f} ms of processor time each")
    drawn = paper_milliseconds(client, decks[1])
    print(f"{drawn:.0f} ms for a test of {QUESTIONS} questions from {MANY:,} cards")
    if drawn > MOST_MILLISECONDS:
        wrong.append(f"Above {MOST_MILLISECONDS} ms: drawing a test is slow.")
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
