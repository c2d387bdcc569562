"""The sittings of Spaced and Learn."""

from datetime import timedelta

from django.urls import reverse

from cards.editing.cards import add_card, edit_card, remove_cards
from cards.editing.decks import refresh_deck
from cards.editing.moving import move_cards, reask_cards, reorder_cards
from cards.models import Card, Tag
from studysite.accounts.models import User
from tests.sessions_app.recorded.decks import make_deck, study_before, with_ties
from tests.sessions_app.recorded.player import NOON, Player

ALL_KINDS = ["choice", "true_false", "flip", "typed"]


def short_spaced(player: Player) -> None:
    """A first day in Spaced, with an undone answer and a suspended card."""
    deck = make_deck(player.owner, "birds", 46, side_choice="definition")
    player.start(deck, "spaced", queue="due", new_per_day=12)
    player.study(deck, "spaced", 8)
    player.undo(deck, "spaced")
    player.aside(deck, "spaced", "suspended")
    player.wait(minutes=11)
    player.study(deck, "spaced", 6)
    player.total(deck)


def short_learn(player: Player) -> None:
    """A first round and a half of Learn."""
    deck = with_ties(make_deck(player.owner, "birds", 30, side_choice="definition"))
    player.start(deck, "learn")
    player.study(deck, "learn", 12)
    player.override("correct")
    player.total(deck)


def spaced_days(player: Player) -> None:
    """Two months in Spaced, with marks, undone answers, extra cards and every queue."""
    deck = with_ties(make_deck(player.owner, "birds", 46, side_choice="definition"))
    for day, gap in enumerate((0, 1, 1, 2, 5, 9, 21, 30)):
        player.wait(days=gap)
        player.start(deck, "spaced", queue="due", new_per_day=10)
        player.study(deck, "spaced", 14)
        player.mark(deck, f"c{day * 3}", "starred")
        if player.step(deck, "spaced"):
            player.aside(deck, "spaced", ("buried", "suspended")[day % 2])
        player.wait(minutes=12)
        player.study(deck, "spaced", 12, htmx=day % 2 == 0)
        player.undo(deck, "spaced", times=1 + day % 2)
        player.study(deck, "spaced", 40)
        player.finish(deck, "spaced")
        extra = (
            {"extra_new": 10},
            {"queue": "ahead"},
            {"queue": "weakest"},
            {"queue": "due", "starred": "on"},
        )
        player.start(deck, "spaced", **extra[day % 4])
        player.study(deck, "spaced", 15)
        player.finish(deck, "spaced")
        player.mark(deck, f"c{day}", "suspended", on=False)
        player.total(deck)


def spaced_settings(player: Player) -> None:
    """Typed answers, other retention, two buttons, no learning ahead, a tag, and starting over."""
    deck = with_ties(make_deck(player.owner, "birds", 40, side_choice="definition"))
    player.settings(deck, new_per_day=8, typed="on", two_buttons="on", percent=80)
    tag = Tag.objects.get(owner=player.owner)
    for day in range(5):
        player.wait(days=day)
        if day == 3:
            player.settings(deck, new_per_day=8, typed="on", strict="on", percent=95, learn_ahead=0)
        player.start(deck, "spaced", queue="due")
        player.study(deck, "spaced", 22)
        player.finish(deck, "spaced")
        player.start(deck, "spaced", queue="due", tag=tag.pk, extra_new=10)
        player.study(deck, "spaced", 8)
        player.finish(deck, "spaced")
        player.total(deck)
    player.post(reverse("deck_start_over", args=[deck.slug]), {})
    player.start(deck, "spaced", queue="due")
    player.study(deck, "spaced", 6)
    player.total(deck)


def spaced_large(player: Player) -> None:
    """A deck of 1,000 cards: 350 are due, many of them equally; into the next study day, and on that day."""
    deck = make_deck(player.owner, "large", 1_000, side_choice="definition")
    # The learner's study day ends at 9:00 UTC.
    player.now = NOON.replace(hour=8, minute=20) + timedelta(days=1)
    study_before(player.learner, deck, due=350, later=150, steps=9, now=player.now)
    player.start(deck, "spaced", queue="due")
    player.study(deck, "spaced", 130)
    player.total(deck)
    player.start(deck, "spaced", queue="due")
    player.study(deck, "spaced", 60)
    player.aside(deck, "spaced", "buried")
    for queue in ("ahead", "weakest"):
        player.finish(deck, "spaced")
        player.start(deck, "spaced", queue=queue)
        player.study(deck, "spaced", 25)
    player.total(deck)


def learn_rounds(player: Player) -> None:
    """Learn with the usual kinds until every card is learned, and the mixed review after that."""
    deck = with_ties(make_deck(player.owner, "birds", 23, side_choice="definition"))
    for day in range(3):
        player.wait(days=day)
        player.start(deck, "learn")
        player.study(deck, "learn", 70, htmx=day != 1)
        player.finish(deck, "learn")
        player.total(deck)
    for _ in range(2):
        player.start(deck, "learn")
        while player.answer(deck, "learn", "right"):
            pass
        player.total(deck)


