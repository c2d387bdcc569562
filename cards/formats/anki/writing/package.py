"""What a package of ours says besides its notes: its deck, its calendar, and the options of its deck. Pure."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from cards.formats.anki.writing.fields import side_html
from cards.formats.types import Preset


def stable_id(name: str) -> int:
    """A number for ``name`` in the range of Anki's ids."""
    return int.from_bytes(hashlib.sha256(name.encode("utf-8", "replace")).digest()[:5], "big") + 2**40


@dataclass(frozen=True, slots=True)
class Package:
    """The only deck of a package.

    ``key`` identifies the deck permanently (it is its address), and its id is made of it. Anki itself knows decks
    by their names alone. It knows notes by their guids, and uses those of the export with the later ``now``.
    ``day_0`` is needed for due days: an instant in the learner's time zone, from whose date days are counted.
    Without it the cards have no history. ``preset`` is how the learner's memory of the deck is calculated.
    ``is_newest`` chooses Anki's newest format (2.1.50 and later), and not the one before it.
    """

    title: str
    key: str
    now: datetime
    description: str = ""
    day_0: datetime | None = None
    preset: Preset | None = None
    is_newest: bool = True

    @property
    def deck(self) -> int:
        return stable_id(self.key)

    @property
    def options(self) -> int:
        """The id of the deck's options. 1 is that of Anki's default ones."""
        return stable_id(f"options of {self.key}") if self.preset else 1

    @property
    def options_name(self) -> str:
        return f"Studysite: {self.name}"

    @property
    def name(self) -> str:
        # In Anki's deck names two colons separate a subdeck.
        return self.title.replace("::", ": :") or "Studysite"

    @property
    def about(self) -> str:
        return side_html(self.description)

    @property
    def seconds(self) -> int:
        return int(self.now.timestamp())

    @property
    def created(self) -> int:
        """When day 0 of the collection is, in seconds since 1970."""
        return int((self.day_0 or self.now).timestamp())

    @property
    def config(self) -> dict[str, object]:
        """The settings of the collection that its days depend on, and those without which Anki upgrades it."""
        offset = self.day_0.utcoffset() if self.day_0 else None
        west = -int(offset.total_seconds() // 60) if offset else 0
        return {
            "schedVer": 2,
            "sched2021": True,
            "creationOffset": west,
            "activeDecks": [1],
            "curDeck": 1,
            "nextPos": 1,
            "sortType": "noteFld",
            "sortBackwards": False,
            "addToCur": True,
            "collapseTime": 1200,
            "dueCounts": True,
            "estTimes": True,
            "newSpread": 0,
            "timeLim": 0,
            "dayLearnFirst": False,
        }
