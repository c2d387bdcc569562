"""The cache, in the database: rate limits count in it, so all processes have to share it."""

from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.db import DatabaseCache
from django.db import router, transaction


class Cache(DatabaseCache):
    """Django's, whose writes raise DatabaseError where the database cannot be used.

    Django's own says that nothing was set, which a rate limit takes for "somebody else is counting", and then for
    too many tries.
    """

    def _base_set(self, mode: str, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT) -> bool:
        # Begins before Django's does, whose errors are passed over in silence.
        with transaction.atomic(using=router.db_for_write(self.cache_model_class)):
            return bool(super()._base_set(mode, key, value, timeout))  # type: ignore[misc]
