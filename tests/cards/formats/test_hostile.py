"""Hostile files: a clear error that names the member, little memory, little time."""

import contextlib
import io
import json
import stat
import tempfile
import time
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cards.formats import zips
from cards.formats.anki import cloze, history
from cards.formats.anki.container import protobuf
from cards.formats.anki.container.zstandard import zstd
from cards.formats.anki.notes import MAX_LOOKED_AT, read_note
from cards.formats.anki.reader import read_anki
from cards.formats.detect import read_file
from cards.formats.markdown.from_html import convert
from cards.formats.types import FormatError, Report
from tests.cards.formats.packages import CLOZE, cards_of, collection, counted, message, note, package, zipped

pytestmark = pytest.mark.slow

MEGABYTE = 2**20
GOOD = [note(["q", "a"])]


def zeros(member: str, size: int, **others: bytes) -> bytes:
    """A zip whose ``member`` unpacks to this many zeros, written piece by piece."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open(member, "w", force_zip64=True) as out:
            for _ in range(size // MEGABYTE):
                out.write(bytes(MEGABYTE))
        for name, data in others.items():
            archive.writestr(name, data)
    return file.getvalue()


def lying(data: bytes, member: str, size: int) -> bytes:
    """``data`` with a directory that says the member had ``size`` bytes."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        real = archive.getinfo(member).file_size
    return data.replace(real.to_bytes(4, "little"), size.to_bytes(4, "little"))


def zstd_zeros(size: int) -> bytes:
    compressor = zstd.ZstdCompressor()
    pieces = [compressor.compress(bytes(MEGABYTE)) for _ in range(size // MEGABYTE)]
    return b"".join([*pieces, compressor.flush()])


def new_package(**members: bytes) -> bytes:
    whole = {"meta": message({1: 3}), "collection.anki21b": zstd.compress(collection(GOOD, new=True))}
    return zipped(whole | {name.replace("__", "."): data for name, data in members.items()})


@pytest.fixture
def little_memory() -> Iterator[None]:
    """Fails if Python held more than 60 MB at once; data that the test made before does not count."""
    tracemalloc.start()
    yield
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60 * MEGABYTE


def fails(data: bytes, words: str) -> None:
    with pytest.raises(FormatError, match=words), read_file(data) as parsed:
        counted(parsed)


@pytest.fixture(scope="module")
def bomb() -> bytes:
    return zeros("collection.anki2", 1_024 * MEGABYTE)


@pytest.fixture(scope="module")
def zstd_bomb() -> bytes:
    return zstd_zeros(1_024 * MEGABYTE)


@pytest.mark.long
@pytest.mark.usefixtures("little_memory")
class TestBombs:
    def test_zip_bomb_is_refused(self, bomb: bytes) -> None:
        fails(bomb, "collection.anki2: It is too large when unpacked; at most 256 MB")

    def test_zip_with_a_false_size_is_refused(self, bomb: bytes) -> None:
        fails(lying(bomb, "collection.anki2", 1_000), "collection.anki2: It is (damaged|too large)")

    def test_zstandard_bomb_is_refused(self, zstd_bomb: bytes) -> None:
        fails(new_package(collection__anki21b=zstd_bomb), "collection.anki21b: It is too large when unpacked")

    def test_huge_media_list_is_refused(self, zstd_bomb: bytes) -> None:
        fails(new_package(media=zstd_bomb), "media: It is too large when unpacked")
        many = zstd.compress(message({1: b""}) * 100_001)
        fails(new_package(media=many), "media|values")

    def test_huge_image_member_is_refused(self, zstd_bomb: bytes) -> None:
        data = package([note(['<img src="a.png">', ""])], media={"a.png": b"x"})
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        with read_file(zipped(members | {"0": zstd_bomb})) as parsed:
            (card,) = parsed
            with pytest.raises(FormatError, match="too large"):
                parsed.read_image(card.images[0].name)

    def test_large_zstandard_window_is_refused(self) -> None:
        options = {zstd.CompressionParameter.window_log: 27, zstd.CompressionParameter.compression_level: 1}
        compressor = zstd.ZstdCompressor(options=options)
        data = compressor.compress(b"x" * 1_000) + compressor.flush()
        fails(new_package(collection__anki21b=data), "collection.anki21b: It is damaged")

    def test_archive_bomb_is_refused(self) -> None:
        head = json.dumps({"format": "studysite-deck", "version": 1}).encode()
        fails(
            zeros("cards.jsonl", 64 * MEGABYTE, **{"deck.json": head}),
            "cards.jsonl, line 1: The line is longer",
        )

    def test_huge_zip_directory_is_refused(self) -> None:
        entry = b"PK\x01\x02" + bytes(42)
        fails(b"PK\x03\x04" + entry * (zips.MAX_MEMBERS + 1), "more than 50,000 members")


def test_too_large_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.apkg"
    with path.open("wb") as file:
        file.write(b"PK\x03\x04")
        file.truncate(200 * MEGABYTE)
    with pytest.raises(FormatError, match="200 MB; at most 100 MB"):
        read_file(path)
    with path.open("r+b") as file:
        file.write(b"text")
        with pytest.raises(FormatError, match="200 MB; at most"):
            read_file(file)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (zipped({"readme.txt": b"x"}), "neither a deck of this site nor an Anki collection"),
        (zipped({"inner.apkg": package(GOOD)}), "that contains another one"),
        (zipped({"xl/workbook.xml": b"x"}), "an Excel workbook"),
        (package(GOOD)[:-100], "not a complete zip archive"),
        (package(GOOD)[:200], "not a complete zip archive"),
        (b"PK\x03\x04", "not a complete zip archive"),
        (b"SQLite format 3\0" + bytes(100), "bare collection"),
        (zipped({"collection.anki2": b"no database"}), "collection.anki2: "),
        (zipped({"collection.anki2": b""}), "collection.anki2: It is not an Anki collection"),
        (zipped({"collection.anki21b": b"no zstd"}), "collection.anki21b: It is damaged"),
        (
            new_package(collection__anki21b=zstd.compress(b"x" * 9_999)[:-5]),
            "collection.anki21b: It (ends|is)",
        ),
        (new_package(media=b"no zstd"), "media: It is damaged"),
        (new_package(meta=message({1: 9})), "meta: It was made by a newer version of Anki"),
        (zipped({"collection.anki2": collection(GOOD, new=False), "media": b"{"}), "media"),
        (zipped({"collection.anki2": collection(GOOD, new=False), "media": b"[" * 99_999}), "media"),
        (b"\x89PNG\r\n", "an image, not text"),
    ],
)
def test_damaged_or_foreign_file_is_refused_with_a_reason(data: bytes, words: str) -> None:
    fails(data, words)


