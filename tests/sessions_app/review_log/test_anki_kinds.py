"""With Anki itself, if its package is installed: what it does to schedules comes in as it shows it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from sessions_app.models import CardProgress, Enrollment, Review
from sessions_app.study.scheduling import fsrs_memory
from sessions_app.study.types import Level, State
from studysite.accounts.models import User
from tests.sessions_app.review_log.test_importing import import_file, law_holds

pytest.importorskip("anki", reason="Anki's package is installed by hand: pip install anki")
from anki.collection import Collection, ExportAnkiPackageOptions
from anki.scheduler.v3 import CardAnswer

from tests.cards.formats.anki_options import switch_fsrs_on

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

MAIN, SECOND = 0.87, 0.95
"""Desired retentions of the two decks; most cards are in the first."""

KINDS = (
    *("plain", "due date set", "due date set of a new card", "forgotten", "crammed", "reviewed early"),
    *("in a cram deck", "in a filtered deck", "suspended", "buried", "learning", "relearning", "flagged"),
    *("learned after it was forgotten", "due date set after it was forgotten"),
)


class Studied:
    """A collection with a card of each kind, which have been learned on three days."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.col = Collection(str(folder / "collection.anki2"))
        self.cards = {kind: self.add(kind, "Main") for kind in KINDS}
        self.cards["other"] = self.add("other", "Second")
        for kind, card in self.cards.items():
            if kind not in ("due date set of a new card", "learning"):
                self.learn(card)
        self.choose_options()
        self.change()

    def add(self, front: str, deck: str) -> int:
        note = self.col.new_note(self.col.models.by_name("Basic"))
        note.fields = [front, f"answer {front}"]
        self.col.add_note(note, self.col.decks.id(deck))
        return int(note.card_ids()[0])

    def learn(self, card: int) -> None:
        at = (self.col.sched.day_cutoff - 60 * 86_400 - 3_600) * 1_000 + card % 1_000_000
        for day, interval, kind in ((0, 3, 0), (3, 12, 1), (15, 40, 1)):
            row = (at + day * 86_400_000, card, -1, 3, interval, 0, 2_500 if kind else 0, 4_000, kind)
            self.col.db.execute("INSERT INTO revlog VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", *row)
        update = (
            "UPDATE cards SET type = 2, queue = 2, due = ?, ivl = 40, factor = 2500, reps = 3 WHERE id = ?"
        )
        self.col.db.execute(update, self.col.sched.today - 5, card)

    def choose_options(self) -> None:
        """Give each deck options of its own, and switch FSRS on."""
        decks = self.col.decks
        for deck, retention in (("Second", SECOND), ("Main", MAIN)):
            key = decks.id(deck)
            option = decks.get_config(decks.add_config(deck)["id"])
            option["desiredRetention"] = retention
            decks.update_config(option)
            decks.set_config_id_for_deck_dict(decks.get(key), option["id"])
        switch_fsrs_on(self.col, decks.id("Main"))

    def filtered(self, kind: str, *, reschedule: bool) -> int:
        """A filtered deck that holds the card of this kind."""
        deck = self.col.sched.get_or_create_filtered_deck(0)
        deck.name, deck.config.reschedule = f"Filtered {kind}", reschedule
        del deck.config.search_terms[:]
        term = type(deck.config).SearchTerm(search=f"cid:{self.cards[kind]}", limit=1, order=0)
        deck.config.search_terms.append(term)
        return int(self.col.sched.add_or_update_filtered_deck(deck).id)

    def answer_filtered(self, kind: str, rating: Any, *, reschedule: bool = True) -> None:
        sched, deck = self.col.sched, self.filtered(kind, reschedule=reschedule)
        self.col.decks.select(deck)
        item = sched.get_queued_cards(fetch_limit=1).cards[0]
        card = self.col.get_card(item.card.id)
        card.start_timer()
        sched.answer_card(sched.build_answer(card=card, states=item.states, rating=rating))
        sched.empty_filtered_deck(deck)

    def change(self) -> None:
        sched, cards = self.col.sched, self.cards
        sched.set_due_date([cards["due date set"]], "4")
        sched.set_due_date([cards["due date set of a new card"]], "6")
        sched.schedule_cards_as_new([card for kind, card in cards.items() if "forgotten" in kind])
        sched.set_due_date([cards["due date set after it was forgotten"]], "5")
        sched.suspend_cards([cards["suspended"]])
        sched.bury_cards([cards["buried"]])
        self.col.set_user_flag_for_cards(2, [cards["flagged"]])
        self.answer_filtered("crammed", CardAnswer.AGAIN, reschedule=False)
        self.answer_filtered("reviewed early", CardAnswer.GOOD)
        self.answer_filtered("relearning", CardAnswer.AGAIN)
        self.answer_filtered("learning", CardAnswer.GOOD)
        self.answer_filtered("learned after it was forgotten", CardAnswer.GOOD)
        self.filtered("in a cram deck", reschedule=False)
        self.filtered("in a filtered deck", reschedule=True)

    def export(self, *, legacy: bool) -> bytes:
        path = self.folder / f"{legacy}.apkg"
        options = ExportAnkiPackageOptions(
            with_scheduling=True, with_deck_configs=True, with_media=True, legacy=legacy
        )
        self.col.export_anki_package(out_path=str(path), options=options, limit=None)
        return path.read_bytes()


