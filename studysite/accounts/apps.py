from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "studysite.accounts"
    label = "accounts"
    verbose_name = "People"

    def ready(self) -> None:
        from allauth.core.internal import ratelimit

        from studysite.accounts.login import known_browsers  # noqa: F401 - its receivers register themselves

        # Two requests from one address are counted one after the other, and each waits for the write lock. allauth
        # waits one second and then says "too many requests"; on a busy site a request may wait ten for the lock.
        ratelimit.CACHE_LOCK_WAIT_TIMEOUT = 10
