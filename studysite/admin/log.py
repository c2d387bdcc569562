"""The admin's log entries about erased rows: action, time and editor stay, the rows' texts are removed."""

from collections.abc import Iterable
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, QuerySet


def entries_about(model: type[Model], keys: Iterable[Any]) -> QuerySet[LogEntry]:
    """The entries about the rows of ``model`` with these primary keys."""
    content_type = ContentType.objects.get_for_model(model)
    return LogEntry.objects.filter(content_type=content_type, object_id__in=[str(key) for key in keys])


def forget_rows(model: type[Model], keys: Iterable[Any], *, said: str) -> None:
    """Replace the names of these rows in the log by ``said``, and delete the texts about their changes."""
    entries_about(model, keys).update(object_repr=said, change_message="")
