from django.apps import AppConfig


class SessionsAppConfig(AppConfig):
    name = "sessions_app"
    verbose_name = "Studying"

    def ready(self) -> None:
        from sessions_app import receivers  # noqa: F401
