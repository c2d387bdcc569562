"""Lines of the log that come from a file: the values of a `Review` without its row, and how they are written.

A history may have a million answers. To make a model's object of each, and to let Django prepare each of its
values, takes four times as long as to replay it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime
from operator import attrgetter

from sessions_app.models import Review
from sessions_app.models.review import MEMORY_FIELDS, outcome_of
from sessions_app.study.scheduling.types import Memory, Outcome
from studysite.queries.compiled import insert_rows

NOT_STORED = 2**63
"""Stands for the primary key of a line that is not stored yet: of two lines of one instant it is the later."""


@dataclass(slots=True, eq=False, kw_only=True)
class ImportedLine:
    """An unsaved line of the log: what an answer from a file may have of a `Review`, under the same names."""

    learner_id: int
    card_id: int
    deck_id: int
    mode: str
    side: str
    kind: str
    evidence: str
    verdict: str
    reviewed_at: datetime
    study_day: date
    scheduler: str
    rating: int | None = None
    judged_by: str = ""
    response: str = ""
    mistaken_for_id: int | None = None
    elapsed_ms: int | None = None
    gap: int | None = None
    gap_needed: int = 0
    counted_since: datetime | None = None
    voided_at: datetime | None = None
    memory: Memory | None = None

    @property
    def pk(self) -> int:
        return NOT_STORED

    def set_memory(self, memory: Memory | None) -> None:
        self.memory = memory

    def outcome(self) -> Outcome:
        return outcome_of(self)


PLAIN = tuple(one.name for one in fields(ImportedLine) if one.name != "memory")
values_of, memory_values_of = attrgetter(*PLAIN), attrgetter(*MEMORY_FIELDS)
NO_MEMORY = (None,) * len(MEMORY_FIELDS)


def insert_lines(lines: Iterable[ImportedLine]) -> None:
    """Append ``lines`` to the log, in their order."""
    rows = (
        (*values_of(line), *(memory_values_of(line.memory) if line.memory else NO_MEMORY)) for line in lines
    )
    insert_rows(Review, (*PLAIN, *MEMORY_FIELDS.values()), rows)
