"""The tables of a package's collection, in both of Anki's schemas. Pure.

Both have the same tables for notes, cards and answers. The old one (version 11) has decks, note types and options
as JSON in the only row of ``col``; the new one (version 18) has them in tables, as protocol buffers.
"""

import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cards.formats.anki.collection import CONFIG_ID, DECK_RETENTION, DESCRIPTION, NORMAL, NoteType
from cards.formats.anki.container import protobuf
from cards.formats.anki.writing import note_types, options
from cards.formats.anki.writing.package import Package

TABLES = """
CREATE TABLE col (
    id integer PRIMARY KEY, crt integer NOT NULL, mod integer NOT NULL, scm integer NOT NULL, ver integer NOT NULL,
    dty integer NOT NULL, usn integer NOT NULL, ls integer NOT NULL, conf text NOT NULL, models text NOT NULL,
    decks text NOT NULL, dconf text NOT NULL, tags text NOT NULL
);
CREATE TABLE notes (
    id integer PRIMARY KEY, guid text NOT NULL, mid integer NOT NULL, mod integer NOT NULL, usn integer NOT NULL,
    tags text NOT NULL, flds text NOT NULL, sfld integer NOT NULL, csum integer NOT NULL, flags integer NOT NULL,
    data text NOT NULL
);
CREATE TABLE cards (
    id integer PRIMARY KEY, nid integer NOT NULL, did integer NOT NULL, ord integer NOT NULL, mod integer NOT NULL,
    usn integer NOT NULL, type integer NOT NULL, queue integer NOT NULL, due integer NOT NULL,
    ivl integer NOT NULL, factor integer NOT NULL, reps integer NOT NULL, lapses integer NOT NULL,
    left integer NOT NULL, odue integer NOT NULL, odid integer NOT NULL, flags integer NOT NULL, data text NOT NULL
);
CREATE TABLE revlog (
    id integer PRIMARY KEY, cid integer NOT NULL, usn integer NOT NULL, ease integer NOT NULL,
    ivl integer NOT NULL, lastIvl integer NOT NULL, factor integer NOT NULL, time integer NOT NULL,
    type integer NOT NULL
);
CREATE INDEX ix_notes_usn ON notes (usn);
CREATE INDEX ix_cards_usn ON cards (usn);
CREATE INDEX ix_revlog_usn ON revlog (usn);
CREATE INDEX ix_cards_nid ON cards (nid);
CREATE INDEX ix_cards_sched ON cards (did, queue, due);
CREATE INDEX ix_revlog_cid ON revlog (cid);
CREATE INDEX ix_notes_csum ON notes (csum);
"""

OLD_TABLES = "CREATE TABLE graves (usn integer NOT NULL, oid integer NOT NULL, type integer NOT NULL);"

NEW_TABLES = """
CREATE TABLE graves (
    oid integer NOT NULL, type integer NOT NULL, usn integer NOT NULL, PRIMARY KEY (oid, type)
) WITHOUT ROWID;
CREATE TABLE config (
    KEY text NOT NULL PRIMARY KEY, usn integer NOT NULL, mtime_secs integer NOT NULL, val blob NOT NULL
) WITHOUT ROWID;
CREATE TABLE deck_config (
    id integer PRIMARY KEY NOT NULL, name text NOT NULL COLLATE unicase, mtime_secs integer NOT NULL,
    usn integer NOT NULL, config blob NOT NULL
);
CREATE TABLE decks (
    id integer PRIMARY KEY NOT NULL, name text NOT NULL COLLATE unicase, mtime_secs integer NOT NULL,
    usn integer NOT NULL, common blob NOT NULL, kind blob NOT NULL
);
CREATE TABLE notetypes (
    id integer NOT NULL PRIMARY KEY, name text NOT NULL COLLATE unicase, mtime_secs integer NOT NULL,
    usn integer NOT NULL, config blob NOT NULL
);
CREATE TABLE fields (
    ntid integer NOT NULL, ord integer NOT NULL, name text NOT NULL COLLATE unicase, config blob NOT NULL,
    PRIMARY KEY (ntid, ord)
) WITHOUT ROWID;
CREATE TABLE templates (
    ntid integer NOT NULL, ord integer NOT NULL, name text NOT NULL COLLATE unicase, mtime_secs integer NOT NULL,
    usn integer NOT NULL, config blob NOT NULL, PRIMARY KEY (ntid, ord)
) WITHOUT ROWID;
CREATE TABLE tags (
    tag text NOT NULL PRIMARY KEY COLLATE unicase, usn integer NOT NULL, collapsed boolean NOT NULL,
    config blob NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX idx_decks_name ON decks (name);
CREATE UNIQUE INDEX idx_notetypes_name ON notetypes (name);
CREATE INDEX idx_notetypes_usn ON notetypes (usn);
CREATE UNIQUE INDEX idx_fields_name_ntid ON fields (name, ntid);
CREATE UNIQUE INDEX idx_templates_name_ntid ON templates (name, ntid);
CREATE INDEX idx_templates_usn ON templates (usn);
CREATE INDEX idx_notes_mid ON notes (mid);
CREATE INDEX idx_cards_odid ON cards (odid) WHERE odid != 0;
"""

