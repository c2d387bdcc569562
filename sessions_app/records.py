"""A learner's history in the archive of a deck: her reviews, marks and settings as records, out and in."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q

from cards.formats.types import Parsed
from cards.models import Deck, SideChoice, clean_text
from sessions_app.histories import CardHistory, Marks
from sessions_app.models import CardProgress, Enrollment, Review
from sessions_app.models.choices import ANKI, MAX_RESPONSE
from sessions_app.study.modes import MODES
from sessions_app.study.types import Evidence, Kind, Memory, Rating, Side, State, Verdict
from studysite.accounts.models import User

PLAIN: tuple[str, ...] = (
    "mode",
    "side",
    "kind",
    "evidence",
    "verdict",
    "rating",
    "response",
    "elapsed_ms",
    "gap",
    "gap_needed",
)
PLAIN += ("scheduler", "memory_stability", "memory_difficulty", "memory_state", "memory_step")
MOMENTS = ("reviewed_at", "counted_since", "memory_due", "voided_at")
SETTINGS = (
    *("new_per_day", "retention", "side_choice", "two_buttons", "learn_ahead", "learn_kinds"),
    *("typed", "strict", "retype"),
)
MOST = 2**31 - 1
Record = Mapping[str, Any]


# --- Out


def records_of(deck: Deck, learner: User) -> dict[str, Iterable[Record]]:
    """What is kept of the learner's learning in the deck, card by card in the deck's order."""
    return {
        "reviews": reviews_of(deck, learner),
        "marks": marks_of(deck, learner),
        "settings": settings_of(deck, learner),
    }


def reviews_of(deck: Deck, learner: User) -> Iterator[Record]:
    lines = Review.objects.filter(learner=learner, card__deck=deck, card__removed_at=None)
    lines = lines.order_by("card__position", "card", "side", "reviewed_at", "pk")
    names = (*PLAIN, *MOMENTS, "study_day", "card__key", "mistaken_for__key")
    for row in lines.values(*names).iterator():
        record = {name: row[name] for name in PLAIN if row[name] not in (None, "")}
        record |= {name: row[name].isoformat() for name in (*MOMENTS, "study_day") if row[name]}
        if row["mistaken_for__key"]:
            record["mistaken_for"] = row["mistaken_for__key"]
        yield {"card": row["card__key"], **record}


def marks_of(deck: Deck, learner: User) -> Iterator[Record]:
    rows = CardProgress.objects.filter(learner=learner, card__deck=deck, card__removed_at=None)
    rows = rows.exclude(Q(starred=False, suspended=False, buried_until=None, reset_at=None))
    for row in rows.select_related("card").order_by("card__position", "card", "side").iterator():
        record: dict[str, Any] = {"card": row.card.key, "side": row.side}
        record |= {name: True for name in ("starred", "suspended") if getattr(row, name)}
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


# --- In


class ArchiveHistories:
    """The histories that an archive holds; what cannot have been written here is passed over."""

    def __init__(
        self, parsed: Parsed, *, deck: Deck, learner: User, keys: Mapping[str, int], now: datetime
    ) -> None:
        self.parsed, self.deck, self.learner, self.keys, self.now = parsed, deck, learner, keys, now

    def __iter__(self) -> Iterator[CardHistory]:
        marks = self.marks()
        for key, records in groupby(self.parsed.records("reviews"), key=lambda record: record.get("card")):
            pk = self.keys.get(key) if isinstance(key, str) else None
            if pk is not None:
                lines = [line for record in records if (line := self.line(pk, record))]
                yield CardHistory(pk, lines, marks.pop(pk, {}))
        for pk, sides in marks.items():
            yield CardHistory(pk, [], sides)

    def marks(self) -> dict[int, dict[str, Marks]]:
        found: dict[int, dict[str, Marks]] = {}
        for record in self.parsed.records("marks"):
            key = record.get("card")
            pk = self.keys.get(key) if isinstance(key, str) else None
            if pk is None or record.get("side") not in list(Side):
                continue
            try:
                found.setdefault(pk, {})[record["side"]] = Marks(
                    starred=record.get("starred") is True,
                    suspended=record.get("suspended") is True,
                    buried_until=moment(record, "buried_until"),
                    reset_at=moment(record, "reset_at"),
                )
            except ValueError:
                continue
        return found

    def line(self, pk: int, record: Record) -> Review | None:
        try:
            line = self.read_line(pk, record)
            return line if line.reviewed_at <= self.now else None
        except (ValueError, TypeError, KeyError):
            return None

    def read_line(self, pk: int, record: Record) -> Review:
        """Raises ValueError, TypeError or KeyError where the record is no line of a log."""
        reviewed_at, study_day = moment(record, "reviewed_at"), date.fromisoformat(record["study_day"])
        if reviewed_at is None or abs((reviewed_at.date() - study_day).days) > 2:
            raise ValueError("A study day lies by its answer.")
        mistaken_for = record.get("mistaken_for")
        verdict, mode = Verdict(record["verdict"]), record["mode"]
        if verdict is Verdict.ASK or mode not in (*MODES, ANKI):
            raise ValueError("Nothing was answered.")
        line = Review(
            learner=self.learner,
            card_id=pk,
            deck=self.deck,
            mode=mode,
            side=Side(record["side"]),
            kind=Kind(record["kind"]),
            evidence=Evidence(record["evidence"]),
            verdict=verdict,
            rating=Rating(record["rating"]) if "rating" in record else None,
            response=clean_text(text(record, "response"))[:MAX_RESPONSE],
            mistaken_for_id=self.keys.get(mistaken_for) if isinstance(mistaken_for, str) else None,
            elapsed_ms=whole(record, "elapsed_ms", MOST),
            reviewed_at=reviewed_at,
            study_day=study_day,
            gap=whole(record, "gap", 32_000),
            gap_needed=whole(record, "gap_needed", 32_000) or 0,
            counted_since=moment(record, "counted_since"),
            scheduler=text(record, "scheduler")[:20],
            voided_at=moment(record, "voided_at"),
        )
        line.carry(memory(record, reviewed_at))
        return line

    def settle(self, enrollment: Enrollment) -> None:
        """Take the settings over, where they are ones that could be chosen here."""
        record = next(self.parsed.records("settings"), {})
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
        enrollment.reset_at = moment(record, "reset_at", forgiving=True)


def moment(record: Record, name: str, *, forgiving: bool = False) -> datetime | None:
    """An instant with its zone. Raises ValueError where there is something else."""
    value = record.get(name)
    try:
        if value is None:
            return None
        at = datetime.fromisoformat(value)
        if at.utcoffset() is None:
            raise ValueError("An instant needs its zone.")
        return at.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        if forgiving:
            return None
        raise ValueError(f"{name} is no instant.") from None


def whole(record: Record, name: str, most: int) -> int | None:
    value = record.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or not 0 <= value <= most:
        raise ValueError(f"{name} is no such number.")
    return value


def text(record: Record, name: str) -> str:
    value = record.get(name, "")
    if not isinstance(value, str):
        raise TypeError(f"{name} is no text.")
    return clean_text(value)


def memory(record: Record, last: datetime) -> Memory | None:
    if "memory_stability" not in record:
        return None
    stability, difficulty = float(record["memory_stability"]), float(record["memory_difficulty"])
    due, state = moment(record, "memory_due"), State(record["memory_state"])
    if due is None or not 0 < stability < 1e6 or not 1 <= difficulty <= 10:
        raise ValueError("This is no memory.")
    step = None if state is State.REVIEW else 0
    return Memory(stability, difficulty, state, step, due, last)