def test_links_folders_and_encrypted_members_are_refused() -> None:
    link = zipfile.ZipInfo("collection.anki2")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    fails(file.getvalue(), "collection.anki2: It is a link or a folder")
    secret = bytearray(zipped({"collection.anki2": collection(GOOD, new=False)}))
    secret[secret.index(b"PK\x01\x02") + 8] |= 1
    fails(bytes(secret), "collection.anki2: It is encrypted")


def test_media_names_that_are_paths_are_skipped() -> None:
    media = {"../../etc/passwd": b"x", "a\\b.png": b"y", "fine.png": b"z"}
    with read_anki(
        package([note(['<img src="../../etc/passwd"><img src="fine.png">', ""])], media=media)
    ) as parsed:
        (card,) = parsed
        assert [image.name for image in card.images] == ["fine.png"]
        assert parsed.report.skipped["images with a path for a name"] == 2
        with pytest.raises(FormatError):
            parsed.read_image("../../etc/passwd")


HOSTILE_SCHEMAS = {
    "view": "ALTER TABLE notes RENAME TO old; CREATE VIEW notes AS SELECT * FROM old;",
    "endless view": "DROP TABLE notes; CREATE VIEW notes AS WITH RECURSIVE n(id) AS"
    " (SELECT 1 UNION ALL SELECT id + 1 FROM n) SELECT id, 'g' guid, 1 mid, '' tags, 'a' flds FROM n;",
    "virtual table": "DROP TABLE notes; CREATE VIRTUAL TABLE notes USING fts5(guid, mid, tags, flds);",
    "computed column": "DROP TABLE notes; CREATE TABLE notes (id integer PRIMARY KEY, guid text, mid integer,"
    " tags text, flds text GENERATED ALWAYS AS (hex(zeroblob(9999999))));",
    "computed, in short": "DROP TABLE notes; CREATE TABLE notes (id integer PRIMARY KEY, guid text, mid integer,"
    " tags text, flds text AS (hex(zeroblob(100000000))));",
    "no notes": "DROP TABLE notes;",
    "other columns": "DROP TABLE notes; CREATE TABLE notes (x);",
}


@pytest.mark.parametrize("schema", HOSTILE_SCHEMAS.values(), ids=HOSTILE_SCHEMAS)
@pytest.mark.parametrize("new", [True, False], ids=["new", "old"])
def test_schemas_with_code_are_refused(schema: str, new: bool) -> None:
    fails(package(GOOD, new=new, extra=schema), r"collection.anki2(1b)?: ")


