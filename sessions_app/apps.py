from django.apps import AppConfig
from django.conf import settings


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
