"""Limits of one file: unpacked size, lines and time; each message says what the user can do."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cards.formats import bounds, types
from cards.formats.anki import reader
from cards.formats.anki.reader import AnkiOptions, read_anki
from cards.formats.archive import reading, records
from cards.formats.bounds import ACCOUNT, GUEST, Limits, Meter
from cards.formats.checking import MOST_TOO_LONG, TOO_LONG, fits
from cards.formats.detect import read_file
from cards.formats.types import FileCounts, FormatError, Parsed, ParsedCard, Report
from cards.formats.work import Work
from cards.text.markdown import MAX_SOURCE
from tests.cards.formats.packages import REVERSED, note, package, zipped

HEAD = json.dumps({"format": "studysite-deck", "version": 1, "title": "T"}).encode()
MEGABYTE = 2**20
FEW = Limits(MEGABYTE, 5, 60.0, "Split it.")
NO_TIME = replace(ACCOUNT, seconds=-1.0)


def lines(records: Iterable[Any]) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def deck(**members: Iterable[Any]) -> bytes:
    """An archive with these members of lines; ``reviews``, ``marks`` and ``settings`` are records."""
    records = ("reviews", "marks", "settings")
    named = {f"{'records/' * (name in records)}{name}.jsonl": lines(found) for name, found in members.items()}
    return zipped({"deck.json": HEAD, "cards.jsonl": lines([{"key": "a", "term": "a"}]), **named})


def read(data: bytes, limits: Limits = ACCOUNT) -> None:
    """A whole file: its cards and its records."""
    with read_file(data, limits=limits) as parsed:
        list(parsed)
        for name in ("reviews", "marks", "settings"):
            list(parsed.records(name))


def cards(count: int) -> list[dict[str, str]]:
    return [{"key": f"k{n}", "term": "t"} for n in range(count)]


MEMBERS: dict[str, Callable[[int], bytes]] = {
    "cards.jsonl": lambda count: deck(cards=cards(count)),
    "cards.jsonl of doubles": lambda count: deck(cards=cards(1) * count),
    "twins.jsonl": lambda count: deck(twins=[{"cards": ["a", "b"]}] * count),
    "records/reviews.jsonl": lambda count: deck(reviews=[{"card": "a"}] * count),
    "records/reviews.jsonl of nothing": lambda count: deck(reviews=[{}] * count),
    "records/marks.jsonl": lambda count: deck(marks=[{"card": "a"}] * count),
    "records/settings.jsonl": lambda count: deck(settings=[{}] * count),
}


@pytest.mark.parametrize("member", MEMBERS)
def test_lines_of_every_member_are_limited(member: str) -> None:
    read(MEMBERS[member](FEW.lines), FEW)
    with pytest.raises(FormatError, match=rf"{member.split()[0]}: It has more than 5 lines. Split it."):
        read(MEMBERS[member](FEW.lines + 1), FEW)


def test_unstorable_keys_are_passed_on_unchanged() -> None:
    records = [{"card": key} for key in ("\ud800", "\0", "a", "\udc00")]
    with read_file(deck(reviews=records)) as parsed:
        assert list(parsed.records("reviews")) == records


@pytest.mark.parametrize("read_on", ["steps", "units", "lines"])
def test_resumed_reading_has_the_remaining_time(read_on: str) -> None:
    def once(*_args: object) -> Iterator[Any]:
        yield None

    parsed = Parsed("text", once, once, once, make_lines=once)
    args = ("twins", None) if read_on == "lines" else (None, Report())
    assert list(getattr(parsed, read_on)(*args, 9.0)) == [None]
    with pytest.raises(FormatError, match="takes too long"):
        list(getattr(parsed, read_on)(*args, -1.0))


@pytest.mark.parametrize("blank", [b"\n", b"\r\n", b" \n"])
def test_empty_lines_count_towards_the_limit(blank: bytes) -> None:
    data = zipped({"deck.json": HEAD, "cards.jsonl": b"\n" * 6})
    with pytest.raises(FormatError, match="more than 5 lines"):
        read(data, FEW)
    with pytest.raises(FormatError, match=r"more than 5 lines|not JSON"):
        read(zipped({"deck.json": HEAD, "cards.jsonl": blank * 6}), FEW)


@pytest.mark.parametrize(("member", "most"), [("twins", "100,000"), ("marks", "400,000"), ("settings", "10")])
def test_some_members_have_their_own_limits(monkeypatch: pytest.MonkeyPatch, member: str, most: str) -> None:
    spy = Spy()
    for module in (reading, records):
        monkeypatch.setattr(module, "lines_of", spy)
    read(deck(**{member: [{}]}))
    name = f"{'records/' * (member != 'twins')}{member}.jsonl"
    assert f"{spy.most[name]:,}" == most


class Spy:
    """Replaces `lines_of`: yields no lines, and notes how many there could have been."""

    def __init__(self) -> None:
        self.most: dict[str, int] = {}

    def __call__(self, _archive: object, name: str, *, most: int) -> Iterable[Any]:
        self.most[name] = most
        return iter(())


def test_records_of_one_card_must_be_adjacent() -> None:
    read(deck(reviews=[{"card": "a"}, {"card": "a"}, {}, {"card": "b"}, {"card": 5}]))
    with pytest.raises(FormatError, match="line 3: All records about one card must be next to each other"):
        read(deck(reviews=[{"card": "a"}, {"card": "b"}, {"card": "a"}]))
    with pytest.raises(FormatError, match="line 1: All records about one card"):
        read(deck(reviews=[{"card": "a" * 65}]))


@pytest.mark.parametrize("name", ["reviews", "marks"])
def test_records_of_one_card_are_limited(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(records, "ANSWERS_OF_A_CARD", 3)
    most = [{"card": "a"}] * 3 + [{"card": "b"}] * 3 + [{}] * 5
    read(deck(**{name: most}))
    with pytest.raises(FormatError, match="line 7: It has more than 3 records about one card"):
        read(deck(**{name: [*most[:6], {"card": "b"}]}))


def test_records_of_a_card_are_limited_in_resumed_reading(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(records, "ANSWERS_OF_A_CARD", 3)
    work = Work(tmp_path / "work")
    with closing(work), read_file(deck(reviews=[{"card": "a"}] * 4), work=work) as parsed:
        place = None
        for _ in range(3):
            _, place = next(parsed.make_lines("reviews", place))
        with pytest.raises(FormatError, match="line 4: It has more than 3 records"):
            next(parsed.make_lines("reviews", place))


def test_answers_to_one_anki_card_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "ANSWERS_OF_A_CARD", 3)
    answers = [(10, 1_772_000_000_000 + number, 3, 1, 1, 1) for number in range(4)]
    with read_anki(package([note(["q", "a"])], reviews=answers[:3])) as parsed:
        assert [len(card.reviews) for card in parsed] == [3]
    with read_anki(package([note(["q", "a"])], reviews=answers)) as parsed:
        (card,) = parsed
        assert [one.reviewed_at.microsecond for one in card.reviews] == [1_000, 2_000, 3_000]
        assert parsed.report.skipped == {"old answers to one card": 1}
        assert "note 1: Only its last 3 answers are read." in map(str, parsed.report.notices)
    with read_anki(package([note(["q", "a"])], reviews=answers), AnkiOptions(history=False)) as parsed:
        assert len(list(parsed)) == 1


def test_oldest_answers_of_both_directions_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "ANSWERS_OF_A_CARD", 3)
    answers = [
        (card, 1_772_000_000_000 + at, 3, 1, 1, 1) for card, at in ((10, 3), (10, 4), (11, 1), (11, 2))
    ]
    with read_anki(package([note(["q", "a"], kind=REVERSED, ords=[0, 1])], reviews=answers)) as parsed:
        (card,) = parsed
    assert [(one.side, one.reviewed_at.microsecond) for one in card.reviews] == [
        ("term", 2_000),
        ("definition", 3_000),
        ("definition", 4_000),
    ]


@pytest.mark.parametrize("name", ["tags", "accepted_terms", "wrong_definitions"])
def test_lists_of_a_card_are_limited(name: str) -> None:
    read(deck(cards=[{"term": "a", name: ["x"] * 1_000}]))
    with pytest.raises(FormatError, match=f"“{name}” lists more than 1,000"):
        read(deck(cards=[{"term": "a", name: ["x"] * 1_001}]))


def test_only_some_cards_that_are_too_long_are_kept() -> None:
    report = Report()
    for _ in range(MOST_TOO_LONG + 1):
        assert not fits(ParsedCard("a", "x" * (MAX_SOURCE + 1)), report)
    assert (len(report.too_long), report.skipped[TOO_LONG]) == (MOST_TOO_LONG, MOST_TOO_LONG + 1)
    assert {len(card.definition) for card in report.too_long} == {MAX_SOURCE}


def test_images_of_a_card_and_twin_keys_are_limited() -> None:
    with pytest.raises(FormatError, match="“term_images” lists more than 1,000"):
        read(deck(cards=[{"term": "a", "term_images": [{"name": "a.png"}] * 1_001}]))
    with pytest.raises(FormatError, match="“cards” must be two keys"):
        read(deck(twins=[{"cards": ["a" * 65, "b"]}]))


def test_tags_of_a_note_are_limited() -> None:
    tags = " ".join(f"t{n}" for n in range(1_500))
    with read_file(package([note(["q", "a"], tags=tags)])) as parsed:
        (card,) = parsed
    assert len(card.tags) == 1_000
    assert "Only the first 1,000 of its tags are read." in str(parsed.report.notices[0])


# --- Unpacked


UNPACKED = {
    "archive": lambda: deck(cards=({"term": "t" * 900_000, "key": f"k{n}"} for n in range(25))),
    "records": lambda: deck(reviews=({"card": "a", "response": "x" * 900_000} for _ in range(25))),
    "old package": lambda: package([note(["q", "a"])], new=False, extra=FILLER),
    "new package": lambda: package([note(["q", "a"])], new=True, extra=FILLER),
}
FILLER = "CREATE TABLE filler AS SELECT zeroblob(22000000);"


@pytest.mark.parametrize("kind", UNPACKED)
def test_guest_file_is_limited_to_20_mb_unpacked(kind: str) -> None:
    data = UNPACKED[kind]()
    assert len(data) < MEGABYTE
    with pytest.raises(FormatError, match=r"too large when unpacked; at most 20 MB. Log in to import larger"):
        read(data, GUEST)
    read(data)


def test_member_read_twice_counts_once() -> None:
    meter = Meter(FEW)
    for _ in range(3):
        meter.unpack("a", 600_000)
    meter.unpack("b", 400_000)
    with pytest.raises(FormatError, match="at most 1 MB"):
        meter.unpack("c", 100_000)


# --- Time


TIMED = {
    "archive": lambda: deck(cards=cards(2)),
    "old package": lambda: package([note(["q", "a"])], new=False),
    "new package": lambda: package([note(["q", "a"])]),
    "text": lambda: b"a\tb\n",
    "csv": lambda: b'"a","b"\n',
    "blank rows": lambda: b"a\tb\n" + b"\n" * 9,
    "html": lambda: b"#html:true\n#separator:tab\n<b>a</b>\tb\n",
}


@pytest.mark.parametrize("kind", TIMED)
def test_every_kind_of_file_has_a_deadline(kind: str) -> None:
    read(TIMED[kind]())
    with pytest.raises(FormatError, match=r"Reading this file takes too long. Split it"):
        read(TIMED[kind](), NO_TIME)


def test_records_have_a_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    with read_file(deck(reviews=[{"card": "a"}] * 3)) as parsed:
        parsed.meter.limits = NO_TIME
        with pytest.raises(FormatError, match="takes too long"):
            list(parsed.records("reviews"))


def test_time_spent_outside_the_reader_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(bounds.time, "thread_time", lambda: now[0])
    with read_file(deck(cards=cards(4)), limits=replace(ACCOUNT, seconds=10.0)) as parsed:
        for _ in parsed:
            now[0] += 99.0
            # As when an image of the card is read.
            parsed.meter.check()
        now[0] += 99.0
        assert len(list(parsed)) == 4


# --- Counts


def test_answers_are_limited_by_the_number_of_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "FREE_ANSWERS", 1)
    monkeypatch.setattr(bounds, "ANSWERS_PER_CARD", 2)
    reviews = [(10, 1_700_000_000_000 + n, 3, 1, 1, 1) for n in range(4)]
    of_a_card_that_is_gone = (99, 1_700_000_000_100, 3, 1, 1, 1)
    read(package([note(["q", "a"])], reviews=[*reviews[:3], of_a_card_that_is_gone]))
    with pytest.raises(FormatError, match="It has 4 answers; at most 3 can be read"):
        read(package([note(["q", "a"])], reviews=reviews))


@pytest.mark.parametrize("what", [{"deck": ("d",)}, {"tags": ("t",)}])
def test_decks_and_tags_of_a_file_are_limited(monkeypatch: pytest.MonkeyPatch, what: dict[str, Any]) -> None:
    monkeypatch.setattr(types, "MAX_DECKS", 3)
    monkeypatch.setattr(types, "MAX_TAGS", 3)
    counts = FileCounts()
    (name, (value,)) = next(iter(what.items()))
    for number in range(3):
        counts.add(ParsedCard("a", "b", **{name: (f"{value}{number}",)}))
    with pytest.raises(FormatError, match="at most 3 decks and 3 tags"):
        counts.add(ParsedCard("a", "b", **{name: ("another",)}))
