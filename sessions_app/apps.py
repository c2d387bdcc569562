import sqlite3
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created


def use_all_parameters(sender: object, connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """Let bulk statements use as many parameters as this SQLite allows; Django assumes 999.

    So handing in a test of 100 questions takes the same number of statements as one of five.
    """
    if connection.vendor == "sqlite":
        most = connection.connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)
        connection.features.max_query_params = most


class SessionsAppConfig(AppConfig):
    name = "sessions_app"
    verbose_name = "Studying"

    def ready(self) -> None:
        from cards import hooks
        from sessions_app import receivers  # noqa: F401 - its receivers register themselves
        from sessions_app.hooks import StudyAnswers
        from sessions_app.study.text import word_lists

        hooks.study = StudyAnswers()
        word_lists.keep_in(settings.DATA_DIR)

        connection_created.connect(use_all_parameters, dispatch_uid="use_all_parameters")
