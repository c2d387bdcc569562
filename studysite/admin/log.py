"""The admin's log of rows that have been erased: what was done, when and by whom stays, the rows' words go."""

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
    """Let the log call these rows ``said``, and forget which words were used about them."""
    entries_about(model, keys).update(object_repr=said, change_message="")
