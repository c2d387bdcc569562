"""Tokens of one-time links for setting a password."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.tokens import PasswordResetTokenGenerator


class PasswordLinkTokenGenerator(PasswordResetTokenGenerator):
    """django-allauth's tokens, which also become invalid when the user's rights change.

    An editor may make a link for a user without rights. If that user becomes an editor or superuser within the
    link's three days, the link must not open the account.
    """

    def _make_hash_value(self, user: AbstractBaseUser, timestamp: int) -> str:
        # Imported here, because that module creates a token generator while it is imported.
        from allauth.account.forms import EmailAwarePasswordResetTokenGenerator

        made = EmailAwarePasswordResetTokenGenerator()._make_hash_value(user, timestamp)
        return "|".join([made, *user.stored_rights()])  # type: ignore[attr-defined]
