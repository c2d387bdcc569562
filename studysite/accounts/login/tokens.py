"""The keys of one-time links that set a password."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.tokens import PasswordResetTokenGenerator


class PasswordLinkTokenGenerator(PasswordResetTokenGenerator):
    """django-allauth's tokens, which end also when the person is given rights, or loses some.

    An editor may make a link for somebody without rights; it must not open the account of the editor or superuser
    whom this person becomes within the link's three days.
    """

    def _make_hash_value(self, user: AbstractBaseUser, timestamp: int) -> str:
        # Not above: that module makes one of these while it is imported.
        from allauth.account.forms import EmailAwarePasswordResetTokenGenerator

        made = EmailAwarePasswordResetTokenGenerator()._make_hash_value(user, timestamp)
        return "|".join([made, *user.stored_rights()])  # type: ignore[attr-defined]
