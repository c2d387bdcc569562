from django.apps import AppConfig
from django.conf import settings


class SessionsAppConfig(AppConfig):
    name = "sessions_app"
    verbose_name = "Studying"

    def ready(self) -> None:
        from sessions_app import receivers  # noqa: F401
        from sessions_app.study.answers import words

        words.keep_in(settings.DATA_DIR)