@pytest.fixture
def studied(tmp_path: Path) -> Iterator[Studied]:
    made = Studied(tmp_path)
    yield made
    made.col.close()


@pytest.mark.parametrize("legacy", [False, True], ids=["new", "old"])
def test_every_kind_of_change_comes_in_as_anki_shows_it(
    learner: User, studied: Studied, legacy: bool
) -> None:
    import_file(learner, studied.export(legacy=legacy))
    now, rows = timezone.now(), {row.card.term: row for row in CardProgress.objects.select_related("card")}
    assert rows.keys() == studied.cards.keys()
    for kind, card in studied.cards.items():
        shown, row, memory = studied.col.card_stats_data(card), rows[kind], rows[kind].memory
        assert (row.suspended, bool(row.buried_until)) == (kind == "suspended", kind == "buried"), kind
        if kind == "forgotten":
            assert (row.level, memory, shown.HasField("memory_state")) == (Level.NEW, None, False)
            continue
        assert memory is not None, kind
        due = memory.due_day if memory.state is State.REVIEW else memory.due
        anki_due = datetime.fromtimestamp(shown.due_date, UTC)
        assert due == (anki_due.astimezone().date() if memory.state is State.REVIEW else anki_due), kind
        if shown.HasField("memory_state"):
            assert memory.stability == pytest.approx(shown.memory_state.stability, abs=0.01), kind
            assert fsrs_memory.retrievability(memory, now) == pytest.approx(
                shown.fsrs_retrievability, abs=0.01
            ), kind
    assert rows["crammed"].level == rows["plain"].level == Level.MASTERED
    assert rows["relearning"].level == Level.LEARNED
    for kind in ("due date set of a new card", "due date set after it was forgotten"):
        assert (rows[kind].level, rows[kind].recalls) == (Level.RECOGNISED, 0), kind
    assert [tag.name for tag in rows["flagged"].card.tags.all()] == ["orange flag"]
    assert Enrollment.objects.get().retention == pytest.approx(MAIN)
    assert law_holds()


def test_later_export_with_other_schedules_arrives(learner: User, studied: Studied) -> None:
    deck = import_file(learner, studied.export(legacy=False))
    sched, cards = studied.col.sched, studied.cards
    sched.set_due_date([cards["plain"]], "9")
    sched.schedule_cards_as_new([cards["flagged"], cards["other"]])
    sched.set_due_date([cards["other"]], "7")
    sched.unsuspend_cards([cards["suspended"]])
    for _ in range(2):
        import_file(learner, studied.export(legacy=False), deck)
    rows = {row.card.term: row for row in CardProgress.objects.select_related("card")}
    for kind in ("plain", "other"):
        due = datetime.fromtimestamp(studied.col.card_stats_data(cards[kind]).due_date, UTC)
        assert rows[kind].due_day == due.astimezone().date(), kind
    assert Review.objects.filter(card=rows["other"].card, rating=None).count() == 1
    assert (rows["flagged"].level, rows["flagged"].memory) == (Level.NEW, None)
    assert not rows["suspended"].suspended
    assert law_holds()