def test_values_of_unexpected_types_can_be_read() -> None:
    extra = (
        "UPDATE notes SET flds = x'00ff', tags = 5, guid = NULL; DROP TABLE cards; DROP TABLE revlog;"
        "CREATE TABLE cards (id, nid, did, ord, type, queue, due, ivl, reps, lapses, odue, odid, flags, data);"
        "INSERT INTO cards VALUES"
        " (1, 1, 'x', 0, 9, 9, 9e99, -1, 1e300, x'', NULL, NULL, 'f', '{\"s\":[],\"d\":\"\"}'),"
        f" ('a', 'b', 'x', 0, 9, 9, {2**63 - 1}, -1, 1, 1, 1, {2**63 - 1}, {2**63 - 1}, '');"
        "CREATE TABLE revlog (cid, id, ease, ivl, time, type, factor);"
        "INSERT INTO revlog VALUES (1, 9223372036854775807, 3, 9223372036854775807, -9, 1, x''),"
        "('x', 1, 1, 1, 1, 1, 1);"
    ).replace("guid = NULL", "guid = ''")
    for new in (True, False):
        with read_anki(package(GOOD, new=new, extra=extra)) as parsed:
            counted(parsed)


def test_answers_with_unusual_keys_are_refused() -> None:
    table = "DROP TABLE revlog; CREATE TABLE revlog (rowid, id, cid, ease, ivl, time, type, factor);"
    row = "INSERT INTO revlog VALUES ('first', 1, 10, 3, 4, 900, 1, 1);"
    fails(package(GOOD, extra=table + row), "collection.anki21b: The collection is damaged.")


def test_too_many_answers_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "MAX_REVIEWS", 2)
    reviews = [(10, 1_700_000_000_000 + n, 3, 1, 1, 1) for n in range(3)]
    fails(package(GOOD, reviews=reviews), "collection.anki21b: It has 3 answers; at most 2")


def test_huge_note_is_left_out_alone() -> None:
    deep = "{{c1::x}} <b>" * 5_000
    notes = [
        note(["first", "a"]),
        note(["x" * 1_000_001, "a"]),
        note(["last", "b"]),
        note([deep, ""], kind=CLOZE, ords=list(range(500))),
    ]
    with read_anki(package(notes)) as parsed:
        assert [card.term for card in parsed] == ["first", "last"]
        assert parsed.report.skipped == {"notes that are too large": 2}
        assert [notice.where for notice in parsed.report.notices] == ["note 2", "note 4"]


@pytest.mark.long
def test_many_large_notes_are_read() -> None:
    text = "<b>x</b> \\(y\\)1 " * 2_000
    cards = cards_of(package([note([text, text + str(n)]) for n in range(100)]))
    assert len(cards) == 100


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit", ["<b>x</b>", "<div>", "<ul><li>a", "<table><tr><td>", "<svg>", "<a href=x>", "&amp;"]
)
def test_longest_html_is_read_within_a_second(unit: str) -> None:
    started = time.process_time()
    convert(unit * (1_000_000 // len(unit)))
    # A third of a second on an idle machine; time that grows with the square takes minutes.
    assert time.process_time() - started < 4


@pytest.mark.parametrize(
    "unit",
    ["<b c=d>", "<a href=none>", "<style>", "<!--", "<i hidden>", "<a b='", "<a" + " b" * 500, "<a b=c 'd>"],
)
def test_longest_note_is_cut_down_within_seconds(unit: str) -> None:
    started = time.process_time()
    read_note((1, "guid", 1, "", unit * (MAX_LOOKED_AT // len(unit))), Report())
    # At most 1.3 seconds on an idle machine.
    assert time.process_time() - started < 8


@pytest.mark.parametrize(
    "unit", [("{", "}"), ("{{c1::", "}}"), ("", "\\(x_{y_{z}}"), ("", "{{}}"), ("", "{{c1::\\({{}}")]
)
def test_longest_deletions_are_read_within_seconds(unit: tuple[str, str]) -> None:
    opening, closing = (part * (500_000 // max(map(len, unit))) for part in unit)
    started = time.process_time()
    cloze.parse(f"{{{{c1::\\({opening}{closing}\\)}}}}")
    # At most half a second on an idle machine.
    assert time.process_time() - started < 4


def test_scripts_in_html_are_removed_or_escaped() -> None:
    marked = '<script>alert(1)</script><img src=x onerror=alert(1)><a href="javascript:x">b</a>&lt;script&gt;'
    with read_anki(package([note([marked, "a"])])) as parsed:
        (card,) = parsed
    assert card.term == "b\\<script>"


@given(st.binary(max_size=400))
def test_any_protobuf_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(protobuf.DamagedMessageError):
        protobuf.read(data)


SMALL = zstd.compress(collection(GOOD, new=True))


@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=40))
@example(892, b"$0")
def test_damaged_collection_is_read_or_refused(at: int, noise: bytes) -> None:
    data = bytearray(zstd.decompress(SMALL))
    at = at * len(data) // 10_000
    data[at : at + len(noise)] = noise
    damaged = zipped({"collection.anki21b": zstd.compress(bytes(data))})
    with contextlib.suppress(FormatError), read_file(damaged) as parsed:
        counted(parsed)


def test_temporary_files_are_deleted_after_errors(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for data in (new_package(media=b"x"), package(GOOD, extra="DROP TABLE notes;"), package(GOOD)):
        with contextlib.suppress(FormatError):
            read_anki(data).close()
    assert list(tmp_path.iterdir()) == []
