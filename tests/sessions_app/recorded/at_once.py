"""The sittings of Test and Matching."""

from django.urls import reverse

from cards.models import Deck, Tag
from sessions_app.models import MatchingBoard, Paper
from tests.sessions_app.practice_test.pages.taking import filled
from tests.sessions_app.recorded.decks import make_deck, study_before, with_ties
from tests.sessions_app.recorded.player import Player

ALL_KINDS = ["choice", "true_false", "block", "typed", "flip"]


def short_test(player: Player) -> None:
    """A paper of ten questions, some right, some wrong, some blank."""
    deck = with_ties(make_deck(player.owner, "birds", 30, side_choice="definition"))
    take(player, deck, questions=10, kinds=ALL_KINDS)
    player.total(deck)


def papers(player: Player) -> None:
    """Papers with several settings, and those that ask again what was missed."""
    deck = with_ties(make_deck(player.owner, "birds", 60))
    tag = Tag.objects.get(owner=player.owner)
    take(player, deck, questions=40, kinds=ALL_KINDS)
    retake(player, deck)
    take(player, deck, questions=12, kinds=["choice", "typed"], side="term")
    take(player, deck, questions=100, kinds=ALL_KINDS, side="both", minutes=30)
    retake(player, deck)
    take(player, deck, questions=15, kinds=["block"], tag=tag.pk)
    for key in ("c1", "c4", "c30", "c44", "c59"):
        player.mark(deck, key, "starred")
    player.mark(deck, "c4", "suspended")
    player.wait(days=1)
    take(player, deck, questions=20, kinds=["true_false", "flip"], starred="on")
    take(player, deck, questions=20, kinds=ALL_KINDS)
    player.total(deck)


def papers_of_both_sides(player: Player) -> None:
    """Papers of a deck whose cards have two questions, after Spaced on the same day."""
    deck = make_deck(player.owner, "birds", 25, side_choice="both")
    player.start(deck, "spaced", queue="due", new_per_day=10)
    player.study(deck, "spaced", 10)
    for questions in (12, 25):
        take(player, deck, questions=questions, kinds=ALL_KINDS)
    player.wait(days=3)
    take(player, deck, questions=25, kinds=["block", "choice"])
    player.total(deck)


def papers_of_a_large_deck(player: Player) -> None:
    """Papers of a deck of which only a sample is read, with cards that were studied before."""
    deck = make_deck(player.owner, "large", 700)
    study_before(player.learner, deck, due=60, later=60, steps=4, now=player.now)
    take(player, deck, questions=100, kinds=ALL_KINDS)
    take(player, deck, questions=20, kinds=ALL_KINDS)
    player.total(deck)


def boards(player: Player) -> None:
    """Boards of Matching, one after the other, with wrong pairs, of small and large decks."""
    birds = with_ties(make_deck(player.owner, "birds", 46))
    for deck, number in (
        (birds, 7),
        (make_deck(player.owner, "small", 5), 2),
        (make_deck(player.owner, "large", 400), 3),
    ):
        for _ in range(number):
            play(player, deck)
        player.mark(deck, "c1", "suspended")
        play(player, deck, untimed="on")


def short_board(player: Player) -> None:
    """One board of Matching."""
    play(player, make_deck(player.owner, "birds", 46))


def take(player: Player, deck: Deck, **choices: object) -> None:
    """Start a paper, save its answers one after the other, and hand it in."""
    shown = {name: value for name, value in choices.items() if name != "tag"}
    player.note(
        f"paper {shown}", player.post(reverse("study", args=[deck.slug, "test"]), choices, htmx=False)
    )
    answer_paper(player, deck)


def retake(player: Player, deck: Deck) -> None:
    """Take a paper of what was missed in the last one."""
    paper = Paper.objects.filter(session__deck=deck).latest("pk")
    address = reverse("test_retake", args=[deck.slug, paper.pk])
    player.note("retake", player.post(address, {}, htmx=False))
    answer_paper(player, deck)


def answer_paper(player: Player, deck: Deck) -> None:
    """Write down the open paper, fill it in by chance, hand it in, and judge what has to be judged."""
    paper = Paper.objects.filter(session__deck=deck).latest("pk")
    steps = list(paper.session.steps.on_paper())
    player.lines += [f"paper {step.position} {player.question(step)} L{step.level}" for step in steps]
    player.lines.append(f"short of {paper.short}")
    for step in steps[::3]:
        player.wait(seconds=3)
        data = {"paper": paper.pk} | filled(step, right=player.chance.random() < 0.6)
        player.note("save", player.post(reverse("test_save", args=[deck.slug]), data))
    answers: dict[str, object] = {}
    for step in paper.session.steps.on_paper():
        if step.position % 4:
            answers |= filled(step, right=player.chance.random() < 0.7)
    hand_in(player, deck, paper, "hand_in", answers)
    if paper.graded is None:
        judged = (("knew", "yes"), ("verdict", "correct"), ("line-0", "on"))
        steps = list(paper.session.steps.on_paper())
        answers = {f"q{step.position}-revision": step.revision + 1 for step in steps}
        answers |= {f"q{step.position}-{name}": value for step in steps[::2] for name, value in judged}
        answers |= {f"q{step.position}-knew": "no" for step in steps[1::2]}
        answers |= {f"q{step.position}-verdict": "wrong" for step in steps[1::2]}
        hand_in(player, deck, paper, "judge", answers)


def hand_in(player: Player, deck: Deck, paper: Paper, what: str, answers: dict[str, object]) -> None:
    """Hand the paper in, or judge its answers; and write down its score."""
    player.wait(minutes=1)
    address = reverse(f"test_{what}", args=[deck.slug])
    # Blanks and all.
    player.note(what, player.post(address, {"paper": paper.pk, "confirm": "1"} | answers, htmx=False))
    paper.refresh_from_db()
    verdicts = [paper.verdicts[position] for position in sorted(paper.verdicts, key=int)]
    player.lines.append(f"score {paper.graded} {paper.right} of {paper.questions}: {verdicts}")


def play(player: Player, deck: Deck, **choices: object) -> None:
    """Play a board of Matching to its end, with a wrong pair now and then."""
    player.wait(minutes=1)
    player.note(f"board {choices}", player.post(reverse("matching", args=[deck.slug]), choices))
    board = MatchingBoard.objects.filter(deck=deck, learner=player.learner).latest("pk")
    frozen = board.frozen()
    terms = ",".join(map(player.key, frozen.cards))
    player.lines.append(f"terms {terms}, key {','.join(map(str, frozen.key))}")
    order = player.chance.sample(range(board.pairs), board.pairs)
    revision = 0
    for place, term in enumerate(order):
        # Now and then the definition of the last term is tried first.
        is_slip = place < len(order) - 1 and player.chance.random() < 0.3
        for definition in [frozen.key[order[-1]]] * is_slip + [frozen.key[term]]:
            player.wait(seconds=1 + player.chance.randrange(4))
            data = {"board": board.pk, "revision": revision, "term": term, "definition": definition}
            page = player.post(reverse("matching_answer", args=[deck.slug]), data)
            player.note(f"pair {term} {definition}", page)
            revision += 1
    board.refresh_from_db()
    player.lines.append(f"found {board.found} misses {board.misses} in {board.milliseconds} ms")