COL = "INSERT INTO col VALUES (1, ?, ?, ?, ?, 0, 0, 0, ?, ?, '', ?, ?)"
DEFAULT_DECK, DEFAULT_NAME = 1, "Default"


@dataclass(frozen=True, slots=True)
class Schema:
    """How a collection is begun and ended.

    ``member`` is its name in a package, ``version`` that of the package. ``begin`` makes the tables. ``end``
    writes the decks, their options and the note types that notes have.
    """

    member: str
    version: int
    begin: Callable[[sqlite3.Connection, Package], None]
    end: Callable[[sqlite3.Connection, Package, Sequence[NoteType]], None]
    ended: str
    """A query that finds a row in a collection that is ended."""


def unicase(one: str, other: str) -> int:
    """Anki's order of names, in which letters are equal in any case."""
    first, second = one.casefold(), other.casefold()
    return (first > second) - (first < second)


def is_default(package: Package) -> bool:
    """Whether the deck has the name of Anki's own first deck, which then is not written: names are unique."""
    return unicase(DEFAULT_NAME, package.name) == 0


def begin_old(db: sqlite3.Connection, package: Package) -> None:
    db.executescript(f"BEGIN; {TABLES} {OLD_TABLES}")
    ms = package.seconds * 1000
    db.execute(COL, (package.created, ms, ms, 11, json.dumps(package.config), "{}", "{}", "{}"))


def end_old(db: sqlite3.Connection, package: Package, used: Sequence[NoteType]) -> None:
    seconds = package.seconds
    models = {str(one.id): note_types.as_json(one, seconds) for one in used}
    default = {"id": DEFAULT_DECK, "mod": 0, "name": DEFAULT_NAME, "usn": 0, "desc": "", "conf": 1}
    own = {
        "id": package.deck,
        "mod": seconds,
        "name": package.name,
        "usn": -1,
        "desc": package.about,
        "conf": package.options,
    }
    if package.preset:
        own["desiredRetention"] = round(package.preset.retention * 100)
    decks = {
        str(one["id"]): one | deck_counts() for one in ((own,) if is_default(package) else (default, own))
    }
    known = {"1": options.as_json(1, DEFAULT_NAME, None, 0)}
    if package.preset:
        known[str(package.options)] = options.as_json(
            package.options, package.options_name, package.preset, seconds
        )
    values = (json.dumps(models), json.dumps(decks), json.dumps(known))
    db.execute("UPDATE col SET models = ?, decks = ?, dconf = ?", values)


def deck_counts() -> dict[str, object]:
    """What the old schema has of every deck that is not filtered: nothing was studied today."""
    today = {name: [0, 0] for name in ("lrnToday", "revToday", "newToday", "timeToday")}
    return {**today, "collapsed": False, "browserCollapsed": False, "dyn": 0, "extendNew": 0, "extendRev": 0}


def begin_new(db: sqlite3.Connection, package: Package) -> None:
    db.create_collation("unicase", unicase)
    db.executescript(f"BEGIN; {TABLES} {NEW_TABLES}")
    ms = package.seconds * 1000
    db.execute(COL, (package.created, ms, ms, 18, "", "", "", ""))
    settings = ((name, package.seconds, json.dumps(value).encode()) for name, value in package.config.items())
    db.executemany("INSERT INTO config VALUES (?, 0, ?, ?)", settings)


def end_new(db: sqlite3.Connection, package: Package, used: Sequence[NoteType]) -> None:
    db.create_collation("unicase", unicase)
    seconds = package.seconds
    for one in used:
        row = (one.id, one.name, seconds, note_types.config())
        db.execute("INSERT INTO notetypes VALUES (?, ?, ?, -1, ?)", row)
        fields = ((one.id, ord_, name, note_types.field_config()) for ord_, name in enumerate(one.fields))
        db.executemany("INSERT INTO fields VALUES (?, ?, ?, ?)", fields)
        templates = (
            (one.id, ord_, template.name, seconds, note_types.template_config(template))
            for ord_, template in enumerate(one.templates)
        )
        db.executemany("INSERT INTO templates VALUES (?, ?, ?, ?, -1, ?)", templates)
    default: dict[int, protobuf.Value] = {CONFIG_ID: DEFAULT_DECK}
    normal: dict[int, protobuf.Value] = {CONFIG_ID: package.options, DESCRIPTION: package.about}
    if package.preset:
        normal[DECK_RETENTION] = package.preset.retention
        row = (package.options, package.options_name, seconds, options.message(package.preset))
        db.execute("INSERT INTO deck_config VALUES (?, ?, ?, -1, ?)", row)
    for key, name, kind in ((DEFAULT_DECK, DEFAULT_NAME, default), (package.deck, package.name, normal)):
        if key == DEFAULT_DECK and is_default(package):
            continue
        content = protobuf.write({NORMAL: protobuf.write(kind)})
        db.execute("INSERT INTO decks VALUES (?, ?, ?, -1, x'', ?)", (key, name, seconds, content))


OLD = Schema("collection.anki21", 2, begin_old, end_old, "SELECT 1 FROM col WHERE decks != ''")
NEW = Schema("collection.anki21b", 3, begin_new, end_new, "SELECT 1 FROM decks")


def schema_of(package: Package) -> Schema:
    return NEW if package.is_newest else OLD
