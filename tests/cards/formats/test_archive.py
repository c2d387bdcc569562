"""The site's own archive: it is read as it was written, and errors name the faulty part."""

import io
import json
from dataclasses import fields
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.formats.archive import read_archive, write_archive
from cards.formats.types import FormatError, ImageRef, ParsedCard, ParsedDeck, TwinKeys
from cards.text.cleaning import clean_text
from tests.cards.formats.packages import zipped

STORED = {field.name for field in fields(ParsedCard)} - {
    "starred", "deck", "schedules", "reviews", "where",
}  # fmt: skip
"""The fields of a card that an archive holds. The others are only in other programs' files."""

HEAD = {"format": "studysite-deck", "version": 1, "title": "T"}

texts = st.text(max_size=30).map(clean_text)
some = texts.filter(bool)
lists = st.lists(some, max_size=3).map(tuple)
moments = st.none() | st.datetimes(timezones=st.just(UTC))
images = st.lists(st.builds(ImageRef, st.sampled_from(["a.png", "b c.jpg"]), texts), max_size=2).map(tuple)
cards = st.builds(
    ParsedCard,
    some,
    texts,
    key=st.uuids().map(str),
    tags=lists,
    accepted_terms=lists,
    accepted_definitions=lists,
    wrong_terms=lists,
    wrong_definitions=lists,
    side_choice=st.sampled_from(["auto", "term", "definition", "both"]),
    term_images=images,
    definition_images=images,
    asked_since=moments,
    created_at=moments,
)
records = st.lists(
    st.dictionaries(st.text(max_size=5), st.integers() | texts | st.none(), max_size=3), max_size=4
)
decks = st.builds(
    ParsedDeck,
    st.just(()),
    title=some,
    description=texts,
    language=st.just("en"),
    definition_language=st.sampled_from(["", "de"]),
    side_choice=st.sampled_from(["term", "both"]),
    visibility=st.just("link"),
    slug=st.just("s"),
)


def written(**more: Any) -> bytes:
    file = io.BytesIO()
    write_archive(file, **({"deck": ParsedDeck((), title="T"), "cards": []} | more))
    return file.getvalue()


@given(decks, st.lists(cards, max_size=4, unique_by=lambda card: card.key), records)
def test_archive_is_read_back_equal(deck: ParsedDeck, made: list[ParsedCard], log: list[dict]) -> None:
    twins = tuple(TwinKeys(one.key, other.key, are_twins=False) for one, other in pairwise(made))
    data = written(deck=deck, cards=made, twins=twins, records={"reviews": log}, read_image=str.encode)
    with read_archive(data) as parsed:
        for card, other in zip(made, parsed, strict=True):
            assert {name: getattr(card, name) for name in STORED} == {
                name: getattr(other, name) for name in STORED
            }
            assert all(parsed.read_image(image.name) == image.name.encode() for image in other.images)
        assert (parsed.decks, parsed.twins) == ((deck,), twins)
        assert list(parsed.records("reviews")) == log
        assert list(parsed.records("marks")) == []


def test_same_deck_makes_the_same_file() -> None:
    card = ParsedCard("a", "b", created_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert written(cards=[card]) == written(cards=[card])


@pytest.mark.parametrize(
    ("head", "line", "message"),
    [
        ({"format": "other"}, {}, "deck.json: This is not an archive"),
        (HEAD | {"version": 2}, {}, "deck.json: It has version 2, but this site reads version 1"),
        (HEAD | {"title": 3}, {}, "deck.json: “title” must be a text"),
        (HEAD, {"term": 5}, "cards.jsonl, line 2: “term” must be a text"),
        (HEAD, {"term": "\0"}, "line 2: “term”"),
        (HEAD, {"term": "a", "tags": "x"}, "line 2: “tags” must be a list of texts"),
        (HEAD, {"term": "a", "side_choice": "neither"}, "line 2: “side_choice”"),
        (HEAD, {"term": "a", "created_at": "now"}, "line 2: “created_at” must be a time"),
        (
            HEAD,
            {"term": "a", "created_at": "2026-01-01"},
            "line 2: “created_at” must be a time with its zone",
        ),
        (HEAD, {"term": "a", "key": "k" * 65}, "line 2: “key”"),
        (HEAD, {"term": "a", "term_images": [{"name": "../../etc/passwd"}]}, "line 2: “term_images”"),
        (HEAD, [], "line 2: It is not a JSON object"),
    ],
)
def test_invalid_archive_names_the_fault(head: dict, line: Any, message: str) -> None:
    lines = json.dumps({"term": "fine"}) + "\n" + json.dumps(line) + "\n"
    with pytest.raises(FormatError, match=message):
        list(read_archive(zipped({"deck.json": json.dumps(head).encode(), "cards.jsonl": lines.encode()})))


def test_unknown_fields_are_ignored_and_missing_images_reported() -> None:
    line = {"term": "a", "colour": "red", "term_images": [{"name": "gone.png"}]}
    members = {"deck.json": json.dumps(HEAD | {"more": 1}).encode(), "cards.jsonl": json.dumps(line).encode()}
    with read_archive(zipped(members)) as parsed:
        (card,) = parsed
    assert card.term_images == ()
    assert parsed.report.skipped == {"images that are missing from the file": 1}


@pytest.mark.parametrize("name", ["Reviews", "../x", ""])
def test_invalid_record_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not a valid name for records"):
        written(records={name: []})
