"""The authentication backend."""

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.base_user import AbstractBaseUser


class PeopleBackend(AuthenticationBackend):
    """django-allauth's backend, but guests cannot log in: a guest is never ``request.user``."""

    def user_can_authenticate(self, user: AbstractBaseUser | None) -> bool:
        return bool(super().user_can_authenticate(user)) and not getattr(user, "is_guest", False)
