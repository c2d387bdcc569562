from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "studysite.accounts"
    label = "accounts"
    verbose_name = "People"

    def ready(self) -> None:
        from allauth.core.internal import ratelimit

        from studysite.accounts.login import known_browsers  # noqa: F401 - its receivers register themselves

        # Two from one address are counted one after the other, and each waits for the writer's turn. As long as a
        # request waits for that they are not too many; one second, the library's number, passes on a busy site.
        ratelimit.CACHE_LOCK_WAIT_TIMEOUT = 10
