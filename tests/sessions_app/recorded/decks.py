"""The decks of the recorded sittings, and a learner's history in one of them."""

from datetime import datetime, timedelta

from cards.editing.decks import refresh_deck
from cards.models import Card, Deck, Tag, TwinPair
from sessions_app.models import CardProgress, Enrollment
from sessions_app.study.types import Level, State
from studysite.accounts.models import User

COLOURS = (
    "amber azure beige black brown coral cream green grey ivory lilac olive pearl plum rose ruby".split()
)
BIRDS = "crane dove eagle falcon finch gull heron kite lark owl raven robin stork swan swift wren".split()
LONG = "a bird that sings in the morning, whose colour is"


def make_deck(owner: User, slug: str, cards: int, *, key: str = "c", **fields: object) -> Deck:
    """A public deck with the keys c0, c1 ...

    Most answers can be typed; every fifth one is long, every eleventh a list of lines.
    """
    deck = Deck.objects.create(owner=owner, slug=slug, title=slug, visibility="public", **fields)
    rows = [Card(deck=deck, key=f"{key}{n}", position=n, **_texts(n)) for n in range(cards)]
    for row in rows:
        row.prepare()
    Card.objects.bulk_create(rows)
    refresh_deck(deck=deck)
    deck.refresh_from_db()
    return deck


def with_ties(deck: Deck) -> Deck:
    """``deck`` with a tag on every third card, twins, accepted answers, and wrong options by its owner."""
    cards = list(deck.cards.in_order())
    tag = Tag.objects.create(owner=deck.owner, name="third")
    tag.cards.add(*cards[::3])
    for first, second, are_twins in ((1, 17, True), (4, 20, False)):
        TwinPair.objects.create(first=cards[first], second=cards[second], are_twins=are_twins)
    for card in cards[2::7]:
        card.accepted_definitions = [f"also {card.definition}"]
        card.save()
    for card in cards[3::9]:
        card.wrong_definitions = [f"wrong {card.key}", f"false {card.key}"]
        card.save()
    return deck


def study_before(learner: User, deck: Deck, *, due: int, later: int, steps: int, now: datetime) -> None:
    """Give the learner progress on the deck's first cards, as if they had studied them.

    ``due`` cards are due by now, with few different days and memories, so that many are equal; ``later`` ones on
    later days. ``steps`` ones are in a same-day step, some of them due in some minutes.
    """
    enrollment = Enrollment.objects.create(learner=learner, deck=deck, new_per_day=5)
    cards = list(deck.cards.in_order().values_list("pk", "studied_side"))
    rows = []
    for number, (card, side) in enumerate(cards[: due + later + steps]):
        if number < due:
            memory = _reviewed(
                now, days_ago=10 + number % 4, interval=10 - number % 3, stability=4 + number % 3
            )
        elif number < due + later:
            memory = _reviewed(now, days_ago=2, interval=3 + number % 20, stability=5 + number % 7)
        else:
            memory = _in_step(now, minutes=(number - due - later) * 5 - 20)
        rows.append(CardProgress(learner=learner, deck=deck, card_id=card, side=side, recalls=2, **memory))
    CardProgress.objects.bulk_create(rows)
    Enrollment.objects.filter(pk=enrollment.pk).recount()


def _reviewed(now: datetime, *, days_ago: int, interval: int, stability: float) -> dict[str, object]:
    last = now - timedelta(days=days_ago)
    due = last + timedelta(days=interval)
    return {
        "level": Level.LEARNED,
        "peak": Level.LEARNED,
        "state": State.REVIEW,
        "stability": float(stability),
        "difficulty": 5.0,
        "due": due,
        "due_day": due.date(),
        "last_recalled_at": last,
        "last_reviewed_at": last,
        "memory_day": last.date(),
        "last_day": last.date(),
        "recall_days": 1,
        "last_recall_day": last.date(),
    }


def _in_step(now: datetime, *, minutes: int) -> dict[str, object]:
    last, due = now - timedelta(minutes=40), now + timedelta(minutes=minutes)
    relearning = _reviewed(now, days_ago=0, interval=0, stability=1)
    return relearning | {
        "level": Level.RECALLED,
        "state": State.RELEARNING,
        "learning_step": 0,
        "due": due,
        "due_day": now.date(),
        "last_recalled_at": last,
        "last_reviewed_at": last,
    }


def _texts(number: int) -> dict[str, str]:
    colour, bird = COLOURS[number % 16], BIRDS[number // 16 % 16]
    answer = f"{colour} {bird}" + (f" {number // 256}" if number >= 256 else "")
    if number % 11 == 10:
        answer = f"- {colour}\n- {bird}\n- number {number}"
    elif number % 5 == 4:
        answer = f"{LONG} {answer} and no other"
    return {"term": f"Word {number}", "definition": answer}
