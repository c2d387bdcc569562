"""Predicted recall of many cards: `fsrs_memory.retrievability`, computed by the database."""

from datetime import datetime
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import DateTimeField, F, FloatField, Func, Value
from django.db.models.functions import Greatest, Power
from django.db.models.sql.compiler import SQLCompiler

from sessions_app.study.scheduling.fsrs_memory import forgetting_curve


class Days(Func):
    """An instant as days since a fixed instant, with fractions. That instant differs between databases."""

    function = "julianday"
    arity = 1
    output_field = FloatField()

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> tuple[str, Any]:
        template = "(EXTRACT(EPOCH FROM %(expressions)s)::double precision / 86400)"
        return self.as_sql(compiler, connection, template=template, **context)


def predicted_recall(now: datetime, *, of: str = "") -> Power:
    """The probability, 0 to 1, that a row of `CardProgress` with a memory is recalled at ``now``.

    ``of`` is the path from the queryset's rows to those of progress, with its underscores: "mine__".
    """
    decay, factor = forgetting_curve()
    elapsed = Days(Value(now, DateTimeField())) - Days(F(f"{of}last_recalled_at"))
    stability = F(f"{of}stability")
    return Power(Value(1.0) + Value(factor) * Greatest(elapsed, Value(0.0)) / stability, Value(decay))
