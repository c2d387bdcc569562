"""Anki packages for the tests, old and new; built here so that each can have one fault."""

import io
import json
import sqlite3
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cards.formats.anki.container.zstandard import zstd
from cards.formats.anki.reader import AnkiOptions, read_anki
from cards.formats.types import FileCounts, Parsed, ParsedCard

BASIC, REVERSED, CLOZE, OCCLUSION, OPTIONAL, BACKWARD, TWICE = 1, 2, 3, 4, 5, 6, 7
CREATED = 1_700_004_600  # 2023-11-14 23:30 UTC
BACK = "{{FrontSide}}\n\n<hr id=answer>\n\n"
FRONT_BACK = ("Front", "Back")

# By id: name, fields, templates as question and answer, whether it is a cloze type.
NOTE_TYPES: dict[int, tuple[str, Sequence[str], Sequence[tuple[str, str]], bool]] = {
    BASIC: ("Basic", FRONT_BACK, [("{{Front}}", BACK + "{{Back}}")], False),
    REVERSED: (
        "Reversed",
        FRONT_BACK,
        [("{{Front}}", BACK + "{{Back}}"), ("{{Back}}", BACK + "{{Front}}")],
        False,
    ),
    OPTIONAL: (
        "Optional",
        (*FRONT_BACK, "Add reverse"),
        [
            ("{{Front}}", BACK + "{{Back}}"),
            ("{{#Add reverse}}{{Back}}{{/Add reverse}}", BACK + "{{Front}}"),
        ],
        False,
    ),
    # The same two templates, the other one first.
    BACKWARD: (
        "Backward",
        FRONT_BACK,
        [("{{Back}}", BACK + "{{Front}}"), ("{{Front}}", BACK + "{{Back}}")],
        False,
    ),
    TWICE: (
        "Twice",
        FRONT_BACK,
        [("{{Front}}", BACK + "{{Back}}"), *[("{{Back}}", BACK + "{{Front}}")] * 2],
        False,
    ),
    CLOZE: ("Cloze", ("Text", "Extra"), [("{{cloze:Text}}", "{{cloze:Text}}<br>{{Extra}}")], True),
    OCCLUSION: ("Image Occlusion", ("Text", "Image"), [("{{cloze:Text}}", "{{cloze:Text}}")], True),
}
TABLES = """
CREATE TABLE notes (id integer PRIMARY KEY, guid text NOT NULL, mid integer NOT NULL, tags text, flds text);
CREATE TABLE cards (id integer PRIMARY KEY, nid integer, did integer, ord integer, type integer, queue integer,
  due integer, ivl integer, reps integer, lapses integer, odue integer, odid integer, flags integer, data text);
CREATE TABLE revlog (id integer PRIMARY KEY, cid integer, usn integer, ease integer, ivl integer, lastIvl integer,
  factor integer, time integer, type integer);
CREATE TABLE col (id integer PRIMARY KEY, crt integer, conf text, models text, decks text, dconf text);
"""
NEW_TABLES = """
CREATE TABLE notetypes (id integer PRIMARY KEY, name text COLLATE unicase, config blob);
CREATE TABLE fields (ntid integer, ord integer, name text COLLATE unicase, config blob, PRIMARY KEY (ntid, ord))
  WITHOUT ROWID;
CREATE TABLE templates (ntid integer, ord integer, name text COLLATE unicase, config blob, PRIMARY KEY (ntid, ord))
  WITHOUT ROWID;
CREATE TABLE decks (id integer PRIMARY KEY, name text COLLATE unicase, kind blob);
CREATE TABLE deck_config (id integer PRIMARY KEY, config blob);
CREATE TABLE config (key text PRIMARY KEY, val blob) WITHOUT ROWID;
"""

Row = Mapping[str, Any]


def varint(value: int) -> bytes:
    made = b""
    while value > 0x7F:
        made += bytes([value & 0x7F | 0x80])
        value >>= 7
    return made + bytes([value])


def message(fields: Mapping[int, int | str | bytes]) -> bytes:
    """A protocol buffer: numbers as varints, texts and bytes with their length."""
    made = b""
    for number, value in fields.items():
        if isinstance(value, int):
            made += varint(number << 3) + varint(value)
        else:
            data = value.encode() if isinstance(value, str) else value
            made += varint(number << 3 | 2) + varint(len(data)) + data
    return made


def insert(db: sqlite3.Connection, table: str, row: Row) -> None:
    marks = ", ".join("?" * len(row))
    db.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))


def note(fields: Sequence[str], *, kind: int = BASIC, guid: str = "", tags: str = "", **card: Any) -> Row:
    """A note, with the values that its cards share: ``deck``, ``type``, ``queue``, ``due``, ``ords`` ..."""
    return {"kind": kind, "guid": guid, "tags": tags, "fields": fields, "card": card}


