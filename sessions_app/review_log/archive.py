"""A learner's history in the archive of a deck: their reviews, marks and settings as records, out and in."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q

from cards.hooks import LearnerHistory
from cards.models import Deck, SideChoice
from cards.text.cleaning import clean_text
from sessions_app.models import ANKI, MAX_RESPONSE, CardProgress, Enrollment, Review
from sessions_app.models.review import memory_after
from sessions_app.review_log.imported_lines import ImportedLine
from sessions_app.review_log.importing import CardFlags, CardHistory
from sessions_app.study.modes import MODES
from sessions_app.study.scheduling.types import Memory
from sessions_app.study.types import Evidence, JudgedBy, Kind, Rating, Side, State, Verdict
from studysite.accounts.models import User

# A file's format, so it is written out here: a new field of a review has to be added (docs/formats.md).
PLAIN = (
    *("mode", "side", "kind", "evidence", "verdict", "rating", "judged_by", "response", "elapsed_ms"),
    *("gap", "gap_needed", "scheduler"),
    *("memory_stability", "memory_difficulty", "memory_state", "memory_step"),
)
MOMENTS = ("reviewed_at", "counted_since", "memory_due", "memory_at", "voided_at")
DAYS = ("study_day", "memory_due_day", "memory_day")
SETTINGS = (
    *("new_per_day", "retention", "side_choice", "two_buttons", "learn_ahead", "learn_kinds"),
    *("typed", "strict", "retype", "untimed"),
)
MARKS = ("starred", "suspended", "suspended_in_file")
MAX_INTEGER = 2**31 - 1
EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""Later and earlier instants can overflow in some time zone; no answer was given there."""

# In any time zone a study day is at most two dates away. The scheduler's longest interval is a hundred years.
MAX_DAYS_APART, LONGEST_INTERVAL = 2, timedelta(days=36_525)
Record = Mapping[str, Any]


# --- Writing


def records_of(deck: Deck, learner: User, cards: Sequence[int]) -> dict[str, Iterable[Record]]:
    """The learner's records about these ``cards`` (primary keys) of the deck, in their order, by name.

    Without cards: the records about the deck itself, and every name.
    """
    if not cards:
        return {"reviews": (), "marks": (), "settings": settings_of(deck, learner)}
    return {"reviews": reviews_of(deck, learner, cards), "marks": marks_of(deck, learner, cards)}


def by_card(rows: Iterable[Any], cards: Sequence[int], key: Callable[[Any], int]) -> Iterator[Any]:
    """The rows in the order of ``cards``; ``key`` gives the primary key of a row's card."""
    found: dict[int, list[Any]] = {card: [] for card in cards}
    for row in rows:
        found[key(row)].append(row)
    return chain.from_iterable(found.values())


def reviews_of(deck: Deck, learner: User, cards: Sequence[int]) -> Iterator[Record]:
    lines = Review.objects.filter(learner=learner, card__in=cards, card__deck=deck, card__removed_at=None)
    lines = lines.order_by("side", "reviewed_at", "pk")
    names = (*PLAIN, *MOMENTS, *DAYS, "card", "card__key", "mistaken_for__key")
    for row in by_card(lines.values(*names), cards, key=lambda row: int(row["card"])):
        record = {name: row[name] for name in PLAIN if row[name] not in (None, "")}
        record |= {name: row[name].isoformat() for name in (*MOMENTS, *DAYS) if row[name]}
        if row["mistaken_for__key"]:
            record["mistaken_for"] = row["mistaken_for__key"]
        yield {"card": row["card__key"], **record}


def marks_of(deck: Deck, learner: User, cards: Sequence[int]) -> Iterator[Record]:
    rows = CardProgress.objects.filter(
        learner=learner, card__in=cards, card__deck=deck, card__removed_at=None
    )
    rows = rows.exclude(Q(starred=False, suspended=False, buried_until=None, reset_at=None))
    found = rows.select_related("card").order_by("side")
    for row in by_card(found, cards, key=lambda row: int(row.card_id)):
        record: dict[str, Any] = {"card": row.card.key, "side": row.side}
        record |= {name: True for name in MARKS if getattr(row, name)}
        record |= {
            name: value.isoformat() for name in ("buried_until", "reset_at") if (value := getattr(row, name))
        }
        yield record


def settings_of(deck: Deck, learner: User) -> Iterator[Record]:
    for enrollment in Enrollment.objects.filter(deck=deck, learner=learner):
        record = {name: getattr(enrollment, name) for name in SETTINGS}
        if enrollment.reset_at:
            record["reset_at"] = enrollment.reset_at.isoformat()
        yield record


# --- Reading


