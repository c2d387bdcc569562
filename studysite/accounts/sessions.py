"""Where logins are kept: Django's sessions in the database, read by a statement that is compiled once."""

from datetime import datetime

from django.contrib.sessions.backends import db
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db.models import QuerySet
from django.utils import timezone

from studysite.queries.compiled import compiled


class SessionStore(db.SessionStore):
    def _get_session_from_db(self) -> AbstractBaseSession | None:
        # Django calls this for every request of a browser with a session.
        found = _session.first(key=self.session_key or "", now=timezone.now())
        if found is None:
            self._session_key = None
        return found


@compiled
def _session(*, key: str, now: datetime) -> QuerySet[AbstractBaseSession]:
    sessions = SessionStore.get_model_class().objects
    return sessions.filter(session_key=key, expire_date__gt=now)
