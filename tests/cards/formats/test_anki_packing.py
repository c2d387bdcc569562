"""The members of our Anki packages, and the two encodings that Anki's newest format needs."""

import hashlib
import io
import zipfile
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.formats.anki.container import protobuf
from cards.formats.anki.container.zstandard import MAX_FRAMES, pack, unpack, unpacked
from cards.formats.anki.reader import read_anki
from cards.formats.anki.writer import write_anki
from cards.formats.types import FormatError, ImageRef, ParsedCard

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CARDS = [
    ParsedCard("Hund", "dog", key="k1", side_choice="both", term_images=(ImageRef("a b.png", "A"),)),
    ParsedCard("", "only a definition", key="k2", side_choice="definition"),
    ParsedCard("only a term", "", key="k3", side_choice="term"),
    ParsedCard("no other side", "", key="k4", side_choice="both"),
]


def content(*, is_newest: bool, title: str = "Deck") -> bytes:
    file = io.BytesIO()
    write_anki(
        file,
        title=title,
        deck_key="deck",
        cards=CARDS,
        now=NOW,
        is_newest=is_newest,
        read_image=str.encode,
    )
    return file.getvalue()


def written(*, is_newest: bool) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(content(is_newest=is_newest)))


def test_newest_package_is_as_anki_writes_it() -> None:
    package = written(is_newest=True)
    assert package.namelist() == ["meta", "collection.anki21b", "collection.anki2", "media", "0"]
    assert {one.compress_type for one in package.infolist()} == {zipfile.ZIP_STORED}
    assert package.testzip() is None
    assert package.read("meta") == b"\x08\x03"
    assert unpack(package.read("collection.anki21b"), 10**6, where="")[:15] == b"SQLite format 3"
    assert unpack(package.read("0"), 100, where="") == b"a b.png"
    (entry,) = protobuf.read(unpack(package.read("media"), 1_000, where=""))[1]
    assert isinstance(entry, bytes)
    fields = protobuf.read(entry)
    assert (fields[1], fields[2]) == ([b"a b.png"], [7])
    assert fields[3] == [hashlib.sha1(b"a b.png", usedforsecurity=False).digest()]


def test_older_package_is_as_anki_writes_it_for_older_versions() -> None:
    package = written(is_newest=False)
    assert package.namelist() == ["meta", "collection.anki21", "collection.anki2", "media", "0"]
    assert package.read("meta") == b"\x08\x02"
    assert package.read("collection.anki21")[:15] == b"SQLite format 3"
    assert package.read("media") == b'{"0": "a b.png"}'
    assert package.read("0") == b"a b.png"


@pytest.mark.parametrize("is_newest", [True, False])
def test_stub_says_that_anki_is_too_old(is_newest: bool) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        package.writestr("collection.anki2", written(is_newest=is_newest).read("collection.anki2"))
    with read_anki(file.getvalue()) as parsed:
        (card,) = parsed
    assert card.term.startswith("This package was made for a newer version of Anki.")


@pytest.mark.parametrize("is_newest", [True, False])
def test_every_card_is_in_the_package(is_newest: bool) -> None:
    """Also one whose question is empty: it would be lost without a card of Anki's."""
    with read_anki(content(is_newest=is_newest)) as parsed:
        asked = {card.key: [one.side for one in card.schedules] for card in parsed}
    # And no second one: Anki would find it empty.
    assert asked == {
        "k1": ["definition", "term"],
        "k2": ["definition"],
        "k3": ["term"],
        "k4": ["definition"],
    }


@pytest.mark.parametrize("is_newest", [True, False])
@pytest.mark.parametrize("title", ["Default", "DEFAULT"])
def test_deck_with_the_name_of_ankis_first_one_takes_its_place(title: str, is_newest: bool) -> None:
    """Names of decks are unique there, in any case."""
    with read_anki(content(is_newest=is_newest, title=title)) as parsed:
        assert [deck.title for deck in parsed.decks] == [title]


values = (
    st.integers(0, 2**64 - 1)
    | st.binary(max_size=300)
    | st.floats(width=32, allow_nan=False, allow_infinity=False)
)


@given(st.dictionaries(st.integers(1, 2_000), values))
def test_written_message_is_read_back(message: dict[int, protobuf.Value]) -> None:
    read = protobuf.read(protobuf.write(message))
    floats = {
        number: protobuf.floats(read, number) for number, value in message.items() if type(value) is float
    }
    for number, value in message.items():
        if type(value) is float:
            assert floats[number] == (value,)
        else:
            assert read[number] == [value]


def test_lists_of_floats_and_texts_are_read_back() -> None:
    read = protobuf.read(protobuf.write({3: (0.5, 2.0), 4: "Grüße"}))
    assert protobuf.floats(read, 3) == (0.5, 2.0)
    assert protobuf.text(read, 4) == "Grüße"


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=5), st.integers(1, 60))
def test_frames_that_follow_each_other_are_one_file(parts: list[bytes], size: int) -> None:
    data = b"".join(map(pack, parts))
    chunks = [data[start : start + size] for start in range(0, len(data), size)]
    assert b"".join(unpacked(chunks, 10**6, where="")) == b"".join(parts)


def test_frame_that_is_cut_off_is_refused() -> None:
    with pytest.raises(FormatError, match="ends too early"):
        unpack(pack(b"whole") + pack(b"x" * 100)[:-3], 10**6, where="x")
    with pytest.raises(FormatError, match="damaged"):
        unpack(pack(b"whole") + b"no frame at all", 10**6, where="x")


def test_too_many_frames_are_refused() -> None:
    with pytest.raises(FormatError, match="too many parts"):
        unpack(pack(b"") * (MAX_FRAMES + 1), 10**6, where="x")
