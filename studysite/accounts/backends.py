"""The authentication backend."""

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import QuerySet

from studysite.accounts.models import User
from studysite.queries.compiled import compiled


class PeopleBackend(AuthenticationBackend):
    """django-allauth's backend, but guests cannot log in: a guest is never ``request.user``."""

    def get_user(self, user_id: int) -> User | None:
        """The user of a session, who is read in every request; None if they may no longer log in."""
        user = _user.first(pk=user_id)
        return user if self.user_can_authenticate(user) else None

    def user_can_authenticate(self, user: AbstractBaseUser | None) -> bool:
        return bool(super().user_can_authenticate(user)) and not getattr(user, "is_guest", False)


@compiled
def _user(*, pk: int) -> QuerySet[User]:
    return User.objects.filter(pk=pk)
