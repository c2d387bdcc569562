"""The cache in the database: rate limits use it, so all processes must share it."""

from collections.abc import Callable
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.db import DatabaseCache
from django.db import OperationalError, connections, router, transaction


class Cache(DatabaseCache):
    """Django's database cache, but writes raise DatabaseError if the database cannot be used.

    Django's own returns "not set" then, which a rate limit would treat as too many tries.
    """

    def _base_set(self, mode: str, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT) -> bool:
        using = router.db_for_write(self.cache_model_class)
        failed: list[OperationalError] = []

        def note_failure(execute: Callable[..., Any], *statement: Any) -> Any:
            try:
                return execute(*statement)
            except OperationalError as error:
                failed.append(error)
                raise

        # This transaction begins before Django's, which ignores errors.
        with transaction.atomic(using=using), connections[using].execute_wrapper(note_failure):
            is_set = bool(super()._base_set(mode, key, value, timeout))  # type: ignore[misc]
            if failed:
                raise failed[0]
        return is_set