class ArchiveHistories:
    """The histories in an archive, without records that a site like this cannot have written."""

    def __init__(
        self, history: LearnerHistory, *, deck: Deck, learner: User, keys: Mapping[str, int], now: datetime
    ) -> None:
        self.history, self.deck, self.learner, self.keys, self.now = history, deck, learner, keys, now

    def __iter__(self) -> Iterator[CardHistory]:
        for each in self.history:
            pk = self.keys[each.key]
            lines = [line for record in each.reviews if (line := self.line(pk, record))]
            yield CardHistory(pk, lines, self.flags(each.marks), each.number)

    def flags(self, records: Iterable[Record]) -> dict[str, CardFlags]:
        found: dict[str, CardFlags] = {}
        for record in records:
            if record.get("side") not in list(Side):
                continue
            try:
                found[record["side"]] = CardFlags(
                    starred=record.get("starred") is True,
                    suspended=record.get("suspended") is True,
                    follows=record.get("suspended_in_file") is True,
                    buried_until=moment(record, "buried_until"),
                    reset_at=self.past(moment(record, "reset_at")),
                )
            except ValueError:
                continue
        return found

    def line(self, pk: int, record: Record) -> ImportedLine | None:
        try:
            line = self.read_line(pk, record)
            fed_at = line.memory.last_review if line.memory else line.reviewed_at
            return line if max(line.reviewed_at, fed_at) <= self.now else None
        except (ValueError, TypeError, KeyError, OverflowError):
            return None

    def read_line(self, pk: int, record: Record) -> ImportedLine:
        """The line of a record. Raises ValueError, TypeError or KeyError if the record is not a valid line."""
        reviewed_at, study_day = moment(record, "reviewed_at"), date.fromisoformat(record["study_day"])
        if reviewed_at is None or not is_near(study_day, reviewed_at):
            raise ValueError("The study day is too far from the answer.")
        counted_since = moment(record, "counted_since")
        if counted_since and counted_since > reviewed_at:
            raise ValueError("No start over is later than the answer.")
        mistaken_for = record.get("mistaken_for")
        verdict, mode = Verdict(record["verdict"]), record["mode"]
        if verdict is Verdict.ASK or mode not in (*MODES, ANKI):
            raise ValueError("This is not an answer.")
        return ImportedLine(
            learner_id=self.learner.pk,
            card_id=pk,
            deck_id=self.deck.pk,
            mode=mode,
            side=Side(record["side"]),
            kind=Kind(record["kind"]),
            evidence=Evidence(record["evidence"]),
            verdict=verdict,
            rating=Rating(record["rating"]) if "rating" in record else None,
            judged_by=JudgedBy(record["judged_by"]) if "judged_by" in record else "",
            response=clean_text(text(record, "response"))[:MAX_RESPONSE],
            mistaken_for_id=self.keys.get(mistaken_for) if isinstance(mistaken_for, str) else None,
            elapsed_ms=whole(record, "elapsed_ms", MAX_INTEGER),
            reviewed_at=reviewed_at,
            study_day=study_day,
            gap=whole(record, "gap", 32_000),
            gap_needed=whole(record, "gap_needed", 32_000) or 0,
            counted_since=counted_since,
            scheduler=text(record, "scheduler")[:20],
            voided_at=moment(record, "voided_at"),
            memory=memory_of(record, reviewed_at, study_day),
        )

    def read_settings(self, enrollment: Enrollment) -> None:
        """Set those settings that the settings page would accept."""
        record = next(iter(self.history.settings), {})
        for name in SETTINGS:
            if name in record:
                before = getattr(enrollment, name)
                setattr(enrollment, name, record[name])
                try:
                    enrollment.clean_fields(
                        exclude=[f.name for f in Enrollment._meta.fields if f.name != name]
                    )
                except ValidationError:
                    setattr(enrollment, name, before)
        if enrollment.side_choice not in SideChoice.values:
            enrollment.side_choice = SideChoice.AUTO
        if not isinstance(enrollment.learn_kinds, list) or not {*map(str, enrollment.learn_kinds)} <= set(
            Kind
        ):
            enrollment.learn_kinds = []
        enrollment.reset_at = self.past(moment(record, "reset_at", forgiving=True))

    def past(self, at: datetime | None) -> datetime | None:
        """``at``, but no later than now: before that moment no answer would count."""
        return at and min(at, self.now)


def moment(record: Record, name: str, *, forgiving: bool = False) -> datetime | None:
    """The instant ``name`` of the record, or None. Raises ValueError if it is not an instant with a time zone."""
    value = record.get(name)
    try:
        if value is None:
            return None
        at = datetime.fromisoformat(value)
        if at.utcoffset() is None:
            raise ValueError("An instant needs a time zone.")
        if not EARLIEST < at < LATEST:
            raise ValueError("No answer was given then.")
        return at.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        if forgiving:
            return None
        raise ValueError(f"{name} is not an instant.") from None


def whole(record: Record, name: str, most: int) -> int | None:
    value = record.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or not 0 <= value <= most:
        raise ValueError(f"{name} is not a whole number from 0 to {most}.")
    return value


def text(record: Record, name: str) -> str:
    value = record.get(name, "")
    if not isinstance(value, str):
        raise TypeError(f"{name} is not a text.")
    return clean_text(value)


def day(record: Record, name: str) -> date | None:
    """The date ``name`` of the record, or None. Raises ValueError or TypeError if it is not a date."""
    return date.fromisoformat(record[name]) if name in record else None


def memory_of(record: Record, reviewed_at: datetime, study_day: date) -> Memory | None:
    """The memory that another program computed for the answer of ``record``, if it has one.

    Raises ValueError, TypeError or KeyError if it is not a memory. Archives of earlier versions have no days.
    """
    if "memory_stability" not in record:
        return None
    state = State(record["memory_state"])
    memory = memory_after(
        reviewed_at,
        study_day,
        float(record["memory_stability"]),
        float(record["memory_difficulty"]),
        state,
        None if state is State.REVIEW else 0,
        moment(record, "memory_due"),
        due_day := day(record, "memory_due_day"),
        moment(record, "memory_at"),
        day(record, "memory_day"),
    )
    if memory is None or not 0 < memory.stability < 1e6 or not 1 <= memory.difficulty <= 10:
        raise ValueError("This is not a memory.")
    if abs(memory.due - reviewed_at) > LONGEST_INTERVAL:
        raise ValueError("This is not a memory.")
    if (due_day and not is_near(due_day, memory.due)) or not is_near(memory.day, memory.last_review):
        raise ValueError("The day is too far from its instant.")
    return memory


def is_near(day: date, at: datetime) -> bool:
    """Whether the instant can be in the study day in some time zone."""
    return abs((at.date() - day).days) <= MAX_DAYS_APART
