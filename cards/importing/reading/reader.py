"""The file of a draft -> its cards as they will be stored: each with a key and a text, and without duplicates.

`cards.formats` reads the file, in slices. Here the cards get their keys and are checked like any other input. The
result is a `FileContent`, which all later steps use.
"""

import json
from collections import Counter
from typing import Any

from django.contrib.auth.models import AnonymousUser

from cards.formats.anki.container.package import COLLECTION
from cards.formats.anki.reader import ALL, NONE, AnkiOptions
from cards.formats.anki.sides import FieldChoice
from cards.formats.bounds import ACCOUNT, GUEST, Limits, most_answers
from cards.formats.checking import TOO_LONG
from cards.formats.delimited.reader import TextOptions
from cards.formats.detect import read_file
from cards.formats.kinds import KINDS, FileKind
from cards.formats.types import MAX_CARDS, FileCounts, FormatError, Parsed, ParsedCard, Place, Report
from cards.formats.work import Work
from cards.importing.images import name_image_sides, refs_on
from cards.importing.reading.as_json import (
    counts_from_json,
    counts_to_json,
    head_to_json,
    history_to_json,
    report_from_json,
    report_to_json,
)
from cards.importing.reading.content import FileContent, digest
from cards.importing.reading.keys import free_key, usual_key
from cards.importing.reading.problems import (
    EMPTY,
    JOIN,
    KEEP,
    LEAVE,
    LONG,
    MENDED,
    MOST_OTHER,
    REPLACE,
    SHOWN_PROBLEMS,
    TWICE,
    Decision,
    Problem,
    decided,
    folded,
    from_json,
    joined,
    row_id,
    shortened,
    to_json,
    within_limits,
)
from cards.importing.splitting import KEYS_ASKED, MOST_DECKS
from cards.models import ImportDraft
from cards.text.cleaning import clean_text
from cards.text.markdown import MAX_SOURCE
from cards.text.studied_side import SIDES
from studysite.accounts.models import User
from studysite.slices import Steps

VERSION = 9
"""Version of the stored content. Increase it with every change, so that files are read again."""


def open_draft(
    draft: ImportDraft,
    *,
    work: Work | None = None,
    kind: FileKind | None = None,
    note_types: str | int = ALL,
) -> Parsed:
    """The draft's file, opened with the learner's options. Raises FormatError. Close what is returned.

    With ``work`` the file is read in slices. Pass its ``kind`` from the second slice on.
    """
    chosen = draft.options
    text = TextOptions(
        separator=chosen.get("separator", ""),
        row_separator=chosen.get("row_separator", ""),
        encoding=chosen.get("encoding", "") if draft.file_name else "UTF-8",
        markdown=chosen.get("markdown"),
        html=chosen.get("html"),
        columns=tuple(chosen.get("columns", ())),
        head=chosen.get("head"),
        swap=chosen.get("swap", False),
        join=chosen.get("join"),
        sheet=chosen.get("sheet", ""),
        is_csv=draft.is_csv,
    )
    fields = {
        int(key): FieldChoice(tuple(sides[0]), tuple(sides[1]))
        for key, sides in chosen.get("fields", {}).items()
    }
    anki = AnkiOptions(fields=fields, note_types=note_types)
    limits = limits_of(draft.owner)
    return read_file(draft.path, text=text, anki=anki, limits=limits, work=work, kind=kind)


def limits_of(owner: User | AnonymousUser) -> Limits:
    """The limits for files of ``owner``. A visitor without an account has those of a guest."""
    return ACCOUNT if owner.is_authenticated and not owner.is_guest else GUEST


READ_OPTIONS = {MENDED}.union(
    "separator row_separator encoding markdown html columns head swap join sheet fields path".split()
)
"""Options of a draft that change how its file is read."""


def inputs_of(draft: ImportDraft) -> dict[str, Any]:
    """What the content depends on: the file, the options, and the limits."""
    file, limits = draft.path.stat(), limits_of(draft.owner)
    inputs = {
        "version": VERSION,
        "file": [file.st_size, file.st_mtime_ns],
        # What was left as it is means the same as what was never asked for. A "no" is a choice, but for swapping.
        "options": {
            name: value
            for name, value in draft.options.items()
            if name in READ_OPTIONS and (value or (value is False and name != "swap"))
        },
        "limits": [limits.unpacked, limits.lines, limits.seconds],
    }
    made: dict[str, Any] = json.loads(json.dumps(inputs))
    return made


def read_steps(draft: ImportDraft, content: FileContent) -> Steps:
    """Read the draft's file into ``content``, from where that stopped. Does nothing if it was read to its end.

    Raises FormatError, and FileNotFoundError if the file does not exist.
    """
    inputs = inputs_of(draft)
    before = content.state.get("inputs")
    if not isinstance(before, dict) or any(before[name] != inputs[name] for name in ("version", "file")):
        content.forget_unpacked()
    if before != inputs:
        content.clear()
        content.state = {"inputs": inputs, "stage": "", "place": None}
    if content.state["stage"] == WHOLE:
        return
    kind = content.kind
    # The first slice stores the samples of all note types.
    note_types = NONE if kind else ALL
    with open_draft(draft, work=content, kind=kind, note_types=note_types) as parsed:
        yield from Reader(draft, content, parsed).steps()