def learn_everything(player: Player) -> None:
    """Learn with every kind and strict, with "I know this", overrides both ways, stars, a tag, and marks."""
    deck = with_ties(make_deck(player.owner, "birds", 46, side_choice="definition"))
    player.start(deck, "learn", learn_kinds=ALL_KINDS, strict="on", retype="on")
    for number in range(60):
        player.study(deck, "learn", 1)
        if number % 6 == 2:
            player.override(("correct", "wrong")[number % 4 // 2])
        if number % 9 == 4 and player.step(deck, "learn"):
            player.instead(deck)
        if number % 13 == 5:
            player.undo(deck, "learn")
        if number % 17 == 8:
            player.aside(deck, "learn", ("suspended", "buried")[number % 2])
        if number % 10 == 0:
            player.mark(deck, f"c{number // 2}", "starred")
    player.finish(deck, "learn")
    player.total(deck)
    tag = Tag.objects.get(owner=player.owner)
    for choices in (
        {"starred": "on"},
        {"tag": tag.pk},
        {"learn_kinds": ["choice"]},
        {"learn_kinds": ["typed"]},
    ):
        player.start_anew(deck, "learn", **choices)
        player.study(deck, "learn", 25)
        player.finish(deck, "learn")
    player.total(deck)


def learn_large(player: Player) -> None:
    """Learn in a deck of which only a sample is read for each question."""
    deck = make_deck(player.owner, "large", 400)
    player.start(deck, "learn", learn_kinds=ALL_KINDS)
    player.study(deck, "learn", 60)
    player.total(deck)


def mixed_up(player: Player) -> None:
    """Cards that the learner takes for others, and the drill of these."""
    deck = make_deck(player.owner, "birds", 30, side_choice="definition")
    player.start(deck, "learn", learn_kinds=["choice"])
    for number in range(30):
        player.answer(deck, "learn", "wrong" if number % 2 else "right")
    player.note("drill", player.post(reverse("deck_mixed_up", args=[deck.slug]), {}))
    player.look(deck, "learn")
    player.study(deck, "learn", 12)
    player.total(deck)


def both_sides(player: Player) -> None:
    """Cards with two questions each, in Spaced and Learn; a question that is held back, and one put aside."""
    deck = with_ties(make_deck(player.owner, "birds", 24, side_choice="both"))
    for day, gap in enumerate((0, 1, 3, 8)):
        player.wait(days=gap)
        player.start(deck, "spaced", queue="due", new_per_day=9)
        player.study(deck, "spaced", 12)
        player.mark(deck, f"c{day * 2}", "starred")
        if player.step(deck, "spaced"):
            player.aside(deck, "spaced", ("suspended", "buried")[day % 2])
        player.start(deck, "learn", learn_kinds=ALL_KINDS)
        player.study(deck, "learn", 24)
        player.undo(deck, "learn")
        player.study(deck, "spaced", 30)
        player.finish(deck, "spaced")
        player.total(deck)


def other_side(player: Player) -> None:
    """A learner who chooses the other side, then both, then what the deck asks for."""
    deck = make_deck(player.owner, "birds", 20)
    for side in ("auto", "term", "both", "definition", "auto"):
        player.settings(deck, side_choice=side)
        player.start(deck, "spaced", queue="due", new_per_day=20)
        player.study(deck, "spaced", 9)
        player.finish(deck, "spaced")
        player.start(deck, "learn")
        player.study(deck, "learn", 12)
        player.finish(deck, "learn")
        player.total(deck)
        player.wait(days=2)


def edited_deck(player: Player) -> None:
    """A deck that its owner changes between the answers."""
    deck = make_deck(player.owner, "birds", 30, side_choice="definition")
    other = make_deck(player.owner, "others", 12, key="d", side_choice="definition")
    for mode in ("spaced", "learn"):
        player.start(deck, mode, new_per_day=40)
        player.study(deck, mode, 12)
    with player.at():
        for number in range(3):
            card = Card(
                deck=deck, key=f"added{number}", term=f"Added {number}", definition=f"added answer {number}"
            )
            add_card(card=card)
    _study_both(player, deck)
    with player.at():
        remove_cards(deck=deck, cards=Card.objects.filter(key__in=["c3", "c9", "c14"]))
        card = deck.cards.get(key="c16")
        card.definition = "a changed answer"
        edit_card(card=card, seen=card.updated_at)
        card = deck.cards.get(key="c13")
        card.side_choice = "both"
        edit_card(card=card, seen=card.updated_at)
    _study_both(player, deck)
    open_step = player.step(deck, "spaced")
    with player.at():
        moved = {"c2", "c5", player.key(open_step.card_id)} if open_step else {"c2", "c5"}
        move_cards(cards=deck.cards.filter(key__in=moved), to=other, now=player.now)
        reask_cards(deck=deck, cards=deck.cards.filter(key__in=["c7", "c8"]), now=player.now)
    player.wait(minutes=5)
    for mode in ("spaced", "learn"):
        player.start(deck, mode, new_per_day=40)
        player.study(deck, mode, 8)
    with player.at():
        reorder_cards(deck=deck, keys_in_order=sorted(deck.cards.values_list("key", flat=True), reverse=True))
        refresh_deck(deck=deck)
    _study_both(player, deck)
    player.start(other, "spaced")
    player.study(other, "spaced", 10)
    for each in (deck, other):
        player.total(each)


def _study_both(player: Player, deck) -> None:
    """Ten minutes later, some answers in both modes by turns."""
    player.wait(minutes=10)
    for _ in range(7):
        for mode in ("spaced", "learn"):
            player.study(deck, mode, 1)


def guest(player: Player) -> None:
    """A visitor who starts in Learn, and goes on in Spaced."""
    deck = make_deck(player.owner, "birds", 25)
    player.learner = None
    player.client.logout()
    player.start(deck, "learn", time_zone="Europe/Berlin")
    player.study(deck, "learn", 10)
    player.answer_twice(deck, "learn")
    player.start(deck, "learn")
    player.study(deck, "learn", 10)
    player.start(deck, "spaced", queue="due", new_per_day=15)
    player.study(deck, "spaced", 10)
    player.answer_twice(deck, "spaced")
    player.study(deck, "spaced", 10)
    assert isinstance(player.learner, User)
    player.total(deck)
