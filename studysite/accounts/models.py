"""The user model for learners, owners and editors, and invitations to sign up."""

import datetime
import secrets
import unicodedata
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone

from studysite.accounts.time_zones import time_zone_names
from studysite.accounts.validators import VisiblePasswordValidator

# They change the direction of text, also after the name: in a table they would affect other cells.
_BIDI_CONTROLS = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Control characters, lone surrogates, separators of lines and paragraphs (Unicode's general categories).
_UNPRINTABLE = {"Cc", "Cs", "Zl", "Zp"}

INVITATION_DAYS = 14
GUEST_NAME = "Guest"


def validate_time_zone(value: str) -> None:
    """Raise ValidationError unless ``value`` is an IANA time zone that this machine knows."""
    if value not in time_zone_names():
        raise ValidationError("Choose a time zone from the list.", code="time_zone")


def validate_name(value: str) -> None:
    """Raise ValidationError unless ``value`` is one line and has a visible character."""
    if any(
        character in _BIDI_CONTROLS or unicodedata.category(character) in _UNPRINTABLE for character in value
    ):
        raise ValidationError("A name is one line of plain text.", code="name")
    if not any(unicodedata.category(character)[0] in "LNPS" for character in value):
        raise ValidationError("A name needs at least one letter.", code="name")


class UserManager(BaseUserManager["User"]):
    """Creates users by e-mail address; addresses are stored in lower case.

    Raises ValidationError for a password without visible characters, because ``createsuperuser`` can skip
    validators.
    """

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        if not email:
            raise ValueError("A user needs an e-mail address.")
        if password is not None:
            VisiblePasswordValidator().validate(password)
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A user with all rights, and a verified address: only the site's operators can run this."""
        user = self.create_user(email, password, **{**fields, "is_staff": True, "is_superuser": True})
        user.emailaddress_set.create(email=user.email, primary=True, verified=True)  # type: ignore[attr-defined]
        return user

    def create_guest(self, *, time_zone: str) -> "User":
        """Create a learner without an account (see `studysite.accounts.guests`)."""
        guest = self.model(name=GUEST_NAME, time_zone=time_zone, is_guest=True)
        guest.set_unusable_password()
        guest.save(using=self._db)
        return guest

    def get_by_natural_key(self, email: str | None) -> "User":
        return self.get(email=(email or "").lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person who logs in by e-mail. Others see their ``name``, never the address.

    A guest has no address and never logs in: the row has the progress of a browser until its owner signs up.
    """

    # Null, not blank: a blank address would have to be unique, so there could be only one guest.
    email = models.EmailField("e-mail address", max_length=254, unique=True, null=True)  # noqa: DJ001
    name = models.CharField(
        "name", max_length=80, validators=[validate_name], help_text="What other people see of you."
    )
    time_zone = models.CharField(
        "time zone",
        max_length=64,
        default="UTC",
        validators=[validate_time_zone],
        help_text="Decides when your study day ends: at four in the morning.",
    )
    is_staff = models.BooleanField("editor", default=False, help_text="May use the admin.")
    is_guest = models.BooleanField("guest", default=False, editable=False)
    is_active = models.BooleanField("active", default=True, help_text="Switch off instead of deleting.")
    date_joined = models.DateTimeField("joined", default=timezone.now, editable=False)
    # When the account was erased, and whether some of its data is left (see `studysite.accounts.erasing`).
    erased_at = models.DateTimeField("erased", null=True, editable=False)
    is_erasing = models.BooleanField(default=False, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_unique",
                violation_error_message="There is an account with this e-mail address already.",
            ),
            models.CheckConstraint(
                condition=models.Q(is_guest=False, email__isnull=False) | models.Q(is_guest=True, email=None),
                name="user_guests_have_no_email",
            ),
            models.CheckConstraint(
                condition=models.Q(is_guest=False) | models.Q(is_staff=False, is_superuser=False),
                name="user_guests_have_no_rights",
            ),
            models.CheckConstraint(
                condition=models.Q(erased_at=None) | models.Q(is_active=False),
                name="user_erased_is_inactive",
            ),
        ]
        indexes = [
            # Guests are searched by age.
            models.Index(
                fields=["date_joined"], condition=models.Q(is_guest=True), name="user_guests_by_age"
            ),
            models.Index(
                fields=["erased_at"], condition=models.Q(erased_at__isnull=False), name="user_erased"
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email or str(self.pk)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of their study days."""
        return ZoneInfo(self.time_zone)

    def natural_key(self) -> tuple[str]:
        return (self.email or "",)

    def get_short_name(self) -> str:
        return self.name

    def stored_rights(self) -> list[str]:
        """All rights that are stored for them, even if they are inactive."""
        flags = [name for name in ("is_staff", "is_superuser") if getattr(self, name)]
        groups = self.groups.order_by("pk").values_list("pk", flat=True)
        permissions = self.user_permissions.order_by("pk").values_list("pk", flat=True)
        return [*flags, *(f"group {pk}" for pk in groups), *(f"permission {pk}" for pk in permissions)]


def new_token() -> str:
    """32 random bytes, as text for an address."""
    return secrets.token_urlsafe(32)


def invitation_expiry() -> datetime.datetime:
    return timezone.now() + datetime.timedelta(days=INVITATION_DAYS)


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def usable(self, now: datetime.datetime) -> "InvitationQuerySet":
        """Unused invitations that have not expired at ``now``."""
        return self.filter(used_at=None, expires_at__gt=now)


class Invitation(models.Model):
    """Lets one person sign up if SIGNUP is "invitation"."""

    token = models.CharField(max_length=64, unique=True, default=new_token, editable=False)
    email = models.EmailField(
        "e-mail address",
        blank=True,
        help_text="If filled in, only this address can sign up with the invitation.",
    )
    note = models.CharField(max_length=200, blank=True, help_text="For the admin's eyes: whom it is for.")
    expires_at = models.DateTimeField("expires", default=invitation_expiry)
    created_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, editable=False, related_name="invitations_made"
    )
    created_at = models.DateTimeField("created", default=timezone.now, editable=False)
    used_by = models.OneToOneField(
        User, models.SET_NULL, null=True, blank=True, editable=False, related_name="invitation"
    )
    used_at = models.DateTimeField("used", null=True, blank=True, editable=False)

    objects: ClassVar[models.Manager["Invitation"]] = models.Manager.from_queryset(InvitationQuerySet)()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(used_by=None) | models.Q(used_at__isnull=False),
                name="invitation_used_at_with_used_by",
            )
        ]

    def __str__(self) -> str:
        return self.email or self.note or f"Invitation {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("account_invitation", args=[self.token])