WHOLE = "whole"
"""The stage of a file that was read to its end."""


class Reader:
    """Reads an opened file into ``content``, stage by stage. The state of that says where to continue."""

    def __init__(self, draft: ImportDraft, content: FileContent, parsed: Parsed) -> None:
        self.content, self.parsed, self.state = content, parsed, content.state
        self.kind = KINDS[parsed.kind]
        self.path = tuple(draft.options.get("path", ()))
        if "head" not in self.state:
            self.state |= {
                "head": head_to_json(parsed),
                "stage": self.kind.stages[0],
                "counts": {},
                "keys": [],
            }
            self.report, self.file_counts = Report(), FileCounts()
        else:
            self.report = report_from_json(self.state["report"])
            self.file_counts = counts_from_json(self.state["file_counts"])
            self.file_counts.tags.update(self.state["tags"])
        self.counts: Counter[str] = Counter(self.state["counts"])
        # The first keys of each deck of the file, unless it has too many decks to be split.
        self.keys: dict[tuple[str, ...], list[str]] = {tuple(path): some for path, some in self.state["keys"]}
        self.number = content.count
        self.decisions: dict[str, Decision] = draft.options.get(MENDED, {})
        self.problems = {one["id"]: from_json(one) for one in self.state.get("problems", [])}

    def steps(self) -> Steps:
        stages = self.kind.stages
        for stage in stages[stages.index(self.state["stage"]) :]:
            if self.state["stage"] != stage:
                self.state |= {"stage": stage, "place": None, "left": None}
            yield from self.read(stage)
        self.check_answers()
        self.note()
        self.state |= {"stage": WHOLE, "place": None}
        # The preview reads samples of Anki's notes again when other fields are chosen.
        self.content.forget_unpacked(COLLECTION)
        yield

    def read(self, stage: str) -> Steps:
        """Read one stage, and store after each step where to continue."""
        start, left = self.state["place"], self.state.get("left")
        if stage == "before":
            for place in self.parsed.steps(start, self.report, left):
                yield from self.after(place)
        elif stage == "cards":
            for cards, place in self.parsed.units(start, self.report, left):
                for card in cards:
                    self.add(card)
                self.add_too_long()
                yield from self.after(place)
        else:
            for line, place in self.parsed.lines(stage, start, left):
                self.add_line(stage, line)
                yield from self.after(place)

    def after(self, place: Place) -> Steps:
        """Let the caller stop here. If it does, store what is needed to continue."""
        self.state |= {"place": place, "left": self.parsed.meter.left}
        try:
            yield
        except GeneratorExit:
            self.note()
            raise

    def note(self) -> None:
        self.state |= {
            "report": report_to_json(self.report),
            "file_counts": counts_to_json(self.file_counts),
            "tags": list(self.file_counts.tags),
            "counts": dict(self.counts),
            "keys": list(self.keys.items()),
            "problems": [to_json(one) for one in within_limits(self.problems.values())],
        }

    # --- Cards

    def add(self, card: ParsedCard) -> None:
        """Store a card unless it cannot be stored or is a duplicate. A card without a key gets one."""
        self.counts["read"] += 1
        if self.counts["read"] > MAX_CARDS:
            raise FormatError(f"A file has at most {MAX_CARDS:,} cards.", where=card.where)
        if card.deck[: len(self.path)] != self.path:
            return
        # A side without a text is normal where cards are stored as the site does.
        is_image_only = name_image_sides(card, only_without_text=self.kind.is_complete)
        can_be_stored = is_storable(card)
        # Made from the card as the file has it. Most files have no decisions, and need it for few cards.
        row = row_id(card, self.kind) if self.decisions else ""
        decision = self.decisions.get(row, {})
        if decision:
            decided(card, decision)
            can_be_stored = is_storable(card)
        if decision and (decision["do"] == LEAVE or not (card.term or card.definition)):
            self.counts["dismissed"] += 1
            self.tell(row, decision["what"], card, done=LEAVE)
        elif not can_be_stored:
            self.counts["unstorable"] += 1
            if card.term or card.definition:
                self.tell(row, LONG, card)
        elif self.is_duplicate(card):
            self.counts["duplicates"] += 1
            if decision:
                self.tell(row, decision["what"], card, done=KEEP)
        else:
            self.counts["image_only"] += is_image_only
            self.store_or_join(card, row, decision)

    def is_duplicate(self, card: ParsedCard) -> bool:
        """Whether an earlier card has the same key, or without a key the same sides."""
        if card.key:
            return self.content.has_key(card.key)
        return self.content.has_sides(digest(card.term, card.definition))

    def store_or_join(self, card: ParsedCard, row: str, decision: Decision) -> None:
        """Store a card with a key, and tell what is wrong with it; or add it to the first card with its term."""
        first = self.content.first_with(digest(folded(card.term)), self.number + 1) if card.term else 0
        is_again, done = 0 < first <= self.number, decision.get("do", "")
        if is_again and done == JOIN and self.join(first, card):
            self.tell(row, decision["what"], card, done=JOIN)
            return
        if done == REPLACE and not self.content.has_key(decision["key"]):
            card.key = decision["key"]
        elif done:
            done = KEEP
        card.key = card.key or free_key(usual_key(card.term), card.term, self.content)
        what = EMPTY if card.one_sided else TWICE if is_again and not self.kind.is_complete else ""
        if decision or (what and self.counts["problems"] < SHOWN_PROBLEMS):
            found = {"number": self.number + 1, "key": decision.get("key", "")}
            if is_again:
                found["other"] = self.content.cards(first - 1, 1)[0][1].definition[:MOST_OTHER]
            self.tell(row, decision.get("what", what), card, done=done, **found)
        elif what:
            self.counts["problems"] += 1
        self.store(card)

    def add_too_long(self) -> None:
        """What the file's reader had to leave out: add what was shortened in the preview, and tell the rest."""
        for card in self.report.too_long:
            if card.deck[: len(self.path)] != self.path:
                continue
            is_storable(card)
            row = row_id(card, self.kind)
            if row in self.decisions:
                self.report.skipped[TOO_LONG] -= 1
                self.add(card)
            else:
                self.tell(row, LONG, card)
        self.report.too_long.clear()

    def tell(self, row: str, what: str, card: ParsedCard, *, done: str = "", **found: Any) -> None:
        """Note that a card should be looked at. The preview shows the first of these cards first."""
        self.counts["problems"] += not done
        if done and card.where:
            # What the learner has decided is no longer news.
            self.report.notices = [each for each in self.report.notices if each.where != card.where]
        if done or self.counts["problems"] <= SHOWN_PROBLEMS:
            problem = Problem(row or row_id(card, self.kind), what, shortened(card), done, **found)
            self.problems.setdefault(problem.id, problem)

    def join(self, number: int, card: ParsedCard) -> bool:
        """Add the definition, tags and images of ``card`` to an earlier one. Returns whether there is room."""
        ((_, first),) = self.content.cards(number - 1, 1)
        definition = joined(first.definition, card.definition)
        if len(definition) > MAX_SOURCE:
            return False
        was_one_sided, tags = first.one_sided, [tag for tag in card.tags if tag not in first.tags]
        first.definition, first.tags = definition, (*first.tags, *tags)
        first.term_images += card.term_images
        first.definition_images += card.definition_images
        self.file_counts.one_sided += first.one_sided - was_one_sided
        self.file_counts.images += len(card.images)
        self.file_counts.tags.update(tags)
        sides = digest(first.term, first.definition)
        self.content.replace_card(number, first, sides, image_counts(first))
        return True

    def store(self, card: ParsedCard) -> None:
        self.file_counts.add(card)
        self.number += 1
        sides = digest(card.term, card.definition)
        self.content.add_card(self.number, card, sides, image_counts(card))
        if len(self.keys) <= MOST_DECKS or card.deck in self.keys:
            first = self.keys.setdefault(card.deck, [])
            first += [card.key][: len(first) < KEYS_ASKED]
        if has_history(card):
            self.counts["learned"] += 1
            self.content.add_learned("card", card.key, history_to_json(card))

    # --- Twins and records of an archive

    def add_line(self, stage: str, line: Any) -> None:
        self.counts[stage] += 1
        if stage == "twins":
            self.content.add_twins(self.counts[stage], line)
        elif stage == "settings":
            self.state["settings"] = [*self.state.get("settings", []), line]
        else:
            key = line.get("card")
            # No card has such a key.
            fits = isinstance(key, str) and clean_text(key) == key
            self.content.add_learned(stage, key if fits else None, json.dumps(line))

    def check_answers(self) -> None:
        """Raise FormatError if there are too many answers for the number of cards."""
        answers, cards = self.counts["reviews"], self.file_counts.cards
        if answers > most_answers(cards):
            most = (
                f"at most {most_answers(cards):,} can be read with {cards:,} card{'' if cards == 1 else 's'}"
            )
            raise FormatError(f"It has {answers:,} answers; {most}.")


def image_counts(card: ParsedCard) -> dict[str, int]:
    """How many images each side has. Empty without any."""
    return {side: len(refs_on(card, side)) for side in SIDES} if card.images else {}


def has_history(card: ParsedCard) -> bool:
    """Whether the file knows anything about the learner and ``card``."""
    return (
        card.starred
        or bool(card.reviews)
        or any(
            one.state != "new" or one.suspended or one.buried or one.reset_at is not None
            for one in card.schedules
        )
    )


def is_storable(card: ParsedCard) -> bool:
    """Normalise the card's texts. Returns whether they can be stored: not both empty, and not too long."""
    card.term, card.definition = clean_text(card.term), clean_text(card.definition)
    return bool(card.term or card.definition) and max(len(card.term), len(card.definition)) <= MAX_SOURCE
