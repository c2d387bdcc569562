from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "studysite.accounts"
    label = "accounts"
    verbose_name = "People"

    def ready(self) -> None:
        from studysite.accounts import known_browsers  # noqa: F401 - its receivers register themselves