def collection(
    notes: Sequence[Row], *, new: bool, reviews: Sequence[Sequence[int]] = (), extra: str = ""
) -> bytes:
    """The bytes of a collection; each review is (card, instant in ms, ease, interval, ms taken, type, factor).

    The factor may be left out.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "collection"
        db = sqlite3.connect(path)
        db.create_collation("unicase", lambda a, b: (a > b) - (a < b))
        db.executescript(TABLES + (NEW_TABLES if new else ""))
        (fill_new if new else fill_old)(db)
        add_notes(db, notes)
        for card, at, ease, interval, taken, kind, *factor in reviews:
            row = {"id": at, "cid": card, "ease": ease, "ivl": interval, "time": taken, "type": kind}
            insert(db, "revlog", row | {"factor": factor[0] if factor else 2_500})
        db.executescript(extra)
        db.commit()
        db.close()
        return path.read_bytes()


def add_notes(db: sqlite3.Connection, notes: Sequence[Row]) -> None:
    """Cards are numbered 10 × their note's number + their template's."""
    for number, entry in enumerate(notes, 1):
        guid = entry["guid"] or f"guid{number}"
        fields = "\x1f".join(entry["fields"])
        insert(
            db,
            "notes",
            {"id": number, "guid": guid, "mid": entry["kind"], "tags": entry["tags"], "flds": fields},
        )
        card = {
            "type": 0,
            "queue": 0,
            "due": number,
            "ivl": 0,
            "reps": 0,
            "lapses": 0,
            "data": "{}",
            "odue": 0,
            "flags": 0,
        }
        card |= {"odid": 0} | entry["card"]
        ords, deck = card.pop("ords", [0]), card.pop("deck", 1)
        for ord_ in ords:
            insert(db, "cards", {"id": number * 10 + ord_, "nid": number, "did": deck, "ord": ord_} | card)


def fill_old(db: sqlite3.Connection) -> None:
    models = {
        str(key): {
            "id": key,
            "name": name,
            "type": int(is_cloze),
            "flds": [{"name": field, "ord": ord_} for ord_, field in enumerate(fields)],
            "tmpls": [
                {"name": f"Card {ord_}", "ord": ord_, "qfmt": question, "afmt": answer}
                for ord_, (question, answer) in enumerate(templates)
            ],
        }
        for key, (name, fields, templates, is_cloze) in NOTE_TYPES.items()
    }
    decks = {
        "1": {"id": 1, "name": "Default", "conf": 1},
        "2": {"id": 2, "name": "Biology::Cells", "conf": 1},
    }
    options = {"1": {"id": 1, "desiredRetention": 0.85, "fsrsParams6": [0.5] * 21}}
    row = {
        "crt": CREATED,
        "conf": {"creationOffset": -60},
        "models": models,
        "decks": decks,
        "dconf": options,
    }
    insert(db, "col", {key: value if key == "crt" else json.dumps(value) for key, value in row.items()})


def fill_new(db: sqlite3.Connection) -> None:
    insert(db, "col", {"crt": CREATED, "conf": "", "models": "", "decks": "", "dconf": ""})
    insert(db, "config", {"key": "creationOffset", "val": b"-60"})
    for key, (name, fields, templates, is_cloze) in NOTE_TYPES.items():
        insert(db, "notetypes", {"id": key, "name": name, "config": message({1: int(is_cloze)})})
        for ord_, field in enumerate(fields):
            insert(db, "fields", {"ntid": key, "ord": ord_, "name": field, "config": b""})
        for ord_, (question, answer) in enumerate(templates):
            config = message({1: question, 2: answer})
            insert(db, "templates", {"ntid": key, "ord": ord_, "name": f"Card {ord_}", "config": config})
    for key, name in ((1, "Default"), (2, "Biology\x1fCells")):
        insert(db, "decks", {"id": key, "name": name, "kind": message({1: message({1: 1})})})
    # 0.85 as a 32-bit float, in field 37.
    insert(db, "deck_config", {"id": 1, "config": varint(37 << 3 | 5) + b"\x9a\x99\x59\x3f"})


def zipped(members: Mapping[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def package(
    notes: Sequence[Row], *, new: bool = True, media: Mapping[str, bytes] | None = None, **more: Any
) -> bytes:
    """An ``.apkg`` as Anki's newer or older versions write it."""
    data = collection(notes, new=new, **more)
    files = media or {}
    if not new:
        names = json.dumps({str(number): name for number, name in enumerate(files)}).encode()
        members = {str(number): content for number, content in enumerate(files.values())}
        return zipped({"collection.anki2": data, "media": names, **members})
    entries = b"".join(message({1: message({1: name, 2: len(content)})}) for name, content in files.items())
    members = {str(number): zstd.compress(content) for number, content in enumerate(files.values())}
    stub = collection([note(["Please update to the latest Anki version", ""])], new=False)
    return zipped(
        {
            "meta": message({1: 3}),
            "collection.anki21b": zstd.compress(data),
            "collection.anki2": stub,
            "media": zstd.compress(entries),
            **members,
        }
    )


def cards_of(data: bytes, options: AnkiOptions | None = None) -> list[ParsedCard]:
    with read_anki(data, options) as parsed:
        return list(parsed)


def counted(parsed: Parsed) -> FileCounts:
    """Read a whole file, and count its cards as an import does."""
    counts = FileCounts()
    for card in parsed:
        counts.add(card)
    counts.report = parsed.report
    return counts
